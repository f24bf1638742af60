/**
 * The block in work, as far as the store has it.
 *
 * A block of the host is one transaction of the store, unless something in it commits by itself: a step of a
 * plan, an upgrade of the kernel, a record of its fault. After such a commit the store has a part of the
 * block, and this record says which. A host that opens the store then delivers the same block again, and it
 * goes on there.
 *
 * Wrk1. The record and all that was done before it are in one commit. What comes after it is either not
 *       done, or can be known from what the store shows.
 * Wrk2. Height and app hash of a node that was interrupted are those of the block before.
 */
import type { Hash } from '../../base/ids.ts'
import type { JsonValue } from '../../protocol/node/fields.ts'
import type { NodeEvent } from '../../protocol/node/views.ts'
import type { Draft, StateReader } from '../state/hostState.ts'
import { numberId, tableOf } from '../state/table.ts'

/** A result as it is kept: what all nodes agree on. */
export interface KeptResult {
  readonly number: number
  readonly gas: number
  readonly data: JsonValue
}

/**
 * What is handed to the kernel, in this order: the time, acknowledgements, results that are not needed any
 * more, debts, messages of accounts.
 */
export interface HandingList {
  readonly time: boolean
  readonly acknowledged: readonly { readonly port: string; readonly number: number }[]
  readonly forgotten: readonly number[]
  /** How many of the debts of each port. */
  readonly debts: readonly { readonly port: string; readonly count: number }[]
  /** How many of the messages that wait. */
  readonly sends: number
}

/** Where the block is. */
export type Phase =
  /** The transactions are executed; `begun` is the operation under way. */
  | { readonly kind: 'operations'; readonly begun: BegunOperation | null }
  /** Items are handed to the kernel; `after`: the last request before the first of them. */
  | { readonly kind: 'handing'; readonly after: number; readonly list: HandingList }
  /** The kernel runs, or has run. */
  | { readonly kind: 'run' }

/** An operation under way. `kernels`: how many upgrades of the kernel there had been before it. */
export interface BegunOperation {
  readonly number: number
  readonly kernels: number
}

export interface Work {
  readonly height: number
  /** The hash of the block. */
  readonly block: string
  readonly time: number
  /** The app hash of the block before, which the store does not show any more (Wrk2). */
  readonly before: Hash
  readonly phase: Phase
}

const works = tableOf<Work>('work')
const results = tableOf<readonly KeptResult[]>('work.results')
const events = tableOf<readonly NodeEvent[]>('work.events')

/** A value of the store has at most a million characters. */
const perRow = 500

export const workOf = (state: StateReader): Work | undefined => works.get(state, 'work')

export const setWork = (state: Draft, work: Work): void => works.set(state, 'work', work)

/** Keeps what the transactions came to, until the block is done. */
export function keepResults(state: Draft, kept: readonly KeptResult[]): void {
  for (let at = 0; at < kept.length; at += perRow)
    results.set(state, numberId(at), kept.slice(at, at + perRow))
}

/** Keeps what has happened since `from` events, until the block is done. */
export function keepEvents(state: Draft, happened: readonly NodeEvent[], from: number): void {
  for (let at = from; at < happened.length; at += perRow)
    events.set(state, numberId(at), happened.slice(at, at + perRow))
}

export const keptResults = (state: StateReader): readonly KeptResult[] =>
  results.ids(state).flatMap((id) => results.get(state, id) ?? [])

export const keptEvents = (state: StateReader): readonly NodeEvent[] =>
  events.ids(state).flatMap((id) => events.get(state, id) ?? [])

/** The block is done. */
export function forgetWork(state: Draft): void {
  works.delete(state, 'work')
  for (const id of results.ids(state)) results.delete(state, id)
  for (const id of events.ids(state)) events.delete(state, id)
}
