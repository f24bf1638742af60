/**
 * Prepared replays: their inputs, work orders and results.
 * Plain data that crosses threads; pages are shared.
 */
import type { ReplayLimits, WorkerVersion } from '../worker/worker.ts'
import type { VatId, BundleId, WorkerId } from '../../base/ids.ts'
import type { Manifest } from '../worker/heap.ts'
import type { TranscriptPosition } from '../store/views.ts'
import type { Divergence, Metering } from '../results.ts'

/** All inputs of a replay except the entries. */
export interface Replayable extends ReplayLimits {
  readonly vat: VatId
  /** The position at which the incarnation starts. */
  readonly start: number
  readonly bundle: BundleId
  readonly worker: WorkerId
  readonly heapLimitPages: number
}

/** A heap that is not in any store. */
export interface PreparedHeap {
  readonly manifest: Manifest
  /** In the order of the manifest. */
  readonly pages: SharedArrayBuffer
}

/** The outcome of a replay from the start of the incarnation to a point of the transcript. */
export interface Prepared {
  readonly of: Replayable
  /** The point after the last replayed entry. */
  readonly point: TranscriptPosition
  /** Total since the start. */
  readonly computrons: bigint
  readonly verdict:
    | { readonly kind: 'same'; readonly heap: PreparedHeap; readonly metering: Metering }
    | { readonly kind: 'differs'; readonly divergence: Divergence }
}

/** Work order for the thread of a preparation. */
export interface PreparationOrder {
  readonly number: number
  readonly directory: string
  readonly of: Replayable
  readonly version: WorkerVersion
  /** The new code: its bundle may not be committed yet. */
  readonly source: string
  /** Where to begin: at the start, or at an earlier preparation. */
  readonly from:
    | { readonly kind: 'start'; readonly point: TranscriptPosition }
    | { readonly kind: 'prepared'; readonly prepared: Prepared }
  readonly to: TranscriptPosition
}

/** The machine's plan for a preparation request: work for a thread, or none. */
export type PreparationPlan =
  | {
      readonly kind: 'replay'
      readonly order: PreparationOrder
      /** The preparation that this one replaces. */ readonly replaces: number | null
    }
  /** Already under way. */
  | { readonly kind: 'join'; readonly number: number }
  /** Nothing is left to replay. */
  | { readonly kind: 'known'; readonly prepared: Prepared }

/** Why a preparation was dropped. */
export type DropReason = 'used' | 'upgraded' | 'ended' | 'replaced' | 'displaced'

/** A prepared replay in memory. */
export interface PreparedView {
  readonly vat: VatId
  readonly bundle: BundleId
  readonly outcome: 'prepared' | 'differs'
  readonly position: number
  /** Heap bytes in memory. */
  readonly bytes: number
}
