/**
 * C-lists: between a vat's names and the kernel's.
 *
 * Ce1. Every name that crosses a vat's boundary is translated here. A name that the vat was not given and may
 *     not create itself is an illegal syscall.
 * Ce2. An importing entry holds a reference while it exists (Rk1); an exporting one does not.
 * Ce3. Receiving a name again makes an import reachable again.
 * Ce4. A promise that was settled before a vat receives a name for it is *kept*: the name lasts until the vat
 *     reports that it has forgotten the promise (`retireKept`), so that the vat is notified of the resolution
 *     once. The name of any other promise ends when it is settled. Vats whose supervisor does not support
 *     kept promises get none.
 */
import {
  allocatorOf,
  exportedObject,
  importedObject,
  isObjectKref,
  isObjectVref,
  isPromiseKref,
  isPromiseVref,
  isVref,
  kernelPromise,
  type Kref,
  type ObjectKref,
  type ObjectVref,
  type PromiseKref,
  type PromiseVref,
  type VatId,
  type Vref,
} from '../../base/ids.ts'
import { assert } from '../../base/errors.ts'
import { mapSlots, type CapData } from '../../protocol/capdata.ts'
import { IllegalSyscall } from './illegal.ts'
import type { References } from './references.ts'
import type { Tables } from '../tables/tables.ts'

export class CLists {
  readonly #tables: Tables
  readonly #references: References

  constructor(tables: Tables, references: References) {
    this.#tables = tables
    this.#references = references
  }

  // --- from the kernel to a vat

  toVat(vat: VatId, kref: Kref): Vref {
    const entry = this.#tables.entryOf(vat, kref)
    if (entry === undefined) return this.#import(vat, kref)
    // Ce3.
    if (!entry.reachable) this.#markReachable(vat, kref, entry.vref)
    return entry.vref
  }

  dataToVat(vat: VatId, data: CapData): CapData<Vref> {
    return mapSlots(data, (slot) => this.toVat(vat, slot as Kref))
  }

  #import(vat: VatId, kref: Kref): Vref {
    const counters = this.#tables.counters(vat)
    assert(counters.promises > 0 && counters.imports > 0, "a vat's names are numbered from 1")
    const vref = isPromiseKref(kref) ? kernelPromise(counters.promises++) : importedObject(counters.imports++)
    this.#tables.setCounters(vat, counters)
    this.#tables.setEntry(vat, kref, vref, isPromiseKref(kref) && this.#isKept(vat, kref) ? 'K' : 'R')
    this.#references.add(kref)
    return vref
  }

  /** Ce4. */
  #isKept(vat: VatId, kref: PromiseKref): boolean {
    return this.#tables.promise(kref).state !== 'unresolved' && this.#tables.vat(vat).keepsPromises === true
  }

  #markReachable(vat: VatId, kref: Kref, vref: Vref): void {
    this.#tables.setEntry(vat, kref, vref, 'R')
    if (isObjectKref(kref) && allocatorOf(vref) === 'kernel') this.#references.countObject(kref, 1, 0)
  }

  // --- from a vat to the kernel

  toKernel(vat: VatId, vref: Vref): Kref {
    const known = this.#tables.krefOf(vat, vref)
    if (known === undefined) return this.#export(vat, vref)
    const entry = this.#tables.entryOf(vat, known)
    assert(entry !== undefined && entry.vref === vref, 'a c-list entry exists in both directions (Ce1)')
    if (entry.reachable) return known
    if (allocatorOf(vref) === 'kernel')
      throw new IllegalSyscall(`${vref} was dropped and cannot be used again`)
    // An unreachable export, sent once more.
    this.#tables.setEntry(vat, known, vref, 'R')
    this.#references.addCandidate(known)
    return known
  }

  dataToKernel(vat: VatId, data: CapData<Vref>): CapData {
    return mapSlots(data, (slot) => this.toKernel(vat, slot))
  }

  #export(vat: VatId, vref: Vref): Kref {
    if (!isVref(vref)) throw new IllegalSyscall(`${JSON.stringify(vref)} is not a reference`)
    if (allocatorOf(vref) === 'kernel') throw new IllegalSyscall(`${vref} was never given to this vat`)
    if (isObjectVref(vref)) return this.exportObject(vat, vref)
    return this.exportPromise(vat, vref, { decider: vat, subscribers: [] })
  }

  exportObject(vat: VatId, vref: ObjectVref): ObjectKref {
    const kref = this.#tables.newObjectKref()
    this.#tables.setObject(kref, { owner: vat, reachable: 0, recognizable: 0 })
    this.#tables.setEntry(vat, kref, vref, 'R')
    this.#references.addCandidate(kref)
    return kref
  }

  /** Adds a promise that the vat names for the first time. Its c-list entry is its first reference. */
  exportPromise(
    vat: VatId,
    vref: PromiseVref,
    { decider, subscribers }: { decider: VatId | 'kernel'; subscribers: readonly VatId[] },
  ): PromiseKref {
    const kref = this.#tables.newPromiseKref()
    this.#tables.setPromise(kref, { state: 'unresolved', decider, references: 1, queued: 0, subscribers })
    this.#tables.setEntry(vat, kref, vref, 'R')
    return kref
  }

  // --- ends of entries

  /** Ends the name of a settled promise. No-op when the vat has no name for it. */
  retirePromise(vat: VatId, kref: PromiseKref): void {
    const entry = this.#tables.entryOf(vat, kref)
    if (entry === undefined) return
    this.#tables.deleteEntry(vat, kref, entry.vref)
    this.#references.remove(kref)
  }

  /**
   * Marks the resolution as known to the vat: a kept promise keeps its name, any other name ends. Returns
   * which.
   */
  resolutionKnown(vat: VatId, kref: PromiseKref): 'kept' | 'retired' {
    const entry = this.#tables.entryOf(vat, kref)
    if (entry?.mark !== 'K') {
      this.retirePromise(vat, kref)
      return 'retired'
    }
    this.#tables.setEntry(vat, kref, entry.vref, 'T')
    return 'kept'
  }

  /** The vat settled the promise and keeps the name (Ce4). */
  keep(vat: VatId, kref: PromiseKref): void {
    const entry = this.#tables.entryOf(vat, kref)
    assert(entry !== undefined, `${vat} has no name for ${kref} and keeps it`)
    this.#tables.setEntry(vat, kref, entry.vref, 'T')
  }

  /** The resolution was known to an incarnation that has ended: the next one must be notified. */
  forgetResolution(vat: VatId, kref: PromiseKref): void {
    const entry = this.#tables.entryOf(vat, kref)
    assert(entry !== undefined, `${vat} has no name for ${kref}`)
    assert(entry.mark === 'T', 'only a resolution that the vat knows is forgotten (Ce4)')
    this.#tables.setEntry(vat, kref, entry.vref, 'R')
  }

  /** The vat has forgotten a kept promise (Ce4). */
  retireKept(vat: VatId, vref: PromiseVref): void {
    const kref = isPromiseVref(vref) ? this.#tables.krefOf(vat, vref) : undefined
    if (kref === undefined || !isPromiseKref(kref))
      throw new IllegalSyscall(`${JSON.stringify(vref)} is not a promise of this vat`)
    if (this.#tables.entryOf(vat, kref)?.mark !== 'T')
      throw new IllegalSyscall(`${vref} is not a kept promise: its name ends when it is settled`)
    this.retirePromise(vat, kref)
  }

  dropImport(vat: VatId, vref: ObjectVref): void {
    const kref = this.#importOf(vat, vref)
    if (!this.#tables.entryOf(vat, kref)?.reachable) throw new IllegalSyscall(`${vref} was dropped before`)
    this.#tables.setEntry(vat, kref, vref, '_')
    this.#references.countObject(kref, -1, 0)
  }

  retireImport(vat: VatId, vref: ObjectVref): void {
    const kref = this.#importOf(vat, vref)
    if (this.#tables.entryOf(vat, kref)?.reachable)
      throw new IllegalSyscall(`${vref} is retired before it is dropped`)
    this.#tables.deleteEntry(vat, kref, vref)
    this.#references.countObject(kref, 0, -1)
  }

  /** Removes an import from its vat unconditionally. */
  forgetImport(vat: VatId, vref: ObjectVref): void {
    const kref = this.#importOf(vat, vref)
    const reachable = this.#tables.entryOf(vat, kref)?.reachable === true
    this.#tables.deleteEntry(vat, kref, vref)
    this.#references.countObject(kref, reachable ? -1 : 0, -1)
  }

  /** Marks the import as unreachable but still recognisable. */
  loseImport(vat: VatId, vref: ObjectVref): void {
    if (this.#tables.entryOf(vat, this.#importOf(vat, vref))?.reachable === true) this.dropImport(vat, vref)
  }

  #importOf(vat: VatId, vref: ObjectVref): ObjectKref {
    const kref =
      isObjectVref(vref) && allocatorOf(vref) === 'kernel' ? this.#tables.krefOf(vat, vref) : undefined
    if (kref === undefined || !isObjectKref(kref))
      throw new IllegalSyscall(`${JSON.stringify(vref)} is not an import of this vat`)
    return kref
  }

  /** The owner withdraws an export. It cannot withdraw its root. */
  abandonExport(vat: VatId, vref: ObjectVref): void {
    this.#exportOf(vat, vref)
    if (vref === exportedObject(0)) throw new IllegalSyscall('the root of a vat cannot be abandoned')
    this.orphan(vat, vref, 'abandoned')
  }

  #exportOf(vat: VatId, vref: ObjectVref): ObjectKref {
    const kref =
      isObjectVref(vref) && allocatorOf(vref) === 'vat' ? this.#tables.krefOf(vat, vref) : undefined
    if (kref === undefined || !isObjectKref(kref))
      throw new IllegalSyscall(`${JSON.stringify(vref)} is not an export of this vat`)
    return kref
  }

  /** The owner reports that a dropped export no longer exists. */
  retireExport(vat: VatId, vref: ObjectVref): void {
    const kref = this.#exportOf(vat, vref)
    if (this.#tables.entryOf(vat, kref)?.reachable)
      throw new IllegalSyscall(`${vref} is retired while others can reach it`)
    this.orphan(vat, vref, 'abandoned')
  }

  /**
   * Removes an export from its vat: messages to it are rejected from now on; references to it remain valid.
   */
  orphan(vat: VatId, vref: Vref, owner: 'abandoned' | 'terminated'): void {
    const kref = this.#tables.krefOf(vat, vref)
    assert(kref !== undefined && isObjectKref(kref), `${vat} does not export ${vref}`)
    assert(this.#tables.object(kref).owner === vat, 'a vat withdraws only what it owns (Ce2)')
    this.#tables.deleteEntry(vat, kref, vref)
    this.#tables.setObject(kref, { ...this.#tables.object(kref), owner })
    this.#references.addCandidate(kref)
  }

  /** Marks the export as unreachable, when its owner is notified of that. */
  markUnreachable(vat: VatId, kref: ObjectKref, vref: Vref): void {
    assert(this.#tables.object(kref).reachable === 0, 'a reachable export is not dropped')
    this.#tables.setEntry(vat, kref, vref, '_')
  }
}
