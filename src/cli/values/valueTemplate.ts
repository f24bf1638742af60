/**
 * Values on the command line: JSON with extensions, as templates in which the names of objects are open.
 *
 * | notation                                 | value                                                 |
 * |------------------------------------------|-------------------------------------------------------|
 * | JSON                                     | its JSON value                                        |
 * | `123n`                                   | a bigint                                              |
 * | `undefined`, `NaN`, `Infinity`, `-Infinity` | their JavaScript values                            |
 * | `@issuer`, `@v3`                         | the root of that vat                                  |
 * | `@timer`, `@vatAdmin`, `@criticalVatKey` | the service of the kernel, if no vat has the name     |
 * | `@bank`                                  | that port, if neither has the name                    |
 * | `@ko20`                                  | that object of the kernel, if no vat has the name     |
 * | `{"@bigint":"123"}` and the like         | the value that `--json` prints this way (`jsonForm.ts`) |
 *
 * A template is checked before the store is opened, and evaluated when the store can resolve its names.
 *
 * Vt1. A value that cannot be represented as written is refused: an integer that a double cannot hold, a
 *      duplicate key.
 */
import { excerpt } from '../../base/text.ts'
import { assert, CodedError } from '../../base/errors.ts'
import { refuse } from '../../protocol/codes.ts'
import { maxNesting } from '../../codec/passable.ts'
import { readRecord } from '../../api/jsonForm.ts'

/** Resolves a name after `@` to its object. */
type ResolveName = (name: string) => unknown

/** A value with names of objects to resolve. */
export class ValueTemplate {
  readonly #text: string
  /** The names after `@`, in order. */
  readonly names: readonly string[]

  private constructor(text: string, names: readonly string[]) {
    this.#text = text
    this.names = names
  }

  /** @throws CodedError `cli/usage` with the position */
  static parse(text: string): ValueTemplate {
    const names: string[] = []
    new Parser(text, (name) => {
      names.push(name)
      return null
    }).parse()
    return new ValueTemplate(text, names)
  }

  /** Builds the value with the objects that the names stand for. */
  evaluate(resolve: ResolveName): unknown {
    return new Parser(this.#text, resolve).parse()
  }
}

const patterns = {
  space: /[ \t\n\r]*/y,
  bigint: /-?(?:0|[1-9]\d*)n/y,
  number: /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y,
  text: /"(?:[^"\\]|\\.)*"/ys,
  object: /@[A-Za-z][A-Za-z0-9._-]*/y,
  word: /-?[A-Za-z]+/y,
}

const wordValues: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['true', true],
  ['false', false],
  ['null', null],
  ['undefined', undefined],
  ['NaN', NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
])

class Parser {
  readonly #text: string
  readonly #resolveName: ResolveName
  #at = 0

  constructor(text: string, resolve: ResolveName) {
    this.#text = text
    this.#resolveName = resolve
  }

  parse(): unknown {
    assert(this.#at === 0, 'a text is parsed once')
    const value = this.#value(0)
    this.#space()
    if (this.#at < this.#text.length) this.#fail('unexpected text after the value')
    return value
  }

  #value(depth: number): unknown {
    this.#space()
    if (depth > maxNesting) this.#fail(`data cannot be nested deeper than ${maxNesting}`)
    const character = this.#text[this.#at]
    if (character === undefined) return this.#fail('a value is missing')
    if (character === '{') return this.#record(depth)
    if (character === '[') return this.#list(depth)
    if (character === '"') return this.#string()
    if (character === '@') return this.#object()
    return this.#scalar()
  }

  #scalar(): unknown {
    const start = this.#at
    const bigint = this.#take(patterns.bigint)
    if (bigint !== undefined) return this.#whole(start, BigInt(bigint.slice(0, -1)))
    const number = this.#take(patterns.number)
    if (number !== undefined) return this.#whole(start, this.#number(number))
    const word = this.#take(patterns.word)
    if (word !== undefined && wordValues.has(word)) return this.#whole(start, wordValues.get(word))
    this.#at = start
    return this.#fail('not a value; put text in double quotes, such as \'"hello"\' in a shell')
  }

  /** No text may be left over: `5apples` is not a number. */
  #whole(start: number, value: unknown): unknown {
    if (!/[\w.$@"'-]/.test(this.#text[this.#at] ?? '')) return value
    this.#at = start
    return this.#fail('not a value; put text in double quotes, such as \'"hello"\' in a shell')
  }

  #number(text: string): number {
    const number = Number(text)
    if (/^-?\d+$/.test(text) && !Number.isSafeInteger(number))
      this.#fail(`${text} loses digits as a number; write ${text}n for a bigint`, text.length)
    return number
  }

  #string(): string {
    const text = this.#take(patterns.text)
    if (text === undefined) return this.#fail('the double quotes that open here are not closed')
    try {
      return JSON.parse(text) as string
    } catch {
      return this.#fail('this string is not valid JSON', text.length)
    }
  }

  #object(): unknown {
    const name = this.#take(patterns.object)
    if (name === undefined) return this.#fail('a name of a vat follows @')
    return this.#resolveName(name.slice(1))
  }

  #list(depth: number): unknown[] {
    const items: unknown[] = []
    this.#items(']', () => items.push(this.#value(depth + 1)))
    return items
  }

  #record(depth: number): unknown {
    const start = this.#at
    const entries = new Map<string, unknown>()
    this.#items('}', () => {
      this.#space()
      if (this.#text[this.#at] !== '"') this.#fail('a key in double quotes is missing')
      const key = this.#string()
      if (entries.has(key)) this.#fail(`the key ${JSON.stringify(key)} is given twice`)
      this.#space()
      if (this.#text[this.#at] !== ':') this.#fail('a colon is missing')
      this.#at += 1
      entries.set(key, this.#value(depth + 1))
    })
    return this.#formed(start, entries)
  }

  /** A record, or the value that it encodes. */
  #formed(start: number, entries: ReadonlyMap<string, unknown>): unknown {
    try {
      return readRecord(entries)
    } catch (error) {
      if (!(error instanceof CodedError)) throw error
      this.#at = start
      return this.#fail(error.message)
    }
  }

  /** The comma-separated items from this bracket to its closing one. */
  #items(close: ']' | '}', item: () => void): void {
    assert(this.#text[this.#at] === (close === ']' ? '[' : '{'), 'a list or record begins with its bracket')
    this.#at += 1
    this.#space()
    if (this.#text[this.#at] === close) {
      this.#at += 1
      return
    }
    for (;;) {
      item()
      this.#space()
      const character = this.#text[this.#at]
      if (character !== ',' && character !== close) this.#fail(`a comma or ${close} is missing`)
      this.#at += 1
      if (character === close) return
    }
  }

  #space(): void {
    this.#take(patterns.space)
  }

  #take(pattern: RegExp): string | undefined {
    assert(pattern.sticky, 'a pattern matches at the current position only')
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0]
    this.#at += found?.length ?? 0
    return found
  }

  #fail(why: string, back = 0): never {
    const place = this.#at - back
    assert(place >= 0 && place <= this.#text.length, 'a parse error is inside the text')
    const shown = excerpt(this.#text, 60)
    return refuse('cli/usage', `the value ${shown} cannot be read at character ${place + 1}: ${why}`, {
      text: this.#text,
      character: place + 1,
    })
  }
}
