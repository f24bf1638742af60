/**
 * Reasons of rejected results, for the host.
 *
 * Rj1. A rejection is the kernel's because the kernel reports that it decided (`ReasonData`), never because
 *      of its shape: a vat can reject with anything. The kernel's reasons are known by identity, which a host
 *      program cannot lose by accident and no vat can forge.
 * Rj2. Any rejection of a vat can be read and reported.
 */
import { assert } from '../../base/errors.ts'
import type { CapData } from '../../protocol/capdata.ts'
import {
  goneCodes,
  goneMessage,
  type CancelledError,
  type Disconnection,
  type GoneError,
  type KernelRejection,
  type ReasonData,
  type Rejection,
} from '../../protocol/results.ts'
import { withFrames } from '../../api/callSites.ts'
import type { Status } from '../config/options.ts'
import { decodeValue } from '../../api/values.ts'

/** Reasons that the kernel itself rejected with. */
const decidedByKernel = new WeakSet<object>()

const isOwn = (reason: unknown): reason is object =>
  typeof reason === 'object' && reason !== null && decidedByKernel.has(reason)

/**
 * Whether the kernel itself rejected with this reason, and with a code: a record, or an error where the
 * target no longer exists or a wakeup was cancelled. It must be the very object that `status`, `run` or
 * `failures` returned; a copy of it, or the same inside data of a vat, is ordinary data.
 */
export const isRejection = (reason: unknown): reason is Rejection =>
  isOwn(reason) &&
  (reason instanceof Error
    ? isGone(reason) || isCancelled(reason)
    : 'name' in reason && reason.name === 'KernelRejection')

const isGone = (reason: Error): reason is GoneError =>
  reason.message === goneMessage && 'code' in reason && goneCodes.some((code) => code === reason.code)

const isCancelled = (reason: Error): reason is CancelledError =>
  'code' in reason && reason.code === 'timer-cancelled'

/**
 * Whether the kernel itself rejected with this reason because the incarnation that should settle the promise
 * ended. As for `isRejection`.
 */
export const isDisconnection = (reason: unknown): reason is Disconnection =>
  isOwn(reason) && 'name' in reason && (reason.name === 'vatUpgraded' || reason.name === 'vatTerminated')

/** Copies the kernel's rejection with another stack in its reason. The copy still counts as the kernel's. */
export function withStack(rejection: KernelRejection, stack: string): KernelRejection {
  assert(decidedByKernel.has(rejection), 'only a rejection of the kernel is copied as one (Rj1)')
  const reason: KernelRejection = Object.freeze({
    ...rejection,
    reason: Object.freeze({ ...rejection.reason, stack }),
  } as KernelRejection)
  decidedByKernel.add(reason)
  return reason
}

/** A reported event has happened, regardless of the reason that a vat sends (Rj2). */
export function readableReason(data: ReasonData): unknown {
  try {
    const reason = decodeValue(data)
    if (data.by === 'kernel' && typeof reason === 'object' && reason !== null) decidedByKernel.add(reason)
    return reason
  } catch (error) {
    return `a reason that does not decode: ${error instanceof Error ? error.message : String(error)}`
  }
}

/**
 * The answer, of the type that the host expects. One that does not decode, which our supervisors never send,
 * rejects its result, as in a vat.
 */
export function readAnswer<Answer>(data: CapData): Status<Answer> {
  try {
    return { kind: 'fulfilled', value: decodeValue(data) as Answer }
  } catch (error) {
    return {
      kind: 'rejected',
      reason: `an answer that does not decode: ${error instanceof Error ? error.message : String(error)}`,
      by: 'vat',
    }
  }
}

/** The machine's stack mapping. */
interface Stacks {
  call(name: 'readableStack', stack: string | null, message: string): Promise<string>
}

/** Adds the stack of the vat's code to a reason, mapped to its sources, without lines of this process. */
export async function withPlaces(reason: unknown, stacks: Stacks): Promise<unknown> {
  if (reason instanceof Error)
    return withFrames(reason, await stacks.call('readableStack', null, `${reason.name}: ${reason.message}`))
  if (!isRejection(reason) || reason instanceof Error) return reason
  const { stack = '', message = '' } = reason.reason ?? {}
  return stack === '' ? reason : withStack(reason, await stacks.call('readableStack', stack, message))
}
