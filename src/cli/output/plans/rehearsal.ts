/** The report of a rehearsal, as text and as JSON. */
import { toJson, type Json } from '../../../api/jsonForm.ts'
import { isRehearsed, secondsOf, sweepRow, type RehearsalReport } from '../../../rehearsal/index.ts'
import { columns } from '../text/columns.ts'
import { formatCount, pluralize } from '../text/counts.ts'
import { onOneLine } from '../text/terminal.ts'

export const rehearsalJson = (report: RehearsalReport): Json =>
  toJson(JSON.parse(JSON.stringify({ passed: isRehearsed(report), ...report })))

export function rehearsalText(report: RehearsalReport): string {
  const { plan, start, run, interruptions, growth, sweeps, findings, ms } = report
  return [
    `the rehearsal of ${onOneLine(plan.id)} ${isRehearsed(report) ? 'passed' : 'failed'}: from block ${formatCount(start.height)}, in ${(ms / 1000).toFixed(1)} s; the file grows by ${formatCount(Math.ceil(growth / 1024))} KiB`,
    ...(interruptions === 0 ? [] : [`  interrupted and continued ${pluralize(interruptions, 'time')}, with the same end`]),
    ...(run === null || run.reports.length === 0 ? [] : [stepsText(report)]),
    ...(sweeps.length === 0
      ? []
      : [columns([['VAT', 'RECORDS', 'MIGRATED', 'UNREADABLE'], ...sweeps.map((sweep) => sweepRow(sweep).map(onOneLine))])]),
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
