/**
 * A request that the kernel itself answers, from sending to the block: create, upgrade. The answer is
 * reported at once and then released.
 */
import type { Controller, ResultHandle, Status } from '../../host/index.ts'
import { answerOf, answerReport } from '../output/answer.ts'
import { hasShapeOfRejection, problemOfRejection } from '../output/problem.ts'
import type { Report } from '../output/report.ts'

/** Reports the outcome; the answer is the kernel's value. */
type Tell = (value: unknown) => Promise<Report>

export async function settleRequest(
  controller: Controller,
  result: ResultHandle,
  tell: Tell,
): Promise<Report> {
  await controller.run()
  const status = await controller.status(result)
  const pending = status.kind === 'pending' ? await answerOf(controller, result) : undefined
  if (status.kind !== 'pending') {
    await controller.forget(result)
    await controller.run()
  }
  await controller.commit()
  return pending ?? reportOf(result, status, tell)
}

/** Likewise for a request that takes effect when it is accepted: nothing is run. */
export async function answerNow(controller: Controller, result: ResultHandle, tell: Tell): Promise<Report> {
  const status = await controller.status(result)
  const report = await reportOf(result, status, tell)
  await controller.forget(result)
  await controller.commit()
  return report
}

/** Only the kernel answers such a request, even in releases that do not record the decider. */
async function reportOf(result: ResultHandle, status: Status, tell: Tell): Promise<Report> {
  if (status.kind === 'fulfilled') return tell(status.value)
  if (status.kind === 'pending' || !hasShapeOfRejection(status.reason)) return answerReport(result, status)
  return { kind: 'refused', problem: problemOfRejection(status.reason) }
}
