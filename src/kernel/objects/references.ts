/**
 * Reference counts of objects and promises.
 *
 * Rk1. An object's `reachable` counts the references that can send to it: importing c-list entries marked
 *     reachable, slots of messages in queues, slots of settled promises' data, pins of the host, and
 *     references of ports and the timer. `recognizable` counts those and the importing entries not marked
 *     reachable. The owner's own c-list entry counts in neither.
 * Rk2. A promise's `references` count c-list entries, messages in queues (as target, slot or result), slots
 *      of
 *     settled promises' data, and pins of the host.
 * Rk3. Everything that has lost its last reference is examined once, at the end of the crank (`settle`): a
 *     promise is deleted, an object's owner is notified to drop or retire it.
 * Rk4. The set of candidates lives for one crank only; an undone crank restarts with it empty, and undoing
 *     part of a crank restores the set from before that part.
 */
import {
  isObjectKref,
  isPromiseKref,
  isVatId,
  type Kref,
  type ObjectKref,
  type PromiseKref,
  type VatId,
} from '../../base/ids.ts'
import { assert } from '../../base/errors.ts'
import type { Owner, Service } from '../tables/records.ts'
import type { Tables } from '../tables/tables.ts'

export class References {
  readonly #tables: Tables
  readonly #candidates = new Set<Kref>()
  #onServiceDeleted: (service: Service) => void = () => {}

  constructor(tables: Tables) {
    this.#tables = tables
  }

  /** Registers the action for a deleted object of the kernel. */
  whenServiceDeleted(act: (service: Service) => void): void {
    this.#onServiceDeleted = act
  }

  /** Begins or restarts a crank: with no candidates, or with those of the point where it continues (Rk4). */
  begin(candidates: readonly Kref[] = []): void {
    this.#candidates.clear()
    for (const kref of candidates) this.#candidates.add(kref)
  }

  /** The candidates so far, for a caller that may undo what follows. */
  get candidates(): readonly Kref[] {
    return [...this.#candidates]
  }

  add(kref: Kref): void {
    if (isPromiseKref(kref)) this.#countPromise(kref, 1)
    else if (isObjectKref(kref)) this.countObject(kref, 1, 1)
  }

  addAll(krefs: readonly string[]): void {
    for (const kref of krefs) this.add(kref as Kref)
  }

  remove(kref: Kref): void {
    if (isPromiseKref(kref)) this.#countPromise(kref, -1)
    else if (isObjectKref(kref)) this.countObject(kref, -1, -1)
  }

  removeAll(krefs: readonly string[]): void {
    for (const kref of krefs) this.remove(kref as Kref)
  }

  countObject(kref: ObjectKref, reachable: number, recognizable: number): void {
    const record = this.#tables.object(kref)
    const changed = {
      owner: record.owner,
      reachable: record.reachable + reachable,
      recognizable: record.recognizable + recognizable,
    }
    assert(changed.reachable >= 0, 'no object is reachable by fewer than no references (Rk1)')
    assert(changed.recognizable >= changed.reachable, 'what can reach an object can recognize it (Rk1)')
    this.#tables.setObject(kref, changed)
    if (changed.reachable === 0) this.#candidates.add(kref)
  }

  /** Marks an object as possibly unreferenced. */
  addCandidate(kref: Kref): void {
    this.#candidates.add(kref)
  }

  #countPromise(kref: PromiseKref, change: number): void {
    const record = this.#tables.promise(kref)
    const references = record.references + change
    assert(references >= 0, 'no promise has fewer than no references (Rk2)')
    this.#tables.setPromise(kref, { ...record, references })
    if (references === 0) this.#candidates.add(kref)
  }

  /** Ends a crank: acts on everything that has no references left (Rk3). Deleting a promise can free more. */
  collectUnreferenced(): void {
    for (const kref of this.#candidates) {
      this.#candidates.delete(kref)
      if (isPromiseKref(kref)) this.#collectPromise(kref)
      else if (isObjectKref(kref)) this.#collectObject(kref)
    }
  }

  #collectPromise(kref: PromiseKref): void {
    const record = this.#tables.findPromise(kref)
    if (record === undefined || record.references > 0) return
    assert(record.queued === 0, `${kref} has messages waiting and no references`)
    const slots = record.state === 'unresolved' ? [] : this.#tables.promiseData(kref).slots
    this.#tables.deletePromise(kref)
    this.removeAll(slots)
  }

  #collectObject(kref: ObjectKref): void {
    const record = this.#tables.findObject(kref)
    if (record === undefined || record.reachable > 0) return
    const { owner } = record
    if (!isVatId(owner)) {
      if (record.recognizable === 0) this.#delete(kref, owner)
      else if (owner !== 'kernel') this.#notifyRecognizers(kref, record.recognizable)
      return
    }
    const entry = this.#tables.entryOf(owner, kref)
    if (entry === undefined) return
    if (entry.reachable) this.#tables.gcActions.add(owner, 'drop', kref)
    if (record.recognizable === 0) this.#tables.gcActions.add(owner, 'retire', kref)
  }

  #delete(kref: ObjectKref, owner: Owner): void {
    const service = owner === 'kernel' ? this.#tables.service(kref) : undefined
    this.#tables.deleteObject(kref)
    if (service === undefined) return
    this.removeAll(serviceReferences(service))
    if (service.kind === 'adminNode') this.#deleteAdminNode(service.vat)
    this.#onServiceDeleted(service)
  }

  /** The retained data of an ended vat is kept for the holders of its admin node. */
  #deleteAdminNode(vat: VatId): void {
    const { lives } = this.#tables
    lives.deleteAdminNode(vat)
    // While the vat is being cleaned up, the cleanup does this.
    if (lives.ended(vat) === undefined || this.#tables.findVat(vat) !== undefined) return
    // The data may be large, and deleting it is not urgent.
    lives.addJob({ kind: 'forget', vat, steps: 0, rows: 0 })
  }

  /**
   * The object has no owner and is unreachable: vats that hold it as a weak key may forget it. The search
   * ends with the last of them.
   */
  #notifyRecognizers(kref: ObjectKref, recognizers: number): void {
    assert(recognizers > 0, 'only an object with recognizers is retired in them')
    let left = recognizers
    for (const vat of this.#tables.vats()) {
      if (this.#tables.entryOf(vat, kref)?.reachable !== false) continue
      this.#tables.gcActions.add(vat, 'lose', kref)
      left -= 1
      if (left === 0) return
    }
  }
}

/** The references that a kernel object holds while it exists. */
function serviceReferences(service: Service): readonly Kref[] {
  if (service.kind === 'notifier') return [service.meter]
  if (service.kind === 'vatBound') return [service.vatAdmin]
  if (service.kind === 'timerIterator') return [service.notifier]
  return (service.kind === 'repeater' || service.kind === 'timerNotifier') && service.token !== null
    ? [service.token]
    : []
}
