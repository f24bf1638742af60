/** What a vat of the simulation holds, and the names of these things. */
import { harden, type Baggage, type MapStore } from 'heirloom/vat'
import type { At, Given, Item, Message, ObjectKind } from '../program/program.ts'
import type { Journal } from './journal.ts'

/** An object that carries out programs. */
export interface Taker {
  go(message: Message): unknown
  /** An item of the port. */
  receive(item: Item, number: number): unknown
  who(): string
}

export interface Resolver {
  readonly u: string
  resolve(value: unknown): void
  reject(reason: unknown): void
}

/** The part of the state of a kind's object that programs write. */
export interface Estate {
  value: number
  kept: Given | undefined
}

/** The powers that the kernel passes to this vat only. */
export interface Powers {
  exitVat(completion: unknown): void
  exitVatWithFailure(reason: unknown): void
}

/** Everything that an incarnation has. */
export interface Player {
  readonly bundles: readonly string[]
  readonly powers: Powers
  readonly journal: Journal
  readonly baggage: Baggage
  readonly map: MapStore<number, Given>
  readonly watcher: object
  readonly make: (kind: ObjectKind, u: string) => Given[]
  /** Makes a handler for the timer. */
  readonly sleeper: (n: number, lasts: boolean) => object
  /** Tokens for cancelling wakeups. */
  readonly tokens: { readonly n: number; readonly token: object }[]
  /** Things in the heap; the first is the root. */
  readonly held: Given[]
  readonly resolvers: Resolver[]
  readonly names: WeakMap<object, string>
  /** The target of the last message. */
  lastTarget: Given | undefined
}

/** The object that received a message. */
export interface Self {
  readonly u: string
  readonly object: object
  readonly state: Estate | undefined
}

declare const VatData: {
  watchPromise(promise: Promise<unknown>, watcher: object, ...args: readonly unknown[]): void
}
export const watchPromise: typeof VatData.watchPromise = (promise, watcher, ...args) =>
  VatData.watchPromise(promise, watcher, ...args)

const maxHeld = 40

export function hold({ held, names, journal }: Player, given: Given): void {
  const { u, r } = given
  if (!(r instanceof Promise)) {
    const object = r as object
    const known = names.get(object)
    if (known !== undefined && known !== u) journal.write('wrong', `${known} came as ${u}`)
    const other = held.find((each) => each.u === u && !(each.r instanceof Promise))
    if (other !== undefined && other.r !== object) journal.write('wrong', `two objects are ${u}`)
    names.set(object, u)
  }
  held.push(harden(given))
  if (held.length > maxHeld) held.splice(1, 1)
}

/** The thing at this index, modulo the number of things. */
export const thing = ({ held }: Player, at: number): Given => held[at % held.length] as Given

/** The thing that is referred to, or the root if the vat does not hold it. */
export function thingAt(player: Player, at: At): Given {
  if (typeof at === 'number') return thing(player, at)
  return (
    player.held.findLast(({ u, r }) => (at === 'last-promise' ? r instanceof Promise : u === at)) ??
    thing(player, 0)
  )
}

/** Makes a promise whose resolver this vat keeps. */
export function newPromise(player: Player, n: number): Promise<unknown> {
  const u = `p${n}`
  const { promise, resolve, reject } = Promise.withResolvers<unknown>()
  promise.catch(() => {})
  player.journal.write('promise', u)
  player.resolvers.push({ u, resolve, reject })
  hold(player, harden({ u, r: promise }))
  return promise
}
