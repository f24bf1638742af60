/**
 * What a shell needs for completion, made of the tables of which the help is made.
 *
 * Cw1. Every verb and every option of the help is in the tables, in the order of the help.
 */
import {
  commonOptions,
  commonOptionsOf,
  type CommandSpec,
  type Operand,
  type Option,
  type Options,
} from '../args/commandSpec.ts'
import type { Verb } from '../session/verb.ts'

/** What a value is: any text, a path, or one of these words. */
export type ValueKind = 'text' | 'file' | 'dir' | { readonly words: readonly string[] }

export interface CompletedWord {
  readonly word: string
  readonly about: string
}

export interface CompletedOption {
  readonly name: string
  readonly kind: ValueKind | 'flag'
  readonly about: string
}

/** The operands at one place of a verb's, counted from 0, or at this place and all after it. */
export interface CompletedOperand {
  readonly verb: string
  readonly place: number | 'every'
  readonly kind: ValueKind
}

export interface CompletionTables {
  /** By the words of a verb that are there: `''`, or the first of two. */
  readonly following: ReadonlyMap<string, readonly CompletedWord[]>
  /** By verbs and first words of verbs; `''` before any verb, `-` for those of all verbs together. */
  readonly options: ReadonlyMap<string, readonly CompletedOption[]>
  readonly operands: readonly CompletedOperand[]
}

/** Placeholders of options and names of operands that stand for a path. */
export const pathNames: Readonly<Record<string, 'file' | 'dir'>> = {
  FILE: 'file',
  ENTRY: 'file',
  ENGINE: 'file',
  DIR: 'dir',
  COPY: 'dir',
  file: 'file',
  entry: 'file',
  dir: 'dir',
  folder: 'dir',
  store: 'dir',
  export: 'dir',
}

export function completionTables(verbs: readonly Verb[]): CompletionTables {
  const groups = [...new Set(verbs.filter(({ name }) => name.includes(' ')).map(firstWord))]
  const membersOf = (group: string): readonly Verb[] => verbs.filter(({ name }) => name.startsWith(`${group} `))
  return {
    following: new Map([
      ['', firstWords(verbs)],
      ...groups.map((group) => [group, membersOf(group).map(secondWord)] as const),
    ]),
    options: new Map([
      ['', completedOptions({ ...commonOptions, version: { kind: 'flag', description: 'print the version' } })],
      ['-', completedOptions(allOptions(verbs))],
      ...groups.map((group) => [group, completedOptions(allOptions(membersOf(group)))] as const),
      ...verbs.map((verb) => [verb.name, completedOptions(optionsOf(verb))] as const),
    ]),
    operands: verbs.flatMap(completedOperands),
  }
}

const firstWord = ({ name }: CommandSpec): string => name.split(' ')[0] ?? name

const secondWord = ({ name, summary }: Verb): CompletedWord => ({
  word: name.slice(name.indexOf(' ') + 1),
  about: summary,
})

/** Each once; the first word of several verbs lists their second words. */
function firstWords(verbs: readonly Verb[]): readonly CompletedWord[] {
  const seconds = (first: string): string =>
    verbs.filter(({ name }) => name.startsWith(`${first} `)).map((verb) => secondWord(verb).word).join(', ')
  return [...new Set(verbs.map(firstWord))].map((word) => ({
    word,
    about: verbs.find(({ name }) => name === word)?.summary ?? seconds(word),
  }))
}

const optionsOf = (verb: CommandSpec): Options => ({ ...verb.options, ...commonOptionsOf(verb) })

const allOptions = (verbs: readonly Verb[]): Options => Object.assign({}, ...verbs.map(optionsOf))

const completedOptions = (options: Options): readonly CompletedOption[] =>
  Object.entries(options).map(([name, option]) => ({
    name,
    kind: option.kind === 'flag' ? 'flag' : optionKind(option),
    about: option.description,
  }))

function optionKind(option: Exclude<Option, { kind: 'flag' }>): ValueKind {
  const words = option.kind === 'text' ? option.values : undefined
  return words === undefined ? kindNamed(option.placeholder) : { words }
}

const operandKind = ({ name, values }: Operand): ValueKind =>
  values === undefined ? kindNamed(name) : { words: values }

const kindNamed = (name: string): ValueKind =>
  Object.hasOwn(pathNames, name) ? (pathNames[name] ?? 'text') : 'text'

/** Those at a place of their own first: the last entry that fits is for the rest. */
function completedOperands({ name: verb, operands, rest }: Verb): readonly CompletedOperand[] {
  const placed = operands.map((operand, place) => ({ verb, place, kind: operandKind(operand) }))
  return rest === 'none' ? placed : [...placed, { verb, place: 'every', kind: operandKind(rest) }]
}
