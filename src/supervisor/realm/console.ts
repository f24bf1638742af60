/**
 * The console of a vat: lines for the trace.
 *
 * A line goes out with the next batch, in the order of writing; whether the trace is read has no effect on
 * the heap.
 */
import { excerpt } from '../../base/text.ts'
import { pushConsoleLine } from '../wire/channel.ts'
import type { ConsoleLine } from '../../protocol/worker/syscall.ts'

/** Console lines are cut to this length, in UTF-16 code units; the trace is for people. */
const maxLineLength = 2_000

/** The text of any value. Values of a vat may be hostile: every exception on the way is caught here. */
function show(value: unknown): string {
  try {
    return textOf(value)
  } catch {
    return `[${typeof value}]`
  }
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'bigint') return `${value}n`
  if (value instanceof Error) return `${value.name}: ${value.message}${stackOf(value)}`
  if (typeof value !== 'object' || value === null) return String(value)
  return (
    JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'bigint' ? `${inner}n` : inner)) ??
    '[value]'
  )
}

/** The engine's name for every evaluated source. */
const evaluated = '<input>'
/**
 * The function in which SES evaluates code stands between that code and SES, and is named like code of the
 * vat.
 */
const evaluator = /\n {2}at <input>:\d+:\d+(?=\n {2}at safeEvaluate \(supervisor)/g

let codeName = evaluated

/**
 * The name of the vat's code in frames from now on: the beginning of its bundle's id, from which a host finds
 * the source map. Functions that the vat evaluates itself get it too: the engine has one name for all.
 */
export function nameCode(name: string): void {
  codeName = name
}

/** The stack of an error, or the empty string; user code never sees it. */
export function stackOf(error: unknown): string {
  try {
    const stack = globalThis.getStackString?.(error)
    return typeof stack === 'string' ? stack.replace(evaluator, '').replaceAll(evaluated, codeName) : ''
  } catch {
    return ''
  }
}

export const writeLine = (level: ConsoleLine['level'], ...values: readonly unknown[]): void =>
  writeText(level, values.map(show).join(' '))

/**
 * `vatPowers.testLog`: strings unchanged and other values as JSON, without separators, as SwingSet's has it.
 */
export const testLog = (...values: readonly unknown[]): void =>
  writeText('testLog', values.map(showJson).join(''))

function showJson(value: unknown): string {
  if (typeof value === 'string') return value
  try {
    return String(
      JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'bigint' ? Number(inner) : inner)),
    )
  } catch {
    return `[${typeof value}]`
  }
}

function writeText(level: ConsoleLine['level'], text: string): void {
  pushConsoleLine({ kind: 'console', level, text: excerpt(text, maxLineLength) })
}

const line =
  (level: ConsoleLine['level']) =>
  (...values: unknown[]): void =>
    writeLine(level, ...values)

/** The methods that vats call; groups, counters and timers have no meaning in a trace. */
export const vatConsole = {
  debug: line('debug'),
  log: line('log'),
  info: line('info'),
  warn: line('warn'),
  error: line('error'),
  trace: line('debug'),
  dir: line('log'),
  group: line('log'),
  groupCollapsed: line('log'),
  groupEnd: (): void => {},
  assert: (condition: unknown, ...values: unknown[]): void => {
    if (!condition) writeLine('error', 'Assertion failed:', ...values)
  },
}

Object.assign(globalThis, { console: vatConsole })
