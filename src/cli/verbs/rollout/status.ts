/** `heirloom rollout status`: shows how far the last rollout came. */
import { columns } from '../../output/text/columns.ts'
import { formatCount } from '../../output/text/counts.ts'
import { onOneLine } from '../../output/text/terminal.ts'
import {
  countsText,
  readRollout,
  refusedText,
  reportJson,
  settingsText,
  vatJson,
  vatsText,
  type RolloutReport,
} from '../../output/workers/rollout.ts'
import { withReader } from '../../session/session.ts'
import type { Verb } from '../../session/verb.ts'

export const rolloutStatus: Verb = {
  name: 'rollout status',
  summary: 'shows how far the last rollout came, and which vats did not follow',
  details: [
    'Also while another process carries it out: then as of the last committed block.',
    'Outcomes of vats: waiting; moved (by replay); restarted; already (on the version); gone (it had ended); kept (its',
    'version, since it could not follow); suspended (for the same reason); left (by an abort).',
  ].join('\n'),
  operands: [],
  rest: 'none',
  options: { vats: { kind: 'flag', description: 'list all vats, not only those that did not follow' } },
  examples: ['heirloom rollout status', 'heirloom rollout status --vats'],
  async run(args, io) {
    const listed = args.flag('vats') ? 'all' : 'refused'
    return withReader(args, io, {}, async (controller) => {
      const view = await controller.rollout()
      if (view === undefined)
        return { kind: 'done', json: { rollout: null }, text: 'there has been no rollout' }
      const report = await readRollout(controller, view)
      return {
        kind: 'done',
        json: {
          ...reportJson(report),
          ...(listed === 'all' ? { vats: report.vats.map(vatJson) } : {}),
        },
        text: [
          textOf(report),
          ...(listed === 'refused' ? refusedText(report) : report.vats.length === 0 ? [] : [vatsText(report)]),
        ].join('\n'),
      }
    })
  },
}

function textOf(report: RolloutReport): string {
  const { view, worker } = report
  const { number, state, reason, since, changed, vats, decided } = view
  return columns([
    ['rollout', formatCount(number)],
    ['state', reason === null ? state : `${state}: ${onOneLine(reason)}`],
    ['worker', worker],
    ...settingsText(view),
    ['decided', `${formatCount(decided)} of ${formatCount(vats)}`],
    ['vats', countsText(report)],
    ['started', `crank ${formatCount(since)}`],
    ['changed', `crank ${formatCount(changed)}`],
  ])
}
