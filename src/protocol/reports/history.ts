/**
 * The history of a vat: its incarnations, and failed attempts to begin one. The table of this wire is in
 * `docs/wires/results.md`.
 */
import type { BundleId, Hash, WorkerId } from '../../base/ids.ts'
import type { ParametersFrom } from '../host/inbox.ts'
import type { DurableUpgrade, ReplayRefusal, StartRefusal } from '../results.ts'
import type { SalvageEntry } from '../worker/salvage.ts'

/** The requester: the host, `createVat` of the vat admin service, or an admin node. */
export type Requester = 'host' | 'vatAdmin' | 'adminNode'

/** One entry of the history of a vat: an incarnation that began, or an attempt that failed. */
export interface HistoryEntry {
  /** The incarnation that began, or that continues by replay, or that failed to start. */
  readonly incarnation: number
  /** `start` for the first; for an upgrade, the last mode that was tried. */
  readonly mode: 'start' | 'durable' | 'replay'
  /** What was replaced, if not the code: the worker version under it. */
  readonly subject?: 'worker'
  readonly outcome: HistoryOutcome
  readonly bundle: BundleId
  readonly worker: WorkerId
  readonly parameters: HistoryParameters
  readonly by: Requester
  /** Tags of the durable kinds that it abandoned; absent if none. */
  readonly abandonedKinds?: readonly string[]
  /** The salvage that was put into the baggage, or would have been; absent if none. */
  readonly salvage?: SalvageEntry
  /**
   * The result of a durable upgrade, for the host alone, since it says who holds what. Absent otherwise, and
   * in the answers of an admin node.
   */
  readonly result?: UpgradeNote
  /** The number of the crank in which it happened. */
  readonly crank: number
  /** The number of deliveries to the vat by its end: the position in its transcript. */
  readonly deliveries: number
}

/** Of a `DurableUpgrade`; the lists are cut (`historyLimits.listed`), computrons are decimal digits. */
export interface UpgradeNote extends Pick<
  DurableUpgrade,
  | 'abandonedExports'
  | 'disconnectedPromises'
  | 'abandoned'
  | 'disconnected'
  | 'migratedKinds'
  | 'collectionSkipped'
> {
  readonly computrons: string
}

/** The outcome of the attempt. */
export type HistoryOutcome =
  | { readonly kind: 'done' }
  /** Long texts and names are cut (`historyLimits`). */
  | {
      readonly kind: 'refused'
      readonly code: StartRefusal['code'] | ReplayRefusal['code']
      readonly message: string
      readonly names: readonly string[]
    }

/** The parameters of an incarnation; the hash stands for their value. */
export interface HistoryParameters {
  readonly from: ParametersFrom
  /** SHA-256 of the capdata as JSON in UTF-8; null if the kernel never recorded them. */
  readonly hash: Hash | null
}
