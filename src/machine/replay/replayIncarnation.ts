/**
 * Replays an incarnation on other code, entry by entry, from its start or from where an earlier replay
 * stopped.
 *
 * Ri1. The outcome is a function of the entries, the code, the worker version and the limits. So a replay
 *      that stops at an entry and continues from its heap there has the same outcome as an uninterrupted one.
 */
import { assert } from '../../base/errors.ts'
import type { BundleId } from '../../base/ids.ts'
import type { Worker } from '../../engine/worker.ts'
import type { DeliveryResult, Divergence, Metering } from '../../protocol/results.ts'
import type { ReplayLimits } from '../../protocol/worker/worker.ts'
import type { RecordedEntry } from '../../store/store.ts'
import type { ReadBundle } from '../engines/recording.ts'
import { EntryReplay, type Replayed, type ReplayedLine } from './replayEntry.ts'
import { StoredEntry, writeEntry } from '../../protocol/worker/transcriptText.ts'

/** The new code, and the limits of its deliveries. */
export interface NewCode {
  readonly worker: Worker
  readonly bundle: BundleId
  readonly source: string
  readonly limits: ReplayLimits
  readonly readBundle: ReadBundle
}

/** `deliveries`: the matching ones. `computrons`: including the differing one. */
export type IncarnationReplay = { readonly deliveries: number; readonly computrons: bigint } & (
  | { readonly kind: 'same'; readonly metering: Metering }
  | { readonly kind: 'differs'; readonly divergence: Divergence }
)

/** One replayed entry. */
export interface ReplayedEntry {
  readonly position: number
  readonly recorded: StoredEntry
  readonly replayed: Replayed
  /** The number of syscalls that matched. */
  readonly matched: number
  readonly lines: readonly ReplayedLine[]
  /** Of a delivery that differs, if it came to its end. */
  readonly result: DeliveryResult | undefined
  /** Why the engine stopped, or null if it did not. */
  readonly stop: string | null
}

export function replayIncarnation(entries: Iterable<RecordedEntry>, code: NewCode): IncarnationReplay {
  let deliveries = 0
  let computrons = 0n
  let metering: Metering = 'identical'
  for (const { replayed } of replayEntries(entries, code)) {
    if (replayed.kind === 'differs')
      return { ...replayed, deliveries, computrons: computrons + code.worker.spent }
    deliveries += 1
    computrons += replayed.computrons
    if (replayed.metering === 'differs') metering = 'differs'
  }
  return { kind: 'same', deliveries, computrons, metering }
}

/** Replays one entry per step; the first that differs is the last. */
export function* replayEntries(
  entries: Iterable<RecordedEntry>,
  { worker, bundle, source, limits, readBundle }: NewCode,
): Generator<ReplayedEntry> {
  const rules = { kind: 'other-code', limits } as const
  let expected: number | undefined
  for (const { position, text } of entries) {
    assert(expected === undefined || position === expected, 'entries are replayed in order (Ri1)')
    expected = position + 1
    const recorded = new StoredEntry(text, position)
    const starts = recorded.is('startVat')
    const written = starts ? startedOn(bundle, recorded, position) : recorded
    const entry = new EntryReplay(position, written, {
      worker,
      code: starts ? { id: bundle, source } : null,
      readBundle,
      rules,
    })
    const replayed = entry.run()
    const { matched, lines, result, stop } = entry
    yield { position, recorded, replayed, matched, lines, result, stop }
    if (replayed.kind === 'differs') return
  }
}

/** The entry as if the incarnation had been started on this bundle. */
function startedOn(bundle: BundleId, { entry }: StoredEntry, position: number): StoredEntry {
  const { delivery } = entry
  assert(delivery.kind === 'startVat', 'an incarnation is started by startVat')
  return new StoredEntry(writeEntry({ ...entry, delivery: { ...delivery, bundle } }), position)
}
