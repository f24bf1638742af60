/**
 * Requests that the kernel itself answers, such as create and upgrade: reports the answer, releases it, and
 * commits.
 */
import type { Controller, Rejection, ResultHandle, Status } from '../../host/index.ts'
import { answerOf, answerReport } from '../output/answer.ts'
import { hasShapeOfRejection, problemOfRejection } from '../output/problem.ts'
import type { Problem, Report } from '../output/report.ts'
import { runKernel } from './running.ts'

/** Makes the report from the kernel's value. */
type Reporter = (value: unknown) => Promise<Report>
type ToProblem = (rejection: Rejection) => Problem

/** Runs until no work is left, and reports the answer, or why it is pending. */
export async function settleRequest(
  controller: Controller,
  result: ResultHandle,
  toReport: Reporter,
  toProblem: ToProblem = problemOfRejection,
): Promise<Report> {
  await runKernel(controller)
  const status = await controller.status(result)
  const pending = status.kind === 'pending' ? await answerOf(controller, result) : undefined
  if (status.kind !== 'pending') {
    await controller.forget(result)
    await runKernel(controller)
  }
  await controller.commit()
  return pending ?? reportOf(result, status, toReport, toProblem)
}

/** Reports the answer of a request that takes effect when it is accepted; runs nothing. */
export async function answerNow(
  controller: Controller,
  result: ResultHandle,
  toReport: Reporter,
): Promise<Report> {
  const status = await controller.status(result)
  const report = await reportOf(result, status, toReport, problemOfRejection)
  await controller.forget(result)
  await controller.commit()
  return report
}

/** Commits a request that takes effect when it is accepted. Returns a report only of a refusal. */
export async function acceptNow(
  controller: Controller,
  result: ResultHandle,
): Promise<Report | undefined> {
  const accepted: Report = { kind: 'done', json: null, text: '' }
  const report = await answerNow(controller, result, async () => accepted)
  return report === accepted ? undefined : report
}

/** Only the kernel answers such a request, even in releases that do not record the decider. */
async function reportOf(
  result: ResultHandle,
  status: Status,
  toReport: Reporter,
  toProblem: ToProblem,
): Promise<Report> {
  if (status.kind === 'fulfilled') return toReport(status.value)
  if (status.kind === 'pending' || !hasShapeOfRejection(status.reason)) return answerReport(result, status)
  return { kind: 'refused', problem: toProblem(status.reason) }
}
