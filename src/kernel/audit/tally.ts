/**
 * The counts of an audit, table by table: numbers keyed by numbers, so that a million objects fit in memory.
 *
 * A new table that holds references must count them here, by `refer`, in the table's `count`.
 */
import { isObjectKref, isPromiseKref, type VatId } from '../../base/ids.ts'
import type { CapData } from '../../protocol/capdata.ts'
import type { Message } from '../tables/records.ts'

/** Numbers by name; an absent name counts as 0. */
export class Counts<Name> {
  readonly #counts = new Map<Name, number>()

  of(name: Name): number {
    return this.#counts.get(name) ?? 0
  }
  add(name: Name, count = 1): void {
    this.#counts.set(name, this.of(name) + count)
  }
  raise(name: Name, least: number): void {
    if (least > this.of(name)) this.#counts.set(name, least)
  }
  names(): IterableIterator<Name> {
    return this.#counts.keys()
  }
  get size(): number {
    return this.#counts.size
  }
}

const numberOf = (kref: string): number => Number(kref.slice(2))

export class Tally {
  /** References that can reach an object, and those that can at least recognise it, by object number. */
  readonly reachable = new Counts<number>()
  readonly recognizable = new Counts<number>()
  /** References to a promise, and the number of deliverable items with it as result. */
  readonly promises = new Counts<number>()
  readonly results = new Counts<number>()
  /** Messages that wait for a promise. */
  readonly waiting = new Counts<number>()
  readonly parked = new Counts<VatId>()
  /** Jobs that clean up after a vat. */
  readonly cleanups = new Counts<VatId>()
  /** Jobs that delete the retained data of a vat. */
  readonly forgettings = new Counts<VatId>()
  /** Vats created with a bounded vatAdmin, by its object. */
  readonly made = new Counts<string>()
  /** Items that will start a vat. */
  readonly starts = new Counts<VatId>()
  /** The highest number issued of each kind, and by each vat's c-list. */
  readonly highest = new Counts<string>()
  /** `drop ko20`: a GC action queued for an owner. */
  readonly announced = new Set<string>()

  /** Items of ports, and wakeups by the thing they wait for: `in bank`, `tokens ko20`. */
  readonly channels = new Counts<string>()

  // Rows counted in the report.
  vats = 0
  objectRows = 0
  promiseRows = 0
  entries = 0
  queued = 0
  parkedRows = 0
  waitingRows = 0
  held = 0

  // --- who holds references: each table calls these for what it holds

  /** A reference by which an object can be reached or a promise be awaited. */
  refer(kref: string): void {
    if (isPromiseKref(kref)) this.promises.add(numberOf(kref))
    else if (isObjectKref(kref)) {
      this.reachable.add(numberOf(kref))
      this.recognizable.add(numberOf(kref))
    }
  }
  /** A reference by which an object can only be recognised. */
  recognize(kref: string): void {
    if (isObjectKref(kref)) this.recognizable.add(numberOf(kref))
  }
  data({ slots }: CapData): void {
    for (const slot of slots) this.refer(slot)
  }
  /** The promise of a pending result, decided by the receiver of the item. */
  result(kref: string | null): void {
    if (kref === null) return
    this.refer(kref)
    this.results.add(numberOf(kref))
  }
  message({ methargs, result }: Message): void {
    this.data(methargs)
    this.result(result)
  }

  // --- what was counted

  objectCounts(kref: string): { readonly reachable: number; readonly recognizable: number } {
    const number = numberOf(kref)
    return { reachable: this.reachable.of(number), recognizable: this.recognizable.of(number) }
  }
  promiseCount(kref: string): number {
    return this.promises.of(numberOf(kref))
  }
  resultCount(kref: string): number {
    return this.results.of(numberOf(kref))
  }
  waitingCount(kref: string): number {
    return this.waiting.of(numberOf(kref))
  }
  wait(kref: string): void {
    this.refer(kref)
    this.waitingRows += 1
    this.waiting.add(numberOf(kref))
  }
}
