/**
 * The arguments of one command, parsed by the specification of its verb.
 *
 * Tokenizing needs to know which options take a value, and only the verb determines that. So `splitVerb`
 * tokenizes the words with the options of all verbs to find the verb, and `ParsedArgs.parse` with its own.
 *
 * Wo1. Undeclared, missing and duplicate arguments are refused with `cli/usage`.
 * Wo2. A word that begins like a negative number (`-5`, `-7n`, `-Infinity`) is a value, never an option.
 * Wo3. What `choice` accepts is what the option declares, so completion offers every value and no other.
 */
import { openSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { assert } from '../../base/errors.ts'
import { refuse } from '../../protocol/codes.ts'
import { commonOptionsOf, type CommandSpec, type Option, type Options } from './commandSpec.ts'
import { ValueTemplate } from '../values/valueTemplate.ts'
import { nearest } from '../../base/nearest.ts'

/** Marks a word that is a value, not an option (Wo2). No argument can contain this character. */
const valueMark = '\0'
const markValue = (word: string): string => (/^-(?:\d|Infinity)/.test(word) ? valueMark + word : word)
const unmark = (word: string): string => (word.startsWith(valueMark) ? word.slice(1) : word)

type Token =
  | {
      readonly kind: 'option'
      readonly name: string
      readonly rawName: string
      readonly value?: string | undefined
      readonly inlineValue?: boolean | undefined
      readonly index: number
    }
  | { readonly kind: 'positional'; readonly value: string; readonly index: number }
  | { readonly kind: 'option-terminator'; readonly index: number }

function tokenize(words: readonly string[], options: Options): readonly Token[] {
  const declared = Object.entries(options).map(
    ([name, { kind }]) => [name, { type: kind === 'flag' ? 'boolean' : 'string' }] as const,
  )
  return parseArgs({
    args: words.map(markValue),
    options: Object.fromEntries(declared),
    strict: false,
    allowPositionals: true,
    tokens: true,
  }).tokens
}

/** A command line, split at its verb. */
export type Split =
  | { readonly kind: 'none' }
  | { readonly kind: 'verb'; readonly name: string; readonly words: readonly string[] }

/**
 * Finds the verb: the first word that is neither an option nor the value of one. The other words are its
 * arguments.
 */
export function splitVerb(words: readonly string[], options: Options): Split {
  const verb = tokenize(words, options).find((token) => token.kind === 'positional')
  if (verb?.kind !== 'positional') return { kind: 'none' }
  assert(verb.index < words.length, 'the verb is one of the words')
  return {
    kind: 'verb',
    name: unmark(verb.value),
    words: words.filter((_word, index) => index !== verb.index),
  }
}

/** Operands and options of one command. */
export class ParsedArgs {
  readonly #operands: ReadonlyMap<string, string>
  readonly #values: ReadonlyMap<string, string>
  readonly #lists: ReadonlyMap<string, readonly string[]>
  readonly #flags: ReadonlySet<string>
  readonly #options: Options
  readonly rest: readonly string[]

  private constructor(
    operands: ReadonlyMap<string, string>,
    rest: readonly string[],
    values: ReadonlyMap<string, string>,
    lists: ReadonlyMap<string, readonly string[]>,
    flags: ReadonlySet<string>,
    options: Options,
  ) {
    this.#operands = operands
    this.rest = rest
    this.#values = values
    this.#lists = lists
    this.#flags = flags
    this.#options = options
  }

  /** @throws CodedError `cli/usage` */
  static parse(words: readonly string[], verb: CommandSpec): ParsedArgs {
    const options: Options = { ...commonOptionsOf(verb), ...verb.options }
    const values = new Map<string, string>()
    const lists = new Map<string, readonly string[]>()
    const flags = new Set<string>()
    const plain: string[] = []
    for (const token of tokenize(words, options)) {
      if (token.kind === 'positional') plain.push(unmark(token.value))
      if (token.kind !== 'option') continue
      const option = Object.hasOwn(options, token.name) ? options[token.name] : undefined
      if (option === undefined) return refuseUnknown(token.rawName, options)
      if (flags.has(token.name) || values.has(token.name)) refuseUsage(`${token.rawName} is given twice`)
      if (option.kind === 'texts')
        lists.set(token.name, [...(lists.get(token.name) ?? []), textOf(token, option)])
      else if (option.kind === 'flag') flags.add(checkFlag(token))
      else values.set(token.name, textOf(token, option))
    }
    return new ParsedArgs(
      operandsOf(plain, verb),
      plain.slice(verb.operands.length),
      values,
      lists,
      flags,
      options,
    )
  }

  operand(name: string): string {
    const value = this.#operands.get(name)
    assert(value !== undefined, 'the verb has declared the operand that it reads')
    return value
  }

  flag(name: string): boolean {
    assert(this.#options[name]?.kind === 'flag', 'the verb has declared the flag that it reads')
    return this.#flags.has(name)
  }

  text(name: string): string | undefined {
    assert(this.#options[name]?.kind === 'text', 'the verb has declared the option that it reads')
    return this.#values.get(name)
  }

  /** The values of a repeatable option, in order. */
  texts(name: string): readonly string[] {
    assert(this.#options[name]?.kind === 'texts', 'the verb has declared the list that it reads')
    return this.#lists.get(name) ?? []
  }

  /** A positive integer. */
  count(name: string): number | undefined {
    const text = this.text(name)
    return text === undefined ? undefined : parseCount(text, `--${name}`)
  }

  /** Texts separated by commas; texts that have commas themselves are written as a JSON list. */
  list(name: string): readonly string[] | undefined {
    const text = this.text(name)
    return text?.startsWith('[') === true ? readList(text, `--${name}`) : text?.split(',')
  }

  computrons(name: string): bigint | undefined {
    const digits = this.text(name)?.replace(/(?<=\d)_(?=\d)/g, '').replace(/n$/, '')
    if (digits === undefined) return undefined
    const number = /^\d{1,19}$/.test(digits) ? BigInt(digits) : 0n
    if (number < 1n || number > 2n ** 62n)
      refuseUsage(`--${name} takes a whole number from 1 to 2^62, not ${JSON.stringify(this.text(name))}`)
    return number
  }

  value(name: string): ValueTemplate | undefined {
    const text = this.text(name)
    return text === undefined ? undefined : ValueTemplate.parse(text)
  }

  /** A copy with this option added. */
  with(name: string, value: string): ParsedArgs {
    assert(!this.#values.has(name), 'an option is added once')
    assert(this.#options[name]?.kind === 'text', 'an added option is declared')
    return new ParsedArgs(
      this.#operands,
      this.rest,
      new Map([...this.#values, [name, value]]),
      this.#lists,
      this.#flags,
      this.#options,
    )
  }

  choice<Choice extends string>(name: string, choices: readonly Choice[]): Choice | undefined {
    const text = this.text(name)
    assert(valuesOf(this.#options[name]) === choices, 'the verb has declared the values of the choice (Wo3)')
    const chosen = choices.find((choice) => choice === text)
    if (text !== undefined && chosen === undefined)
      refuseUsage(`--${name} is one of ${choices.join(', ')}, not ${JSON.stringify(text)}`)
    return chosen
  }
}

const valuesOf = (option: Option | undefined): readonly string[] | undefined =>
  option?.kind === 'text' ? option.values : undefined

/** Accepts the store's directory as an operand instead of with `--store`. */
export function withDirectoryOperand(args: ParsedArgs): ParsedArgs {
  const [directory, ...more] = args.rest
  if (more.length > 0) refuseUsage(`unexpected argument ${JSON.stringify(more[0])} after the directory`)
  if (directory === undefined) return args
  if (args.text('store') !== undefined)
    refuseUsage('the directory is given twice, as an operand and with --store')
  return args.with('store', directory)
}

/** Opens the file that an option names, for appending. */
export function openForAppending(path: string, option: string): number {
  try {
    return openSync(path, 'a', 0o600)
  } catch (error) {
    return refuseUsage(`${option}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** Throws `cli/usage`. */
export const refuseUsage = (message: string): never => refuse('cli/usage', message)

function readList(text: string, what: string): readonly string[] {
  try {
    const list: unknown = JSON.parse(text)
    if (Array.isArray(list) && list.every((one) => typeof one === 'string')) return list
  } catch {
    // Refused below, like any other text that is not a list.
  }
  return refuseUsage(`${what} is a list of texts separated by commas, or a JSON list of texts`)
}

/** Parses a positive integer; digits may be separated by underscores. */
export function parseCount(text: string, what: string): number {
  const digits = text.replace(/(?<=\d)_(?=\d)/g, '')
  const number = /^\d+$/.test(digits) ? Number(digits) : 0
  if (!Number.isSafeInteger(number) || number < 1)
    refuseUsage(`${what} takes a whole number from 1 on, not ${JSON.stringify(text)}`)
  return number
}

/** Names the operands; refuses too few and too many. */
function operandsOf(
  plain: readonly string[],
  { name, operands, rest }: CommandSpec,
): ReadonlyMap<string, string> {
  const missing = operands[plain.length]
  if (missing !== undefined) refuseUsage(`${name} needs <${missing.name}>: ${missing.description}`)
  if (rest === 'none' && plain.length > operands.length)
    refuseUsage(`${name} takes no ${JSON.stringify(plain[operands.length])}`)
  return new Map(operands.map((operand, index) => [operand.name, plain[index] ?? '']))
}

type OptionToken = Extract<Token, { kind: 'option' }>

function checkFlag({ name, rawName, value }: OptionToken): string {
  if (value !== undefined) refuseUsage(`${rawName} takes no value`)
  return name
}

function textOf(
  { rawName, value, inlineValue }: OptionToken,
  { placeholder }: Extract<Option, { placeholder: string }>,
): string {
  if (value === undefined || value === '' || (inlineValue !== true && value.startsWith('-')))
    refuseUsage(`${rawName} needs a value: ${rawName} ${placeholder}`)
  return unmark(value ?? '')
}

function refuseUnknown(rawName: string, options: Options): never {
  const close = nearest(rawName, Object.keys(options).map((name) => `--${name}`))
  return refuseUsage(`there is no option ${rawName}${close === undefined ? '' : `; did you mean ${close}?`}`)
}
