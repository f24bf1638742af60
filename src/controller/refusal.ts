/** What was thrown, as it crosses from one thread to another. An error without a code is a bug of ours and says so. */
import type { CodedError } from '../base/errors.ts'
import { codes } from '../protocol/codes.ts'
import type { Code } from '../protocol/codes.ts'
import type { RefusalData } from './calls.ts'
import { describeFault } from './kernelContext.ts'

export function refusalOf(error: unknown): RefusalData {
  const refusal = codedOf(error)
  if (refusal !== undefined) return { code: refusal.code, message: refusal.message, detail: refusal.detail }
  return { code: 'kernel/fault', message: describeFault(error), detail: {} }
}

/** A refusal of ours, also one from a kernel's context, whose errors are known by their shape (Kc2). */
export function codedOf(error: unknown): Pick<CodedError<Code>, 'code' | 'message' | 'detail'> | undefined {
  if (typeof error !== 'object' || error === null || !('name' in error) || error.name !== 'CodedError') return undefined
  if (!('code' in error) || typeof error.code !== 'string' || !Object.hasOwn(codes, error.code)) return undefined
  const message = 'message' in error ? String(error.message) : ''
  const detail = 'detail' in error && typeof error.detail === 'object' && error.detail !== null ? { ...error.detail } : {}
  return { code: error.code as Code, message, detail }
}
