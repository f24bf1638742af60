/**
 * Ports: everything that the kernel can reach.
 *
 * The kernel is deterministic. It has no clock, randomness or files; it has these ports, whose
 * implementations guarantee:
 *
 * P1. `PlatformState` reads return the last write, in this block or before.
 * P2. Nothing is durable before the block is committed; then everything is.
 * P3. `undo` restores the state at the mark, and drops transcript entries appended since.
 * P4. `PlatformWorkers.deliver` has the same outcome whether or not the worker was evicted before.
 * P5. `trace` has no effect that the kernel could notice; `tracing` decides whether it is called and nothing
 *     else.
 */
import type { BundleId, Hash, VatId } from '../../base/ids.ts'
import type { BundleKind } from '../bundle/bundle.ts'
import type { Delivery } from '../worker/delivery.ts'
import type { Divergence, Metering } from '../results.ts'
import type { SalvageResult } from '../worker/salvage.ts'
import type { Answer, Syscall } from '../worker/syscall.ts'
import type { DeliveryLimits, ReplayLimits, WorkerOutcome, WorkerVersion } from '../worker/worker.ts'
import type { KernelTraceEvent, Tracing } from '../reports/trace.ts'
import type { TranscriptEntry } from '../worker/transcript.ts'

/** Spaces separate the keys of the kernel, of each vat and of the host. */
export type Space = 'kernel' | 'host' | `vat/${string}`

/** A point that `undo` can return to. Marks nest; returning to an outer one ends the inner ones. */
export type Mark = number & { readonly mark: unique symbol }

export interface PlatformState {
  get(space: Space, key: string): string | undefined
  set(space: Space, key: string, value: string): void
  delete(space: Space, key: string): void
  /** The first key greater than `after` (by UTF-16 code units) that begins with `prefix`. */
  nextKey(space: Space, prefix: string, after: string): string | undefined
  /** Marks the present state of the crank. */
  mark(): Mark
  /** Returns to the mark (P3). */
  undo(mark: Mark): void
}

export interface PlatformTranscripts {
  /** Appends to the vat's current span and returns the position of the entry. */
  append(vat: VatId, entry: TranscriptEntry): number
  /** Ends the current span and begins the next. */
  beginSpan(vat: VatId, reason: SpanReason): void
  /** The number of entries the vat ever had: the position of the next. */
  count(vat: VatId): number
  /**
   * Deletes the spans of an ended vat that begin at `from` or later; with `from` 0 nothing is left. Deletes
   * from the end, so that the remainder is always a complete transcript.
   */
  forget(vat: VatId, from: number): void
}

export type SpanReason = 'incarnation' | 'snapshot' | 'worker'

/** The kernel's reply to a syscall. Only a query has an answer. */
export type Verdict =
  | { readonly kind: 'legal'; readonly answer: Answer }
  /** The syscall is illegal: the delivery ends and the worker is discarded. */
  | { readonly kind: 'illegal'; readonly message: string }

/** Receives each syscall of a running delivery, in order. */
export interface SyscallSink {
  handle(syscall: Syscall): Verdict
}

export type DeliveryOutcome =
  | Exclude<WorkerOutcome, { kind: 'done' }>
  | { readonly kind: 'done'; readonly entry: TranscriptEntry; readonly computrons: bigint }
  | { readonly kind: 'illegal'; readonly message: string; readonly computrons: bigint }

/** The worker of a vat, from the kernel's state; an evicted worker is restored by it. */
export interface WorkerAssignment {
  readonly version: WorkerVersion
  /** In WebAssembly pages of 64 KiB. */
  readonly heapLimitPages: number
}

export interface PlatformWorkers {
  /** Replaces the vat's worker by a fresh one, from the version's base image. */
  start(vat: VatId, assignment: WorkerAssignment): void
  deliver(
    vat: VatId,
    assignment: WorkerAssignment,
    delivery: Delivery,
    limits: DeliveryLimits,
    sink: SyscallSink,
  ): DeliveryOutcome
  /**
   * Replays the vat's incarnation on the code of the bundle, with the worker of the assignment. If everything
   * matches, the resulting worker replaces the vat's worker: the caller takes a snapshot of it, and begins a
   * span, before anything else. Otherwise nothing has changed.
   */
  replay(vat: VatId, assignment: WorkerAssignment, bundle: BundleId, limits: ReplayLimits): ReplayOutcome
  /**
   * Evaluates the salvage bundle in a copy of the vat's heap, which is discarded. The vat's worker is not
   * touched.
   */
  salvage(
    vat: VatId,
    assignment: WorkerAssignment,
    bundle: BundleId,
    limits: DeliveryLimits,
    sink: SyscallSink,
  ): SalvageOutcome
  /**
   * Builds the base image of an engine and a supervisor that are in the store, and puts it there. Undoing the
   * crank does not remove it.
   */
  build(engine: BundleId, supervisor: BundleId): BuildOutcome
  /** Discards the vat's worker; the next delivery restores it from its last snapshot and transcript (P4). */
  discard(vat: VatId): void
  /** Deletes the worker and snapshot of an ended vat. The store frees the pages step by step. */
  forget(vat: VatId): void
  /** Writes the changed pages of the vat's heap to the store and returns the hash of the heap. */
  snapshot(vat: VatId, assignment: WorkerAssignment): Hash
}

/**
 * Items for the host. It sees an item from the commit of its block until its release. Both belong to the
 * crank, so `undo` reverts them.
 */
export interface PlatformOutbox {
  /** Returns the item's number in the outbox. */
  append(port: string, item: string): number
  release(sequence: number): void
}
export type SalvageOutcome =
  | Exclude<WorkerOutcome, { kind: 'done' }>
  | { readonly kind: 'done'; readonly result: SalvageResult; readonly computrons: bigint }
  | { readonly kind: 'illegal'; readonly message: string; readonly computrons: bigint }
  /** The supervisor's release does not support it. */
  | { readonly kind: 'too-old' }

export type BuildOutcome =
  | { readonly kind: 'built'; readonly version: WorkerVersion }
  /** The engine does not start, or the supervisor threw, never ended, or left no entries. */
  | { readonly kind: 'refused'; readonly message: string }

export type ReplayOutcome =
  | {
      readonly kind: 'same'
      readonly deliveries: number
      readonly computrons: bigint
      readonly metering: Metering
    }
  | { readonly kind: 'differs'; readonly divergence: Divergence; readonly computrons: bigint }

export interface PlatformBundles {
  has(bundle: BundleId, kind: BundleKind): boolean
  /**
   * Installs a script from which vats are created, and returns its id. Idempotent; undoing the crank does not
   * remove it.
   */
  putScript(script: string): BundleId
}

export interface KernelPlatform {
  readonly state: PlatformState
  readonly transcripts: PlatformTranscripts
  readonly workers: PlatformWorkers
  readonly bundles: PlatformBundles
  /** The events that are wanted; others are not created. */
  readonly tracing: Tracing
  trace(event: KernelTraceEvent): void
  readonly outbox: PlatformOutbox
}
