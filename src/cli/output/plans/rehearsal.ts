/** The report of a rehearsal, as text and as JSON. */
import { toJson, type Json } from '../../../api/jsonForm.ts'
import { excerpt } from '../../../base/text.ts'
import {
  forwardText,
  isRehearsed,
  secondsOf,
  subjectOf,
  type FastForwardReport,
  type RehearsalReport,
} from '../../../rehearsal/index.ts'
import { columns } from '../text/columns.ts'
import { formatCount, pluralize } from '../text/counts.ts'
import { onOneLine } from '../text/terminal.ts'

export const rehearsalJson = (report: RehearsalReport): Json =>
  toJson(JSON.parse(JSON.stringify({ passed: isRehearsed(report), ...report })))

export function rehearsalText(report: RehearsalReport): string {
  const { plan, start, run, interruptions, growth, fastForward, findings, ms } = report
  return [
    `the rehearsal of ${onOneLine(plan.id)} ${isRehearsed(report) ? 'passed' : 'failed'}: from block ${formatCount(start.height)}, in ${(ms / 1000).toFixed(1)} s; the file grows by ${formatCount(Math.ceil(growth / 1024))} KiB`,
    ...(interruptions === 0 ? [] : [`  interrupted and continued ${pluralize(interruptions, 'time')}, with the same end`]),
    ...(run === null || run.reports.length === 0 ? [] : [stepsText(report)]),
    ...(fastForward === null ? [] : forwardLines(fastForward)),
    ...(findings.length === 0
      ? []
      : [
          columns([
            ['FINDING', 'SUBJECT', 'MESSAGE'],
            ...findings.map(({ code, subject, message }) => [code, onOneLine(subject), onOneLine(message)]),
          ]),
        ]),
  ].join('\n')
}

function forwardLines(report: FastForwardReport): string[] {
  const { differences, found, expected, administration } = report
  const missing = administration.filter(({ notGiven }) => notGiven !== null)
  return [
    `  ${forwardText(report)}: ${pluralize(found, 'difference')}${expected === 0 ? '' : `, ${formatCount(expected)} expected`}`,
    ...missing.map(({ block, what, notGiven }) => `  block ${block}: ${what} was left out, since ${notGiven ?? ''}`),
    ...(differences.length === 0
      ? []
      : [
          columns([
            ['BLOCK', 'REQUEST', 'FROM', 'STORE', 'FORK', 'EXPECTED'],
            ...differences.map((one) => [
              formatCount(one.block),
              one.request === null ? '' : formatCount(one.request),
              onOneLine(subjectOf(one)),
              onOneLine(excerpt(one.store, shown)),
              onOneLine(excerpt(one.fork, shown)),
              one.expected ? 'yes' : 'no',
            ]),
          ]),
        ]),
  ]
}

/** How much of a value is shown; the page and the JSON have more. */
const shown = 60

const stepsText = (report: RehearsalReport): string =>
  columns([
    ['STEP', 'KIND', 'OUTCOME', 'CRANKS', 'COMPUTRONS', 'SECONDS', 'AGAIN'],
    ...(report.run?.reports ?? []).map(({ name, kind, outcome, cranks, computrons }, index) => [
      onOneLine(name),
      kind,
      outcome,
      formatCount(cranks),
      formatCount(BigInt(computrons)),
      secondsOf(report, name),
      report.again[index]?.outcome ?? '',
    ]),
  ])
