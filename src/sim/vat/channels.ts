/** Ops that use the port and the timer. */
import { E, Far, harden } from 'heirloom/vat'
import type { Given, Item, Op } from '../program/program.ts'
import { hold, newPromise, thingAt, watchPromise, type Player } from './holding.ts'
import { describe } from './outcomes.ts'

type OpOf<Kind extends Op['kind']> = Extract<Op, { kind: Kind }>

interface Port {
  send(item: unknown): number
  onReceive(handler: unknown): void
}
export interface Timestamp {
  readonly absValue: bigint
}
interface Timer {
  setWakeup(when: bigint, handler: object, token: object): Timestamp
  wakeAt(when: bigint, token: object): Timestamp
  repeatAfter(delay: bigint, interval: bigint, handler: object, token: object): void
  cancel(token: object): readonly Timestamp[]
}

const heldAs = <Service,>({ held }: Player, u: string): Service | undefined =>
  held.find((given) => given.u === u)?.r as Service | undefined

/** Records the outcome of a request. */
function note({ journal, names }: Player, n: number, asked: Promise<unknown>): void {
  asked.then(
    (value) => journal.write('got', n, Array.isArray(value) ? `d:${value.length}` : describe(names, value)),
    (reason: unknown) => journal.write('got', n, describe(names, reason)),
  )
}

// --- the port

export function post(player: Player, _self: unknown, { n, at }: OpOf<'post'>): void {
  const port = heldAs<Port>(player, 'port')
  if (port === undefined) return
  const { r } = thingAt(player, at)
  player.journal.write('posted', n)
  note(player, n, E(port).send(harden({ n, r: r instanceof Promise ? undefined : r })))
}

export function listen(player: Player, _self: unknown, { n, at }: OpOf<'listen'>): void {
  const port = heldAs<Port>(player, 'port')
  const { u, r } = thingAt(player, at)
  if (port === undefined || r instanceof Promise) return
  player.journal.write('listens', n, u)
  note(player, n, E(port).onReceive(r))
}

/** An object receives an item. */
export function receiveItem(player: Player, u: string, { n, way, given }: Item, number: number): unknown {
  player.journal.write('item', n, number, u)
  if (given !== undefined) hold(player, given as Given)
  switch (way) {
    case 'ok':
      return undefined
    case 'promise':
      return newPromise(player, n)
    case 'throw':
      throw Error(String(n))
    case 'burn':
      for (;;);
  }
}

// --- the timer

export function wakeup(player: Player, _self: unknown, { n, how, when, every, lasts }: OpOf<'wakeup'>): void {
  const { journal, tokens, watcher } = player
  const timer = heldAs<Timer>(player, 'timer')
  if (timer === undefined) return
  const token = Far(`token ${n}`, {})
  tokens.push({ n, token })
  journal.write('wakeup', n, how, when, lasts ? 'lasts' : 'heap')
  const due = BigInt(when)
  switch (how) {
    case 'once':
      return note(player, n, E(timer).setWakeup(due, player.sleeper(n, lasts), token))
    case 'repeat':
      return note(player, n, E(timer).repeatAfter(due, BigInt(every), player.sleeper(n, lasts), token))
    case 'promise':
      return note(player, n, E(timer).wakeAt(due, token))
    case 'watch':
      return watchPromise(E(timer).wakeAt(due, token), watcher, n)
  }
}

export function cancel(player: Player, _self: unknown, { n, at }: OpOf<'cancel'>): void {
  const { journal, tokens } = player
  const timer = heldAs<Timer>(player, 'timer')
  const found = tokens[at % (tokens.length || 1)]
  if (timer === undefined || found === undefined) return
  journal.write('cancel', n, found.n)
  note(player, n, E(timer).cancel(found.token))
}
