/**
 * Ports as the host sees them: the progress of each direction. Numbers count from 1, for each port and
 * direction separately. The page of this wire is `docs/wires/ports.md`.
 */
import type { ObjectKref } from '../../base/ids.ts'
import type { ReasonData } from '../results.ts'

export interface PortView {
  readonly name: string
  readonly object: ObjectKref
  /** Whether the port has a live receiver. */
  readonly handler: 'set' | 'none'
  /** The number of the last item that was taken from the host. */
  readonly delivered: number
  /** The number of delivered items that wait to be received. */
  readonly waiting: number
  /** The number of received items that are not answered. */
  readonly unsettled: number
  /** The number of items that ever failed. */
  readonly failed: number
  /** The number of the last item for the host. */
  readonly sent: number
  /** The number up to which the host has acknowledged. */
  readonly acknowledged: number
}

/** An item for the host, and its place in the outbox. */
export interface SentView {
  readonly number: number
  readonly sequence: number
}

/** An item of the host that could not be received, and the reason of its rejection. */
export interface FailureView {
  readonly number: number
  readonly reason: ReasonData
}
