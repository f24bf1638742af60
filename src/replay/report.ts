/** The result of a validation, as plain data. Milliseconds are wall-clock time. */
import type { BundleId, VatId, WorkerId } from '../base/ids.ts'
import type { Difference, MeteringDifference } from '../machine/replay/replayHistory.ts'

export type { Difference, MeteringDifference }

/** What the history of a vat did on the worker and the bundle; `docs/replay.md` describes each. */
export type ReplayClass = VatReplay['class']

/** The replay of one vat. */
export type VatReplay = {
  readonly vat: VatId
  readonly name: string
  /** The worker version that the vat has. */
  readonly worker: WorkerId
  /** The bundle that was run. */
  readonly bundle: BundleId
  /** The number of deliveries in the history, and of those that matched. */
  readonly deliveries: number
  readonly matched: number
  /** The computrons of those that matched, as recorded and as replayed. */
  readonly computrons: { readonly recorded: bigint; readonly replayed: bigint }
  readonly ms: number
} & (
  | { readonly class: 'identical' }
  | { readonly class: 'metering-only'; readonly metering: MeteringDifference }
  | { readonly class: 'divergent' | 'exhausts'; readonly difference: Difference }
  /** `difference` is null when no delivery of the vat was run. */
  | { readonly class: 'cannot-load'; readonly message: string; readonly difference: Difference | null }
  /** There is no history to replay: `store/pruned`, or the code of damage to it. */
  | { readonly class: 'unavailable'; readonly code: string; readonly message: string }
)

/** How long it takes this machine to replay the history of every vat of the store; null when unknown. */
export interface RolloutEstimate {
  /** Vats with a history, and the deliveries in all of these. */
  readonly vats: number
  readonly deliveries: number
  /** One after another, and on as many threads as were used. */
  readonly serialMs: number | null
  readonly parallelMs: number | null
  /** For each vat, by number. */
  readonly ofVats: readonly { readonly vat: VatId; readonly name: string; readonly ms: number | null }[]
}

/** The result of `replayVats`. */
export interface ReplayReport {
  /** Whether every vat is identical or differs in its metering only. */
  readonly passed: boolean
  /** The block that was read. */
  readonly height: number
  readonly worker: WorkerId | null
  readonly threads: number
  readonly ms: number
  /** By number. */
  readonly vats: readonly VatReplay[]
  readonly rollout: RolloutEstimate
}

/** Whether the vat would do the same there. */
export const isPassed = (replay: Pick<VatReplay, 'class'>): boolean =>
  replay.class === 'identical' || replay.class === 'metering-only'

/** How many computrons were used for each recorded one; null when none was recorded. */
export const computronRatio = ({ computrons: { recorded, replayed } }: VatReplay): number | null =>
  recorded === 0n ? null : Number(replayed) / Number(recorded)

/** Deliveries per second; null when nothing was replayed. */
export const speedOf = ({ matched, ms }: VatReplay): number | null =>
  matched === 0 || ms === 0 ? null : (matched / ms) * 1000
