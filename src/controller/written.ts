/**
 * A transcript entry as it is written, parsed only where somebody has to look into it: most of what is replayed
 * is the same to the letter, and is found so by its text.
 */
import type { DeliveryKind } from '../protocol/delivery.ts'
import type { TranscriptEntry } from '../protocol/transcript.ts'

const begin = '{"delivery":'
const kindBegin = `${begin}{"kind":"`
/** A quote in a text is escaped, and nothing in a delivery has this name; so this is where the delivery ends. */
const middle = ',"syscalls":'
const end = ',"computrons":"'
const finishBegin = '{"batch":'

export class Written {
  readonly #text: string
  readonly #middle: number
  #entry: TranscriptEntry | undefined

  constructor(text: string) {
    this.#text = text
    this.#middle = text.startsWith(begin) ? text.indexOf(middle) : -1
  }

  get entry(): TranscriptEntry {
    return (this.#entry ??= JSON.parse(this.#text) as TranscriptEntry)
  }

  get delivery(): string {
    return this.#middle < 0 ? JSON.stringify(this.entry.delivery) : this.#text.slice(begin.length, this.#middle)
  }

  get kind(): DeliveryKind {
    if (this.#middle < 0 || !this.#text.startsWith(kindBegin)) return this.entry.delivery.kind
    return this.#text.slice(kindBegin.length, this.#text.indexOf('"', kindBegin.length)) as DeliveryKind
  }

  is(kind: DeliveryKind): boolean {
    return this.kind === kind
  }

  /** Whether all that was recorded is this end of a delivery, to the letter. When it is not, it may still be the same. */
  isFinish(finish: string): boolean {
    return this.#middle >= 0 && finish.startsWith(finishBegin) && this.#text.startsWith(`${middle}${finish.slice(finishBegin.length, -1)},"computrons":`, this.#middle)
  }

  get computrons(): string {
    const at = this.#text.lastIndexOf(end)
    return this.#middle < 0 || at < 0 || !this.#text.endsWith('"}') ? this.entry.computrons : this.#text.slice(at + end.length, -2)
  }
}
