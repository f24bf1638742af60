/** Why results are rejected, for the host. */
import type { CapData } from '../protocol/capdata.ts'
import { goneCodes, goneMessage } from '../protocol/results.ts'
import type { Disconnection, GoneError, Rejection } from '../protocol/results.ts'
import { decodeValue } from './values.ts'

/** Whether a reason is a rejection by the kernel itself, with a code: a record, or an error where the target is gone. */
export const isRejection = (reason: unknown): reason is Rejection =>
  reason instanceof Error ? isGone(reason) : typeof reason === 'object' && reason !== null && 'name' in reason && reason.name === 'KernelRejection'

const isGone = (reason: Error): reason is GoneError =>
  reason.message === goneMessage && 'code' in reason && goneCodes.some((code) => code === reason.code)

/** Whether a reason is the record with which promises of an ended incarnation are rejected. */
export const isDisconnection = (reason: unknown): reason is Disconnection =>
  typeof reason === 'object' && reason !== null && 'name' in reason && (reason.name === 'vatUpgraded' || reason.name === 'vatTerminated')

/** What is reported has happened, whatever a vat sends for a reason. */
export function readableReason(data: CapData): unknown {
  try {
    return decodeValue(data)
  } catch (error) {
    return `a reason that does not decode: ${error instanceof Error ? error.message : String(error)}`
  }
}
