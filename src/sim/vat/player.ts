/**
 * The vat of the simulation: it carries out the programs in its messages and records what it observes.
 *
 * A program is carried out in the turn in which its message arrives, a continuation (`then`) in a turn of its
 * own. A thing is held with its name; a presence that arrives under two names is recorded as wrong.
 */
import {
  E,
  Far,
  canBeDurable,
  defineKind,
  defineKindMulti,
  defineVirtualKind,
  harden,
  makeMapStore,
  provide,
  type Baggage,
  type MapStore,
} from 'heirloom/vat'
import {
  estateText,
  type Given,
  type Item,
  type Message,
  type Place,
  type Program,
  type StartMode,
} from '../program/program.ts'
import { receiveItem, type Timestamp } from './channels.ts'
import { hold, type Estate, type Player, type Powers, type Self, type Taker } from './holding.ts'
import { openJournal, type Journal } from './journal.ts'
import { answerTo, baseOf, perform } from './ops.ts'
import { describe } from './outcomes.ts'

export interface Parameters {
  readonly name: string
  readonly mode: StartMode
  readonly bundles: readonly string[]
  /** The step or op that passed these parameters. */
  readonly tag: string
}

function receive(player: Player, self: Self, { n, go, give }: Message): unknown {
  player.journal.write('recv', n, self.u)
  if (self.state !== undefined) player.journal.write('saw', baseOf(self.u), ...lookOf(self.state))
  player.names.set(self.object, self.u)
  for (const given of give) hold(player, given)
  const { ops, answer } = JSON.parse(go) as Program
  try {
    for (const op of ops) perform(player, self, op)
  } catch (error) {
    player.journal.write('wrong', `message ${n} throws ${String(error)}`)
    throw error
  }
  return answerTo(player, self, answer, (how) => player.journal.write('answers', n, how))
}

export function buildRootObject(
  powers: Powers,
  { name, mode, bundles, tag }: Parameters,
  baggage: Baggage,
): object {
  const journal = openJournal(baggage)
  journal.write('start', tag, mode)
  if (mode === 'throw') throw Error(`${name} is to fail`)
  if (mode === 'pending') return new Promise(() => {})
  const forgets = mode === 'forget-kinds' && journal.incarnation > 0
  const names = new WeakMap<object, string>()
  const held: Given[] = []
  const map = provide(baggage, 'map', () =>
    makeMapStore<number, Given>('map', { durable: true }),
  ) as MapStore<number, Given>
  const taker = (u: string): Taker => {
    const object: Taker = Far(u, handlers(() => player, u, () => object))
    return object
  }
  const player: Player = {
    bundles, powers, journal, baggage, map, held, names, resolvers: [], tokens: [], lastTarget: undefined,
    watcher: forgets ? {} : provideWatcher(baggage, journal, names),
    ...(forgets ? { make: () => [], sleeper: () => ({}) } : makers(() => player, taker, baggage)),
  }
  if (mode === 'endless') for (;;) held.length = 0
  const root: object = Far(name, {
    ...handlers(() => player, `root:${name}`, (): object => root),
    /**
     * Refills the meters of the vats that it created, and settles the pending promises of this incarnation,
     * alternately to the root and to data.
     */
    finish: () => {
      for (const [key, meter] of baggage.entries())
        if (String(key).startsWith('meter ')) E.sendOnly(meter as Meter).addRemaining(plenty)
      player.resolvers.splice(0).forEach(({ u, resolve }, index) => {
        const toRoot = index % 2 === 0
        journal.write('decided', u, toRoot ? `o:root:${name}` : 'd:0')
        resolve(toRoot ? root : 0)
      })
    },
    /** The data to salvage: the length of the journal, and the held things that can be durable. */
    estate: (): SalvagedEstate =>
      harden({
        lines: journal.size(),
        things: held.filter(({ r }) => !(r instanceof Promise) && canBeDurable(r)).slice(-maxSalvaged),
      }),
    report: () => harden({ lines: journal.read(), places: places(player) }),
  })
  hold(player, { u: `root:${name}`, r: root })
  if (!forgets) inherit(player)
  return root
}

const maxSalvaged = 6
interface SalvagedEstate {
  readonly lines: number
  readonly things: readonly Given[]
}

/** Adopts salvaged things. Own objects report their names themselves. */
function inherit(player: Player): void {
  const { baggage, journal } = player
  if (!baggage.has('salvage')) return
  const { lines, things } = baggage.get('salvage') as SalvagedEstate
  journal.write('salvaged', estateText(lines, things))
  for (const given of things) {
    const named = (given.r as { who?: () => string }).who?.() ?? given.u
    if (named !== given.u) journal.write('wrong', `${named} was salvaged as ${given.u}`)
    hold(player, given)
  }
}

/** More than a world uses. */
const plenty = 1n << 50n
interface Meter {
  addRemaining(more: bigint): void
}

const handlers = (player: () => Player, u: string, object: () => object): Taker => ({
  go: (message) => receive(player(), { u, object: object(), state: undefined }, message),
  receive: (item, number) => receiveItem(player(), u, item, number),
  who: () => u,
})

interface ThingState extends Estate {
  readonly u: string
}
interface StateContext {
  readonly state: ThingState
  readonly self: object
}

function makers(
  player: () => Player,
  taker: (u: string) => Taker,
  baggage: Baggage,
): Pick<Player, 'make' | 'sleeper'> {
  const init = (u: string): ThingState => ({ u, value: 0, kept: undefined })
  const methods = {
    go: ({ state, self }: StateContext, message: Message) =>
      receive(player(), { u: state.u, object: self, state }, message),
    receive: ({ state }: StateContext, item: Item, number: number) =>
      receiveItem(player(), state.u, item, number),
    who: ({ state }: StateContext) => state.u,
    look: ({ state }: StateContext) => lookOf(state),
  }
  const facet = (side: string) => ({
    go: ({ state, facets }: { state: ThingState; facets: Record<string, object> }, message: Message) =>
      receive(player(), { u: `${state.u}.${side}`, object: facets[side] as object, state }, message),
    receive: ({ state }: { state: ThingState }, item: Item, number: number) =>
      receiveItem(player(), `${state.u}.${side}`, item, number),
    who: ({ state }: { state: ThingState }) => `${state.u}.${side}`,
    look: ({ state }: { state: ThingState }) => lookOf(state),
  })
  const durable = defineKind(baggage, 'Thing', init, methods)
  const facets = defineKindMulti(baggage, 'Pair', init, { left: facet('left'), right: facet('right') })
  const virtual = defineVirtualKind('Passing', init, methods)
  const wake = (n: number, { absValue }: Timestamp): void =>
    player().journal.write('woke', n, Number(absValue))
  const sleeper = defineKind(baggage, 'Sleeper', (n: number) => ({ n }), {
    wake: ({ state }: { state: { n: number } }, time: Timestamp) => wake(state.n, time),
  })
  const make: Player['make'] = (kind, u) => {
    switch (kind) {
      case 'ephemeral':
        return [{ u, r: taker(u) }]
      case 'virtual':
        return [{ u, r: virtual(u) }]
      case 'durable':
        return [{ u, r: durable(u) }]
      case 'facets': {
        const { left, right } = facets(u)
        return [{ u: `${u}.left`, r: left }, { u: `${u}.right`, r: right }]
      }
    }
  }
  return {
    make,
    sleeper: (n, lasts) =>
      lasts ? sleeper(n) : Far(`sleeper ${n}`, { wake: (time: Timestamp) => wake(n, time) }),
  }
}

const lookOf = ({ value, kept }: Estate): readonly [number, string] => harden([value, kept?.u ?? ''])

function provideWatcher(baggage: Baggage, journal: Journal, names: WeakMap<object, string>): object {
  const tell = (n: number, how: string): void => journal.write('told', n, how)
  const make = defineKind(baggage, 'Watcher', () => ({}), {
    onFulfilled: (_context: object, value: unknown, n: number) => tell(n, describe(names, value)),
    onRejected: (_context: object, reason: unknown, n: number) => tell(n, describe(names, reason)),
  })
  return provide(baggage, 'watcher', make)
}

/**
 * The content of the durable places: `[place, key, name, value, name of the kept object]`, the last two for
 * own objects.
 */
function places({ baggage, map }: Player): readonly (readonly (string | number)[])[] {
  const found: (string | number)[][] = []
  const note = (place: Place, key: number, { u, r }: Given): void => {
    const look = (r as { look?: () => readonly [number, string] }).look?.()
    found.push([place, key, u, ...(look ?? [])])
  }
  for (let key = 0; key < 6; key += 1)
    if (baggage.has(`thing ${key}`)) note('baggage', key, baggage.get(`thing ${key}`) as Given)
  for (const [key, given] of map.entries()) note('map', key, given)
  return harden(found)
}
