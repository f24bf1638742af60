/** Output of `replay`. */
import {
  computronRatio,
  speedOf,
  type Difference,
  type ReplayProgress,
  type ReplayReport,
  type RolloutEstimate,
  type VatReplay,
} from '../../replay/index.ts'
import type { Json } from '../../api/jsonForm.ts'
import { columns, indent, rightAligned } from './text/columns.ts'
import { formatCount, pluralize } from './text/counts.ts'
import { onOneLine } from './text/terminal.ts'

/** Seconds with as many digits as are useful. */
const seconds = (ms: number): string => `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 0)} s`

export function progressLine({ vats, ofVats, deliveries, ofDeliveries, leftMs }: ReplayProgress): string {
  const left = leftMs === null ? '' : `, about ${seconds(leftMs)} left`
  const done = `${formatCount(deliveries)} of ${formatCount(ofDeliveries)} deliveries`
  return `${formatCount(vats)} of ${pluralize(ofVats, 'vat')}, ${done}${left}`
}

// --- JSON

/** Plain data already, but for bigints. */
export const replayJson = (report: ReplayReport): Json =>
  JSON.parse(
    JSON.stringify(report, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value)),
  ) as Json

// --- text

export const replayText = ({ vats, worker, height, threads, ms, rollout }: ReplayReport): string =>
  [
    vats.length === 0
      ? 'no vats'
      : rightAligned(
          [['VAT', 'NAME', 'CLASS', 'DELIVERIES', 'COMPUTRONS', 'SECONDS', 'PER SECOND'], ...vats.map(rowOf)],
          3,
        ),
    ...vats.flatMap(notesOf),
    `block ${formatCount(height)}, ${worker ?? 'no worker'}, ${seconds(ms)} on ${pluralize(threads, 'thread')}`,
    rolloutText(rollout),
  ].join('\n')

function rowOf(vat: VatReplay): readonly string[] {
  const [ratio, speed] = [computronRatio(vat), speedOf(vat)]
  const { matched, deliveries } = vat
  return [
    vat.vat,
    vat.name,
    vat.class,
    matched === deliveries
      ? formatCount(matched)
      : `${formatCount(matched)} of ${formatCount(deliveries)}`,
    ratio === null ? '-' : `× ${ratio.toFixed(4)}`,
    (vat.ms / 1000).toFixed(2),
    speed === null ? '-' : formatCount(Math.round(speed)),
  ]
}

function notesOf(vat: VatReplay): readonly string[] {
  const { name } = vat
  switch (vat.class) {
    case 'identical':
      return []
    case 'metering-only': {
      const { first, deliveries } = vat.metering
      return [`${name}: ${pluralize(deliveries, 'delivery', 'deliveries')} used other computrons, first ${first}`]
    }
    case 'unavailable':
      return [`${name}: ${vat.code}: ${vat.message}`]
    case 'cannot-load':
      return [
        `${name}: cannot load: ${vat.message}`,
        ...(vat.difference === null ? [] : [indent(differenceText(vat.difference))]),
      ]
    case 'divergent':
    case 'exhausts':
      return [`${name}: ${vat.class}`, indent(differenceText(vat.difference))]
  }
}

function differenceText({
  position,
  syscall,
  message,
  stop,
  delivery,
  recorded,
  sent,
  lines,
}: Difference): string {
  const where = syscall === null ? '' : `, syscall ${syscall}`
  const rows = [
    ['delivery', delivery],
    ['recorded', recorded ?? 'nothing more'],
    ['replayed', sent ?? 'nothing more'],
    ...lines.map(({ after, text }) => [`console, after ${pluralize(after, 'syscall')}`, onOneLine(text)]),
  ]
  return [`delivery ${position}${where}: ${message}${stop === null ? '' : ` (${stop})`}`, columns(rows)].join('\n')
}

function rolloutText({ vats, deliveries, serialMs, parallelMs }: RolloutEstimate): string {
  const all = `of ${pluralize(vats, 'vat')} with ${pluralize(deliveries, 'delivery', 'deliveries')}`
  return serialMs === null || parallelMs === null
    ? `rollout ${all}: unknown, since nothing was replayed`
    : `rollout ${all}: about ${seconds(serialMs)} one after another, ${seconds(parallelMs)} on these threads`
}
