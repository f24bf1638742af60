/** `heirloom plan history`: plans that are over. */
import { planJson } from '../../output/plans/plan.ts'
import { columns } from '../../output/text/columns.ts'
import { formatCount } from '../../output/text/counts.ts'
import { onOneLine } from '../../output/text/terminal.ts'
import { withReader } from '../../session/session.ts'
import type { Verb } from '../../session/verb.ts'

export const planHistory: Verb = {
  name: 'plan history',
  summary: 'lists the plans that are over',
  details: 'Oldest first. --json has the report of each step.',
  operands: [],
  rest: 'none',
  options: {},
  examples: ['heirloom plan history'],
  async run(args, io) {
    return withReader(args, io, {}, async (controller) => {
      const plans = await controller.planHistory()
      return {
        kind: 'done',
        json: plans.map(planJson),
        text:
          plans.length === 0
            ? 'no plan was run to its end'
            : columns([
                ['AFTER BLOCK', 'PLAN', 'RESULT', 'STEPS'],
                ...plans.map(({ after, id, state, ended, steps }) => [
                  formatCount(after),
                  onOneLine(id),
                  state,
                  `${formatCount(ended)} of ${formatCount(steps)}`,
                ]),
              ]),
      }
    })
  },
}
