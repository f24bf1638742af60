/** A hundred upgrades of one vat leave nothing behind that does not live: rows, names, heap. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DurableUpgrade } from '../../src/protocol/results.ts'
import { query } from '../kit/rows.ts'
import { answerOf, openWorld, puppet, reasonOf } from '../kit/world.ts'

const rounds = 100

/** An estate, and much that ends with the incarnation. */
const setup = `
  me.make = defineKind(baggage, 'Thing', (n) => ({ n }), { add: ({ state }, by) => (state.n += by) })
  me.thing = provide(baggage, 'thing', () => me.make(0n))
  provide(baggage, 'map', () => VatData.makeScalarBigMapStore('map', { durable: true }))
  const virtual = defineKind === undefined ? undefined : VatData.defineKind('Passing', () => ({}), {})
  me.passing = Array.from({ length: 20 }, () => virtual())
  me.store = VatData.makeScalarBigMapStore('passing')
  me.store.init('a', 1n)`

for (const drain of ['at once', 'after a drain'] as const) {
  test(`${rounds} upgrades ${drain} leave as many rows and as much heap as a few`, async (t) => {
    const world = await openWorld(t, { vats: { friend: puppet, v: { setup } } })
    const friend = await world.root('friend')
    const bundle = await world.install()
    const upgradeOnce = async (): Promise<void> => {
      await world.run(
        'v',
        'E.sendOnly(args[0]).put("held", Far("passing", {})); E(args[0]).run("return new Promise((yes) => { me.yes = yes })").catch(() => {}); return me.thing.add(1n)',
        friend,
      )
      const open = await world.controller.send('v', 'run', ['return new Promise(() => {})'])
      const request = await world.controller.upgradeVat('v', bundle, {
        parametersFrom: 'kept',
        ...(drain === 'at once' ? {} : { drain: { maxCranks: 20 } }),
      })
      const { abandonedExports } = answerOf(await world.settle(request)) as DurableUpgrade
      assert.equal(abandonedExports, 1)
      reasonOf(await world.take(open))
      await world.run('friend', 'me.yes(1n)')
      await world.forgetAll()
      await world.controller.collectAll()
      await world.controller.run()
    }
    const measure = async () => {
      const kernel = [...(await world.rows('kernel')).keys()]
      return {
        kernel: kernel
          .filter((key) => !key.startsWith('history.'))
          .map((key) => key.replace(/\d+/g, 'n'))
          .sort(),
        vat: (await world.rows('vat/v2')).size,
        pages: query(world.directory, 'SELECT page FROM page_use WHERE vat = ?', 'v2').length,
        entries: (await world.transcript('v')).length,
        history: kernel.filter((key) => key.startsWith('history.v2.')).length,
      }
    }
    for (let round = 0; round < 5; round += 1) await upgradeOnce()
    const few = await measure()
    for (let round = 5; round < rounds; round += 1) await upgradeOnce()
    const many = await measure()
    assert.deepEqual(many.kernel, few.kernel)
    assert.equal(many.vat, few.vat)
    assert.ok(many.pages <= few.pages + 8, `${few.pages} pages of the heap became ${many.pages}`)
    assert.ok(many.entries > rounds * 5, 'transcripts of old incarnations are kept, for replay and audit')
    assert.deepEqual([few.history, many.history], [6, rounds + 1])
    assert.equal(await world.run('v', 'return me.thing.add(0n)'), BigInt(rounds))
    await world.audit()
  })
}
