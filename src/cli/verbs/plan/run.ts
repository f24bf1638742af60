/** `heirloom plan run`: runs an upgrade plan, or goes on with it. */
import type { Controller, PlanProgress } from '../../../host/index.ts'
import type { Io } from '../../output/io.ts'
import { planReport, planText, planJson } from '../../output/plans/plan.ts'
import { Progress } from '../../output/progress.ts'
import type { Report } from '../../output/report.ts'
import { formatCount } from '../../output/text/counts.ts'
import { onOneLine } from '../../output/text/terminal.ts'
import { readPlanFile } from '../../session/planFile.ts'
import { withController } from '../../session/session.ts'
import type { Verb } from '../../session/verb.ts'

export const planRun: Verb = {
  name: 'plan run',
  summary: 'runs an upgrade plan, step by step',
  details: [
    'Nothing else is accepted by the kernel until the plan is over or stands. A plan of the same id that is active goes',
    'on; one that is done already is left alone. Commits blocks in between: a command that was killed goes on with the',
    'last of them when it is repeated. At SIGINT or SIGTERM the plan is paused.',
  ].join('\n'),
  operands: [{ name: 'file', description: 'the plan, as JSON' }],
  rest: 'none',
  options: {
    'cranks-per-block': {
      kind: 'text',
      placeholder: 'N',
      description: 'commit after so many cranks of a step (default: 10,000)',
    },
  },
  examples: ['heirloom plan run upgrade.json'],
  async run(args, io) {
    const plan = readPlanFile(args.operand('file'))
    const cranksPerBlock = args.count('cranks-per-block')
    return withController(args, io, {}, (controller) => carryOut(controller, io, plan, cranksPerBlock))
  },
}

async function carryOut(
  controller: Controller,
  io: Io,
  plan: string,
  cranksPerBlock: number | undefined,
): Promise<Report> {
  const line = new Progress(io)
  const onProgress = (progress: PlanProgress): void => line.show(progressLine(progress))
  const signal = io.interceptSignals?.() ?? new AbortController().signal
  try {
    const progress = await controller.runPlan(plan, {
      onProgress,
      signal,
      ...(cranksPerBlock === undefined ? {} : { cranksPerBlock }),
    })
    if (progress.was === 'ended')
      return { kind: 'done', json: planJson(progress), text: `nothing was done: ${planText(progress)}` }
    return planReport(progress)
  } finally {
    line.end()
  }
}

const progressLine = ({ ended, steps, current }: PlanProgress): string =>
  `${formatCount(ended)} of ${formatCount(steps)} steps${
    current === null ? '' : `, ${onOneLine(current.name)} (${formatCount(current.cranks)} cranks)`
  }`
