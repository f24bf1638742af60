/** The plan of a validation: what is to be replayed, and on what. Plain data that crosses threads. */
import type { BundleId, VatId, WorkerId } from '../base/ids.ts'
import type { HistoryOrder, HistoryReplay } from '../machine/replay/replayHistory.ts'
import type { RefusalData } from '../protocol/machine/messages.ts'
import type { RolledBack } from '../protocol/store/views.ts'
import type { WorkerVersion } from '../protocol/worker/worker.ts'
import type { WorkerCode } from '../protocol/worker/workerCode.ts'

/** The worker that the caller chose. */
export type WorkerChoice =
  /** An id of the store or its beginning, a label, or `default`. */
  | { readonly kind: 'installed'; readonly worker: string }
  | { readonly kind: 'code'; readonly code: WorkerCode }
  /** It could not be built. */
  | { readonly kind: 'broken'; readonly message: string }

export interface PlanOrder {
  readonly directory: string
  readonly vats: 'all' | readonly string[]
  readonly worker: WorkerChoice
  /** Null for the bundle that each vat has. */
  readonly bundle: string | null
  readonly trust: readonly BundleId[]
  readonly rolledBack: RolledBack
}

/** `code` is null when the store has it. */
export interface UsableWorker {
  readonly version: WorkerVersion
  readonly code: WorkerCode | null
}

/** A vat that lives. */
export interface PlannedVat {
  readonly vat: VatId
  readonly name: string
  readonly worker: WorkerId
  readonly bundle: BundleId
  readonly deliveries: number
  /** Null when the start of the incarnation was pruned. */
  readonly history: HistoryOrder | null
  /** Whether the caller asked for it; the others are only in the estimate. */
  readonly chosen: boolean
}

export interface Plan {
  readonly height: number
  readonly worker: UsableWorker | { readonly broken: string }
  /** By number. */
  readonly vats: readonly PlannedVat[]
}

/** The messages of a thread that plans. */
export type PlanMessage =
  | { readonly kind: 'done'; readonly plan: Plan }
  | { readonly kind: 'refused'; readonly refusal: RefusalData }

/** What a thread that replays is started with. */
export interface ReplayThreadData {
  readonly directory: string
  readonly worker: UsableWorker
}

export type ReplayThreadOrder =
  | { readonly kind: 'replay'; readonly order: HistoryOrder }
  /** It closes the store and exits. */
  | { readonly kind: 'end' }

export type ReplayThreadMessage =
  | { readonly kind: 'progress'; readonly vat: VatId; readonly deliveries: number }
  | { readonly kind: 'done'; readonly vat: VatId; readonly replayed: HistoryReplay; readonly ms: number }
  | { readonly kind: 'refused'; readonly vat: VatId; readonly refusal: RefusalData; readonly ms: number }
