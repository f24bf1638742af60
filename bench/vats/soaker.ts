/**
 * A vat for the soak: every kind of thing that a vat can hold, in rings of a fixed size, so that what grows
 * is a leak.
 * It is given others of its kind, the timer, a port and a `vatAdmin`, and keeps them over its upgrades.
 */
import {
  E,
  Far,
  defineKind,
  defineVirtualKind,
  harden,
  makeMapStore,
  makeWeakMapStore,
  provide,
  type BuildRootObject,
  type Context,
} from 'heirloom/vat'

interface ItemState {
  text: string
  touched: number
}
const itemMethods = {
  write({ state }: Context<ItemState, object>, text: string) {
    state.text = text
    state.touched += 1
  },
  touch({ state }: Context<ItemState, object>) {
    state.touched += 1
    return state.touched
  },
  wake({ state }: Context<ItemState, object>) {
    state.touched += 1
  },
}
interface Item {
  write(text: string): void
  touch(): number
}
interface Later {
  next(): { touch(): number }
}
interface Peer {
  keep(slot: number, object: object): void
  wait(slot: number, promise: unknown): void
  later(): Later
}
interface Timer {
  getCurrentTimestamp(): { absValue: bigint }
  setWakeup(when: bigint, handler: object, token: object): bigint
  cancel(token: object): readonly bigint[]
}
interface Port {
  send(data: unknown): number
  onReceive(handler: object): void
}
interface VatAdmin {
  createVat(bundle: string, options: object): Child
}
interface AdminNode {
  terminateWithFailure(reason: string): object
}
interface World {
  readonly others: readonly Peer[]
  readonly timer: Timer
  readonly port: Port
  readonly vatAdmin: VatAdmin
  readonly bundle: string
}
interface Child {
  readonly adminNode: AdminNode
}

/** A global of every vat. */
declare const VatData: {
  watchPromise(promise: Promise<unknown>, watcher: object, ...args: readonly unknown[]): void
}

/** How many vats it has made live at once. */
const children = 2

export const buildRootObject: BuildRootObject = (_powers, _parameters, baggage) => {
  const make = defineKind(baggage, 'Item', (text: string): ItemState => ({ text, touched: 0 }), itemMethods)
  const makeVirtual = defineVirtualKind(
    'Virtual',
    (text: string): ItemState => ({ text, touched: 0 }),
    itemMethods,
  )
  const watcher = provide(
    baggage,
    'watcher',
    defineKind(baggage, 'Watcher', () => ({ seen: 0 }), {
      onFulfilled: ({ state }) => void (state.seen += 1),
      onRejected: ({ state }) => void (state.seen += 1),
    }),
  )
  const items = provide(baggage, 'items', () => makeMapStore<number, Item>('items', { durable: true }))
  const tokens = provide(baggage, 'tokens', () => makeMapStore<number, Item>('tokens', { durable: true }))
  const world = provide(baggage, 'world', () => makeMapStore<string, World>('world', { durable: true }))
  const notes = makeWeakMapStore<object, string>('notes')
  const held: (Item | undefined)[] = []
  const virtuals: (object | undefined)[] = []
  const waiting: unknown[] = []
  const resolvers: (((value: unknown) => void) | undefined)[] = []
  const young: Child[] = []
  let received = 0

  const ours = (): World => world.get('ours')
  const peer = (number: number): Peer => ours().others[number % ours().others.length] as Peer

  return Far('soaker', {
    meet(met: World) {
      if (world.has('ours')) world.set('ours', harden(met))
      else world.init('ours', harden(met))
      return E(met.port).onReceive(make('receiver'))
    },
    // --- objects
    put(slot: number, text: string) {
      const item = make(text)
      if (items.has(slot)) items.set(slot, item)
      else items.init(slot, item)
    },
    write: (slot: number, text: string) => (items.has(slot) ? items.get(slot).write(text) : undefined),
    drop: (slot: number) => (items.has(slot) ? items.delete(slot) : undefined),
    virtual(slot: number, text: string) {
      virtuals[slot] = makeVirtual(text)
    },
    sum() {
      let sum = 0
      for (const item of items.values()) sum += item.touch()
      return sum
    },
    // --- objects of others
    give(slot: number, number: number) {
      const thing = items.has(slot) ? items.get(slot) : Far('thing', { touch: () => slot, write: () => {} })
      return E(peer(number)).keep(slot, thing)
    },
    keep(slot: number, object: Item) {
      held[slot] = object
      if (notes.has(object)) notes.set(object, `${slot}`)
      else notes.init(object, `${slot}`)
    },
    async touch(slot: number) {
      const object = held[slot]
      // What an upgrade of its owner ended is gone.
      return object === undefined ? 0 : E(object).touch().catch(() => 0)
    },
    // --- promises
    promise(slot: number, number: number) {
      resolvers[slot]?.(harden({ slot }))
      const promise = new Promise((resolve) => { resolvers[slot] = resolve })
      return E(peer(number)).wait(slot, promise)
    },
    wait(slot: number, promise: Promise<unknown>) {
      waiting[slot] = promise
      promise.then(() => { if (waiting[slot] === promise) waiting[slot] = undefined }, () => {})
    },
    async chain(number: number) {
      const first = E(peer(number)).later()
      return E(E(first).next()).touch().catch(() => 0)
    },
    later: () => Far('later', { next: () => Far('next', { touch: () => 1 }) }),
    watch: (slot: number, number: number) => VatData.watchPromise(E(peer(number)).later(), watcher, slot),
    // --- time and ports
    async sleep(slot: number, ticks: bigint) {
      const { timer } = ours()
      if (tokens.has(slot)) await E(timer).cancel(tokens.get(slot))
      const token = make('token')
      if (tokens.has(slot)) tokens.set(slot, token)
      else tokens.init(slot, token)
      return E(timer).setWakeup(
        (await E(timer).getCurrentTimestamp()).absValue + ticks,
        make('sleeper'),
        token,
      )
    },
    send: (text: string) => E(ours().port).send(text),
    receive() {
      received += 1
      return received
    },
    // --- vats
    async breed() {
      const { vatAdmin, bundle } = ours()
      young.push(await E(vatAdmin).createVat(bundle, {}))
      while (young.length > children) await E((young.shift() as Child).adminNode).terminateWithFailure('old')
    },
    async barren() {
      while (young.length > 0)
        await E((young.shift() as Child).adminNode).terminateWithFailure('its maker is upgraded')
    },
  })
}
