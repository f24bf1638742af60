/**
 * References: the lifecycle of stored objects and of imports.
 *
 * A *stored object* (virtual or durable, object or collection) is named by its base vref; its facets live and
 * end together. It is needed as long as
 *   - something in the heap is one of its facets, or
 *   - other vats can reach one of its exported facets, or
 *   - stored data refers to it.
 * An import is needed as long as a presence of it is in the heap or stored data refers to it.
 *
 * Ref1. Counts are the number of references from stored data to a name: each slot of each stored capdata
 *       counts once.
 * Ref2. Objects are dropped, retired or deleted only in `bringOutYourDead`, after a full collection: user
 *       code cannot observe when the engine collects.
 * Ref3. A deleted object releases its references, recursively: in the same delivery, or when it is too much
 *       for one in those that follow (`garbageSources.ts`). Cycles of stored data are never deleted.
 * Ref4. A weak key does not keep its object; when the object no longer exists, its entries are removed.
 * Ref5. A durable object that only the heap needs is recorded as *heap-only* during a collection (`loose.`):
 *       the heap ends with its incarnation, and the heir deletes its heap-only objects. Until they are
 *       recorded, a mark says that there may be more of them (`unreachableDurables.ts`).
 */
import { assert } from '../../base/errors.ts'
import {
  allocatorOf,
  baseOf,
  isDurableVref,
  isStoredVref,
  kindOf,
  namesObject,
  parseStored,
  type ObjectVref,
  type Vref,
} from '../../base/ids.ts'
import { command } from '../wire/channel.ts'
import type { GarbageSource } from './garbageSources.ts'
import { isBudgetSpent, spend } from './workBudget.ts'
import { kindNumbers } from './kindNumbers.ts'
import type { Slots } from '../wire/slots.ts'
import {
  expectReads,
  forgetAbsence,
  isNothingFrom,
  keys,
  keysFrom,
  knowAbsent,
  read,
  remove,
  write,
} from './store.ts'

/** The keeper of the objects of a kind. */
export interface Keeper {
  /** Creates the object of this name: nothing in the heap represents it. */
  representative(vref: ObjectVref): object
  /** Deletes the stored data of the object, and returns the slots that it referred to. */
  delete(base: ObjectVref): readonly Vref[]
  /** The vrefs under which the object may be in the heap or exported: its facets, or its base alone. */
  facets(base: ObjectVref): readonly ObjectVref[]
}

/** The holder of a weak-map entry. */
export interface Recognizer {
  /** The object no longer exists. */
  forget(vref: ObjectVref): void
}

/** Whether other vats can reach an exported facet, or at least recognise it. */
export type ExportStatus = 'reachable' | 'recognizable'

/** The findings of a collection that are reported to the kernel at its end. */
interface GarbageReport {
  /** Imports that are unreachable in this vat. */
  readonly imports: ObjectVref[]
  readonly retiredImports: ObjectVref[]
  readonly retiredExports: ObjectVref[]
}

/** The number of suspects per step; results of questions about them are kept no longer than that. */
const maxSuspectsPerStep = 200

export class References implements GarbageSource {
  readonly #slots: Slots
  readonly #keepers = new Map<number, Keeper>()
  #findKeeper = (kind: number): Keeper => { throw new Error(`there is no kind ${kind}`) }
  /** Ephemeral objects that virtual data refers to: held here, with their counts. */
  readonly #held = new Map<ObjectVref, { readonly object: object; count: number }>()
  /** Imports reported as dropped, because only weak keys remain. */
  readonly #dropped = new Set<ObjectVref>()
  /** Weak keys of collections in the heap. */
  readonly #recognizers = new Map<ObjectVref, Set<Recognizer>>()
  /** Weak keys of stored collections find their collection by its kind. */
  readonly #storedRecognizers = new Map<number, (collection: ObjectVref, key: ObjectVref) => void>()
  /** Facets that this incarnation knows to be exported and reachable. */
  readonly #reachable = new Set<ObjectVref>()
  /** Objects that may be unneeded; examined during collections. */
  readonly #suspects = new Set<ObjectVref>()
  /** Durable objects recorded as needed by the heap alone (Ref5). */
  readonly #heapOnly = new Set<ObjectVref>()
  #report: GarbageReport = emptyReport()
  /** The state of `uncollected`: whether it is written, and whether it survives the collection. */
  #mark: 'none' | 'written' | 'held' = 'none'

  constructor(slots: Slots) {
    this.#slots = slots
  }

  /** Registers the keeper of a kind. */
  registerKeeper(kind: number, keeper: Keeper): void {
    this.#keepers.set(kind, keeper)
  }

  /** Registers a function that finds the keeper of an unregistered kind, or throws why there is none. */
  onUnknownKind(find: (kind: number) => Keeper): void {
    this.#findKeeper = find
  }

  /** The keeper of a stored object. Throws when its kind is not defined in this incarnation. */
  keeperOf(vref: ObjectVref): Keeper {
    const kind = kindOf(vref)
    return this.#keepers.get(kind) ?? this.#findKeeper(kind)
  }

  /** A presence was created for an import. */
  noteImported(vref: ObjectVref): void {
    this.#dropped.delete(vref)
  }

  /** A stored object was created; only the heap needs it yet. */
  noteCreated(base: ObjectVref): void {
    if (isDurableVref(base)) this.suspect(base)
    knowAbsent(keys.count(base))
  }

  /** Objects that only the heap of an earlier incarnation needed may be dead (Ref5). */
  suspectHeapOnly(base: ObjectVref): void {
    assert(isDurableVref(base), 'Ref5: only a durable object outlives the heap that needed it')
    this.#heapOnly.add(base)
    this.#suspects.add(base)
  }

  /** The object may be unneeded. */
  suspect(base: ObjectVref): void {
    this.#suspects.add(base)
    if (this.#mark !== 'none' || !isDurableVref(base)) return
    this.#mark = 'written'
    write(keys.uncollected, '')
  }

  /** The mark of an earlier incarnation: it stays until it is released. */
  holdMark(): void {
    assert(this.#mark === 'none', 'Und2: the mark of an earlier incarnation is held before this one needs it')
    this.#mark = 'held'
  }

  releaseMark(): void {
    if (this.#mark === 'held') this.#mark = 'written'
  }

  // --- stored data

  /** Stored data gained and lost references to these slots. */
  updateCounts(added: readonly Vref[], removed: readonly Vref[]): void {
    for (const vref of added) this.#count(vref, 1)
    for (const vref of removed) this.#count(vref, -1)
  }

  #count(vref: Vref, change: number): void {
    if (!namesObject(vref)) return
    const base = baseOf(vref)
    if (!isStoredVref(base) && allocatorOf(base) === 'vat') return this.#countEphemeral(base, change)
    const key = keys.count(base)
    const count = Number(read(key) ?? '0') + change
    assert(count >= 0, 'Ref1: a reference was released that was not counted')
    if (count > 0) write(key, String(count))
    else remove(key)
    if (count <= 0) this.suspect(base)
    else if (count === change) {
      this.#suspects.delete(base)
      this.#clearHeapOnly(base)
    }
  }

  #clearHeapOnly(base: ObjectVref): void {
    if (this.#heapOnly.delete(base)) remove(keys.heapOnly(base))
  }

  #countEphemeral(vref: ObjectVref, change: number): void {
    const held = this.#held.get(vref)
    const object = held?.object ?? this.#slots.valueOf(vref)
    if (object === undefined) throw new Error(`stored data refers to ${vref}, which is gone`)
    const count = (held?.count ?? 0) + change
    assert(count >= 0, 'Ref1: a reference to an ephemeral object was released that was not counted')
    if (count > 0) this.#held.set(vref, { object, count })
    else this.#held.delete(vref)
  }

  // --- exports

  /** A facet of a stored object leaves the vat. */
  noteExported(vref: ObjectVref): void {
    if (this.#reachable.has(vref)) return
    assert(isStoredVref(vref), 'only a facet of a stored object has a row for its export')
    this.#reachable.add(vref)
    write(keys.exported(vref), 'reachable' satisfies ExportStatus)
  }

  /** The vat withdraws an export. Returns whether it was ever exported. */
  forgetExport(vref: ObjectVref): boolean {
    assert(isDurableVref(vref), 'only a durable export is withdrawn')
    this.#reachable.delete(vref)
    const given = read(keys.exported(vref)) !== undefined
    remove(keys.exported(vref))
    return given
  }

  /** These exports are no longer reachable from outside. */
  dropExports(vrefs: readonly ObjectVref[]): void {
    for (const vref of vrefs) {
      assert(allocatorOf(vref) === 'vat', 'the kernel drops what this vat exported')
      if (!isStoredVref(vref)) {
        this.#slots.releaseExport(vref)
        continue
      }
      this.#reachable.delete(vref)
      write(keys.exported(vref), 'recognizable' satisfies ExportStatus)
      this.suspect(baseOf(vref))
    }
  }

  /** These exports are no longer even recognisable from outside. */
  retireExports(vrefs: readonly ObjectVref[]): void {
    for (const vref of vrefs) {
      assert(allocatorOf(vref) === 'vat', 'the kernel retires what this vat exported')
      if (!isStoredVref(vref)) {
        this.#slots.retireExport(vref)
        continue
      }
      this.#reachable.delete(vref)
      remove(keys.exported(vref))
      this.suspect(baseOf(vref))
    }
  }

  /** These imports no longer exist. */
  retireImports(vrefs: readonly ObjectVref[]): void {
    for (const vref of vrefs) {
      assert(allocatorOf(vref) === 'kernel', 'the kernel retires what this vat imported')
      this.#forgetKey(vref, 'whole')
      this.#dropped.delete(vref)
      this.#slots.forget(vref)
    }
  }

  // --- weak keys

  /** A collection in the heap has an entry under the object. */
  recognize(vref: ObjectVref, recognizer: Recognizer): void {
    const known = this.#recognizers.get(vref)
    if (known === undefined) this.#recognizers.set(vref, new Set([recognizer]))
    else known.add(recognizer)
  }

  /** The entry was removed. */
  unrecognize(vref: ObjectVref, recognizer: Recognizer): void {
    const known = this.#recognizers.get(vref)
    assert(known?.delete(recognizer) === true, 'We1: an entry ends that was not registered under its name')
    if (known.size === 0) this.#recognizers.delete(vref)
    if (this.#dropped.has(vref)) this.#suspects.add(vref)
  }

  /** Registers the function that removes entries from stored weak collections of a kind. */
  registerWeakKeeper(kind: number, forget: (collection: ObjectVref, key: ObjectVref) => void): void {
    this.#storedRecognizers.set(kind, forget)
  }

  /** A stored weak collection has an entry under the object. */
  recognizeStored(vref: ObjectVref, collection: ObjectVref): void {
    write(keys.weakKey(vref, collection), '')
    forgetAbsence(keys.weakKeysEnd)
  }

  unrecognizeStored(vref: ObjectVref, collection: ObjectVref): void {
    remove(keys.weakKey(vref, collection))
    if (isDurableVref(collection) && this.#wasDroppedEarlier(vref)) this.#dropped.add(vref)
    if (this.#dropped.has(vref)) this.#suspects.add(vref)
  }

  /** Whether an import was dropped when an earlier incarnation ended: then only weak keys refer to it. */
  #wasDroppedEarlier(vref: ObjectVref): boolean {
    if (allocatorOf(vref) !== 'kernel' || this.#slots.isHeldWeakly(vref)) return false
    return !this.#suspects.has(vref) && read(keys.count(vref)) === undefined
  }

  #isRecognized(vref: ObjectVref): boolean {
    if (this.#recognizers.has(vref)) return true
    return !isNothingFrom(keys.weakKeyPrefix(vref), keys.weakKeysEnd)
  }

  /** Removes the entries under the object. Entries left when the work budget is spent are removed later. */
  #forgetKey(vref: ObjectVref, extent: 'whole' | 'some'): 'done' | 'entries left' {
    for (const recognizer of this.#recognizers.get(vref) ?? []) recognizer.forget(vref)
    this.#recognizers.delete(vref)
    if (isNothingFrom(keys.weakKeyPrefix(vref), keys.weakKeysEnd)) return 'done'
    for (const key of keysFrom(keys.weakKeyPrefix(vref))) {
      if (extent === 'some' && isBudgetSpent()) return 'entries left'
      const collection = keys.weakKeyCollection(vref, key)
      this.#storedRecognizers.get(parseStored(collection).kind)?.(collection, vref)
      remove(key)
    }
    return 'done'
  }

  // --- death

  /** Examines some possibly dead objects, and deletes unneeded ones (Ref2, Ref3). */
  step(): boolean {
    const collected = this.#suspects.size < maxSuspectsPerStep ? this.#slots.takeCollected() : undefined
    for (const vref of collected ?? []) this.#suspects.add(baseOf(vref))
    const some = this.#someSuspects()
    this.#expectReads(some)
    for (const base of some) {
      if (isBudgetSpent()) break
      spend(1)
      // Objects released by it may make it suspect again.
      this.#suspects.delete(base)
      if (isStoredVref(base)) this.#collect(base)
      else if (allocatorOf(base) === 'vat') this.#collectEphemeral(base)
      else this.#collectImport(base)
    }
    return this.#suspects.size > 0 || collected !== undefined
  }

  /** In the order of their names; of many, those that became suspect first. */
  #someSuspects(): readonly ObjectVref[] {
    if (this.#suspects.size <= maxSuspectsPerStep) return [...this.#suspects].sort()
    const some: ObjectVref[] = []
    for (const base of this.#suspects) if (some.push(base) === maxSuspectsPerStep) break
    return some.sort()
  }

  /** Ends a collection: reports unneeded imports and exports to the kernel. */
  endCollection(extent: 'all' | 'some'): void {
    if (extent === 'all') {
      assert(this.#suspects.size === 0, 'De2: a collection that ended left nothing to examine')
      this.#unmark()
    }
    const { imports, retiredImports, retiredExports } = this.#report
    if (imports.length > 0) command({ kind: 'dropImports', imports })
    if (retiredImports.length > 0) command({ kind: 'retireImports', imports: retiredImports })
    if (retiredExports.length > 0) command({ kind: 'retireExports', exports: retiredExports })
    this.#report = emptyReport()
  }

  /** The keys that `#bury` will read for these. */
  #expectReads(bases: readonly ObjectVref[]): void {
    const reads: string[] = []
    for (const base of bases) {
      const keeper = isStoredVref(base) ? this.#keepers.get(kindOf(base)) : undefined
      if (keeper === undefined) continue
      reads.push(keys.count(base))
      for (const facet of keeper.facets(base)) reads.push(keys.exported(facet))
    }
    expectReads(reads)
    // For those that are dead by now, their references: the others may be large, and are left alone.
    expectReads(bases.filter((base) => this.#isDead(base)).map(keys.object))
  }

  /** Whether nothing needs the stored object, in the heap or elsewhere. */
  #isDead(base: ObjectVref): boolean {
    const keeper = isStoredVref(base) ? this.#keepers.get(kindOf(base)) : undefined
    if (keeper === undefined || read(keys.count(base)) !== undefined) return false
    const facets = keeper.facets(base)
    if (facets.some((facet) => read(keys.exported(facet)) === 'reachable')) return false
    return !facets.some((facet) => this.#slots.valueOf(facet) !== undefined)
  }

  #unmark(): void {
    assert(this.#mark !== 'held', 'Und2: the mark stays until every durable object was examined')
    if (this.#mark !== 'written') return
    this.#mark = 'none'
    remove(keys.uncollected)
  }

  #collect(base: ObjectVref): void {
    assert(baseOf(base) === base, 'the facets of an object end together')
    const keeper = this.#keepers.get(kindOf(base))
    if (keeper === undefined) return
    // It may have been recorded as heap-only before it was referred to.
    if (read(keys.count(base)) !== undefined) return this.#clearHeapOnly(base)
    const facets = keeper.facets(base)
    const statuses = facets.map((facet) => read(keys.exported(facet)))
    if (statuses.includes('reachable')) return
    if (facets.some((facet) => this.#slots.valueOf(facet) !== undefined)) return this.#recordHeapOnly(base)
    for (const facet of facets)
      if (this.#forgetKey(facet, 'some') === 'entries left') return this.#suspectAgain(base)
    this.#clearHeapOnly(base)
    facets.forEach((facet, index) => {
      this.#slots.forgetCollected(facet)
      if (statuses[index] === undefined) return
      remove(keys.exported(facet))
      this.#report.retiredExports.push(facet)
    })
    for (const slot of keeper.delete(base)) this.#count(slot, -1)
  }

  /** It is dead, and the work budget is spent. */
  #suspectAgain(base: ObjectVref): void {
    this.#suspects.add(base)
  }

  /** Ref5. Handles and named exports have no data of their own that could be left behind. */
  #recordHeapOnly(base: ObjectVref): void {
    const kind = kindOf(base)
    if (
      !isDurableVref(base) ||
      kind === kindNumbers.handle ||
      kind === kindNumbers.namedExport ||
      this.#heapOnly.has(base)
    )
      return
    this.#heapOnly.add(base)
    write(keys.heapOnly(base), '')
  }

  /** An ephemeral object released by the heap; other vats may recognise it, or weak collections. */
  #collectEphemeral(vref: ObjectVref): void {
    if (this.#slots.valueOf(vref) !== undefined) return
    this.#slots.forgetCollected(vref)
    if (this.#slots.endReleased(vref)) this.#report.retiredExports.push(vref)
    if (this.#forgetKey(vref, 'some') === 'entries left') this.#suspectAgain(vref)
  }

  #collectImport(vref: ObjectVref): void {
    if (this.#slots.valueOf(vref) !== undefined || read(keys.count(vref)) !== undefined) return
    this.#slots.forgetCollected(vref)
    if (!this.#dropped.has(vref)) this.#report.imports.push(vref)
    this.#dropped.add(vref)
    if (this.#isRecognized(vref)) return
    this.#dropped.delete(vref)
    this.#report.retiredImports.push(vref)
  }
}

const emptyReport = (): GarbageReport => ({ imports: [], retiredImports: [], retiredExports: [] })
