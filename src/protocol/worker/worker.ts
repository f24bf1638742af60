/**
 * The worker: its parts, and the channel between its engine and its supervisor.
 *
 * A worker version is an engine and a supervisor, both bundles in the store. Its base image is the heap right
 * after the evaluation of the supervisor; every vat of the version starts from it.
 *
 * The channel is text. The supervisor, evaluated as a strict script, finds the host's function
 * `globalThis.hostSyscall` and leaves its own functions behind as `globalThis.hostEntries`:
 *
 * | call                                   | from → to           | text                                              |
 * |----------------------------------------|---------------------|---------------------------------------------------|
 * | `hostEntries.dispatch(delivery, source)` | engine → supervisor | JSON of a `Delivery`; for `startVat` the bundle's source, else `''` |
 * | (the engine runs all jobs until none is left)                                                                |
 * | `hostEntries.finish()` → text          | engine → supervisor | JSON of a `Finish`                                |
 * | `hostEntries.salvage(source)`          | engine → supervisor | in the place of `dispatch`, in a copy of the heap: the source of a salvage bundle; the `Finish` has a `SalvageResult`. Supervisors of release 0.1.0 have no such entry |
 * | `hostEntries.beforeCollection()`       | engine → supervisor | before the engine searches the heap for a `bringOutYourDead`, in the same delivery. Supervisors of release 0.1.0 have no such entry |
 * | `hostSyscall(text)` → text             | supervisor → engine | JSON of a batch that ends in a question → JSON of its `Answer` |
 *
 * The supervisor removes all of these from the global object before any user code is evaluated. The table of
 * this wire is `docs/wires/worker.md`.
 */
import { isRecord, isText } from '../../base/guards.ts'
import { isBundleId, isWorkerId, type BundleId, type Hash, type WorkerId } from '../../base/ids.ts'
import type { ConsoleLine, Syscall } from './syscall.ts'
import { isUpkeep, type DeliveryKind } from './delivery.ts'
import type { DeliveryResult } from '../results.ts'

export interface WorkerVersion {
  readonly id: WorkerId
  readonly engine: BundleId
  readonly supervisor: BundleId
  /** The base image from the two, also a bundle. */
  readonly image: BundleId
}

export const isWorkerVersion = (value: unknown): value is WorkerVersion =>
  isRecord(value) &&
  isText(value['id']) &&
  isWorkerId(value['id']) &&
  ['engine', 'supervisor', 'image'].every((name) => isText(value[name]) && isBundleId(value[name]))

/** The content of one crossing of the channel: syscalls in order, with console lines between them. */
export type Batch = readonly (Syscall | ConsoleLine)[]

/** The end of a delivery, or of a salvage: the syscalls not yet flushed by a question, and the result. */
export interface Finish<Result = DeliveryResult> {
  readonly batch: Batch
  readonly result: Result
}

/** The limits of one delivery. */
export interface DeliveryLimits {
  /** Computrons; one is a function call or a loop iteration in the engine. */
  readonly computrons: bigint
  /** Pages of 64 KiB to which the heap may grow, if different from the vat's regular limit. */
  readonly heapPages?: number
}

/** The limits of the deliveries of a replay. */
export interface ReplayLimits {
  readonly computrons: bigint
  /** Of upkeep deliveries (`isUpkeep`), if they have limits of their own; older kernels set none. */
  readonly upkeep?: DeliveryLimits
}

export const limitsFor = (
  kind: DeliveryKind,
  { computrons, upkeep = { computrons } }: ReplayLimits,
): DeliveryLimits => (isUpkeep(kind) ? upkeep : { computrons })

/**
 * The outcome of a delivery to a worker. Only after `done` is the worker's heap valid; otherwise it must be
 * discarded.
 */
export type WorkerOutcome =
  | { readonly kind: 'done'; readonly finish: Finish; readonly computrons: bigint }
  /** The delivery exceeded the vat's computrons or heap. */
  | { readonly kind: 'exhausted'; readonly resource: 'computrons' | 'heap'; readonly computrons: bigint }
  /** The WebAssembly instance trapped, or the supervisor itself threw. */
  | { readonly kind: 'trapped'; readonly message: string; readonly computrons: bigint }

/** The identity of a heap: SHA-256 over the base image, size, registers and all pages. */
export type HeapHash = Hash
