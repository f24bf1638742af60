/**
 * A transcript entry: one delivery to a vat and all of the vat's actions, as stored.
 *
 * Replaying an entry means sending the delivery to a worker and observing the same syscalls in the same
 * order, with the recorded answers to its questions, and the same result for the same computrons.
 */
import type { Delivery } from './delivery.ts'
import type { DeliveryResult } from '../results.ts'
import type { Answer, Command, Question } from './syscall.ts'

export type RecordedSyscall = Command | (Question & { readonly answer: Answer })

export interface TranscriptEntry {
  readonly delivery: Delivery
  readonly syscalls: readonly RecordedSyscall[]
  readonly result: DeliveryResult
  /** Decimal digits, since JSON has no bigint. */
  readonly computrons: string
}
