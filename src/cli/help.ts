/** What `--help` prints. */
import { columns, indent } from './output/text/columns.ts'
import { commonOptions, commonOptionsOf, type CommandSpec, type Operand, type Options } from './args/commandSpec.ts'
import { exitCodes, exitMeanings, type ExitName } from './output/report.ts'
import type { Verb } from './session/verb.ts'

export function generalHelp(verbs: readonly Verb[]): string {
  return sections([
    'heirloom: programs whose code can be replaced while they live',
    'Usage: heirloom <verb> [words] [options]',
    `Verbs:\n${indent(columns(verbs.map(({ name, summary }) => [name, summary])))}`,
    `Options of most verbs:\n${optionLines({ ...commonOptions, version: { kind: 'flag', description: 'print the version' } })}`,
    exitLines(),
    'Run a verb with --help for details. All verbs are described in docs/cli.md, all error codes in docs/errors.md.',
  ])
}

/** Of verbs that share their first word. */
export function groupHelp(name: string, verbs: readonly Verb[]): string {
  const seconds = verbs.map((verb) => verb.name.slice(name.length + 1))
  return sections([
    `Usage: heirloom ${name} ${seconds.join('|')} [words] [options]`,
    `Verbs:\n${indent(columns(verbs.map((verb) => [verb.name, verb.summary])))}`,
    `Run one with --help for details, such as heirloom ${name} ${seconds[0]} --help.`,
  ])
}

/** Of a verb whose name is also the first word of others. */
export const verbAndGroupHelp = (verb: Verb, verbs: readonly Verb[]): string =>
  sections([
    verbHelp(verb),
    `Verbs that begin with ${verb.name}:\n${indent(columns(verbs.map(({ name, summary }) => [name, summary])))}`,
  ])

export function verbHelp(verb: Verb): string {
  const { name, summary, details, rest, options, examples } = verb
  const operands = rest === 'none' ? verb.operands : [...verb.operands, rest]
  return sections([
    `heirloom ${name}: ${summary}`,
    usageLine(verb),
    details,
    ...(operands.length === 0 ? [] : [operandLines(operands)]),
    `Options:\n${optionLines({ ...options, ...commonOptionsOf(verb) })}`,
    `Example:\n${indent(examples.join('\n'))}`,
    exitLines(),
  ])
}

export function usageLine({ name, operands, rest, options }: CommandSpec): string {
  const words = [
    ...operands.map((operand) => `<${operand.name}>`),
    ...(rest === 'none' ? [] : [`[${rest.name}…]`]),
    ...Object.entries(options).map(([option, spec]) =>
      spec.kind === 'flag' ? `[--${option}]` : `[--${option} ${spec.placeholder}]`,
    ),
  ]
  return ['Usage: heirloom', name, ...words].join(' ')
}

const operandLines = (operands: readonly Operand[]): string =>
  indent(columns(operands.map(({ name, description }) => [`<${name}>`, description])))

const optionLines = (options: Options): string =>
  indent(
    columns(
      Object.entries(options).map(([name, spec]) => [
        spec.kind === 'flag' ? `--${name}` : `--${name} ${spec.placeholder}`,
        spec.description,
      ]),
    ),
  )

function exitLines(): string {
  const names = Object.keys(exitCodes) as ExitName[]
  const lines = names.map((name) => [String(exitCodes[name]), exitMeanings[name]])
  return `Exit codes:\n${indent(columns([...lines, ['130', 'interrupted; the store is at its last committed block']]))}`
}

const sections = (texts: readonly string[]): string => texts.join('\n\n')
