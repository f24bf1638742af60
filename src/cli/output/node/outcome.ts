/** Reports what became of a transaction. */
import { decodeResult, VatObject, type JsonValue, type MessageOutcome, type Settled } from '../../../client/index.ts'
import { toJson, type Json } from '../../../api/jsonForm.ts'
import { formatCount } from '../text/counts.ts'
import { formatValue } from '../text/formatValue.ts'
import type { Report } from '../report.ts'

export type Outcome = MessageOutcome

/** `answers`: of a message to a vat, its answer; undefined: it is pending. */
export function outcomeReport(outcome: Outcome, ...answers: readonly (Settled | undefined)[]): Report {
  if (outcome.kind === 'not-included')
    return {
      kind: 'rejected',
      json: { ...outcome },
      text: `not included: it expired before height ${formatCount(outcome.height + 1)}, and will never be executed`,
    }
  const { height, place, result, hash } = outcome
  const { code, gas, data, log } = result
  const json = { kind: 'included', hash, height, place, result: { ...result } } as const
  const where = `in block ${formatCount(height)}, transaction ${hash}`
  if (code !== 'ok')
    return { kind: 'rejected', json, text: `${code}: ${log}\n  ${where}, fee ${formatCount(gas)}` }
  const text = `done: ${where}, fee ${formatCount(gas)}${data === null ? '' : `\n${formatValue(data)}`}`
  return answers.length === 0 ? { kind: 'done', json, text } : withAnswer({ json, text }, answers[0])
}

function withAnswer(
  { json, text }: { readonly json: { readonly [key: string]: Json }; readonly text: string },
  answer: Settled | undefined,
): Report {
  if (answer === undefined)
    return { kind: 'done', json: { ...json, answer: { status: 'pending' } }, text: `${text}\nthe answer is pending` }
  const value = decodedOf(answer.kind === 'fulfilled' ? answer.value : answer.reason)
  const shown = value === unreadable ? '(too large)' : formatValue(value)
  const status = answer.kind
  const form = value === unreadable ? null : toJson(value)
  return status === 'fulfilled'
    ? { kind: 'done', json: { ...json, answer: { status, value: form } }, text: `${text}\n${shown}` }
    : { kind: 'rejected', json: { ...json, answer: { status, reason: form } }, text: `${text}\nrejected: ${shown}` }
}

const unreadable = Symbol('unreadable')

/** Objects of vats are shown by what they call themselves. */
function decodedOf(value: JsonValue): unknown {
  try {
    return plain(decodeResult(value))
  } catch {
    return unreadable
  }
}

function plain(value: unknown): unknown {
  if (value instanceof VatObject) return `[${value.name}]`
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value
  if (Object.getOwnPropertySymbols(value).length > 0) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]))
}
