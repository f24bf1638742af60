/** Output of `replay --kernel`. */
import type {
  BlockDifference,
  BlockReplayProgress,
  BlockReplayReport,
  StateDifference,
} from '../../../replay/index.ts'
import { columns, indent } from '../text/columns.ts'
import { formatCount, pluralize } from '../text/counts.ts'
import { shortId } from '../text/shortId.ts'
import { onOneLine } from '../text/terminal.ts'

const seconds = (ms: number): string => `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 0)} s`

export const blockProgressLine = ({ block, ofBlock, cranks, leftMs }: BlockReplayProgress): string =>
  `block ${formatCount(block)} of ${formatCount(ofBlock)}, ${formatCount(cranks)} cranks compared, about ${seconds(leftMs)} left`

export function blockReplayText(report: BlockReplayReport): string {
  const { kernel, firstBlock, lastBlock, cranks, originals, difference, otherHash, ms } = report
  return [
    difference === null ? 'every crank left the same' : differenceText(difference),
    ...(otherHash === null
      ? []
      : [
          `the hash of crank ${formatCount(otherHash.crank)}, in block ${formatCount(otherHash.block)}, is another although it left the same:`,
          '  the kernel wrote in another order, or wrote what was there; its activity hash differs from then on',
        ]),
    `blocks ${formatCount(firstBlock)} to ${formatCount(lastBlock)}, ${pluralize(cranks, 'crank')}, ${shortId(kernel)} in place of ${originals.map(shortId).join(', ')}, ${seconds(ms)}`,
  ].join('\n')
}

function differenceText(difference: BlockDifference): string {
  const { block, crank, event, input, item, vat } = difference
  const what = [
    ['crank', formatCount(crank)],
    ['block', formatCount(block)],
    ['event', input === null ? event : `${event} ${input}`],
    ...(item === null ? [] : [['item', item]]),
    ...(vat === null ? [] : [['vat', vat]]),
  ]
  if (difference.kind === 'threw')
    return ['the kernel threw', indent(columns(what)), indent(difference.error)].join('\n')
  const { ran, found, differences } = difference
  const other = ran.item === item && ran.vat === vat ? [] : [['it ran', ranText(ran)]]
  const left = found - differences.length
  return [
    `${pluralize(found, 'difference')} in one crank, the first that differs`,
    indent(columns([...what, ...other])),
    ...differences.map((each) => indent(stateText(each))),
    ...(left === 0 ? [] : [indent(`and ${formatCount(left)} more`)]),
  ].join('\n')
}

const ranText = ({ item, vat }: Extract<BlockDifference, { kind: 'differs' }>['ran']): string =>
  item === null ? 'nothing' : vat === null ? item : `${item} in ${vat}`

const stateText = (difference: StateDifference): string =>
  [placeOf(difference), indent(`recorded  ${valueText(difference.original)}`), indent(`replayed  ${valueText(difference.modified)}`)].join('\n')

function placeOf(difference: StateDifference): string {
  switch (difference.kind) {
    case 'row':
      return `${difference.space} ${onOneLine(difference.key)}`
    case 'entry':
      return `transcript of ${difference.vat}, entry ${formatCount(difference.position)}`
    case 'item':
      return `outbox item ${formatCount(difference.sequence)}`
  }
}

const valueText = (value: string | null): string => (value === null ? 'nothing' : onOneLine(value))
