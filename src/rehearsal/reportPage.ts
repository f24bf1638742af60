/** The report of a rehearsal as one page of HTML, for people. It refers to nothing outside itself (Rpp1). */
import { escape, paragraph, page, preformatted, table, type Cell } from '../replay/html.ts'
import { lostPromises } from './losses.ts'
import { forwardText, subjectOf, type AnswerDifference } from './fastForward/report.ts'
import { sweepRow } from './sweep.ts'
import { isRehearsed, planMs, secondsOf, type RehearsalReport } from './report.ts'

/** A self-contained page. */
export function rehearsalPage(report: RehearsalReport): string {
  const title = `Rehearsal of ${report.plan.id}: ${isRehearsed(report) ? 'passed' : 'failed'}`
  const sections: readonly (readonly [heading: string, body: string])[] = [
    ['Findings', rows(findingHead, findingsOf(report), 'None: nothing speaks against the plan.')],
    ['Timeline', timelineOf(report)],
    ['Steps', rows(stepHead, stepsOf(report), 'None was run.')],
    ['Checks', rows(['Step', 'Subject', 'Outcome', 'Notes'], checksOf(report), 'No step has a check.')],
    ['Replays', rows(replayHead, replaysOf(report), 'No step replays a vat.')],
    ['Invariants', invariantsOf(report)],
    ['Notes', rows(noteHead, notesOf(report), 'Nothing was seen.')],
    ['Stored state', rows(stateHead, stateOf(report), 'It has the same numbers as before.')],
    ['Records', rows(sweepHead, report.sweeps.map(sweepRow), 'None: the plan upgrades no vat.')],
    ['Fast-forward', forwardOf(report)],
    ['Promises lost', rows(lossHead, lossesOf(report), 'None.')],
    ['What cannot be rehearsed', cannotOf(report)],
    ['Results', resultsOf(report)],
  ]
  return page(
    title,
    [
      heading(1, title),
      ...(report.plan.about === '' ? [] : [paragraph(report.plan.about)]),
      table(['What', 'Value'], summaryOf(report)),
      ...sections.flatMap(([name, body]) => [heading(2, name), body]),
    ].join('\n'),
  )
}

type Row = readonly Cell[]

const heading = (level: 1 | 2 | 3, text: string): string => `<h${level}>${escape(text)}</h${level}>`

const rows = (head: Row, body: readonly Row[], none: string): string =>
  body.length === 0 ? paragraph(none) : table(head, body)

const kibibytes = (bytes: number): string => `${Math.ceil(bytes / 1024)} KiB`

function summaryOf(report: RehearsalReport): readonly Row[] {
  const { start, run, growth, kills, calibration, ms, end } = report
  return [
    ['Began after block', String(start.height)],
    ['Kernel', start.kernel],
    ['Vats', String(start.vats)],
    ['State of the plan', run?.state ?? 'refused'],
    ['Killed at the end of a block', `${kills.atBoundaries} times`],
    ['Killed at a random moment', `${kills.within} times (seed ${kills.seed})`],
    ['The file grows by', kibibytes(growth)],
    ['Seconds of the plan on this machine', (planMs(report) / 1000).toFixed(2)],
    ['Milliseconds of the calibration on this machine', calibration.ms.toFixed(1)],
    ['Seconds of the rehearsal', (ms / 1000).toFixed(1)],
    ['Activity hash at the end', end ?? 'none'],
  ]
}

const findingHead: Row = ['Kind', 'Subject', 'Message']

const findingsOf = ({ findings }: RehearsalReport): readonly Row[] =>
  findings.map(({ code, subject, message }) => [code, subject, message])

/** A bar for each block that ended with a step, beside one another as they were run. */
function timelineOf(report: RehearsalReport): string {
  const total = planMs(report)
  if (total === 0) return paragraph('No step was run.')
  let before = 0
  const bars = report.costs.map(({ steps, ms }) => {
    const [left, width] = [before, ms].map((part) => ((part / total) * 100).toFixed(2))
    before += ms
    const bar = `margin-left: ${left}%; width: max(2px, ${width}%); height: .6rem; background: ${barColour(report, steps)}`
    const text = `${steps.join(', ')}: ${(ms / 1000).toFixed(2)} s`
    return `<div><span>${escape(text)}</span><div class="bar" style="${bar}"></div></div>`
  })
  return bars.join('\n')
}

const barColour = ({ run }: RehearsalReport, steps: readonly string[]): string => {
  const isBad = (run?.reports ?? []).some(
    ({ name, outcome }) => steps.includes(name) && (outcome === 'failed' || outcome === 'suspended'),
  )
  return isBad ? '#cf222e' : '#1a7f37'
}

const stepHead: Row = [
  'Step',
  'Kind',
  'Outcome',
  { number: 'Cranks' },
  { number: 'Computrons' },
  { number: 'Longest crank' },
  { number: 'Growth' },
  { number: 'Seconds' },
  'A second run',
]

const stepsOf = (report: RehearsalReport): readonly Row[] =>
  (report.run?.reports ?? []).map(({ name, kind, outcome, code, message, cranks, computrons }, index) => {
    const seen = report.observations.find(({ step }) => step === name)
    return [
      name,
      kind,
      [outcome, ...(code === null ? [] : [`(${code})`]), ...(message === null ? [] : [message])].join(' '),
      { number: String(cranks) },
      { number: computrons },
      { number: seen?.longest?.computrons ?? '' },
      { number: seen === undefined ? '' : kibibytes(seen.growth) },
      { number: secondsOf(report, name) },
      report.again[index]?.outcome ?? '',
    ]
  })

const checksOf = ({ checks }: RehearsalReport): readonly Row[] =>
  checks.map(({ step, subject, outcome, code, message, notes }) => [
    step,
    subject,
    outcome,
    [code ?? '', message, ...notes].filter((text) => text !== '').join('; '),
  ])

const replayHead: Row = ['Step', 'Vat', 'Class', { number: 'Deliveries' }, { number: 'Matched' }, 'First difference']

const replaysOf = ({ replays }: RehearsalReport): readonly Row[] =>
  replays.map(({ step, vat, class: found, deliveries, matched, message }) => [
    step,
    vat,
    found === 'not-run' ? found : { mark: found },
    { number: String(deliveries) },
    { number: String(matched) },
    message,
  ])

const invariantsOf = ({ invariants: { rounds, broken } }: RehearsalReport): string =>
  rows(
    ['Invariant', 'After the step', 'Code', 'Message', 'Answer'],
    broken.map(({ name, after, code, message, answer }) => [
      name,
      after ?? 'before the plan',
      code,
      message,
      JSON.stringify(answer),
    ]),
    rounds === 0 ? 'There are none.' : `All of them held, ${rounds} times.`,
  )

const noteHead: Row = ['Step', 'Vat', { number: 'Crank' }, 'What', 'Delivery', 'Message']

const notesOf = ({ observations }: RehearsalReport): readonly Row[] =>
  observations.flatMap(({ step, notes, omitted }): readonly Row[] => [
    ...notes.map(({ vat, crank, kind, delivery, message }): Row => [
      step ?? '',
      vat ?? '',
      { number: crank === null ? '' : String(crank) },
      kind,
      delivery,
      message,
    ]),
    ...(omitted === 0 ? [] : [[step ?? '', '', { number: '' }, '', '', `and ${omitted} more`]]),
  ])

const stateHead: Row = ['Vat', 'What', { number: 'Before' }, { number: 'After' }]

const stateOf = ({ changes }: RehearsalReport): readonly Row[] =>
  changes.flatMap(({ vat, rows: counts, kinds }) =>
    [{ tag: 'rows', ...counts }, ...kinds.map((kind) => ({ ...kind, tag: `records of ${kind.tag}` }))].map(
      ({ tag, before, after }): Row => [
        vat,
        tag,
        { number: before === null ? '' : String(before) },
        { number: after === null ? '' : String(after) },
      ],
    ),
  )

function forwardOf({ fastForward }: RehearsalReport): string {
  if (fastForward === null) return paragraph('There was none.')
  const given = fastForward.administration.map(({ block, what, notGiven }) => [
    String(block),
    what,
    notGiven ?? 'yes',
  ])
  return [
    paragraph(`${forwardText(fastForward)}.`),
    rows(differenceHead, fastForward.differences.map(differenceRow), 'No difference.'),
    ...(given.length === 0 ? [] : [table(['Block', 'Administration', 'The fork got it'], given)]),
  ].join('\n')
}

const differenceHead: Row = ['Block', 'Request', 'From', 'The store', 'The fork', 'Expected']

const differenceRow = (one: AnswerDifference): Row => [
  String(one.block),
  String(one.request ?? ''),
  subjectOf(one),
  one.store,
  one.fork,
  one.expected ? 'yes' : 'no',
]

const sweepHead: Row = ['Vat', { number: 'Records' }, { number: 'Migrated' }, { number: 'Unreadable' }]

const lossHead: Row = [
  'Step',
  'Vat',
  'Promise',
  'Who waited for it',
  'Who waits again',
  { number: 'Messages that waited' },
]

const lossesOf = ({ plan, run }: RehearsalReport): readonly Row[] =>
  lostPromises(plan, run?.reports ?? []).map((lost) => [
    lost.step,
    lost.vat,
    lost.promise,
    [...lost.subscribers, ...(lost.others === 0 ? [] : [`${lost.others} others`])].join(', '),
    lost.again.join(', '),
    { number: String(lost.waiting) },
  ])

function cannotOf({ sent: { items, omitted } }: RehearsalReport): string {
  const sent = items.map(({ port, number, step, item }): Row => [
    port,
    { number: String(number) },
    step ?? '',
    JSON.stringify(item),
  ])
  return [
    paragraph(
      'On the copy nothing that is sent through ports is taken, nothing comes in through them, and no time passes. What the world outside would answer is not known.',
    ),
    rows(['Port', { number: 'Number' }, 'Step', 'Item'], sent, 'Nothing was sent through a port.'),
    ...(omitted === 0 ? [] : [paragraph(`And ${omitted} more.`)]),
  ].join('\n')
}

const resultsOf = ({ run }: RehearsalReport): string =>
  (run?.reports ?? [])
    .filter(({ result }) => result !== null)
    .map(({ name, result }) => `${heading(3, name)}\n${preformatted(JSON.stringify(result, null, 2))}`)
    .join('\n')
