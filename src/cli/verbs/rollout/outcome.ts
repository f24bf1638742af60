/** What `rollout start` and `rollout resume` report: how far it came, and which vats did not follow. */
import type { Controller, RolloutView } from '../../../host/index.ts'
import type { Io } from '../../output/io.ts'
import type { Report } from '../../output/report.ts'
import {
  countsText,
  readRollout,
  refusedOf,
  refusedText,
  reportJson,
  titleOf,
  viewJson,
  type RolloutReport,
} from '../../output/workers/rollout.ts'
import { formatCount, pluralize } from '../../output/text/counts.ts'
import { onOneLine } from '../../output/text/terminal.ts'
import { workerTexts } from '../../output/workers/workers.ts'
import { carryOut, lastRollout, type Rolled } from '../../session/rolling.ts'

/** Carries the rollout out and reports it, or, detached, only what was requested. */
export async function reportOutcome(
  controller: Controller,
  io: Io,
  pace: 'carry out' | 'detach',
): Promise<Report> {
  if (pace === 'detach') return viewReport(controller, await lastRollout(controller))
  const rolled = await carryOut(controller, io)
  const report = await readRollout(controller, await lastRollout(controller))
  const { height } = await controller.storeStatus()
  return {
    ...kindOf(report, rolled),
    json: { ...reportJson(report), ended: endOf(report, rolled), blocks: rolled.blocks, height },
    text: [
      `${titleOf(report)} ${stateText(report.view)}: ${countsText(report)}; ${pluralize(rolled.blocks, 'block')}, height ${formatCount(height)}`,
      ...refusedText(report),
      ...nextText(report, rolled),
    ].join('\n'),
  }
}

/** The state of the rollout after a request. */
export async function viewReport(controller: Controller, view: RolloutView): Promise<Report> {
  const worker = (await workerTexts(controller))(view.worker)
  return {
    kind: 'done',
    json: { rollout: viewJson(view) },
    text: `${titleOf({ view, worker })} ${stateText(view)}`,
  }
}

type Kind =
  | { readonly kind: 'done' | 'rejected' }
  | { readonly kind: 'interrupted'; readonly signal: 'SIGINT' | 'SIGTERM' }

/** A bad result when a vat did not follow, or the rollout is not done. */
function kindOf(report: RolloutReport, { ended, signal }: Rolled): Kind {
  if (ended === 'interrupted')
    return { kind: 'interrupted', signal: signal.reason === 'SIGTERM' ? 'SIGTERM' : 'SIGINT' }
  return { kind: report.view.state === 'done' && refusedOf(report).length === 0 ? 'done' : 'rejected' }
}

const endOf = ({ view }: RolloutReport, { ended }: Rolled): string => (ended === 'over' ? view.state : ended)

function stateText({ state, decided, vats, reason }: RolloutView): string {
  const progress = `${formatCount(decided)} of ${pluralize(vats, 'vat')}`
  switch (state) {
    case 'done':
      return 'is done'
    case 'running':
      return `is running, ${progress} decided`
    // The reason is that of a vat, which is listed.
    case 'stopped':
      return `is stopped, ${progress} decided`
    case 'paused':
    case 'aborted':
      return `is ${state}, ${progress} decided (${onOneLine(reason ?? 'no reason')})`
  }
}

/** How to go on. */
function nextText({ view }: RolloutReport, { ended }: Rolled): readonly string[] {
  if (ended === 'interrupted') return ['interrupted; heirloom rollout resume continues']
  if (ended === 'kernel-paused')
    return ['the kernel is paused; after heirloom unpause, heirloom rollout resume continues']
  return view.state === 'stopped'
    ? ['remove the cause, then heirloom rollout resume tries that vat again; or heirloom rollout abort']
    : []
}
