/**
 * The rules of the house that neither the compiler nor a test of behaviour keeps.
 * Each is a function from the project to what it finds, with the place and what to do.
 */
import { cycleRule, folderRules } from './folders.ts'
import { labelRules } from './labels.ts'
import { mapRule, mentionRule } from './map.ts'
import type { Finding, Rule } from './rule.ts'
import { headerRule, shapeRules } from './shape.ts'
import { lineAt, type Source } from './source.ts'
import { wordRules } from './words.ts'

export const functionLimit = 70
export const fileLimit = 450
export const widthLimit = 110

/** Code that must give the same result on every machine and at any time. */
const isDeterministic = ({ path }: Source): boolean =>
  /^src\/(kernel|supervisor|vat|protocol|codec|base)\//.test(path)
const isSource = ({ path }: Source): boolean => path.startsWith('src/')
const isTest = ({ path }: Source): boolean => path.startsWith('test/')

const matchesIn = (source: Source, view: 'code' | 'types', pattern: RegExp, message: string): Finding[] =>
  [...source[view].matchAll(pattern)].map((match) => ({
    file: source.path,
    line: lineAt(source[view], match.index),
    message: message.replace('%', match[0]),
  }))

const nondeterminism =
  /\bDate\s*\.\s*now\b|\bnew\s+Date\b|\bMath\s*\.\s*random\b|\.\s*toLocale\w*|\blocaleCompare\b|\bIntl\b|\bset(?:Timeout|Interval|Immediate)\b|(?<![.\w])process\s*\.|(?<![.\w])performance\b/g

const deterministic: Rule = {
  name: 'no clock, chance, locale or host in deterministic code',
  check: ({ sources }) =>
    sources
      .filter(isDeterministic)
      .flatMap((source) => [
        ...matchesIn(
          source,
          'code',
          nondeterminism,
          'deterministic code cannot use `%`; take what is needed as an input',
        ),
        ...source.imports
          .filter(({ specifier }) => specifier.startsWith('node:'))
          .map(({ line, specifier }) => ({
            file: source.path,
            line,
            message: `deterministic code cannot import ${specifier}; go through a port`,
          })),
      ]),
}

/** What `E` of an unknown target can be sent has no other type that compiles under every strict option. */
const mayUseAny: readonly string[] = ['src/vat/eventual.ts']

const noAny: Rule = {
  name: 'no any',
  check: ({ sources }) =>
    sources
      .filter((source) => isSource(source) && !mayUseAny.includes(source.path))
      .flatMap((source) =>
        matchesIn(
          source,
          'types',
          /(?<![\w.])any(?!\w|\??:|\()/g,
          'say what it is, or `unknown` and prove it, instead of `any`',
        ),
      ),
}

const noDoubleCast: Rule = {
  name: 'no cast through unknown',
  check: ({ sources }) =>
    sources
      .filter(isSource)
      .flatMap((source) =>
        matchesIn(
          source,
          'types',
          /\bas\s+unknown\s+as\b/g,
          '`as unknown as` hides a mistake; check the value, or fix the type',
        ),
      ),
}

const noSuppression: Rule = {
  name: 'no silenced compiler',
  check: ({ sources }) =>
    sources.flatMap(({ path, comments }) =>
      comments
        .filter(({ text }) => /^\s*@ts-(ignore|nocheck|expect-error)\b/.test(text))
        .map(({ line }) => ({
          file: path,
          line,
          message: 'a comment silences the compiler; fix what it found',
        })),
    ),
}

const wholeTests: Rule = {
  name: 'no test left out',
  check: ({ sources }) =>
    sources.filter(isTest).flatMap((source) =>
      matchesIn(source, 'code', /\.\s*(?:only|skip)\s*\(/g, '`%` leaves tests out; take it away'),
    ),
}

const shortFunctions: Rule = {
  name: `no function of more than ${functionLimit} lines`,
  check: ({ sources }) =>
    sources.filter(isSource).flatMap(({ path, functions }) =>
      functions
        .filter(({ lines }) => lines > functionLimit)
        .map(({ name, line, lines }) => ({
          file: path,
          line,
          message: `${name} has ${lines} lines; more than ${functionLimit} do not fit a screen, take it apart`,
        })),
    ),
}

const shortFiles: Rule = {
  name: `no file of more than ${fileLimit} lines`,
  check: ({ sources }) =>
    sources.filter(isSource).flatMap(({ path, text }) => {
      const lines = text.trimEnd().split('\n').length
      return lines > fileLimit
        ? [
            {
              file: path,
              line: lines,
              message: `${lines} lines are more than one noun; split it (limit ${fileLimit})`,
            },
          ]
        : []
    }),
}

/**
 * Two kinds of lines may be wider: a row of a table in a comment, and a line that is within the limit without
 * its literals, so that a message stays in one piece and is found by searching for it.
 */
const narrowLines: Rule = {
  name: `no line of more than ${widthLimit} columns`,
  check: ({ sources }) =>
    sources.flatMap(({ path, withoutLiterals }) =>
      withoutLiterals.split('\n').flatMap((line, index) =>
        line.length <= widthLimit || /^\s*\* ?\|/.test(line)
          ? []
          : [
              {
                file: path,
                line: index + 1,
                message: `${line.length} columns without literals; wrap it at ${widthLimit}`,
              },
            ],
      ),
    ),
}

export const rules: readonly Rule[] = [
  deterministic,
  noAny,
  noDoubleCast,
  noSuppression,
  wholeTests,
  shortFunctions,
  shortFiles,
  narrowLines,
  ...folderRules,
  cycleRule,
  ...shapeRules,
  mapRule,
  mentionRule,
  headerRule,
  ...labelRules,
  ...wordRules,
]
