/**
 * Faults of the kernel, as hosts see them.
 *
 * A *replicated* fault is one that every correct machine meets at the same crank: the kernel threw. It is
 * part of the store's state. A *local* fault is one of this machine or of this copy of the store: it is
 * recorded nowhere, and the next start knows nothing of it.
 */
import { isCount, isRecord, isText } from '../../base/guards.ts'
import type { BundleId } from '../../base/ids.ts'

/** A replicated fault, while it lasts. */
export interface KernelFaultView {
  /** Name, message and stack of the kernel's error. */
  readonly error: string
  /** The number that the crank would have had. */
  readonly crank: number
  /** The height of the block that the store is at since: the one before the fault. */
  readonly block: number
  /** The item of the inbox that was being accepted; null when the kernel was running. */
  readonly input: number | null
}

export const isKernelFault = (value: unknown): value is KernelFaultView =>
  isRecord(value) &&
  isText(value['error']) &&
  isCount(value['crank']) &&
  isCount(value['block']) &&
  (value['input'] === null || isCount(value['input']))

/** `failed`: something below the kernel failed, so that only opening the store again helps. */
export type KernelRetry = 'done' | 'failed'

/** What may happen to a kernel that failed. */
export const faultEventKinds = ['faulted', 'retried', 'upgraded', 'set-aside', 'put-back'] as const

/** One entry of the history of faults; `block` is the height of the block before it. */
export type FaultEvent =
  | { readonly kind: 'faulted'; readonly block: number; readonly crank: number; readonly error: string }
  /** The fault was over: by a retry, or by an upgrade to this kernel. */
  | { readonly kind: 'retried'; readonly block: number }
  | { readonly kind: 'upgraded'; readonly block: number; readonly kernel: BundleId }
  | { readonly kind: 'set-aside'; readonly block: number; readonly sequence: number }
  | { readonly kind: 'put-back'; readonly block: number; readonly sequence: number; readonly putBack: number }

/** An item of the inbox that the kernel does not get. */
export interface SetAsideItem {
  /** The item's number in the inbox. */
  readonly sequence: number
  /** JSON of the request. */
  readonly item: string
  /** The number under which it was put back; null while it is set aside. */
  readonly putBack: number | null
}

/** An item of the inbox that the kernel has not accepted yet. */
export interface WaitingItem {
  readonly sequence: number
  /** JSON of the request. */
  readonly item: string
}
