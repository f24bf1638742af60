/**
 * Converts an exception to the form that crosses threads. An error without a code is our bug and is marked as
 * one.
 */
import { CodedError } from '../../base/errors.ts'
import { refusalOfFileError } from '../../store/store.ts'
import type { RefusalData } from '../../protocol/machine/messages.ts'
import { describeFault } from '../kernel/kernelContext.ts'

export { refusalOfFileError }

export function refusalOf(thrown: unknown): RefusalData {
  const error = refusalOfFileError(thrown) ?? thrown
  if (error instanceof CodedError) return { code: error.code, message: error.message, detail: error.detail }
  return { code: 'kernel/fault', message: describeFault(error), detail: {} }
}

/** Likewise for the rejection of a host call. */
export const coded = <Value>(work: Promise<Value>): Promise<Value> =>
  work.catch((error: unknown) => {
    throw refusalOfFileError(error) ?? error
  })
