/** `heirloom retention`: shows or sets how much of the past the store keeps. */
import type { Retention } from '../../protocol/store/retention.ts'
import { columns } from '../output/text/columns.ts'
import {
  blocksText,
  consequences,
  inputsText,
  parseRetention,
  retentionOptions,
  retentionJson,
  transcriptsText,
} from '../output/retention.ts'
import { withController, withReader } from '../session/session.ts'
import type { Verb } from '../session/verb.ts'

export const retention: Verb = {
  name: 'retention',
  summary: 'shows or sets how much of the past the store keeps',
  details: [
    'Without options, shows the setting. A new setting applies from the next commit on, and each commit then removes a',
    'bounded part of the excess; heirloom prune removes it at once. Omitted options are unchanged.',
    'incarnation: of each vat the transcript of its current incarnation. restart: what a restart needs, since its last',
    'snapshot. blocks:N: the last N blocks, and what a restart needs. With restart and blocks:N vats cannot be upgraded by',
    'replay once the start of their incarnation is pruned.',
  ].join('\n'),
  operands: [],
  rest: 'none',
  options: retentionOptions,
  examples: [
    'heirloom retention',
    'heirloom retention --transcripts restart --blocks 100_000',
    'heirloom retention --transcripts all --blocks all',
  ],
  async run(args, io) {
    const changed = parseRetention(args)
    if (Object.keys(changed).length === 0) {
      return withReader(args, io, {}, async (controller) =>
        reportOf((await controller.storeStatus()).retention),
      )
    }
    return withController(args, io, {}, async (controller) => {
      await controller.setRetention(changed)
      const { retention: now } = await controller.storeStatus()
      for (const line of consequences(now)) io.err(`heirloom: ${line}\n`)
      return reportOf(now)
    })
  },
}

const reportOf = (kept: Retention) => ({
  kind: 'done' as const,
  json: retentionJson(kept),
  text: columns([
    ['transcript entries kept', transcriptsText(kept.transcripts)],
    ['records of blocks kept', blocksText(kept.blocks)],
    ['inputs of blocks kept', inputsText(kept.inputs)],
  ]),
})
