/**
 * Requests that the kernel itself answers, such as create and upgrade: reports the answer, releases it, and
 * commits.
 */
import type { Controller, ResultHandle, Status } from '../../host/index.ts'
import { answerOf, answerReport } from '../output/answer.ts'
import { hasShapeOfRejection, problemOfRejection } from '../output/problem.ts'
import type { Report } from '../output/report.ts'

/** Makes the report from the kernel's value. */
type Reporter = (value: unknown) => Promise<Report>

/** Runs until no work is left, and reports the answer, or why it is pending. */
export async function settleRequest(
  controller: Controller,
  result: ResultHandle,
  toReport: Reporter,
): Promise<Report> {
  await controller.run()
  const status = await controller.status(result)
  const pending = status.kind === 'pending' ? await answerOf(controller, result) : undefined
  if (status.kind !== 'pending') {
    await controller.forget(result)
    await controller.run()
  }
  await controller.commit()
  return pending ?? reportOf(result, status, toReport)
}

/** Reports the answer of a request that takes effect when it is accepted; runs nothing. */
export async function answerNow(
  controller: Controller,
  result: ResultHandle,
  toReport: Reporter,
): Promise<Report> {
  const status = await controller.status(result)
  const report = await reportOf(result, status, toReport)
  await controller.forget(result)
  await controller.commit()
  return report
}

/** Only the kernel answers such a request, even in releases that do not record the decider. */
async function reportOf(result: ResultHandle, status: Status, toReport: Reporter): Promise<Report> {
  if (status.kind === 'fulfilled') return toReport(status.value)
  if (status.kind === 'pending' || !hasShapeOfRejection(status.reason)) return answerReport(result, status)
  return { kind: 'refused', problem: problemOfRejection(status.reason) }
}
