/** `heirloom plan check`: whether what a plan expects holds. */
import { checkReportOf } from '../../output/plans/plan.ts'
import { readPlanFile } from '../../session/planFile.ts'
import { withReader } from '../../session/session.ts'
import type { Verb } from '../../session/verb.ts'

export const planCheck: Verb = {
  name: 'plan check',
  summary: 'checks the form of a plan, and whether what it expects holds',
  details: 'Changes nothing. The exit code is 1 if something differs.',
  operands: [{ name: 'file', description: 'the plan, as JSON' }],
  rest: 'none',
  options: {},
  examples: ['heirloom plan check upgrade.json'],
  async run(args, io) {
    const plan = readPlanFile(args.operand('file'))
    return withReader(args, io, {}, async (controller) => checkReportOf(await controller.checkPlan(plan)))
  },
}
