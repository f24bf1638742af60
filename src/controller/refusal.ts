/** What was thrown, as it crosses from one thread to another. An error without a code is a bug of ours and says so. */
import { CodedError } from '../base/errors.ts'
import { refusalOfAnyFile } from '../store/store.ts'
import type { RefusalData } from './calls.ts'
import { describeFault } from './kernelContext.ts'

export { refusalOfAnyFile }

export function refusalOf(thrown: unknown): RefusalData {
  const error = refusalOfAnyFile(thrown) ?? thrown
  if (error instanceof CodedError) return { code: error.code, message: error.message, detail: error.detail }
  return { code: 'kernel/fault', message: describeFault(error), detail: {} }
}

/** The same for what a call of the host rejects with. */
export const coded = <Value>(work: Promise<Value>): Promise<Value> =>
  work.catch((error: unknown) => {
    throw refusalOfAnyFile(error) ?? error
  })
