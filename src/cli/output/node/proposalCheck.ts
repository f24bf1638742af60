/** Reports what the messages of a proposal would do. */
import type { ChangedValue, CheckedMessage, JsonValue, ProposalCheck } from '../../../client/index.ts'
import type { Report } from '../report.ts'
import { columns, indent } from '../text/columns.ts'
import { formatCount } from '../text/counts.ts'
import { formatValue } from '../text/formatValue.ts'
import { onOneLine } from '../text/terminal.ts'

/** Exit code 1 if a message would fail. */
export function proposalCheckReport(check: ProposalCheck): Report {
  const json = JSON.parse(JSON.stringify(check)) as JsonValue
  const text = [
    headlineOf(check),
    columns([['MESSAGE', 'OUTCOME', ''], ...check.messages.map(rowOf)]),
    ...check.messages.flatMap(stepsOf),
    ...changesOf('parameter', check.parameters),
    ...changesOf('weight of', check.members),
    kernelLineOf(check),
    eventsLineOf(check),
  ]
    .filter((line) => line !== '')
    .join('\n')
  return { kind: check.outcome === 'failed' ? 'rejected' : 'done', json, text }
}

function headlineOf({ outcome, code, height, blocks }: ProposalCheck): string {
  const when = `by block ${formatCount(height)}, in ${formatCount(blocks)} blocks of a copy`
  switch (outcome) {
    case 'done':
      return `would be done: ${when}`
    case 'failed':
      return `would fail with ${code ?? ''}: ${when}`
    case 'executing':
      return `would be executing still: ${when}`
  }
}

const rowOf = ({ kind, outcome, code, text, data }: CheckedMessage): readonly string[] => [
  kind,
  code === null ? outcome : `${outcome}: ${code}`,
  onOneLine(data === null ? text : formatValue(data)),
]

function stepsOf({ steps }: CheckedMessage): readonly string[] {
  if (steps === null || steps.length === 0) return []
  const rows = steps.map(({ name, kind, outcome, code }) => [
    onOneLine(name),
    kind,
    code === null ? outcome : `${outcome}: ${code}`,
  ])
  return [indent(columns([['STEP', 'KIND', 'OUTCOME'], ...rows]))]
}

const changesOf = (what: string, changes: Readonly<Record<string, ChangedValue>>): readonly string[] =>
  Object.entries(changes).map(([name, { from, to }]) => `${what} ${name}: ${numberText(from)} -> ${numberText(to)}`)

const numberText = (value: number | null): string => (value === null ? 'none' : formatCount(value))

const kernelLineOf = ({ kernel: { state, error, queued } }: ProposalCheck): string =>
  `the kernel is ${state} afterwards${error === null ? '' : `: ${onOneLine(error)}`}; ${formatCount(queued)} items wait in its queue`

/** How many events there would be of each kind. */
function eventsLineOf({ events }: ProposalCheck): string {
  const counts = new Map<string, number>()
  for (const { kind } of events) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  const kinds = [...counts].map(([kind, count]) => (count === 1 ? kind : `${kind} (${formatCount(count)})`))
  return kinds.length === 0 ? '' : `events: ${kinds.join(', ')}`
}
