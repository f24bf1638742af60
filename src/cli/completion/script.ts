/** Completion scripts: the tables in the syntax of a shell, and the functions that read them. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { templates } from '../templates.ts'
import type { CompletedOperand, CompletedOption, CompletionTables, ValueKind } from './tables.ts'

export const shells = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof shells)[number]

export function completionScript(shell: Shell, tables: CompletionTables): string {
  const { first, syntax, parts } = forms[shell]
  return [
    ...first,
    '# Made by `heirloom completion`; to be made again after an upgrade of Heirloom.',
    ...tableFunctions(syntax, tables),
    ...parts.map((name) => readFileSync(join(templates, 'completion', name), 'utf8').trimEnd()),
  ].join('\n')
}

/** How a function is written that prints the lines of its first case that fits. */
interface Syntax {
  quote(text: string): string
  /** The pattern of every text that begins like this. */
  prefix(text: string): string
  table(name: string, subject: string, cases: readonly Case[]): string
}

interface Case {
  readonly pattern: string
  /** Fields of lines, quoted. */
  readonly lines: readonly (readonly string[])[]
}

const posix: Syntax = {
  quote: (text) => `'${text.replaceAll("'", `'\\''`)}'`,
  prefix: (text) => `${posix.quote(text)}*`,
  table: (name, subject, cases) =>
    [
      `_heirloom_${name}() {`,
      `  case "${subject === 'first' ? '$1' : '$1 $2'}" in`,
      ...cases.map(({ pattern, lines }) => `    ${pattern})\n      ${printing(lines)}\n      ;;`),
      '  esac',
      '}',
    ].join('\n'),
}

const fish: Syntax = {
  quote: (text) => `'${text.replace(/['\\]/g, '\\$&')}'`,
  prefix: (text) => fish.quote(`${text}*`),
  table: (name, subject, cases) =>
    [
      `function __heirloom_${name}`,
      `    switch "${subject === 'first' ? '$argv[1]' : '$argv[1] $argv[2]'}"`,
      ...cases.map(({ pattern, lines }) => `    case ${pattern}\n      ${printing(lines)}`),
      '    end',
      'end',
    ].join('\n'),
}

interface Form {
  /** Lines before all others. */
  readonly first: readonly string[]
  readonly syntax: Syntax
  readonly parts: readonly string[]
}

const forms: Readonly<Record<Shell, Form>> = {
  bash: { first: [], syntax: posix, parts: ['posix.sh', 'bash.sh'] },
  zsh: { first: ['#compdef heirloom'], syntax: posix, parts: ['posix.sh', 'zsh.sh'] },
  fish: { first: [], syntax: fish, parts: ['fish.fish'] },
}

/** `printf` uses its format again for the fields of each further line. */
function printing(lines: readonly (readonly string[])[]): string {
  const format = (lines[0] ?? []).map(() => '%s').join('\\t')
  return [`printf '${format}\\n'`, ...lines.map((fields) => `        ${fields.join(' ')}`)].join(' \\\n')
}

function tableFunctions(syntax: Syntax, tables: CompletionTables): readonly string[] {
  const { quote, table } = syntax
  const { following, options, operands } = tables
  const follows = [...following].map(([words, list]) => ({
    pattern: quote(words),
    lines: list.map(({ word, about }) => [quote(word), quote(about)]),
  }))
  const has = [...options].map(([verb, list]) => ({
    pattern: quote(verb),
    lines: list.map((option) => optionFields(option).map(quote)),
  }))
  const takes = operands
    .filter(({ kind }) => kind !== 'text')
    .map((operand) => ({
      pattern: operandPattern(syntax, operand),
      lines: [[quote(kindText(operand.kind))]],
    }))
  return [
    '\n# VERB: the words that may follow',
    table('following', 'first', follows),
    '\n# VERB: its options, what they take, and what they are for',
    table('options', 'first', has),
    '\n# VERB and PLACE: what the operand at this place is',
    table('operand', 'both', takes),
  ]
}

const optionFields = ({ name, kind, about }: CompletedOption): readonly string[] => [
  name,
  kindText(kind),
  about,
]

const operandPattern = ({ quote, prefix }: Syntax, { verb, place }: CompletedOperand): string =>
  place === 'every' ? prefix(`${verb} `) : quote(`${verb} ${place}`)

const kindText = (kind: ValueKind | 'flag'): string =>
  typeof kind === 'string' ? kind : `words ${kind.words.join(' ')}`
