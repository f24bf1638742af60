/**
 * The text of a transcript entry: the one place that writes it, and the reader that knows where its fields
 * are. It is parsed only when needed: most replayed entries are identical, and are recognised by their text.
 *
 * Trt1. The text is JSON without spaces, with the fields in the order `delivery`, `syscalls`, `result`,
 *       `computrons`. Links of transcripts cover it (Trs2), so it never changes.
 * Trt2. Entries in any other order or layout are read too, by parsing them.
 */
import { assert } from '../../base/errors.ts'
import { refuse } from '../codes.ts'
import type { DeliveryKind } from './delivery.ts'
import type { TranscriptEntry } from './transcript.ts'

const begin = '{"delivery":'
const kindBegin = `${begin}{"kind":"`
/** Quotes in a text are escaped, and nothing in a delivery has this name; so the delivery ends here. */
const middle = ',"syscalls":'
const end = ',"computrons":"'
const finishBegin = '{"batch":'

const isDigits = (value: unknown): boolean => typeof value === 'string' && /^\d+$/.test(value)
const hasKind = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'kind' in value && typeof value.kind === 'string'

function isEntry(value: unknown): value is TranscriptEntry {
  if (typeof value !== 'object' || value === null) return false
  const { delivery, syscalls, result, computrons } = value as Partial<Record<keyof TranscriptEntry, unknown>>
  return (
    hasKind(delivery) &&
    Array.isArray(syscalls) &&
    syscalls.every(hasKind) &&
    hasKind(result) &&
    isDigits(computrons)
  )
}

/** The text under which an entry is stored (Trt1). */
export function writeEntry({ delivery, syscalls, result, computrons }: TranscriptEntry): string {
  assert(isDigits(computrons), 'the computrons of a transcript entry are decimal digits')
  return JSON.stringify({ delivery, syscalls, result, computrons })
}

/** An entry as it was stored. */
export class StoredEntry {
  readonly #text: string
  readonly #position: number
  readonly #middle: number
  #entry: TranscriptEntry | undefined

  /** Invalid entries are refused with `store/corrupt-transcript` when they are parsed. */
  constructor(text: string, position: number) {
    this.#text = text
    this.#position = position
    this.#middle = text.startsWith(begin) ? text.indexOf(middle) : -1
  }

  get entry(): TranscriptEntry {
    return (this.#entry ??= this.#parse())
  }

  get delivery(): string {
    return this.#middle < 0
      ? JSON.stringify(this.entry.delivery)
      : this.#text.slice(begin.length, this.#middle)
  }

  get kind(): DeliveryKind {
    if (this.#middle < 0 || !this.#text.startsWith(kindBegin)) return this.entry.delivery.kind
    return this.#text.slice(kindBegin.length, this.#text.indexOf('"', kindBegin.length)) as DeliveryKind
  }

  is(kind: DeliveryKind): boolean {
    return this.kind === kind
  }

  /**
   * Whether the whole recording is this end of a delivery, as identical text. If it is not, it may still
   * match.
   */
  isFinish(finish: string): boolean {
    return (
      this.#middle >= 0 &&
      finish.startsWith(finishBegin) &&
      this.#text.startsWith(`${middle}${finish.slice(finishBegin.length, -1)},"computrons":`, this.#middle)
    )
  }

  get computrons(): string {
    const at = this.#text.lastIndexOf(end)
    const digits =
      this.#middle < 0 || at < 0 || !this.#text.endsWith('"}')
        ? this.entry.computrons
        : this.#text.slice(at + end.length, -2)
    return isDigits(digits) ? digits : this.#refuse()
  }

  #parse(): TranscriptEntry {
    let value: unknown
    try {
      value = JSON.parse(this.#text)
    } catch {
      return this.#refuse()
    }
    return isEntry(value) ? value : this.#refuse()
  }

  #refuse(): never {
    refuse('store/corrupt-transcript', `the entry at ${this.#position} is not a transcript entry`, {
      position: this.#position,
    })
  }
}
