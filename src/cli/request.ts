/**
 * A request that the kernel itself answers, from asking to the block: create, upgrade.
 * The answer is told at once and not held any longer.
 */
import { AssertionFault } from '../base/errors.ts'
import type { Controller, ResultHandle, Status } from '../controller/index.ts'
import { isRejection } from '../controller/index.ts'
import { answerReport } from './answer.ts'
import { problemOfRejection } from './problem.ts'
import type { Report } from './report.ts'

/** Tells what was done; the answer is the value that the kernel gave. */
type Tell = (value: unknown) => Promise<Report>

export async function settleRequest(controller: Controller, result: ResultHandle, tell: Tell): Promise<Report> {
  await controller.run()
  const status = await controller.status(result)
  if (status.kind !== 'pending') {
    await controller.forget(result)
    await controller.run()
  }
  await controller.commit()
  return reportOf(result, status, tell)
}

/** The same for a request that takes effect when it is accepted: nothing is run. */
export async function answerNow(controller: Controller, result: ResultHandle, tell: Tell): Promise<Report> {
  const status = await controller.status(result)
  const report = await reportOf(result, status, tell)
  await controller.forget(result)
  await controller.commit()
  return report
}

async function reportOf(result: ResultHandle, status: Status, tell: Tell): Promise<Report> {
  if (status.kind === 'pending') return answerReport(result, status)
  if (status.kind === 'fulfilled') return tell(status.value)
  if (isRejection(status.reason)) return { kind: 'refused', problem: problemOfRejection(status.reason) }
  throw new AssertionFault('the kernel answers requests with its own rejections only')
}
