/**
 * Why an answer is pending, derived from the tables, which it does not change. For the host: a vat cannot
 * see what others wait for.
 *
 * Pe1. The search is bounded (`pendingLimits`): anything further away is `unknown`.
 */
import { assert } from '../base/errors.ts'
import type { PromiseKref, VatId } from '../base/ids.ts'
import { pendingLimits } from '../protocol/limits.ts'
import type { PendingReason } from '../protocol/host/pending.ts'
import type { QueueItem, Wakeup } from './tables/records.ts'
import type { Tables } from './tables/tables.ts'

const unknown: PendingReason = { kind: 'unknown' }

export function whyPending(tables: Tables, promise: PromiseKref, depth = 0): PendingReason {
  if (depth > pendingLimits.depth) return unknown
  const { state, decider } = tables.promise(promise)
  if (state !== 'unresolved') return { kind: 'queued', paused: tables.lives.paused()?.message ?? null }
  return decider === 'kernel' ? inKernel(tables, promise, depth) : byVat(tables, decider, depth)
}

function byVat(tables: Tables, vat: VatId, depth: number): PendingReason {
  assert(depth <= pendingLimits.depth, 'the search is bounded (Pe1)')
  const { name, status } = tables.vat(vat)
  const waitsFor: PendingReason[] = []
  for (const awaited of tables.promiseEntries(vat)) {
    if (waitsFor.length >= pendingLimits.listed) break
    const { state, decider, subscribers } = tables.promise(awaited)
    const isAwaited =
      state === 'unresolved'
        ? decider !== vat && subscribers.includes(vat)
        : tables.entryOf(vat, awaited)?.mark !== 'T' && subscribers.includes(vat)
    if (isAwaited) waitsFor.push(whyPending(tables, awaited, depth + 1))
  }
  return {
    kind: 'vat',
    vat,
    name,
    suspended: status.kind === 'suspended' ? status.message : null,
    waitsFor,
    ports: idlePorts(tables, vat),
  }
}

function idlePorts(tables: Tables, vat: VatId): string[] {
  const names: string[] = []
  for (const name of first(tables.ports.names())) {
    const { handler } = tables.ports.get(name)
    if (handler !== null && tables.findObject(handler)?.owner === vat) names.push(name)
    if (names.length >= pendingLimits.listed) break
  }
  return names
}

/** A message on its way to an object, or a promise of a service. */
function inKernel(tables: Tables, promise: PromiseKref, depth: number): PendingReason {
  const answers = (item: QueueItem): boolean => resultOf(item) === promise
  if (first(tables.queued()).some(answers))
    return { kind: 'queued', paused: tables.lives.paused()?.message ?? null }
  for (const vat of first(tables.vats())) {
    const { name, status } = tables.vat(vat)
    if (status.kind !== 'suspended' && status.kind !== 'draining' && status.kind !== 'starting') continue
    const drained = status.kind === 'draining' ? tables.upgrades.drained(vat) : undefined
    if (drained?.result === promise || first(tables.parkedItems(vat)).some(answers)) {
      return {
        kind: 'parked',
        vat,
        name,
        status: status.kind,
        message: status.kind === 'suspended' ? status.message : '',
      }
    }
  }
  for (const wakeup of first(tables.wakeups.all())) {
    if ('promise' in wakeup && wakeup.promise === promise) return { kind: 'timer', due: dueOf(wakeup) }
  }
  return targetOf(tables, promise, depth)
}

/** A message that waits for a promise, which waits for something else. */
function targetOf(tables: Tables, promise: PromiseKref, depth: number): PendingReason {
  for (const { target, result } of first(tables.waitingMessages())) {
    if (result === promise) return { kind: 'target', waitsFor: [whyPending(tables, target, depth + 1)] }
  }
  return unknown
}

const resultOf = (item: QueueItem): PromiseKref | null => {
  if (item.kind === 'send') return item.message.result
  return item.kind === 'start' || item.kind === 'upgrade' ? item.result : null
}

const dueOf = ({ due }: Extract<Wakeup, { promise: PromiseKref }>): string => due

/** Pe1. */
function first<Item>(items: Iterable<Item>): Item[] {
  const taken: Item[] = []
  for (const item of items) {
    taken.push(item)
    if (taken.length >= pendingLimits.looked) break
  }
  return taken
}
