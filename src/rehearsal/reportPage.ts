/** The report of a rehearsal as one page of HTML, for people. */
import { paragraph, page, preformatted, table, type Cell } from '../replay/html.ts'
import { forwardText, subjectOf, type FastForwardReport } from './fastForward/report.ts'
import { isRehearsed, secondsOf, type RehearsalReport } from './report.ts'

/** A self-contained page. */
export function rehearsalPage(report: RehearsalReport): string {
  const title = `Rehearsal of ${report.plan.id}: ${isRehearsed(report) ? 'passed' : 'failed'}`
  return page(
    title,
    [
      heading(1, title),
      ...(report.plan.about === '' ? [] : [paragraph(report.plan.about)]),
      table(['What', 'Value'], summaryOf(report)),
      heading(2, 'Findings'),
      report.findings.length === 0
        ? paragraph('None: nothing speaks against the plan.')
        : table(
            ['Kind', 'Subject', 'Message'],
            report.findings.map(({ code, subject, message }) => [code, subject, message]),
          ),
      heading(2, 'Steps'),
      table(stepHead, stepsOf(report)),
      ...(report.fastForward === null ? [] : forwardParts(report.fastForward)),
      heading(2, 'Results'),
      ...(report.run?.reports ?? []).flatMap(({ name, result }) =>
        result === null ? [] : [heading(3, name), preformatted(JSON.stringify(result, null, 2))],
      ),
    ].join('\n'),
  )
}

const forwardParts = (report: FastForwardReport): string[] => [
  heading(2, 'Fast-forward'),
  paragraph(`${forwardText(report)}.`),
  report.found === 0
    ? paragraph('No difference.')
    : table(
        ['Block', 'Request', 'From', 'The store', 'The fork', 'Expected'],
        report.differences.map((one) => [
          String(one.block),
          String(one.request ?? ''),
          subjectOf(one),
          one.store,
          one.fork,
          one.expected ? 'yes' : 'no',
        ]),
      ),
  ...(report.administration.length === 0
    ? []
    : [
        table(
          ['Block', 'Administration', 'The fork got it'],
          report.administration.map(({ block, what, notGiven }) => [String(block), what, notGiven ?? 'yes']),
        ),
      ]),
]

const heading = (level: 1 | 2 | 3, text: string): string =>
  paragraph(text).replace(/^<p>(.*)<\/p>$/s, `<h${level}>$1</h${level}>`)

function summaryOf(report: RehearsalReport): readonly (readonly Cell[])[] {
  const { start, run, growth, interruptions, ms, end } = report
  return [
    ['Began after block', String(start.height)],
    ['Kernel', start.kernel],
    ['Vats', String(start.vats)],
    ['State of the plan', run?.state ?? 'refused'],
    ['Interrupted and continued', `${interruptions} times`],
    ['The file grows by', `${Math.ceil(growth / 1024)} KiB`],
    ['Seconds on this machine', (ms / 1000).toFixed(1)],
    ['Activity hash at the end', end ?? 'none'],
  ]
}

const stepHead: readonly Cell[] = [
  'Step', 'Kind', 'Outcome', { number: 'Cranks' }, { number: 'Computrons' }, { number: 'Seconds' }, 'A second run',
]

const stepsOf = (report: RehearsalReport): readonly (readonly Cell[])[] =>
  (report.run?.reports ?? []).map(({ name, kind, outcome, code, message, cranks, computrons }, index) => [
    name,
    kind,
    [outcome, ...(code === null ? [] : [`(${code})`]), ...(message === null ? [] : [message])].join(' '),
    { number: String(cranks) },
    { number: computrons },
    { number: secondsOf(report, name) },
    report.again[index]?.outcome ?? '',
  ])
