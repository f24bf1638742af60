/** The open block's changes to transcripts, and the steps that undo them. */
import { assert } from '../../base/errors.ts'
import type { VatId } from '../../base/ids.ts'
import type { CrankText } from '../state/crank.ts'
import type { UndoStep } from '../state/journal.ts'
import type { LinkedEntry, Span } from './spans.ts'

/** The open block's additions to a vat's transcript, on top of the last committed span. */
export class Tail {
  readonly vat: VatId
  /** The vat's last span at the last commit. */
  readonly committed: Span | undefined
  /** The committed one as it has grown, and those begun since. */
  readonly spans: Span[]
  readonly entries: LinkedEntry[] = []

  constructor(vat: VatId, committed: Span | undefined) {
    this.vat = vat
    this.committed = committed
    this.spans = committed === undefined ? [] : [committed]
  }

  get current(): Span | undefined {
    return this.spans.at(-1)
  }

  get changed(): boolean {
    return this.current !== this.committed
  }

  /** Start of the entries that are only in memory. */
  get firstPending(): number {
    return this.committed?.end ?? 0
  }
}

export class AppendStep implements UndoStep {
  readonly ofCrank = true
  readonly #tail: Tail
  readonly #before: Span
  readonly #entry: LinkedEntry

  constructor(tail: Tail, before: Span, entry: LinkedEntry) {
    this.#tail = tail
    this.#before = before
    this.#entry = entry
  }

  undo(): void {
    assert(this.#tail.entries.pop() === this.#entry, 'entries are undone last first (Trs4)')
    assert(this.#before.end === this.#entry.position, 'an entry is undone from the end of its span (Trs1)')
    this.#tail.spans[this.#tail.spans.length - 1] = this.#before
  }

  record(text: CrankText): void {
    text.entry(this.#tail.vat, this.#entry.position, this.#entry.link)
  }
}

/** Span boundaries are not part of the crank: they carry no information about events. */
export class BeginSpanStep implements UndoStep {
  readonly ofCrank = false
  readonly #tail: Tail

  constructor(tail: Tail) {
    this.#tail = tail
  }

  undo(): void {
    const span = this.#tail.spans.pop()
    assert(span !== undefined && span.start === span.end, 'an undone span is the last, and empty (Trs4)')
  }

  record(): void {}
}

/** Nothing of a terminated vat's past enters the crank: how much of it exists may differ. */
export class ForgetStep implements UndoStep {
  readonly ofCrank = false
  readonly #cuts: Map<VatId, number>
  readonly #vat: VatId
  readonly #before: number | undefined

  constructor(cuts: Map<VatId, number>, vat: VatId) {
    this.#cuts = cuts
    this.#vat = vat
    this.#before = cuts.get(vat)
  }

  undo(): void {
    assert(this.#cuts.has(this.#vat), 'a forgotten transcript is restored once')
    if (this.#before === undefined) this.#cuts.delete(this.#vat)
    else this.#cuts.set(this.#vat, this.#before)
  }

  record(): void {}
}
