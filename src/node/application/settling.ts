/**
 * Looks at requests to the kernel whose results are pending, at the end of each block: messages of accounts,
 * and operations of votes.
 *
 * Set1. Which requests a block looks at follows from the state, so that all nodes settle the same ones in the
 *       same block.
 */
import type { Controller } from '../../host/controller.ts'
import type { Status } from '../../host/config/options.ts'
import { encodeValue } from '../../api/values.ts'
import type { JsonValue } from '../../protocol/node/fields.ts'
import { operationEnded } from '../modules/governance/governance.ts'
import { pendingSends, sendSettled, type SendResult } from '../modules/kernel/sends.ts'
import type { Context } from '../modules/module.ts'
import { parameterOf } from '../modules/parameters/parameters.ts'
import type { Draft, StateReader } from '../state/hostState.ts'
import { numberId, tableOf } from '../state/table.ts'

/** An operation that the kernel answers when it runs. */
export interface PendingOperation {
  readonly number: number
  readonly kind: string
  readonly proposal: number
}

/** Operations whose results are pending, by the number of the request. */
const operations = tableOf<PendingOperation>('operation.pending')
/** Requests whose results have been read. */
const read = tableOf<true>('request.read')

/** How many requests a block looks at. */
const perBlock = 1_000

export const operationPending = (state: Draft, sequence: number, operation: PendingOperation): void =>
  operations.set(state, numberId(sequence), operation)

/** The results that the kernel may forget; at most as many as a block reads. */
export const resultsToForget = (state: StateReader): readonly number[] => read.ids(state).map(Number)

/** They were handed to the kernel. */
export function noteForgotten(state: Draft, sequence: number): void {
  read.delete(state, numberId(sequence))
}

type Settled = Exclude<Status, { readonly kind: 'pending' }>

/** Set1. */
function requestsOf(state: StateReader, height: number): readonly number[] {
  const all = [...operations.ids(state).map(Number), ...pendingSends(state)]
  if (all.length <= perBlock) return all
  const first = (height * perBlock) % all.length
  return [...all.slice(first), ...all.slice(0, first)].slice(0, perBlock)
}

/** Settles what the kernel has settled. */
export async function settle(controller: Controller, context: Context): Promise<void> {
  const requests = requestsOf(context.state, context.height)
  const found = await Promise.all(requests.map((sequence) => controller.status({ sequence })))
  for (const [index, sequence] of requests.entries()) {
    const status = found[index]
    if (status === undefined || status.kind === 'pending') continue
    settleOne(context, sequence, status)
    read.set(context.state, numberId(sequence), true)
  }
}

function settleOne(context: Context, sequence: number, status: Settled): void {
  const { state, height, emit } = context
  const operation = operations.get(state, numberId(sequence))
  if (operation !== undefined) {
    operations.delete(state, numberId(sequence))
    const failure = status.kind === 'rejected' ? codeOf(status.reason) : null
    const { number, kind, proposal } = operation
    emit('operation', { number, operation: kind, proposal, code: failure, data: null })
    return operationEnded(context, proposal, { failure, report: null })
  }
  const result: SendResult =
    status.kind === 'fulfilled'
      ? { kind: 'fulfilled', value: smallcapsOf(status.value), height }
      : { kind: 'rejected', reason: smallcapsOf(status.reason), height }
  const transaction = sendSettled(state, sequence, result, height + parameterOf(state, 'block.kept'))
  if (transaction !== null) emit('result', { of: transaction, result: { ...result } })
}

/** A value as smallcaps; objects of vats appear as such, but cannot be sent to. */
function smallcapsOf(value: unknown): JsonValue {
  try {
    const { body } = encodeValue(value)
    return body.length > maxResult ? '#error' : (JSON.parse(body.slice(1)) as JsonValue)
  } catch {
    return '#error'
  }
}

/** In characters. */
const maxResult = 100_000

const codeOf = (reason: unknown): string => {
  const code: unknown = typeof reason === 'object' && reason !== null ? Reflect.get(reason, 'code') : undefined
  return typeof code === 'string' ? code : 'kernel/refused'
}
