/**
 * The replay of an incarnation on other code, entry by entry, from its start or from where an earlier one stopped.
 *
 * Su1. What comes of it is a function of the entries, the code, the worker version and the limits. So one that
 *      stops at an entry and goes on from the heap it had there comes to what one without a stop comes to.
 */
import type { BundleId } from '../base/ids.ts'
import type { Worker } from '../engine/worker.ts'
import type { Divergence } from '../protocol/results.ts'
import type { ReplayLimits } from '../protocol/worker.ts'
import type { RecordedEntry } from '../store/store.ts'
import type { ReadBundle } from './recording.ts'
import { Replay } from './replay.ts'
import { Written } from './written.ts'

/** The code that is to take over, and what the deliveries may use. */
export interface Successor {
  readonly worker: Worker
  readonly bundle: BundleId
  readonly source: string
  readonly limits: ReplayLimits
  readonly readBundle: ReadBundle
}

/** `deliveries`: those that were the same. `computrons`: those of the one that differs too. */
export type Succession = { readonly deliveries: number; readonly computrons: bigint } & (
  | { readonly kind: 'same' }
  | { readonly kind: 'differs'; readonly divergence: Divergence }
)

export function replaySuccessor(entries: Iterable<RecordedEntry>, { worker, bundle, source, limits, readBundle }: Successor): Succession {
  const rules = { kind: 'other-code', limits } as const
  let deliveries = 0
  let computrons = 0n
  for (const { position, text } of entries) {
    const recorded = new Written(text, position)
    const starts = recorded.is('startVat')
    const written = starts ? startedOn(bundle, recorded, position) : recorded
    const replayed = new Replay(position, written, { worker, source: starts ? source : '', readBundle, rules }).run()
    if (replayed.kind === 'differs') return { ...replayed, deliveries, computrons: computrons + worker.spent }
    deliveries += 1
    computrons += replayed.computrons
  }
  return { kind: 'same', deliveries, computrons }
}

/** The entry as if the incarnation had been started on this bundle. */
function startedOn(bundle: BundleId, { entry }: Written, position: number): Written {
  return new Written(JSON.stringify({ ...entry, delivery: { ...entry.delivery, bundle } }), position)
}
