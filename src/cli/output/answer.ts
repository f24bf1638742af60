/** Reports the answer to a message. */
import { assert } from '../../base/errors.ts'
import {
  isDisconnection,
  isRejection,
  type Controller,
  type ResultHandle,
  type Status,
} from '../../host/index.ts'
import type { PendingReason } from '../../protocol/host/pending.ts'
import { toJson } from '../../api/jsonForm.ts'
import { pendingText } from './pending.ts'
import { hasShapeOfRejection, problemOfRejection } from './problem.ts'
import { formatValue } from './text/formatValue.ts'
import { onOneLine } from './text/terminal.ts'
import type { Report } from './report.ts'

/** Reports the answer, or why it is pending. */
export async function answerOf(controller: Controller, result: ResultHandle): Promise<Report> {
  const status = await controller.status(result)
  if (status.kind !== 'pending') return answerReport(result, status)
  const why = await controller.whyPending(result)
  const report = answerReport(result, status, why)
  const waits = why === undefined ? await unacceptedText(controller, result) : undefined
  return report.kind !== 'done' || waits === undefined
    ? report
    : { ...report, text: `${report.text}\n  ${waits}` }
}

/** Of a request that the kernel has not accepted, because it failed. */
async function unacceptedText(
  controller: Controller,
  { sequence }: ResultHandle,
): Promise<string | undefined> {
  const aside = (await controller.setAsideItems()).find((item) => item.sequence === sequence)
  if (aside !== undefined) return `it was set aside; \`heirloom fault put-back ${sequence}\` continues`
  return (await controller.fault()) === undefined
    ? undefined
    : 'the kernel failed before it accepted the request; see `heirloom fault show`'
}

/** Reports a status that was read; `why`: the reason of a pending one. */
export function answerReport({ sequence }: ResultHandle, status: Status, why?: PendingReason): Report {
  assert(why === undefined || status.kind === 'pending', 'only a pending answer has a reason')
  switch (status.kind) {
    case 'pending':
      return {
        kind: 'done',
        json: { result: sequence, status: 'pending', ...(why === undefined ? {} : { why: toJson(why) }) },
        text: [
          `pending: result ${sequence} (ask again with \`heirloom result ${sequence}\`)`,
          ...(why === undefined ? [] : [`  ${pendingText(why)}`]),
        ].join('\n'),
      }
    case 'fulfilled':
      return {
        kind: 'done',
        json: { result: sequence, status: 'fulfilled', value: toJson(status.value) },
        text: formatValue(status.value),
      }
    case 'rejected':
      return {
        kind: 'rejected',
        json: { result: sequence, status: 'rejected', by: status.by, reason: toJson(status.reason) },
        text: `rejected: ${reasonText(status.reason)}`,
      }
  }
}

function reasonText(reason: unknown): string {
  if (isRejection(reason) && hasShapeOfRejection(reason)) {
    const { code, message, hint } = problemOfRejection(reason)
    return `${code}: ${message}\n  ${hint}`
  }
  if (isDisconnection(reason))
    return `${reason.name}: ${onOneLine(reason.upgradeMessage)} (incarnation ${reason.incarnationNumber} was to answer)`
  return `${formatValue(reason)}${linesOfVat(reason)}`
}

/** The places in vat sources where an error was thrown. */
function linesOfVat(reason: unknown): string {
  const stack = reason instanceof Error ? (reason.stack ?? '') : ''
  return [...stack.matchAll(/\n {2}(?:at|hint:) [^\n]*/g)].map(([line]) => line).join('')
}
