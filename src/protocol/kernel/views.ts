/** Vats, pins and pauses as a kernel reports them to the host. No stored row is part of a view. */
import type { VatId, ObjectKref, BundleId, WorkerId, Hash } from '../../base/ids.ts'
import type { PauseCode, SuspensionCause, VatEnd, ReasonData, OnFault, Importance } from '../results.ts'
import type { WatchPolicy } from '../host/inbox.ts'

/**
 * `since` is the number of the crank in which the status began; null where the kernel did not record it yet.
 */
export type VatStatus =
  | { readonly kind: 'starting' }
  | { readonly kind: 'running' }
  /** An upgrade waits until the vat has its pending answers; messages to it wait meanwhile. */
  | { readonly kind: 'draining'; readonly maxCranks: number; readonly since: number }
  | {
      readonly kind: 'suspended'
      readonly cause: SuspensionCause
      readonly message: string
      readonly since: number | null
    }
  /** The vat has ended; the cleanup is in progress. */
  | { readonly kind: 'terminated'; readonly end: VatEnd; readonly message: string; readonly since: number }

/**
 * The phases of the cleanup of an ended vat, in order. Jobs of older kernels began with `askers`, which
 * settled the promises that wait for the end at once; later ones begin with `promises`.
 */
export const cleanupPhases = [
  'askers',
  'promises',
  'end',
  'parked',
  'exports',
  'imports',
  'data',
  'heap',
  'transcript',
  'history',
] as const

export type CleanupPhase = (typeof cleanupPhases)[number]

/** Why the kernel is paused. */
export interface Pause {
  /** The critical vat that caused the pause, or null when the host requested it. */
  readonly vat: VatId | null
  readonly code: PauseCode
  readonly message: string
  /** The number of the crank. */
  readonly since: number
}

/** A result that was rejected, as it will be reported. */
export interface WatchedRejection {
  readonly sequence: number
  readonly onRejection: WatchPolicy
  readonly data: ReasonData
}

/** A vat as the host sees it. */
export interface VatView {
  readonly vat: VatId
  readonly name: string
  /** The name requested by the maker, if it is taken by another vat or is not a valid name; else the name. */
  readonly label: string
  readonly root: ObjectKref
  readonly bundle: BundleId
  readonly incarnation: number
  readonly status: VatStatus
  readonly worker: WorkerId
  /** The heap at the last snapshot of this incarnation. */
  readonly snapshotHash: Hash | null
  /** The number of deliveries that wait because the vat is suspended. */
  readonly parked: number
  /** Their total length as text. */
  readonly parkedWeight: number
  readonly onFault: OnFault
  readonly importance: Importance
  /** The vat's stored size; null when it has ended, or when its kernel did not count it. */
  readonly storage: StorageView | null
  /** Progress of the cleanup after a vat that has ended; null while it lives. */
  readonly cleanup: CleanupView | null
}

/** In UTF-16 code units of keys and values, with `storageLimits.entry` for each entry. */
export interface StorageView {
  readonly units: number
  readonly entries: number
  /** Null means unlimited. */
  readonly limit: number | null
}

/** Progress of the cleanup of a vat. */
export interface CleanupView {
  readonly phase: CleanupPhase
  readonly steps: number
  /** Rows changed so far. */
  readonly rows: number
}

export interface PinView {
  readonly object: ObjectKref
  readonly pins: number
}
