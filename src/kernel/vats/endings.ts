/**
 * Effects of the end of an incarnation.
 *
 * En1. Everything that ends with an incarnation is reported: its unresolved promises are rejected with the
 *      disconnection record; ephemeral exports are abandoned, and their holders live on. So are the exports
 *      of
 *      durable kinds that the heir was allowed to leave undefined.
 */
import { assert } from '../../base/errors.ts'
import {
  vatSpace,
  compareVatIds,
  type PromiseKref,
  type PromiseVref,
  type ObjectKref,
  type ObjectVref,
  type VatId,
  type Vref,
} from '../../base/ids.ts'
import { refusalLimits, upgradeLimits } from '../../protocol/limits.ts'
import type { AbandonedExport, AbandonedKind, DisconnectedPromise, KindLeft } from '../../protocol/results.ts'
import { countKey, durableWeakPrefix, exportKey, watchKey } from '../../protocol/worker/vatstore.ts'
import type { CLists } from '../objects/clists.ts'
import { cut, disconnection } from '../objects/kernelValues.ts'
import type { KernelPlatform } from '../../protocol/kernel/platform.ts'
import type { Promises } from '../objects/promises.ts'
import { Storage } from '../delivery/storage.ts'
import type { PromiseRecord, VatRecord } from '../tables/records.ts'
import type { Tables } from '../tables/tables.ts'

interface EndingParts {
  readonly ports: KernelPlatform
  readonly tables: Tables
  readonly clists: CLists
  readonly promises: Promises
}

/** The total numbers, and a list of the first ones (`upgradeLimits`). */
export interface EndReport {
  readonly disconnectedPromises: number
  readonly disconnected: readonly DisconnectedPromise[]
  readonly abandonedExports: number
  readonly abandoned: readonly AbandonedExport[]
}

/** Ends everything of the old incarnation that the heir does not take over. */
export function endIncarnation(
  parts: EndingParts,
  vat: VatId,
  record: VatRecord,
  upgradeMessage: string,
): EndReport {
  const disconnected = disconnect(parts, vat, record, upgradeMessage)
  const abandoned = abandon(parts, vat)
  dropImports(parts, vat)
  return { ...disconnected, ...abandoned }
}

/** Whether a durable watcher of the vat waits for the promise. */
export function isWatched(
  { tables, ports }: Pick<EndingParts, 'tables' | 'ports'>,
  vat: VatId,
  promise: PromiseKref,
): boolean {
  const vref = tables.entryOf(vat, promise)?.vref
  return vref !== undefined && ports.state.get(vatSpace(vat), watchKey(vref as PromiseVref)) !== undefined
}

/**
 * Rejects the promises that the old incarnation decided, and ends its names of promises (En1). A promise that
 * the vat watches keeps its name and its subscription: the heir is notified of its resolution.
 */
function disconnect(
  parts: EndingParts,
  vat: VatId,
  { incarnation }: VatRecord,
  upgradeMessage: string,
): Pick<EndReport, 'disconnected' | 'disconnectedPromises'> {
  const { tables, clists, promises } = parts
  const data = disconnection({ name: 'vatUpgraded', upgradeMessage, incarnationNumber: incarnation })
  const disconnected: DisconnectedPromise[] = []
  let disconnectedPromises = 0
  for (const promise of tables.promiseEntries(vat)) {
    const { state, decider } = tables.promise(promise)
    const watched = isWatched(parts, vat, promise)
    if (state === 'unresolved' && !watched) promises.unsubscribe(promise, vat)
    if (state === 'unresolved' && decider === vat) {
      disconnectedPromises += 1
      if (disconnectedPromises <= upgradeLimits.listed)
        disconnected.push(describePromise(tables, vat, promise))
      promises.settle(promise, 'rejected', data)
    }
    if (!watched) clists.retirePromise(vat, promise)
    else if (tables.entryOf(vat, promise)?.mark === 'T') {
      // Only the old incarnation knows the kept promise's resolution.
      clists.forgetResolution(vat, promise)
      promises.subscribe(promise, vat)
    }
  }
  return { disconnectedPromises, disconnected }
}

function describePromise(tables: Tables, vat: VatId, promise: PromiseKref): DisconnectedPromise {
  const { subscribers, queued }: PromiseRecord = tables.promise(promise)
  // The kernel itself may be a subscriber.
  const vats = subscribers.filter((subscriber): subscriber is VatId => subscriber !== 'kernel')
  const named = vats.slice(0, upgradeLimits.named).map((subscriber) => tables.vat(subscriber).name)
  const entry = tables.entryOf(vat, promise)
  assert(entry !== undefined, 'a promise is described while the vat has a name for it')
  return {
    promise: entry.vref as PromiseVref,
    subscribers: named,
    others: vats.length - named.length,
    waiting: queued,
  }
}

function abandon(parts: EndingParts, vat: VatId): Pick<EndReport, 'abandoned' | 'abandonedExports'> {
  const { tables } = parts
  const orphaned = orphanAll(parts, vat, tables.ephemeralExports(vat), upgradeLimits.listed)
  return { abandonedExports: orphaned.count, abandoned: describeExports(tables, vat, orphaned.first) }
}

/** Ends the durable kinds that the heir's start left undefined: their exports end like ephemeral ones. */
export function abandonKinds(
  parts: EndingParts,
  vat: VatId,
  ended: EndReport,
  kinds: readonly KindLeft[],
): EndReport & { readonly abandonedKinds: readonly AbandonedKind[] } {
  const { tables } = parts
  const listed: (readonly [ObjectVref, ObjectKref])[] = []
  const abandonedKinds: AbandonedKind[] = []
  let { abandonedExports } = ended
  assert(ended.abandoned.length <= upgradeLimits.listed, 'a report lists at most the first exports')
  for (const { tag, kind } of kinds) {
    const vrefs = [...tables.exportsOfKind(vat, kind)]
    const orphaned = orphanAll(
      parts,
      vat,
      vrefs,
      upgradeLimits.listed - ended.abandoned.length - listed.length,
    )
    forgetExports(parts, vat, vrefs)
    listed.push(...orphaned.first)
    abandonedExports += orphaned.count
    if (abandonedKinds.length < upgradeLimits.listed)
      abandonedKinds.push({ tag: cut(tag, refusalLimits.name), exports: orphaned.count })
  }
  return {
    ...ended,
    abandonedExports,
    abandoned: [...ended.abandoned, ...describeExports(tables, vat, listed)],
    abandonedKinds,
  }
}

/** Removes the keys that mark these as exported in the vat's own space (`protocol/worker/vatstore.ts`). */
function forgetExports(
  { tables, ports: { state } }: EndingParts,
  vat: VatId,
  vrefs: readonly ObjectVref[],
): void {
  const storage = new Storage(tables)
  const stored = storage.begin(vat)
  for (const key of vrefs.map(exportKey)) {
    stored?.replaced(key, state.get(vatSpace(vat), key), null)
    state.delete(vatSpace(vat), key)
  }
  if (stored !== undefined) storage.end(vat, stored)
}

/** Orphans the exports of the vat; returns their number, and the first of them with their krefs. */
function orphanAll(
  { tables, clists }: EndingParts,
  vat: VatId,
  vrefs: Iterable<Vref>,
  max: number,
): { readonly count: number; readonly first: readonly (readonly [ObjectVref, ObjectKref])[] } {
  const first: (readonly [ObjectVref, ObjectKref])[] = []
  let count = 0
  for (const vref of vrefs) {
    count += 1
    if (first.length < max) first.push([vref as ObjectVref, tables.krefOf(vat, vref) as ObjectKref])
    clists.orphan(vat, vref, 'abandoned')
  }
  return { count, first }
}

/**
 * Vats are in the order of their ids; the search ends when all references of an object are found, or at the
 * limit.
 */
function describeExports(
  tables: Tables,
  vat: VatId,
  listed: readonly (readonly [ObjectVref, ObjectKref])[],
): AbandonedExport[] {
  const vats =
    listed.length === 0
      ? []
      : [...tables.vats()]
          .filter((other) => other !== vat)
          .sort(compareVatIds)
  let lookups = 0
  return listed.map(([object, kref]) => {
    const { recognizable } = tables.object(kref)
    const holders: string[] = []
    for (const other of vats) {
      if (holders.length === Math.min(recognizable, upgradeLimits.named) || lookups === upgradeLimits.lookups)
        break
      lookups += 1
      if (tables.entryOf(other, kref) !== undefined) holders.push(tables.vat(other).name)
    }
    return { object, holders, others: recognizable - holders.length }
  })
}

/** Drops imports that only the old heap knew; those that durable data refers to stay. */
function dropImports({ tables, clists, ports }: EndingParts, vat: VatId): void {
  for (const vref of tables.objectImports(vat)) {
    if (ports.state.get(vatSpace(vat), countKey(vref)) !== undefined) continue
    const weak = durableWeakPrefix(vref)
    if (ports.state.nextKey(vatSpace(vat), weak, weak) === undefined) clists.forgetImport(vat, vref)
    else clists.loseImport(vat, vref)
  }
}
