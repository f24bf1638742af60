/** An upgrade plan, as text and as JSON. */
import { toJson, type Json } from '../../../api/jsonForm.ts'
import type { PlanCheck, PlanProgress, PlanStepReport, PlanView } from '../../../host/index.ts'
import type { Report } from '../report.ts'
import { columns } from '../text/columns.ts'
import { formatCount } from '../text/counts.ts'
import { onOneLine } from '../text/terminal.ts'

export const planJson = (view: PlanView): Json =>
  toJson({ ...view, reports: view.reports.map((each) => ({ ...each })) })

/** Steps that failed, or a plan that stands, are a bad result. */
export function planReport(progress: PlanProgress | PlanView): Report {
  const isGood = progress.state === 'done' && progress.reports.every(({ outcome }) => isWell(outcome))
  return { kind: isGood ? 'done' : 'rejected', json: planJson(progress), text: planText(progress) }
}

const isWell = (outcome: PlanStepReport['outcome']): boolean => outcome === 'done' || outcome === 'skipped'

export function planText({ id, state, reason, ended, steps, current, reports }: PlanView): string {
  const why = reason === null ? '' : `: ${onOneLine(reason.message)} (${reason.code})`
  return [
    `the plan ${onOneLine(id)} is ${state}${why}; ${formatCount(ended)} of ${formatCount(steps)} steps are over`,
    ...(current === null ? [] : [`  in the step ${onOneLine(current.name)}, after ${formatCount(current.cranks)} cranks`]),
    ...(reports.length === 0 ? [] : [stepsText(reports)]),
    ...reports.flatMap(subscriptionLines),
    ...reports.flatMap(deviationLines),
    ...nextText(state),
  ].join('\n')
}

const stepsText = (reports: readonly PlanStepReport[]): string =>
  columns([
    ['STEP', 'KIND', 'OUTCOME', 'CRANKS', 'COMPUTRONS', 'BLOCKS'],
    ...reports.map(({ name, kind, outcome, code, message, cranks, computrons, began, ended }) => [
      onOneLine(name),
      kind,
      `${outcome}${code === null ? '' : ` (${code})`}${message === null ? '' : `: ${onOneLine(message)}`}`,
      formatCount(cranks),
      formatCount(BigInt(computrons)),
      `${formatCount(began)}-${formatCount(ended)}`,
    ]),
  ])

/** Who lost a promise, and waits for another or does not. */
const subscriptionLines = ({ name, subscriptions }: PlanStepReport): readonly string[] =>
  subscriptions.map(({ vat, lost, again }) => {
    const silent = lost.filter((each) => !again.includes(each))
    const parts = [
      ...(again.length === 0 ? [] : [`${again.map(onOneLine).join(', ')} subscribed again`]),
      ...(silent.length === 0 ? [] : [`${silent.map(onOneLine).join(', ')} did not`]),
    ]
    return `  ${onOneLine(name)}: promises of ${onOneLine(vat)} ended; ${parts.join('; ')}`
  })

const deviationLines = ({ name, deviation }: PlanStepReport): readonly string[] =>
  deviation === null ? [] : [`  ${onOneLine(name)} differs from its certificate: ${onOneLine(deviation)}`]

function nextText(state: PlanView['state']): readonly string[] {
  switch (state) {
    case 'waiting':
      return ['It needs an item at a port through which its steps have sent; then `heirloom plan run` continues.']
    case 'stopped':
    case 'paused':
      return [
        'Go on with `heirloom plan resume` (with --skip: after the step that failed), or end it with `heirloom plan abandon`.',
      ]
    default:
      return []
  }
}

export function checkReportOf({ differences, code }: PlanCheck): Report {
  const json = toJson({
    differences: differences.map((each) => ({ ...each })),
    code: { bundles: { ...code.bundles }, workers: { ...code.workers } },
  })
  if (differences.length === 0)
    return { kind: 'done', json, text: 'what the plan expects holds; it can run' }
  return {
    kind: 'rejected',
    json,
    text: columns([
      ['SUBJECT', 'EXPECTED', 'FOUND'],
      ...differences.map(({ subject, expected, found }) => [subject, onOneLine(expected), onOneLine(found)]),
    ]),
  }
}
