/** A report as one page of HTML, for people. */
import { escape, page, paragraph, preformatted, table, type Cell } from './html.ts'
import {
  computronRatio,
  speedOf,
  type Difference,
  type ReplayReport,
  type RolloutEstimate,
  type VatReplay,
} from './report.ts'

/** The report as a self-contained page. */
export function reportPage(report: ReplayReport): string {
  const { passed, vats } = report
  const bad = vats.filter((vat) => vat.class !== 'identical')
  return page(
    `Replay: ${passed ? 'passed' : 'failed'}`,
    `<h1 class="${passed ? 'identical' : 'divergent'}">Replay ${passed ? 'passed' : 'failed'}</h1>
${summary(report)}
<h2>Vats</h2>
${table(vatHead, vats.map(vatCells))}
${bad.map(details).join('\n')}
<h2>Rollout</h2>
${rollout(report.rollout)}`,
  )
}

function summary({ height, worker, threads, ms, vats }: ReplayReport): string {
  return table(
    ['What', 'Value'],
    [
      ['Block', String(height)],
      ['Worker', worker ?? 'could not be built'],
      ['Vats', String(vats.length)],
      ['Seconds', seconds(ms)],
      ['Threads', String(threads)],
    ],
  )
}

const vatHead: readonly Cell[] = [
  'Vat',
  'Name',
  { number: 'Deliveries' },
  'Class',
  { number: 'Computrons' },
  { number: 'Seconds' },
  { number: 'Per second' },
]

function vatCells(vat: VatReplay): readonly Cell[] {
  const [ratio, speed] = [computronRatio(vat), speedOf(vat)]
  return [
    vat.vat,
    vat.name,
    { number: vat.matched === vat.deliveries ? String(vat.matched) : `${vat.matched} of ${vat.deliveries}` },
    { mark: vat.class },
    { number: ratio === null ? '' : `× ${ratio.toFixed(4)}` },
    { number: seconds(vat.ms) },
    { number: speed === null ? '' : speed.toFixed(0) },
  ]
}

const seconds = (ms: number): string => (ms / 1000).toFixed(ms < 10_000 ? 2 : 0)

function details(vat: VatReplay): string {
  return [`<h2>${escape(`${vat.name} (${vat.vat})`)}: ${vat.class}</h2>`, ...partsOf(vat)].join('\n')
}

function partsOf(vat: VatReplay): readonly string[] {
  switch (vat.class) {
    case 'identical':
      return []
    case 'metering-only': {
      const { first, deliveries } = vat.metering
      return [paragraph(`${deliveries} deliveries used other computrons, the first at position ${first}.`)]
    }
    case 'unavailable':
      return [paragraph(`${vat.code}: ${vat.message}`)]
    case 'cannot-load':
      return [preformatted(vat.message), ...(vat.difference === null ? [] : differenceParts(vat.difference))]
    case 'divergent':
    case 'exhausts':
      return differenceParts(vat.difference)
  }
}

function differenceParts({
  position,
  message,
  syscall,
  stop,
  delivery,
  recorded,
  sent,
  lines,
}: Difference): readonly string[] {
  const where = syscall === null ? '' : `, at syscall ${syscall}`
  return [
    paragraph(`Delivery ${position}${where}: ${message}${stop === null ? '' : ` (${stop})`}.`),
    ...[
      ['Delivery', delivery],
      ['Recorded', recorded ?? 'nothing more'],
      ['Replayed', sent ?? 'nothing more'],
    ].flatMap(([title = '', text = '']) => [`<h3>${title}</h3>`, preformatted(text)]),
    ...(lines.length === 0
      ? []
      : [
          '<h3>Console of this delivery</h3>',
          table(
            ['After syscalls', 'Level', 'Line'],
            lines.map(({ after, level, text }) => [String(after), level, text]),
          ),
        ]),
  ]
}

const rollout = ({ vats, deliveries, serialMs, parallelMs, ofVats }: RolloutEstimate): string =>
  [
    paragraph(
      serialMs === null || parallelMs === null
        ? `${vats} vats with ${deliveries} deliveries; nothing was replayed from which the time could be estimated.`
        : `All ${vats} vats with ${deliveries} deliveries take about ${seconds(serialMs)} s one after another, ` +
            `and ${seconds(parallelMs)} s on the threads that were used.`,
    ),
    table(
      ['Vat', 'Name', { number: 'Seconds' }],
      ofVats.map(({ vat, name, ms }) => [vat, name, { number: ms === null ? '' : seconds(ms) }]),
    ),
  ].join('\n')
