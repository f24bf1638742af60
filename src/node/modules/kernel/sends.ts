/**
 * Messages of accounts to vats: queued by transactions, handed to the kernel as it has room, and their results.
 *
 * Snd1. A message that was accepted is handed to the kernel once, in order, whatever the kernel does meanwhile.
 * Snd2. Its result is kept for `block.kept` heights after it was settled.
 */
import type { JsonValue } from '../../../protocol/node/fields.ts'
import type { Draft, StateReader } from '../../state/hostState.ts'
import { counterOf, numberId, tableOf } from '../../state/table.ts'

/** A message that waits for the kernel. */
export interface QueuedSend {
  readonly number: number
  readonly transaction: string
  /** The vat. */
  readonly vat: string
  readonly method: string
  /** Smallcaps without slots: the list of arguments. */
  readonly args: JsonValue
}

/** What became of a message to a vat. */
export type SendResult =
  | { readonly kind: 'waiting' | 'pending'; readonly sequence: number | null }
  /** `value`, `reason`: smallcaps. */
  | { readonly kind: 'fulfilled'; readonly value: JsonValue; readonly height: number }
  | { readonly kind: 'rejected'; readonly reason: JsonValue; readonly height: number }

const queue = tableOf<QueuedSend>('send')
const results = tableOf<SendResult>('send.result')
/** Transactions whose results are pending, by the number of the request. */
const pending = tableOf<string>('send.pending')
const last = counterOf('send.last')
const waiting = counterOf('send.waiting')

/** One table for each height at which results are forgotten. */
const keptUntil = (height: number): string => `send.until.${numberId(height)}`

export function queueSend(state: Draft, send: Omit<QueuedSend, 'number'>): void {
  const number = last.next(state)
  queue.set(state, numberId(number), { number, ...send })
  waiting.set(state, waiting.get(state) + 1)
  results.set(state, send.transaction, { kind: 'waiting', sequence: null })
}

/** How many messages wait for the kernel. */
export const backlogOf = (state: StateReader): number => waiting.get(state)

/** The first messages that wait. */
export const firstSends = (state: StateReader, limit: number): readonly QueuedSend[] =>
  (backlogOf(state) === 0 ? [] : queue.ids(state).slice(0, Math.max(0, limit))).flatMap(
    (id) => queue.get(state, id) ?? [],
  )

function takeFromQueue(state: Draft, { number }: QueuedSend): void {
  queue.delete(state, numberId(number))
  waiting.set(state, waiting.get(state) - 1)
}

/** The kernel has the message, as this request. */
export function sendHanded(state: Draft, send: QueuedSend, sequence: number): void {
  takeFromQueue(state, send)
  results.set(state, send.transaction, { kind: 'pending', sequence })
  pending.set(state, numberId(sequence), send.transaction)
}

/** The message cannot be sent: its vat is not there. */
export function sendRefused(state: Draft, send: QueuedSend, result: SendResult, until: number): void {
  takeFromQueue(state, send)
  results.set(state, send.transaction, result)
  state.set(keptUntil(until), send.transaction, '')
}

/** The requests whose results are pending. */
export const pendingSends = (state: StateReader): readonly number[] => pending.ids(state).map(Number)

export function sendSettled(state: Draft, sequence: number, result: SendResult, until: number): string | null {
  const transaction = pending.get(state, numberId(sequence))
  if (transaction === undefined) return null
  pending.delete(state, numberId(sequence))
  results.set(state, transaction, result)
  state.set(keptUntil(until), transaction, '')
  return transaction
}

/** An item was put back under another number. */
export function sendRenumbered(state: Draft, from: number, to: number): void {
  const transaction = pending.get(state, numberId(from))
  if (transaction === undefined) return
  pending.delete(state, numberId(from))
  pending.set(state, numberId(to), transaction)
  results.set(state, transaction, { kind: 'pending', sequence: to })
}

export const sendResult = (state: StateReader, transaction: string): SendResult | undefined =>
  results.get(state, transaction)

/** Snd2. */
export function forgetResults(state: Draft, height: number): void {
  const table = keptUntil(height)
  for (const transaction of state.ids(table)) {
    state.set(table, transaction, undefined)
    results.delete(state, transaction)
  }
}
