/** The report of a rehearsal, as text and as JSON. */
import { toJson, type Json } from '../../../api/jsonForm.ts'
import { isBundleId } from '../../../base/ids.ts'
import { excerpt } from '../../../base/text.ts'
import {
  forwardText,
  isRehearsed,
  planMs,
  secondsOf,
  subjectOf,
  sweepRow,
  type AnswerDifference,
  type Counts,
  type FastForwardReport,
  type RehearsalReport,
} from '../../../rehearsal/index.ts'
import { columns } from '../text/columns.ts'
import { formatCount, pluralize } from '../text/counts.ts'
import { shortId } from '../text/shortId.ts'
import { onOneLine } from '../text/terminal.ts'

export const rehearsalJson = (report: RehearsalReport): Json =>
  toJson(JSON.parse(JSON.stringify({ passed: isRehearsed(report), ...report })))

export function rehearsalText(report: RehearsalReport): string {
  const { plan, start, run, growth, findings, checks, replays, sweeps, ms } = report
  return [
    `the rehearsal of ${onOneLine(plan.id)} ${isRehearsed(report) ? 'passed' : 'failed'}: from block ${formatCount(start.height)}, in ${(ms / 1000).toFixed(1)} s; the file grows by ${formatCount(Math.ceil(growth / 1024))} KiB`,
    ...(run === null ? [] : [timeText(report)]),
    ...killsText(report),
    ...(report.invariants.rounds === 0 ? [] : [`  the invariants were run ${pluralize(report.invariants.rounds, 'time')}`]),
    ...(run === null || run.reports.length === 0 ? [] : [stepsText(report)]),
    ...(replays.length === 0 ? [] : [replaysText(replays)]),
    ...checksText(checks),
    ...notesText(report),
    ...changesText(report),
    ...(sweeps.length === 0 ? [] : [sweepsText(sweeps)]),
    ...(report.fastForward === null ? [] : forwardLines(report.fastForward)),
    ...sentText(report),
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

const sweepsText = (sweeps: RehearsalReport['sweeps']): string =>
  columns([
    ['RECORDS OF', 'RECORDS', 'MIGRATED', 'UNREADABLE'],
    ...sweeps.map((sweep) => sweepRow(sweep).map(onOneLine)),
  ])

function forwardLines(report: FastForwardReport): string[] {
  const { differences, found, expected, administration } = report
  const missing = administration.filter(({ notGiven }) => notGiven !== null)
  return [
    `  ${forwardText(report)}: ${pluralize(found, 'difference')}${expected === 0 ? '' : `, ${formatCount(expected)} expected`}`,
    ...missing.map(({ block, what, notGiven }) => `  block ${block}: ${what} was left out, since ${notGiven ?? ''}`),
    ...(differences.length === 0 ? [] : [columns([differenceHead, ...differences.map(differenceRow)])]),
  ]
}

/** How much of a value is shown; the page and the JSON have more. */
const shown = 60

const differenceHead = ['BLOCK', 'REQUEST', 'FROM', 'STORE', 'FORK', 'EXPECTED']

const differenceRow = (one: AnswerDifference): string[] => [
  formatCount(one.block),
  one.request === null ? '' : formatCount(one.request),
  onOneLine(subjectOf(one)),
  onOneLine(excerpt(one.store, shown)),
  onOneLine(excerpt(one.fork, shown)),
  one.expected ? 'yes' : 'no',
]

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

const replaysText = (replays: RehearsalReport['replays']): string =>
  columns([
    ['REPLAY OF', 'STEP', 'CLASS', 'DELIVERIES'],
    ...replays.map(({ vat, step, class: found, deliveries, matched }) => [
      vat,
      onOneLine(step),
      found,
      matched === deliveries ? formatCount(matched) : `${formatCount(matched)} of ${formatCount(deliveries)}`,
    ]),
  ])

/** What a check noted, and what could not be checked; refusals are findings. */
function checksText(checks: RehearsalReport['checks']): readonly string[] {
  const rows = checks.flatMap(({ step, subject, outcome, message, notes }) => [
    ...(outcome === 'not-checked' ? [`not checked: ${message}`] : []),
    ...notes,
  ].map((note) => [onOneLine(step), subjectText(subject), onOneLine(note)]))
  return rows.length === 0 ? [] : [columns([['CHECK OF', 'SUBJECT', 'NOTE'], ...rows])]
}

const subjectText = (subject: string): string =>
  isBundleId(subject) ? shortId(subject) : onOneLine(subject)

function killsText({ kills: { atBoundaries, within }, findings }: RehearsalReport): readonly string[] {
  if (atBoundaries + within === 0) return []
  const end = findings.some(({ code }) => code === 'interrupted-differs') ? 'another' : 'the same'
  const where = `${formatCount(atBoundaries)} at the end of a block, ${formatCount(within)} at random`
  return [`  killed and restarted ${pluralize(atBoundaries + within, 'time')} (${where}), with ${end} end`]
}

/** More are on the page and in the JSON. */
const maxNotes = 20

function notesText({ observations }: RehearsalReport): readonly string[] {
  const all = observations.flatMap(({ step, notes }) => notes.map((note) => ({ step, ...note })))
  if (all.length === 0) return []
  const omitted = observations.reduce((sum, each) => sum + each.omitted, all.length - maxNotes)
  const rows = all.slice(0, maxNotes).map(({ step, vat, crank, kind, delivery, message }) => [
    onOneLine(step ?? '-'),
    vat ?? '-',
    crank === null ? '-' : formatCount(crank),
    kind,
    onOneLine(delivery),
    onOneLine(message),
  ])
  return [
    columns([['SEEN IN', 'VAT', 'CRANK', 'WHAT', 'DELIVERY', 'MESSAGE'], ...rows]),
    ...(omitted > 0 ? [`  and ${formatCount(omitted)} more`] : []),
  ]
}

function changesText({ changes }: RehearsalReport): readonly string[] {
  const rows = changes.flatMap(({ vat, rows: counts, kinds }) => [
    [vat, 'rows', ...countsText(counts)],
    ...kinds
      .filter(({ before, after }) => before !== after)
      .map((kind) => [vat, kind.tag, ...countsText(kind)]),
  ])
  if (rows.length === 0) return []
  return [columns([['STATE OF', 'WHAT', 'BEFORE', 'AFTER'], ...rows.map((row) => row.map(onOneLine))])]
}

const countsText = ({ before, after }: Counts): readonly string[] =>
  [before, after].map((count) => (count === null ? '-' : formatCount(count)))

function sentText({ sent: { items, omitted } }: RehearsalReport): readonly string[] {
  if (items.length === 0) return []
  const left = omitted + Math.max(0, items.length - maxNotes)
  const rows = items.slice(0, maxNotes).map(({ port, number, step, item }) => [
    port,
    formatCount(number),
    onOneLine(step ?? '-'),
    onOneLine(JSON.stringify(item)),
  ])
  return [
    columns([['SENT THROUGH', 'NUMBER', 'STEP', 'ITEM, NOT TAKEN'], ...rows]),
    ...(left > 0 ? [`  and ${formatCount(left)} more`] : []),
  ]
}

const timeText = (report: RehearsalReport): string =>
  `  the plan took ${(planMs(report) / 1000).toFixed(2)} s on a machine whose calibration takes ${report.calibration.ms.toFixed(1)} ms`
