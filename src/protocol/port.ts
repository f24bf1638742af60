/**
 * Ports as the host sees them: how far each direction is. Numbers count from 1 for ever, at each port
 * and in each direction by itself. The page of this wire is `docs/wires/ports.md`.
 */
import type { ObjectKref } from '../base/ids.ts'
import type { ReasonData } from './results.ts'

export interface PortView {
  readonly name: string
  readonly object: ObjectKref
  /** Whether somebody receives at the port who still lives. */
  readonly handler: 'set' | 'none'
  /** The number of the last item that was taken from the host. */
  readonly delivered: number
  /** How many of those wait to be received. */
  readonly waiting: number
  /** How many were received and have not been answered. */
  readonly unsettled: number
  /** How many failed, ever. */
  readonly failed: number
  /** The number of the last item for the host. */
  readonly sent: number
  /** The number up to which the host has acknowledged. */
  readonly acknowledged: number
}

/** An item for the host, and where it is in the outbox. */
export interface SentView {
  readonly number: number
  readonly sequence: number
}

/** An item of the host that could not be received, and the reason of its rejection. */
export interface FailureView {
  readonly number: number
  readonly reason: ReasonData
}
