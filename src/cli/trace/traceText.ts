/** Formats a line of a trace for people. Unknown content is shown as JSON. */
import { excerpt } from '../../base/text.ts'
import type { TraceKind } from '../../protocol/reports/trace.ts'
import type { Json } from '../../api/jsonForm.ts'
import type { ReadLine } from './traceReader.ts'

type Fields = { readonly [name: string]: Json }

/** Deliveries and syscalls use their own wire formats; long ones are truncated. */
const maxText = 300

/** The end of the year 9999; a later time is not shown. */
const maxTime = 253_402_300_799_999

export function lineText(line: ReadLine): string {
  const { at, crank, kind, vat } = line
  const time =
    typeof at === 'number' && at >= 0 && at <= maxTime ? new Date(at).toISOString().slice(11, 23) : ''
  const place = typeof crank === 'number' ? `#${crank}` : ''
  const who = typeof vat === 'string' ? vat : ''
  return [time, place, who, typeof kind === 'string' ? kind : '', detailOf(line)]
    .filter((text) => text !== '')
    .join(' ')
}

const details: { readonly [Kind in TraceKind | 'trace' | 'lost']: (line: Fields) => string } = {
  trace: ({ version }) => `version ${text(version)}`,
  lost: ({ events, cause }) => `${text(events)} events are lost: ${text(cause)}`,
  crankBegan: ({ step }) => text(step),
  crankEnded: ({ step, item, computrons, ms }) =>
    `${item === null ? text(step) : text(item)}, ${text(computrons)} computrons, ${text(ms)} ms`,
  delivery: ({ delivery }) => wire(delivery),
  syscall: ({ syscall }) => wire(syscall),
  console: ({ line }) => (isFields(line) ? `${text(line['level'])}: ${text(line['text'])}` : wire(line)),
  fault: ({ cause, message }) => `${text(cause)}: ${text(message)}`,
  rejection: ({ sequence, data }) =>
    `result ${text(sequence)}: ${isFields(data) ? text(data['body']) : wire(data)}`,
  suspended: ({ cause, message }) => `${text(cause)}: ${text(message)}`,
  resumed: () => '',
  terminated: ({ end, message }) => `${text(end)}: ${text(message)}`,
  paused: ({ cause, message }) => `${text(cause)}: ${text(message)}`,
  upgrade: ({ incarnation, outcome }) => `incarnation ${text(incarnation)} ${text(outcome)}`,
  salvage: ({ incarnation, outcome, message, ms }) =>
    `incarnation ${text(incarnation)} ${text(outcome)}${message === '' ? '' : `: ${text(message)}`}, ${text(ms)} ms`,
  bequest: ({ incarnation, salvage }) =>
    `incarnation ${text(incarnation)} got ${isFields(salvage) ? text(salvage['text']) : wire(salvage)}`,
  snapshot: ({ heapHash, bytesWritten, ms }) =>
    `${text(heapHash).slice(0, 12)}, ${text(bytesWritten)} bytes, ${text(ms)} ms`,
  restored: ({ deliveries, ms }) => `by ${text(deliveries)} deliveries, ${text(ms)} ms`,
  evicted: () => '',
  prepared: ({ outcome, position, bytes, ms }) =>
    `${text(outcome)} at ${text(position)}, ${text(bytes)} bytes, ${text(ms)} ms`,
  preparationUsed: ({ position, deliveries }) =>
    `from ${text(position)}, ${text(deliveries)} deliveries left`,
  preparationDropped: ({ position, why }) => `of ${text(position)}: ${text(why)}`,
  commit: ({ height, cranks, activityHash, ms }) =>
    `block ${text(height)}, ${text(cranks)} cranks, ${text(activityHash).slice(0, 12)}, ${text(ms)} ms`,
  kernelFault: ({ message }) => text(message),
}

const isKnown = (kind: unknown): kind is keyof typeof details =>
  typeof kind === 'string' && Object.hasOwn(details, kind)

function detailOf(line: ReadLine): string {
  if (isKnown(line['kind'])) return details[line['kind']](line)
  const { at: _at, crank: _crank, kind: _kind, vat: _vat, ...rest } = line
  return cut(JSON.stringify(rest))
}

const isFields = (value: Json | undefined): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const text = (value: Json | undefined): string =>
  typeof value === 'string' ? value : JSON.stringify(value ?? null)
const cut = (long: string): string => excerpt(long, maxText)

/** The kind first, then the rest. */
function wire(value: Json | undefined): string {
  if (!isFields(value)) return text(value)
  const { kind, ...rest } = value
  return cut(`${text(kind)} ${JSON.stringify(rest)}`)
}
