/** Kinds without end: what a vat may make of them, and that its heirs start all the same. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DurableUpgrade } from '../../src/protocol/results.ts'
import type { UpgradeOptions } from '../../src/host/index.ts'
import { answerOf, forTheFile, openWorld, rejectionOf } from '../kit/world.ts'

const world = await openWorld(forTheFile)
const { controller } = world
const old = "me.map = provide(baggage, 'map', () => VatData.makeScalarBigMapStore('map', { durable: true }))"
const heir = "me.map = baggage.get('map')"
const upgrade = (
  vat: string,
  setup: string,
  options: UpgradeOptions = {},
): ReturnType<typeof world.upgrade> => world.upgrade(vat, { setup }, options)
const durable = async (vat: string, setup: string, options: UpgradeOptions = {}): Promise<DurableUpgrade> =>
  answerOf(await upgrade(vat, setup, options)) as DurableUpgrade

test('a vat that makes kinds without end is refused more, and its heirs start', async () => {
  const vat = 'endless'
  await world.create(vat, { setup: old })
  const make =
    'me.n ??= 0; for (let n = 0; n < 2_500; n += 1) { VatData.makeKindHandle("Many"); me.n += 1 } return me.n'
  for (let at = 1; at <= 4; at += 1) assert.equal(await world.run(vat, make), at * 2_500)
  const said = await world.run(
    vat,
    'try { VatData.makeKindHandle("Many") } catch (error) { return error.code + ": " + error.message }',
  )
  assert.match(
    String(said),
    /^kind\/too-many: the vat has 10000 durable kinds, and at most 10000 are possible/,
  )
  await durable(vat, heir)
  const ended = await durable(vat, heir, { abandonKinds: ['Many'] })
  assert.equal(ended.abandonedKinds.length, 1_000)
  for (let at = 0; at < 3; at += 1) {
    await controller.collectAll()
    await controller.run()
  }
  const { vat: id } = await controller.vat(vat)
  await controller.commit()
  assert.deepEqual([...(await world.rows(`vat/${id}`))].filter(([key]) => key.startsWith('kind.')), [])
  assert.equal(await world.run(vat, 'VatData.makeKindHandle("Many"); return 1n'), 1n)
})

test('a vat with objects of many kinds tells the first of them, and they are abandoned together', async () => {
  const vat = 'many'
  await world.create(vat, { setup: old })
  for (let at = 0; at < 3; at += 1)
    await world.run(
      vat,
      `for (let n = 0; n < 400; n += 1) me.map.init('k' + (${at} * 400 + n), VatData.defineDurableKind(VatData.makeKindHandle('Many'), () => ({}), {})())`,
    )
  const { reason } = rejectionOf(await upgrade(vat, heir), 'upgrade-refused')
  assert.equal(reason?.code, 'start/kinds-missing')
  assert.equal(reason?.names.length, 1_000)
  const ended = await durable(vat, heir, { abandonKinds: ['Many'] })
  assert.equal(ended.abandonedKinds.length, 1_000)
  assert.equal(await world.run(vat, 'return [...me.map.values()].length'), 1_200)
})
