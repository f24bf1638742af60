/** `heirloom gov list`: lists the proposals. */
import { columns } from '../../output/text/columns.ts'
import { formatCount } from '../../output/text/counts.ts'
import { onOneLine } from '../../output/text/terminal.ts'
import { askNode } from '../../session/node/asking.ts'
import { urlOption } from '../../session/node/nodeOptions.ts'
import type { Verb } from '../../session/verb.ts'

type Summary = {
  readonly id: number
  readonly title: string
  readonly state: string
  readonly began: number
  readonly ends: number
  readonly reason: string | null
}

export const govList: Verb = {
  name: 'gov list',
  summary: 'lists the proposals, oldest first',
  details: 'With the height at which each vote began, and its last one.',
  operands: [],
  rest: 'none',
  options: urlOption,
  common: 'client',
  examples: ['heirloom gov list'],
  async run(args, io) {
    const { value } = await askNode(args, io, (client, options) => client.query('governance/list', options))
    const proposals = value as readonly Summary[]
    const rows = proposals.map(({ id, title, state, began, ends, reason }) => [
      String(id),
      reason === null ? state : `${state}: ${reason}`,
      formatCount(began),
      formatCount(ends),
      onOneLine(title),
    ])
    const text = columns([['ID', 'STATE', 'BEGAN', 'ENDS', 'TITLE'], ...rows])
    return { kind: 'done', json: value, text: rows.length === 0 ? 'there are no proposals' : text }
  },
}
