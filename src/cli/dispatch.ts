/**
 * Dispatches a command line: finds the verb, runs it, prints its report, returns its exit code.
 *
 * Dp1. With `--json` stdout gets exactly one JSON document in every case.
 * Dp2. It does not throw: every error is reported as a problem with a code.
 */
import { assert } from '../base/errors.ts'
import { constants } from 'node:os'
import { indent } from './output/text/columns.ts'
import { commonOptions, type Options } from './args/commandSpec.ts'
import { generalHelp, groupHelp, usageLine, verbAndGroupHelp, verbHelp } from './help.ts'
import type { Io } from './output/io.ts'
import type { Json } from '../api/jsonForm.ts'
import { releasedIds, releaseVersion } from '../release/release.ts'
import { problemOfError } from './output/problem.ts'
import { escapeControlCharacters } from './output/text/terminal.ts'
import { exitCodes, type Problem, type Report } from './output/report.ts'
import type { Verb } from './session/verb.ts'
import { groupOf, isVerb, verbNamed, verbs } from './verbs.ts'
import { splitVerb, refuseUsage, ParsedArgs, type Split } from './args/arguments.ts'

type Form = 'text' | 'json'

/** Runs one command line and returns the exit code. */
export async function dispatch(words: readonly string[], io: Io): Promise<number> {
  const form = formOf(words)
  const report = await reportOf(words, io).catch((error: unknown): Report => ({
    kind: 'refused',
    problem: problemOfError(error),
  }))
  return print(report, form, io)
}

/** Determined before parsing: even a parse error is reported in the requested form. */
function formOf(words: readonly string[]): Form {
  const end = words.indexOf('--')
  return words.slice(0, end === -1 ? words.length : end).includes('--json') ? 'json' : 'text'
}

const optionsOf = (of: readonly Verb[]): Options =>
  Object.assign({}, commonOptions, ...of.map(({ options }) => options))

async function reportOf(words: readonly string[], io: Io): Promise<Report> {
  const split = splitVerb(words, optionsOf(verbs))
  if (split.kind === 'none') return verbless(words)
  if (split.name === 'help') return helpFor(split.words.filter((word) => !word.startsWith('-')))
  const { name, words: rest } = withSecondWord(split)
  if (asksHelp(rest)) return helpReport(name)
  return runVerb(rest, verbNamed(name), io)
}

type FoundVerb = Extract<Split, { kind: 'verb' }>

/** Takes the second word of a verb of two words, if it is there. */
function withSecondWord(first: FoundVerb): FoundVerb {
  const group = groupOf(first.name)
  const second = group.length === 0 ? undefined : splitVerb(first.words, optionsOf(group))
  if (second?.kind !== 'verb') return first
  const name = `${first.name} ${second.name}`
  return isVerb(first.name) && !isVerb(name) ? first : { ...second, name }
}

/** Usage errors show the usage. */
async function runVerb(words: readonly string[], verb: Verb, io: Io): Promise<Report> {
  try {
    return await verb.run(ParsedArgs.parse(words, verb), io)
  } catch (error) {
    const problem = problemOfError(error)
    return {
      kind: 'refused',
      problem: problem.exit === 'usage' ? { ...problem, notes: [usageLine(verb)] } : problem,
    }
  }
}

const asksHelp = (words: readonly string[]): boolean => words.includes('--help') || words.includes('-h')

function verbless(words: readonly string[]): Report | Promise<Report> {
  if (asksHelp(words)) return helpReport(undefined)
  if (words.includes('--version')) return versionReport()
  return refuseUsage(`missing verb; one of ${verbs.map(({ name }) => name).join(', ')}`)
}

/** Words after the verb or the group are ignored. */
function helpFor([first, second]: readonly string[]): Report {
  return first === undefined || second === undefined || groupOf(first).length === 0
    ? helpReport(first)
    : helpReport(`${first} ${second}`)
}

function helpReport(name: string | undefined): Report {
  const text = helpText(name)
  return { kind: 'done', json: { help: text }, text }
}

function helpText(name: string | undefined): string {
  if (name === undefined) return generalHelp(verbs)
  const group = groupOf(name)
  if (group.length === 0) return verbHelp(verbNamed(name))
  return isVerb(name) ? verbAndGroupHelp(verbNamed(name), group) : groupHelp(name, group)
}

/** With `--json`, includes the ids of the release's code. */
async function versionReport(): Promise<Report> {
  const version = releaseVersion()
  return {
    kind: 'done',
    json: { version, node: process.version, ...(await releasedIds()) },
    text: `heirloom ${version}`,
  }
}

// --- printing

function print(report: Report, form: Form, io: Io): number {
  switch (report.kind) {
    case 'refused':
      if (form === 'json') printJson(errorJson(report.problem), io)
      printProblem(report.problem, io)
      return exitCodes[report.problem.exit]
    case 'done':
    case 'rejected':
    case 'halted':
    case 'interrupted':
      if (form === 'json') printJson(report.json, io)
      else io.out(`${escapeControlCharacters(report.text)}\n`)
      return exitCodeOf(report)
  }
}

function exitCodeOf(report: Exclude<Report, { kind: 'refused' }>): number {
  if (report.kind === 'interrupted') return 128 + constants.signals[report.signal]
  return exitCodes[report.kind === 'rejected' ? 'refused' : report.kind]
}

function printJson(json: Json, io: Io): void {
  const text = JSON.stringify(json) as string | undefined
  assert(text !== undefined, 'a report has a JSON form (Dp1)')
  io.out(`${text}\n`)
}

/** A problem's detail is plain data, except for possible bigints. */
function errorJson({ code, message, detail }: Problem): Json {
  const plain = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value)
  return JSON.parse(JSON.stringify({ error: { code, message, detail } }, plain)) as Json
}

/** The first line of the message follows the code; further lines go below the hint. */
function printProblem({ code, message, hint, notes }: Problem, io: Io): void {
  assert(code !== '' && message !== '', 'a problem has a code and a message (Dp2)')
  const [first = '', ...more] = message.split('\n')
  const below = [hint, more.join('\n'), ...notes]
    .filter((text) => text.trim() !== '')
    .map((text) => `${indent(text)}\n`)
  io.err(escapeControlCharacters(`heirloom: ${code}: ${first}\n${below.join('')}`))
}
