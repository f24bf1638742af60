/**
 * A store of any earlier release opens, is whole, and goes on with the kernel and the workers that are in it.
 *
 * What only the stores of release 0.1.0 lack is in `first-release.test.ts`.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Controller } from '../../src/host/index.ts'
import { isShipped } from '../../src/release/shipped.ts'
import { openStore } from '../../src/store/store.ts'
import { ask, written } from '../../tools/golden/asking.ts'
import { blocksOf, continueStore, goldenVersions, heapHashes, readGolden } from '../../tools/golden/store.ts'
import { deviationsIn, deviationsOf } from '../kit/audit.ts'
import { bundleSource } from '../kit/bundles.ts'
import { goldenCopy, openCopy } from '../kit/golden.ts'

const living = async (controller: Controller): Promise<string[]> =>
  (await controller.vats()).filter(({ status }) => status.kind !== 'terminated').map(({ vat }) => vat)

const diaryOfToday = `
  export const buildRootObject = (_powers, _parameters, baggage) => {
    const notes = () => (baggage.has('notes') ? baggage.get('notes') : [])
    const write = (note) => {
      if (baggage.has('notes')) baggage.set('notes', [...notes(), note])
      else baggage.init('notes', [note])
      return note
    }
    return Far('diary', { write, read: notes })
  }`

test('there are the golden stores of the releases', () => {
  assert.deepEqual(goldenVersions.slice(0, 2), ['0.1.0', '0.2.0'])
})

for (const version of goldenVersions) {
  const golden = readGolden(version)

  test(`the store of release ${version} has its blocks, is whole, and runs only released code`, async (t) => {
    const directory = goldenCopy(t, version)
    assert.deepEqual(blocksOf(directory), golden.blocks)
    const store = openStore(directory, { verify: 'all' })
    const code = store.bundles.hostCode()
    store.close()
    assert.ok(code.length >= 4, 'a kernel, an engine, a supervisor and their image')
    assert.deepEqual(code.filter(({ id }) => !isShipped(id)), [])
    assert.deepEqual(await deviationsIn(directory), [])
  })

  test(`the store of release ${version} opens and goes on as it did then`, async (t) => {
    const controller = await openCopy(t, goldenCopy(t, version), { verify: 'all' })
    const { height, activityHash } = await controller.storeStatus()
    const last = golden.blocks.at(-1)
    assert.deepEqual([height, activityHash], [last?.height, last?.activityHash])
    assert.deepEqual(await heapHashes(controller), golden.heapHashes, 'from snapshots and transcripts')
    assert.deepEqual(await continueStore(controller, golden.content), golden.continued)
    assert.deepEqual(await deviationsOf(controller, 'all'), [])
    assert.equal((await controller.run()).ended, 'idle')
  })
}

/** The kernel of release 0.1.0 neither upgrades by replay nor takes a supervisor of a later release. */
for (const version of goldenVersions.filter((each) => each !== '0.1.0')) {
  test(`all transcripts of release ${version} replay from the start of their incarnation`, async (t) => {
    const controller = await openCopy(t, goldenCopy(t, version))
    for (const vat of await living(controller)) {
      const { bundle, incarnation } = await controller.vat(vat)
      const request = await controller.upgradeVat(vat, bundle, { mode: 'replay' })
      await controller.run()
      const status = await controller.status(request)
      assert.equal(status.kind, 'fulfilled', `${vat}: ${written(status)}`)
      assert.equal((await controller.vat(vat)).incarnation, incarnation)
    }
  })

  test(`vats in the store of release ${version} go over to the code and the worker of this release`, async (t) => {
    const controller = await openCopy(t, goldenCopy(t, version))
    const { id } = await controller.installWorker('quickjs-wasi-3.7.0', 'default')
    assert.notEqual((await controller.vat('diary')).worker, id)
    await controller.installBundle(await bundleSource(diaryOfToday), 'diary of today')
    const request = await controller.upgradeVat('diary', 'diary of today')
    await controller.createVat('newDiary', 'diary of today')
    await controller.run()
    const { status, worker, incarnation } = await controller.vat('diary')
    const result = written(await controller.status(request))
    assert.deepEqual([status.kind, worker, incarnation], ['running', id, 1], result)
    // The upgrade resumed it, and what was parked came.
    assert.match(await ask(controller, 'diary', 'read'), /"value":\["first","by the host","by the teller"\]}$/)
    const diary = await controller.root('newDiary')
    assert.match(await ask(controller, 'teller', 'tell', diary, 'again'), /"value":"again"}$/)
    assert.match(await ask(controller, 'newDiary', 'read'), /"value":\["again"\]}$/)
    await controller.commit()
    assert.deepEqual(await deviationsOf(controller, 'all'), [])
  })
}
