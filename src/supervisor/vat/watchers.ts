/**
 * Durable watches of promises: callbacks for when a promise is settled, in the incarnation that is current
 * then.
 *
 * A watch is a watcher (a durable object with `onFulfilled`, `onRejected`, or both) and durable arguments.
 * Watches are kept in the vat's space under the name of their promise (`protocol/worker/vatstore.ts`), each
 * in a row
 * of its own, so that each of many watches of one promise costs as much as the first. The name lives until
 * the promise is settled, across upgrades: a promise decided elsewhere is still awaited; one that the old
 * incarnation decided is rejected by the kernel with the disconnection.
 *
 * Wa1. A watched promise has a name that the kernel knows, and this vat is subscribed to it.
 * Wa2. Each watch is called once, in a turn of its own, in the order in which the watches were created.
 * Wa3. The watches of a promise are deleted from the store in the crank in which it is settled.
 * Wa4. An heir awaits the promises of its estate before its code begins, so that an incoming promise of that
 *      name is the watched one. Its watchers are looked up when they are called: by then every kind is
 *      redefined.
 */
import { assert } from '../../base/errors.ts'
import { isDurableVref, type ObjectVref, type PromiseVref } from '../../base/ids.ts'
import { fromOrderedNumber, orderedNumber } from '../../base/ordered.ts'
import type { CapData } from '../../protocol/capdata.ts'
import { refuse } from '../../protocol/codes.ts'
import { rangeLimits } from '../../protocol/limits.ts'
import type { Codec } from '../values/codec.ts'
import { Cursor } from '../memory/cursor.ts'
import { writeLine } from '../realm/console.ts'
import type { Kinds } from '../kinds/kinds.ts'
import type { Messenger } from '../promises/messenger.ts'
import type { References } from '../memory/references.ts'
import type { Slots } from '../wire/slots.ts'
import { takeRoomForEntry } from '../memory/quota.ts'
import { keys, read, readRange, remove, write } from '../memory/store.ts'

type Callback = (settledTo: unknown, ...args: unknown[]) => unknown
interface Watcher {
  readonly onFulfilled?: unknown
  readonly onRejected?: unknown
}
type Outcome = 'onFulfilled' | 'onRejected'

export interface WatchersParts {
  readonly slots: Slots
  readonly references: References
  readonly codec: Codec
  readonly messenger: Messenger
  readonly kinds: Kinds
}

/** The default callback of a watcher for an outcome. */
const ignore: Callback = () => undefined

export class Watchers {
  readonly #parts: WatchersParts
  /** The number of the last row of watches that a promise has beside its first; 0 for none. */
  readonly #rows = new Map<PromiseVref, number>()

  constructor(parts: WatchersParts) {
    this.#parts = parts
  }

  /** The one watcher of the kind: it calls this incarnation's functions. */
  providePromiseWatcher(
    handle: object,
    onFulfilled: Callback = ignore,
    onRejected: Callback = ignore,
  ): object {
    if (typeof onFulfilled !== 'function' || typeof onRejected !== 'function')
      throw new TypeError('a promise watcher is made of functions')
    const { kinds, codec, references } = this.#parts
    const make = kinds.defineDurableKind(handle, () => ({}), {
      onFulfilled: (_context, value, ...args) => void onFulfilled(value, ...args),
      onRejected: (_context, reason, ...args) => void onRejected(reason, ...args),
    })
    const key = keys.watcherOf(codec.storedSlot(handle, 'durable'))
    const known = read(key)
    if (known !== undefined) return codec.reference(known as ObjectVref)
    const watcher = make()
    const vref = codec.storedSlot(watcher, 'durable')
    references.updateCounts([vref], [])
    write(key, vref)
    return watcher
  }

  watchPromise(promise: unknown, watcher: unknown, ...args: readonly unknown[]): void {
    const { codec, messenger, references } = this.#parts
    if (!(promise instanceof Promise)) throw new TypeError('what is watched is a promise')
    this.#checkWatcher(watcher)
    const watch = codec.encodeStored([watcher, ...args], 'durable')
    takeRoomForEntry(JSON.stringify(watch).length)
    const vref = messenger.nameToWatch(promise)
    references.updateCounts(watch.slots, [])
    const last = this.#rows.get(vref)
    if (last === undefined) write(keys.watch(vref), JSON.stringify([watch]))
    else write(keys.furtherWatches(vref) + orderedNumber(last + 1), JSON.stringify(watch))
    this.#rows.set(vref, last === undefined ? 0 : last + 1)
    if (last === undefined) this.#attach(vref, promise)
  }

  /** Awaits the watched promises of the estate (Wa4). Called before any code of the heir. */
  revive(): void {
    const { messenger, slots } = this.#parts
    const vrefs: PromiseVref[] = []
    const cursor = new Cursor(keys.watchPrefix, keys.watchesEnd)
    while (cursor.advance()) vrefs.push(cursor.row.slice(keys.watchPrefix.length) as PromiseVref)
    slots.namePromisesAfter(vrefs)
    assert(this.#rows.size === 0, 'Wa4: watches are revived before any code of the heir runs')
    for (const vref of vrefs) {
      let last = 0
      for (const [key] of this.#furtherRows(vref))
        last = fromOrderedNumber(key.slice(keys.furtherWatches(vref).length))
      this.#rows.set(vref, last)
      this.#attach(vref, messenger.awaitAgain(vref))
    }
  }

  #checkWatcher(watcher: unknown): asserts watcher is Watcher & object {
    if (typeof watcher !== 'object' || watcher === null)
      throw new TypeError('a promise watcher is a durable object')
    const vref = this.#parts.slots.vrefOf(watcher)
    if (vref === undefined || !isDurableVref(vref))
      refuse('value/not-durable', 'a promise watcher is a durable object of this vat')
    const { onFulfilled, onRejected } = watcher as Watcher
    if (typeof onFulfilled !== 'function' && typeof onRejected !== 'function') {
      throw new TypeError('a promise watcher has a method onFulfilled, or onRejected, or both')
    }
  }

  /** The rows beside the first, in the order in which they were written. */
  *#furtherRows(vref: PromiseVref): Generator<readonly [key: string, text: string]> {
    const end = keys.furtherWatchesEnd(vref)
    let from = keys.furtherWatches(vref)
    for (;;) {
      const found = readRange(from, end, rangeLimits.entries)
      for (let at = 0; at < found.length; at += 2) yield [found[at] as string, found[at + 1] as string]
      const last = found.at(-2)
      if (last === undefined) return
      // The least text that is greater.
      from = `${last} `
    }
  }

  #attach(vref: PromiseVref, promise: Promise<unknown>): void {
    promise.then(
      (value) => this.#settled(vref, 'onFulfilled', value),
      (reason: unknown) => this.#settled(vref, 'onRejected', reason),
    )
  }

  /** Wa2, Wa3. The objects of the watches are in the heap before the store releases them. */
  #settled(vref: PromiseVref, outcome: Outcome, value: unknown): void {
    const { codec, references } = this.#parts
    const watches = JSON.parse(read(keys.watch(vref)) ?? '[]') as CapData[]
    const rows = (this.#rows.get(vref) ?? 0) === 0 ? [] : [...this.#furtherRows(vref)]
    for (const [, text] of rows) watches.push(JSON.parse(text) as CapData)
    for (const watch of watches)
      this.#notify(codec.decode(watch) as readonly [Watcher, ...unknown[]], outcome, value)
    for (const { slots } of watches) references.updateCounts([], slots as ObjectVref[])
    remove(keys.watch(vref))
    for (const [key] of rows) remove(key)
    assert(this.#rows.delete(vref), 'Wa2: the watches of a promise are called twice')
  }

  #notify([watcher, ...args]: readonly [Watcher, ...unknown[]], outcome: Outcome, value: unknown): void {
    Promise.resolve()
      .then(() => {
        const method = watcher[outcome]
        if (typeof method === 'function') return Reflect.apply(method, watcher, [value, ...args]) as unknown
        if (outcome === 'onRejected') throw value
        return undefined
      })
      .catch((error: unknown) => writeLine('error', 'a promise watcher failed:', error))
  }
}
