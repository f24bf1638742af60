/** What results of requests mean for a step. */
import type { CapData } from '../../../protocol/capdata.ts'
import { refuse } from '../../../protocol/codes.ts'
import { isRecord } from '../../../base/guards.ts'
import type { PlanValue } from '../../../protocol/plan/plan.ts'
import type { ResultStatus } from '../../../protocol/results.ts'
import { jsonOf } from '../planValues.ts'
import type { Phase } from '../stepAction.ts'

export const requested = (...requests: readonly number[]): Phase => ({ kind: 'requested', requests })
export const done = (result: PlanValue = null, request: number | null = null): Phase => ({
  kind: 'done',
  result,
  request,
})
export const skipped = (why: string): Phase => ({ kind: 'skipped', why })
export const failed = (code: string, message: string, result: PlanValue = null): Phase => ({
  kind: 'failed',
  code,
  message,
  result,
})

/** The step is done with the answer, failed with the reason, or waits for either. */
export function answered(request: number | null, status: ResultStatus | undefined): Phase {
  if (status === undefined || status.kind === 'pending') return { kind: 'pending' }
  const answer = jsonOf(status.data)
  return status.kind === 'fulfilled' ? done(answer, request) : rejected(answer)
}

/** The answer of an earlier step. */
export function fulfilled(status: ResultStatus, step: string): CapData {
  if (status.kind === 'fulfilled') return status.data
  return refuse('plan/result-missing', `the result of ${step} is ${status.kind}`, { step })
}

/** Of a rejected request: the code and message of its reason, from the kernel or a vat. */
export function rejected(reason: PlanValue): Phase {
  const inner = isRecord(reason) && isRecord(reason['reason']) ? reason['reason'] : reason
  if (!isRecord(inner)) return failed('message/rejected', JSON.stringify(reason), reason)
  const code = inner['code'] ?? (isRecord(reason) ? reason['code'] : undefined)
  const message = inner['message'] ?? inner['@error']
  return failed(
    typeof code === 'string' ? code : 'message/rejected',
    typeof message === 'string' ? message : JSON.stringify(reason),
    reason,
  )
}
