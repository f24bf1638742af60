/**
 * Hands items to the kernel: what the host owes it, and messages of accounts.
 *
 * Hnd1. The list of a block is made once, and kept in the block's record: an interruption does not change it.
 * Hnd2. Each item is one request of the store, in order. So the number of the store's last request is how
 *       many the kernel has got.
 * Hnd3. When the kernel fails while it accepts an item, those that are owed wait for it, and messages of
 *       accounts, which come last, wait here. So what the kernel has got is always the beginning of the list.
 */
import { CodedError } from '../../base/errors.ts'
import type { Controller } from '../../host/controller.ts'
import { firstDebts, type Debt } from '../modules/ledger/debts.ts'
import { decodeArguments } from '../modules/kernel/arguments.ts'
import { firstSends, sendRefused, type QueuedSend } from '../modules/kernel/sends.ts'
import type { Context } from '../modules/module.ts'
import { parameterOf } from '../modules/parameters/parameters.ts'
import type { StateReader } from '../state/hostState.ts'
import { openPorts, receivedFrom } from './ports.ts'
import { resultsToForget } from './settling.ts'
import type { HandingList } from './work.ts'

/** An item that the kernel gets. */
export type Item =
  | { readonly kind: 'time'; readonly now: number }
  | { readonly kind: 'acknowledge'; readonly port: string; readonly number: number }
  | { readonly kind: 'forget'; readonly sequence: number }
  | { readonly kind: 'debt'; readonly debt: Debt }
  | { readonly kind: 'send'; readonly send: QueuedSend }

/** Items that may wait at a port: its limit is 10,000, and some room is left. */
const portRoom = 9_000

const nothing: HandingList = { time: false, acknowledged: [], forgotten: [], debts: [], sends: 0 }

/** Hnd1. Nothing while the kernel cannot accept: what is owed waits in the host's own tables. */
export async function listItems(controller: Controller, context: Context): Promise<HandingList> {
  const { state } = context
  const status = await controller.storeStatus()
  if (status.state.kind !== 'ready') return nothing
  const limit = parameterOf(state, 'kernel.handed')
  const acknowledged: { readonly port: string; readonly number: number }[] = []
  const debts: { readonly port: string; readonly count: number }[] = []
  let room = limit
  for (const port of openPorts(state)) {
    const { acknowledged: known, waiting } = await controller.port(port).status()
    const received = receivedFrom(state, port)
    if (received > known) acknowledged.push({ port, number: received })
    const count = firstDebts(state, port, Math.max(0, Math.min(room, portRoom - waiting))).length
    if (count > 0) debts.push({ port, count })
    room -= count
  }
  const isFull = status.queued >= parameterOf(state, 'kernel.queue')
  const sends = isFull || status.paused !== null ? 0 : await sendable(controller, context, room)
  return { time: true, acknowledged, forgotten: resultsToForget(state), debts, sends }
}

/** How many messages can be handed over. Those to vats that are not there are answered at once. */
async function sendable(controller: Controller, { state, height }: Context, room: number): Promise<number> {
  const waiting = firstSends(state, room)
  if (waiting.length === 0) return 0
  const vats = new Set((await controller.vats()).flatMap(({ name, vat }) => [name, vat]))
  const until = height + parameterOf(state, 'block.kept')
  let count = 0
  for (const send of waiting)
    if (vats.has(send.vat)) count += 1
    else sendRefused(state, send, { kind: 'rejected', reason: `there is no vat ${send.vat}`, height }, until)
  return count
}

/** The items of a list. */
export function itemsOf(state: StateReader, list: HandingList, now: number): readonly Item[] {
  return [
    ...(list.time ? [{ kind: 'time', now } as const] : []),
    ...list.acknowledged.map(({ port, number }) => ({ kind: 'acknowledge', port, number }) as const),
    ...list.forgotten.map((sequence) => ({ kind: 'forget', sequence }) as const),
    ...list.debts.flatMap(({ port, count }) =>
      firstDebts(state, port, count).map((debt) => ({ kind: 'debt', debt }) as const),
    ),
    ...firstSends(state, list.sends).map((send) => ({ kind: 'send', send }) as const),
  ]
}

/** Hands over the items after the first `done`. Returns how many of all the kernel has (Hnd2). */
export async function hand(controller: Controller, items: readonly Item[], done: number): Promise<number> {
  const before = await controller.lastRequest()
  // The calls are answered in their order: none waits for the one before.
  const outcomes = await Promise.allSettled(items.slice(done).map((item) => give(controller, item)))
  for (const outcome of outcomes)
    if (outcome.status === 'rejected' && !isOfAFault(outcome.reason)) throw outcome.reason
  return done + (await controller.lastRequest()) - before
}

const isOfAFault = (error: unknown): boolean =>
  error instanceof CodedError && ['kernel/fault', 'kernel/faulted', 'kernel/returned'].includes(error.code)

function give(controller: Controller, item: Item): Promise<unknown> {
  switch (item.kind) {
    case 'time':
      return controller.advanceTime(BigInt(item.now))
    case 'acknowledge':
      return controller.port(item.port).acknowledge(item.number)
    case 'forget':
      return controller.forget({ sequence: item.sequence })
    case 'debt':
      return controller.port(item.debt.port).deliver(item.debt.item, { number: item.debt.number })
    case 'send':
      return controller.send(item.send.vat, item.send.method, decodeArguments(item.send.args))
  }
}
