/** `heirloom plan run`: runs an upgrade plan, or goes on with it. */
import { deviationPolicies, type Controller, type PlanProgress, type RunPlanOptions } from '../../../host/index.ts'
import type { Io } from '../../output/io.ts'
import { planReport, planText, planJson } from '../../output/plans/plan.ts'
import { Progress } from '../../output/progress.ts'
import { ReplayClock } from '../../output/plans/replayClock.ts'
import type { Report } from '../../output/report.ts'
import { formatCount } from '../../output/text/counts.ts'
import { onOneLine } from '../../output/text/terminal.ts'
import { readPlanFile, readTextFile } from '../../session/planFile.ts'
import { refuseUsage } from '../../args/arguments.ts'
import { withController } from '../../session/session.ts'
import type { Verb } from '../../session/verb.ts'

export const planRun: Verb = {
  name: 'plan run',
  summary: 'runs an upgrade plan, step by step',
  details: [
    'Nothing else is accepted by the kernel until the plan is over or stands. A plan of the same id that is active goes',
    'on; one that is done already is left alone. Commits blocks in between: a command that was killed goes on with the',
    'last of them when it is repeated. At SIGINT or SIGTERM the plan is paused.',
    'With --certificate, the names of code in the plan must stand for the code that was certified, and each step is',
    'compared with what the certificate says of it.',
  ].join('\n'),
  operands: [{ name: 'file', description: 'the plan, as JSON' }],
  rest: 'none',
  options: {
    'cranks-per-block': {
      kind: 'text',
      placeholder: 'N',
      description: 'commit after so many cranks of a step (default: 10,000)',
    },
    certificate: {
      kind: 'text',
      placeholder: 'FILE',
      description: 'compare each step with this certificate of a rehearsal',
    },
    'on-deviation': {
      kind: 'text',
      placeholder: 'POLICY',
      values: deviationPolicies,
      description: 'if a step differs from the certificate: stop (the default), rollback or continue',
    },
  },
  examples: [
    'heirloom plan run upgrade.json',
    'heirloom plan run upgrade.json --certificate upgrade.cert.json --on-deviation rollback',
  ],
  async run(args, io) {
    const plan = readPlanFile(args.operand('file'))
    const cranksPerBlock = args.count('cranks-per-block')
    const certificate = args.text('certificate')
    const onDeviation = args.choice('on-deviation', deviationPolicies)
    if (onDeviation !== undefined && certificate === undefined)
      refuseUsage('--on-deviation is about a certificate; give one with --certificate')
    return withController(args, io, {}, (controller) =>
      carryOut(controller, io, plan, {
        ...(cranksPerBlock === undefined ? {} : { cranksPerBlock }),
        ...(certificate === undefined ? {} : { certificate: readTextFile(certificate, 'certificate') }),
        ...(onDeviation === undefined ? {} : { onDeviation }),
      }),
    )
  },
}

async function carryOut(
  controller: Controller,
  io: Io,
  plan: string,
  options: RunPlanOptions,
): Promise<Report> {
  const line = new Progress(io)
  let shown = stepName(plan, 0)
  const onProgress = (progress: PlanProgress): void => {
    shown = progressLine(progress, stepName(plan, progress.ended))
    line.show(shown)
  }
  const replays = await ReplayClock.of(controller)
  const clock = setInterval(() => {
    const text = replays.text()
    if (text !== null) line.show(`${shown}, ${text}`)
  }, replayPauseMs)
  const signal = io.interceptSignals?.() ?? new AbortController().signal
  try {
    const progress = await controller.runPlan(plan, {
      onProgress,
      signal,
      ...options,
    })
    if (progress.was === 'ended')
      return { kind: 'done', json: planJson(progress), text: `nothing was done: ${planText(progress)}` }
    return planReport(progress)
  } finally {
    clearInterval(clock)
    line.end()
  }
}

/** Between two looks at the replay that a step does. */
const replayPauseMs = 500

/** `next`: the step that is at work or comes next. */
const progressLine = ({ ended, steps, current }: PlanProgress, next: string): string =>
  [
    `${formatCount(ended)} of ${formatCount(steps)} steps`,
    ...(current === null ? [] : [`${formatCount(current.cranks)} cranks`]),
    ...(next === '' ? [] : [next]),
  ].join(', ')

/** The name of a step, for people; empty if there is none, or the plan cannot be read. */
function stepName(plan: string, index: number): string {
  try {
    const { steps }: { readonly steps?: readonly { readonly name?: unknown }[] } = JSON.parse(plan)
    const name = steps?.[index]?.name
    return typeof name === 'string' ? onOneLine(name) : ''
  } catch {
    return ''
  }
}
