/**
 * Ports: all that the kernel can reach.
 *
 * The kernel is deterministic. It has no clock, no randomness and no file; it has these ports, and
 * whoever implements them promises:
 *
 * P1. `StatePort` reads give what was written last, in this block or before.
 * P2. Nothing is durable before the block is committed; then everything is.
 * P3. `undo` puts the state back to the mark, and forgets transcript entries appended since.
 * P4. `WorkerPort.deliver` has the same outcome whether or not the worker was evicted before.
 * P5. `trace` has no effect that the kernel could notice; `tracing` decides whether it is called and nothing else.
 */
import type { BundleId, Hash, VatId } from '../base/ids.ts'
import type { BundleKind } from '../protocol/bundle.ts'
import type { Delivery } from '../protocol/delivery.ts'
import type { Divergence } from '../protocol/results.ts'
import type { SalvageResult } from '../protocol/salvage.ts'
import type { Answer, Syscall } from '../protocol/syscall.ts'
import type { DeliveryLimits, ReplayLimits, WorkerOutcome, WorkerVersion } from '../protocol/worker.ts'
import type { KernelTraceEvent, Tracing } from '../protocol/trace.ts'
import type { TranscriptEntry } from '../protocol/transcript.ts'

/** Spaces keep the keys of the kernel, of each vat and of the host apart. */
export type Space = 'kernel' | 'host' | `vat/${string}`

/** A point to which `undo` can go back. Marks nest; going back to an outer one ends the inner ones. */
export type Mark = number & { readonly mark: unique symbol }

export interface StatePort {
  get(space: Space, key: string): string | undefined
  set(space: Space, key: string, value: string): void
  delete(space: Space, key: string): void
  /** The first key greater than `after` (by UTF-16 code units) that begins with `prefix`. */
  nextKey(space: Space, prefix: string, after: string): string | undefined
  /** Remembers the present state of the crank. */
  mark(): Mark
  /** Back to the mark (P3). */
  undo(mark: Mark): void
}

export interface TranscriptPort {
  /** Appends to the vat's current span and gives the position of the entry. */
  append(vat: VatId, entry: TranscriptEntry): number
  /** Ends the current span and begins the next. */
  beginSpan(vat: VatId, reason: SpanReason): void
  /** How many entries the vat ever had: the position of the next. */
  count(vat: VatId): number
  /**
   * Forgets the spans that begin at `from` or later, of a vat that has ended; with `from` 0 nothing is left.
   * From the end on, so that what is left meanwhile is a whole transcript.
   */
  forget(vat: VatId, from: number): void
}

export type SpanReason = 'incarnation' | 'snapshot' | 'worker'

/** What the kernel says to a syscall. Only a question has an answer. */
export type Verdict =
  | { readonly kind: 'legal'; readonly answer: Answer }
  /** The vat sent what no vat may send: the delivery ends and the worker is discarded. */
  | { readonly kind: 'illegal'; readonly message: string }

/** What is told of the syscalls while a delivery runs, one by one, in their order. */
export interface SyscallSink {
  handle(syscall: Syscall): Verdict
}

export type DeliveryOutcome =
  | Exclude<WorkerOutcome, { kind: 'done' }>
  | { readonly kind: 'done'; readonly entry: TranscriptEntry; readonly computrons: bigint }
  | { readonly kind: 'illegal'; readonly message: string; readonly computrons: bigint }

/** Which worker a vat has, as the kernel's state says; a worker that was evicted is brought back by it. */
export interface WorkerAssignment {
  readonly version: WorkerVersion
  /** In WebAssembly pages of 64 KiB. */
  readonly heapLimitPages: number
}

export interface WorkerPort {
  /** Puts a fresh worker in the place of the vat's worker, from the version's base image. */
  start(vat: VatId, assignment: WorkerAssignment): void
  deliver(
    vat: VatId,
    assignment: WorkerAssignment,
    delivery: Delivery,
    limits: DeliveryLimits,
    sink: SyscallSink,
  ): DeliveryOutcome
  /**
   * Replays the vat's incarnation on the code of the bundle, with the worker of the assignment. When all is the
   * same, the worker that it gives takes the place of the vat's worker: the caller makes a snapshot of it, and
   * begins a span, before anything else. Else nothing has changed.
   */
  replay(vat: VatId, assignment: WorkerAssignment, bundle: BundleId, limits: ReplayLimits): ReplayOutcome
  /**
   * Evaluates the salvage bundle in a copy of the vat's heap, which is thrown away. The vat's worker is not touched.
   */
  salvage(vat: VatId, assignment: WorkerAssignment, bundle: BundleId, limits: DeliveryLimits, sink: SyscallSink): SalvageOutcome
  /** Forgets the vat's worker; the next delivery brings it back from its last snapshot and transcript (P4). */
  discard(vat: VatId): void
  /** Forgets the vat's worker and its snapshot: the vat has ended. The store frees the pages little by little. */
  forget(vat: VatId): void
  /** Writes the changed pages of the vat's heap to the store and gives the hash of the heap. */
  snapshot(vat: VatId, assignment: WorkerAssignment): Hash
}

/** What goes to the host. It sees an item once its block is committed, until it is released. Both are of the crank, so `undo` takes them back. */
export interface OutboxPort {
  /** Gives the item's number in the outbox. */
  append(port: string, item: string): number
  release(sequence: number): void
}
export type SalvageOutcome =
  | Exclude<WorkerOutcome, { kind: 'done' }>
  | { readonly kind: 'done'; readonly result: SalvageResult; readonly computrons: bigint }
  | { readonly kind: 'illegal'; readonly message: string; readonly computrons: bigint }
  /** The supervisor is of a release that could not. */
  | { readonly kind: 'too-old' }

export type ReplayOutcome =
  | { readonly kind: 'same'; readonly deliveries: number; readonly computrons: bigint }
  | { readonly kind: 'differs'; readonly divergence: Divergence; readonly computrons: bigint }

export interface BundlePort {
  has(bundle: BundleId, kind: BundleKind): boolean
  /** Installs a script of which vats are made, and gives its id. Installing it again changes nothing; undoing the crank does not take it out. */
  putScript(script: string): BundleId
}

export interface KernelPorts {
  readonly state: StatePort
  readonly transcripts: TranscriptPort
  readonly workers: WorkerPort
  readonly bundles: BundlePort
  /** Which events are wanted: an event that nobody wants is not made. */
  readonly tracing: Tracing
  trace(event: KernelTraceEvent): void
  readonly outbox: OutboxPort
}
