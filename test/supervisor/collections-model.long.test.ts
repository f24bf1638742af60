/**
 * Random operations on all kinds of stores, against plain tables, with evictions, restarts and upgrades
 * between.
 * `HEIRLOOM_SEED` is where the sequence begins; a failing test names its seed.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Remote } from '../../src/host/index.ts'
import { encodeScalar } from '../../src/codec/scalarKeys.ts'
import { answerOf, openWorld, puppet, show } from '../kit/world.ts'

const firstSeed = Number(process.env['HEIRLOOM_SEED'] ?? 1)
const histories = 3
const rounds = 12
const operationsInRound = 40

const setup = `
  me.makeThing = defineKind(baggage, 'Thing', (n) => ({ n }), { n: ({ state }) => state.n })
  const make = (durable) => ({
    map: VatData.makeScalarBigMapStore('map', { durable }), set: VatData.makeScalarBigSetStore('set', { durable }),
    weakMap: VatData.makeScalarBigWeakMapStore('weakMap', { durable }), weakSet: VatData.makeScalarBigWeakSetStore('weakSet', { durable }) })
  me.durable = provide(baggage, 'stores', () => harden(make(true)))
  me.virtual = harden(make(false))
  me.apply = ([durability, store, operation, key, value]) => {
    try { return me[durability][store][operation](...(operation === 'init' || operation === 'set' ? [key, value] : [key])) } catch { return 'threw' }
  }
  me.look = (durability) => { const { map, set } = me[durability]; return harden([[...map.entries()], [...set.keys()], map.getSize(), set.getSize()]) }
`

type Operation = readonly [
  durability: 'durable' | 'virtual',
  store: string,
  operation: string,
  key: unknown,
  value: unknown,
]

/** What a store should be: by key, its place and its value. */
class Model {
  readonly entries = new Map<unknown, { readonly place: string; value: unknown }>()
  #ordinal = 0

  apply(operation: string, key: unknown, value: unknown): unknown {
    const entry = this.entries.get(key)
    switch (operation) {
      case 'has':
        return entry !== undefined
      case 'get':
        return entry === undefined ? 'threw' : entry.value
      case 'set':
        if (entry === undefined) return 'threw'
        entry.value = value
        return undefined
      case 'delete':
        return this.entries.delete(key) ? undefined : 'threw'
      default:
        if (entry !== undefined) return operation === 'init' ? 'threw' : undefined
        this.entries.set(key, {
          place: encodeScalar(key) ?? `r${String((this.#ordinal += 1)).padStart(9, '0')}`,
          value,
        })
        return undefined
    }
  }

  sorted(): [unknown, unknown][] {
    const all = [...this.entries].sort(([, left], [, right]) => (left.place < right.place ? -1 : 1))
    return all.map(([key, { value }]) => [key, value])
  }
}

function makeDice(seed: number): (sides: number) => number {
  let state = (seed * 2_654_435_761) >>> 0 || 1
  return (sides) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % sides
  }
}

const stores: Readonly<Record<string, readonly string[]>> = {
  map: ['init', 'init', 'set', 'get', 'has', 'delete'],
  set: ['add', 'add', 'has', 'delete'],
  weakMap: ['init', 'init', 'set', 'get', 'has', 'delete'],
  weakSet: ['add', 'add', 'has', 'delete'],
}
const names = Object.keys(stores)
const scalars: readonly unknown[] = [
  '',
  'a',
  'b',
  'é',
  '😀',
  0,
  1,
  -1,
  0.5,
  Infinity,
  NaN,
  0n,
  7n,
  -7n,
  true,
  false,
  null,
  undefined,
]

for (let seed = firstSeed; seed < firstSeed + histories; seed += 1) {
  test(`a random history gives what plain tables give (HEIRLOOM_SEED=${seed})`, async (t) => {
    const roll = makeDice(seed)
    const world = await openWorld(t, {
      vats: { home: { setup }, guest: puppet },
      config: { snapshotInterval: 7, collectionInterval: 5 },
    })
    const things = (await world.run('home', 'return harden([1n, 2n, 3n].map(me.makeThing))')) as Remote[]
    const guests = (await world.run(
      'guest',
      'return harden([1, 2, 3].map((n) => Far("guest " + n, {})))',
    )) as Remote[]
    const keys = [...scalars, ...things, ...guests]
    const fresh = (): Record<string, Model> => Object.fromEntries(names.map((name) => [name, new Model()]))
    const models = { durable: fresh(), virtual: fresh() }
    for (let round = 0; round < rounds; round += 1) {
      const operations = Array.from({ length: operationsInRound }, (): Operation => {
        const store = names[roll(names.length)] ?? 'map'
        const operation = stores[store]?.[roll(stores[store].length)] ?? 'has'
        return [
          roll(2) === 0 ? 'durable' : 'virtual',
          store,
          operation,
          keys[roll(keys.length)],
          roll(3) === 0 ? keys[roll(keys.length)] : roll(100),
        ]
      })
      const expected = operations.map(([durability, store, operation, key, value]) =>
        models[durability][store]?.apply(operation, key, value),
      )
      assert.deepEqual(
        await world.run('home', 'return args[0].map(me.apply)', operations),
        expected,
        `round ${round}: ${show(operations)}`,
      )
      const passage = roll(5)
      if (passage === 0) await world.controller.evictWorkers()
      if (passage === 1) await world.reopen()
      if (passage === 2) {
        answerOf(await world.upgrade('home', { setup }))
        models.virtual = fresh()
      }
      for (const durability of ['durable', 'virtual'] as const) {
        const { map, set } = models[durability]
        assert.ok(map !== undefined && set !== undefined)
        const look = [map.sorted(), set.sorted().map(([key]) => key), map.entries.size, set.entries.size]
        assert.deepEqual(
          await world.run('home', 'return me.look(args[0])', durability),
          look,
          `after round ${round}`,
        )
      }
    }
  })
}
