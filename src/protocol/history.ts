/**
 * The history of a vat: its incarnations, and the attempts to begin one that failed.
 * The table of this wire is in `docs/wires/results.md`.
 */
import type { BundleId, Hash, WorkerId } from '../base/ids.ts'
import type { ParametersFrom } from './inbox.ts'
import type { DurableUpgrade, ReplayRefusal, StartRefusal } from './results.ts'
import type { SalvageEntry } from './salvage.ts'

/** Who asked: the host, `createVat` of the vat admin service, or an admin node. */
export type Requester = 'host' | 'vatAdmin' | 'adminNode'

/** One entry of the history of a vat: an incarnation that began, or an attempt that failed. */
export interface HistoryEntry {
  /** The incarnation that began, or that goes on by replay, or was not to be. */
  readonly incarnation: number
  /** `start` is the first; of an upgrade, the way that was tried last. */
  readonly mode: 'start' | 'durable' | 'replay'
  readonly outcome: HistoryOutcome
  readonly bundle: BundleId
  readonly worker: WorkerId
  readonly parameters: HistoryParameters
  readonly by: Requester
  /** Tags of the durable kinds that it abandoned; absent where it abandoned none. */
  readonly abandonedKinds?: readonly string[]
  /** What was put into the baggage, or would have been; absent where nothing was salvaged. */
  readonly salvage?: SalvageEntry
  /** What a durable upgrade came to, for the host alone: it says who holds what. Absent of all else, and in what an admin node tells. */
  readonly result?: UpgradeNote
  /** The number of the crank in which it happened. */
  readonly crank: number
  /** How many deliveries the vat had been given when it was over: the place in its transcript. */
  readonly deliveries: number
}

/** Of a `DurableUpgrade`; the lists are cut (`historyLimits.listed`), computrons are decimal digits. */
export interface UpgradeNote extends Pick<DurableUpgrade, 'abandonedExports' | 'disconnectedPromises' | 'abandoned' | 'disconnected' | 'migratedKinds' | 'collectionSkipped'> {
  readonly computrons: string
}

/** How the attempt ended. */
export type HistoryOutcome =
  | { readonly kind: 'done' }
  /** The text and the names are cut where they are long (`historyLimits`). */
  | { readonly kind: 'refused'; readonly code: StartRefusal['code'] | ReplayRefusal['code']; readonly message: string; readonly names: readonly string[] }

/** Which parameters an incarnation was started with; the hash stands for their value. */
export interface HistoryParameters {
  readonly from: ParametersFrom
  /** SHA-256 of the capdata as JSON in UTF-8; null where the kernel has never known them. */
  readonly hash: Hash | null
}
