/** `heirloom plan status`: how far the active plan is. */
import { planJson, planText } from '../../output/plans/plan.ts'
import { withReader } from '../../session/session.ts'
import type { Verb } from '../../session/verb.ts'

export const planStatus: Verb = {
  name: 'plan status',
  summary: 'shows how far the active plan is, and what its steps did',
  details: 'Also while another process runs it: then as of the last committed block.',
  operands: [],
  rest: 'none',
  options: {},
  examples: ['heirloom plan status'],
  async run(args, io) {
    return withReader(args, io, {}, async (controller) => {
      const view = await controller.plan()
      return view === undefined
        ? { kind: 'done', json: { plan: null }, text: 'no plan is active' }
        : { kind: 'done', json: planJson(view), text: planText(view) }
    })
  },
}
