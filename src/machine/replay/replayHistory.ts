/**
 * Replays the history of one incarnation on a worker, to report whether it repeats it. Nothing of the heap is
 * kept.
 *
 * Rh1. A worker that has not proved itself, or that does not keep to its protocol, is reported and ends no
 *      other replay.
 * Rh2. A difference caused by damage of the record does not count: it is refused as damage.
 */
import { assert, AssertionFault, CodedError } from '../../base/errors.ts'
import type { BundleId, VatId } from '../../base/ids.ts'
import { excerpt } from '../../base/text.ts'
import { Worker } from '../../engine/worker.ts'
import { readableBundle } from '../../protocol/bundle/bundle.ts'
import type { Divergence } from '../../protocol/results.ts'
import type { TranscriptPosition } from '../../protocol/store/views.ts'
import type { ReplayLimits, WorkerVersion } from '../../protocol/worker/worker.ts'
import type { StoreReader } from '../../store/store.ts'
import type { Engines } from '../engines/engines.ts'
import { describeFault } from '../kernel/kernelContext.ts'
import type { Replayed, ReplayedLine } from './replayEntry.ts'
import { replayEntries, type NewCode, type ReplayedEntry } from './replayIncarnation.ts'

/** What is replayed, and its limits. */
export interface HistoryOrder {
  readonly vat: VatId
  /** The bundle to run: the vat's own, or another. */
  readonly bundle: BundleId
  readonly limits: ReplayLimits
  readonly heapLimitPages: number
  readonly from: TranscriptPosition
  readonly to: TranscriptPosition
}

/** With what it is replayed. */
export interface HistoryBench {
  readonly reader: StoreReader
  readonly engines: Engines
  readonly version: WorkerVersion
}

/** The first delivery that differs, with what is known around it. */
export interface Difference extends Divergence {
  /**
   * The number of the syscall that differs, from 1, not counting questions for patches. Null when all
   * syscalls matched and the result differs, and when the engine stopped.
   */
  readonly syscall: number | null
  /** Why the engine stopped, or null if it did not. */
  readonly stop: string | null
  /** The console lines of the delivery, as far as it sent them; the last ones before and after. */
  readonly lines: readonly ReplayedLine[]
}

/** Deliveries whose computrons differ although they match. */
export interface MeteringDifference {
  /** The position of the first. */
  readonly first: number
  readonly deliveries: number
}

/** `deliveries`: the matching ones, with their computrons. */
export type HistoryReplay = {
  readonly deliveries: number
  readonly recorded: bigint
  readonly replayed: bigint
  readonly metering: MeteringDifference | null
} & (
  | { readonly kind: 'same' }
  | { readonly kind: 'differs'; readonly difference: Difference }
  /** `startVat` was refused: its result, and the difference that it led to. */
  | { readonly kind: 'not-started'; readonly message: string; readonly difference: Difference }
  | { readonly kind: 'broken'; readonly message: string }
)

const maxLines = 50
const maxLineLength = 1_000

/** `onDelivery` is called after each matching delivery, with their number so far. */
export function replayHistory(
  order: HistoryOrder,
  bench: HistoryBench,
  onDelivery: (deliveries: number) => void,
): HistoryReplay {
  const tally = new Tally()
  try {
    const last = replayAll(order, bench, tally, onDelivery)
    if (last === undefined) return { kind: 'same', ...tally.counts }
    for (const _entry of bench.reader.entries(order.vat, order.from, order.to));
    return { ...outcomeOf(last), ...tally.counts }
  } catch (error) {
    if (error instanceof CodedError || error instanceof AssertionFault) throw error
    return { kind: 'broken', message: describeFault(error), ...tally.counts }
  }
}

/** Returns the entry that differs, if any. */
function replayAll(
  { vat, bundle, limits, heapLimitPages, from, to }: HistoryOrder,
  { reader, engines, version }: HistoryBench,
  tally: Tally,
  onDelivery: (deliveries: number) => void,
): ReplayedEntry | undefined {
  const readText = (id: BundleId): string => Buffer.from(reader.bundles.get(id, 'vat')).toString('utf8')
  const worker = Worker.start(engines.image(version), heapLimitPages)
  const code: NewCode = {
    worker,
    bundle,
    source: readText(bundle),
    limits,
    readBundle: (id) => readableBundle(readText(id)),
  }
  try {
    for (const entry of replayEntries(reader.entries(vat, from, to), code)) {
      const { position, recorded, replayed } = entry
      if (replayed.kind === 'differs') return entry
      tally.count(position, BigInt(recorded.computrons), replayed)
      onDelivery(tally.counts.deliveries)
    }
    return undefined
  } finally {
    worker.discard()
  }
}

class Tally {
  #deliveries = 0
  #recorded = 0n
  #replayed = 0n
  #metering: MeteringDifference | null = null

  count(position: number, recorded: bigint, replayed: Extract<Replayed, { kind: 'same' }>): void {
    this.#deliveries += 1
    this.#recorded += recorded
    this.#replayed += replayed.computrons
    if (replayed.metering === 'identical') return
    const { first, deliveries } = this.#metering ?? { first: position, deliveries: 0 }
    this.#metering = { first, deliveries: deliveries + 1 }
  }

  get counts(): Pick<HistoryReplay, 'deliveries' | 'recorded' | 'replayed' | 'metering'> {
    return {
      deliveries: this.#deliveries,
      recorded: this.#recorded,
      replayed: this.#replayed,
      metering: this.#metering,
    }
  }
}

type Outcome =
  | { readonly kind: 'differs'; readonly difference: Difference }
  | { readonly kind: 'not-started'; readonly message: string; readonly difference: Difference }

function outcomeOf(entry: ReplayedEntry): Outcome {
  const difference = differenceOf(entry)
  const { result } = entry
  return result?.kind === 'refused' && entry.recorded.entry.result.kind === 'started'
    ? { kind: 'not-started', message: `${result.refusal.code}: ${result.refusal.message}`, difference }
    : { kind: 'differs', difference }
}

function differenceOf({ replayed, recorded, matched, lines, stop }: ReplayedEntry): Difference {
  assert(replayed.kind === 'differs', 'a difference is of an entry that differs')
  const { divergence } = replayed
  const { syscalls } = recorded.entry
  const expected = syscalls.filter(({ kind }) => kind !== 'patched').length
  const isResult = matched === expected && divergence.recorded !== null
  return {
    ...divergence,
    syscall: divergence.why !== 'differs' || isResult ? null : matched + 1,
    stop,
    lines: around(lines, matched).map((line) => ({ ...line, text: excerpt(line.text, maxLineLength) })),
  }
}

/** The last lines before the difference and the first after it. */
function around(lines: readonly ReplayedLine[], matched: number): readonly ReplayedLine[] {
  const before = lines.filter(({ after }) => after <= matched)
  return [...before.slice(-maxLines), ...lines.slice(before.length, before.length + maxLines)]
}
