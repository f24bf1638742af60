/**
 * Heaps that are full of one thing, whatever it is: the search of each is far below what a collection may
 * use.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DeliveryKind } from '../../src/protocol/worker/delivery.ts'
import { engineNames } from '../../src/protocol/worker/engineNames.ts'
import { openWorld } from '../kit/world.ts'

const heapLimitBytes = 16 * 1024 * 1024
const roomBytes = 1024 * 1024

/** Adds some more of it to the list `all`. */
const things: Readonly<Record<string, string>> = {
  'functions': 'all.push(() => n)',
  'empty records': 'all.push({})',
  'records, each of a shape of its own': 'all.push({ ["k" + n + all.length]: n })',
  'records in circles': 'const a = {}; a.a = a; all.push(a)',
  lists: 'all.push([])',
  'lists of one list':
    'all.push([all, all, all, all, all, all, all, all, all, all, all, all, all, all, all, all])',
  'references to one list': 'all.push(all, all, all, all)',
  'texts': 'all.push("k" + n + all.length)',
  'entries of a Map': 'me.map ??= new Map(); me.map.set({}, me.map)',
  'keys of a WeakMap': 'me.weak ??= new WeakMap(); const key = {}; me.weak.set(key, {}); all.push(key)',
  'promises': 'all.push(new Promise(() => {}))',
  'errors': 'all.push(Error("x"))',
  'objects that could be sent': 'all.push(Far("x", { m: () => n }))',
  'virtual objects': 'me.make ??= VatData.defineKind("k", () => ({}), {}); all.push(me.make())',
  'durable objects': 'me.durable ??= defineKind(baggage, "d", () => ({}), {}); all.push(me.durable())',
}

/** Of the other engines those for which most is done. */
const engines = {
  'quickjs-wasi-3.7.0': Object.keys(things),
  'quickjs-wasi-3.6.2': ['functions', 'lists of one list', 'durable objects'],
  'quickjs-wasi-3.5.0': ['functions', 'lists of one list', 'durable objects'],
} as const

for (const engine of engineNames) {
  for (const what of engines[engine]) {
    const add = things[what]
    // Vl1.
    test(`a heap full of ${what}, alive and dead, on ${engine}`, async (t) => {
      const world = await openWorld(t, {
        config: { engine },
        vats: { full: { heapLimitBytes, computronsPerDelivery: 1_000_000_000n } },
      })
      await world.run('full', 'me.all = []')
      let exhausted = false
      for (let pushed = 4_000; !exhausted || pushed > 100;) {
        const { kind } = await world.outcome(
          'full',
          'run',
          `const { all } = me; for (let n = 0; n < args[0]; n += 1) { ${add} }`,
          pushed,
        )
        if (kind === 'rejected') {
          exhausted = true
          pushed = Math.floor(pushed / 4)
        }
      }
      const collect = async (): Promise<void> => {
        await world.controller.collectAll()
        await world.controller.run()
        const { status } = await world.controller.vat('full')
        assert.equal(status.kind, 'running', JSON.stringify(status))
      }
      await collect()
      // It may be so full that no message finds room, until it is allowed more.
      await world.settle(
        await world.controller.changeVatOptions('full', { heapLimitBytes: heapLimitBytes + roomBytes }),
      )
      await world.run(
        'full',
        'me.all.push(me.all); for (const name of Object.keys(me)) if (name !== "make" && name !== "durable") delete me[name]',
      )
      await collect()
      const collections = (await world.transcript('full')).filter(
        ({ delivery }) => delivery.kind === ('bringOutYourDead' satisfies DeliveryKind),
      )
      const most = Math.max(...collections.map(({ computrons }) => Number(computrons)))
      // Its heap may be larger than its limit now.
      await world.reopen({ verify: 'all' })
      assert.equal(await world.run('full', 'return 7'), 7)
      t.diagnostic(`${most} computrons, ${(most / heapLimitBytes).toFixed(2)} a byte`)
      assert.ok(most < heapLimitBytes + 10_000_000, `${most} computrons`)
    })
  }
}
