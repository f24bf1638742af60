/** Stores with a kernel, exported and imported: both go on alike, crank by crank. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { exportStore, importStore, openController, type Controller } from '../../src/host/index.ts'
import type { CrankRecord } from '../../src/protocol/machine/runs.ts'
import { exportModes } from '../../src/protocol/store/export.ts'
import { keeper, playBlock } from '../determinism/notes.ts'
import { requests, run, worker } from '../determinism/work.ts'
import { deviationsIn } from '../kit/audit.ts'
import { openWorld, puppet, temporaryDirectory, type World } from '../kit/world.ts'

const config = { snapshotInterval: 5, collectionInterval: 9 }

/**
 * A world with a history: blocks, snapshots, an upgrade, objects in hand, and a bundle that nobody uses yet.
 */
async function lived(world: World, seed: number): Promise<void> {
  const work = requests(seed, 60)
  for (let at = 0; at < 40; at += 10) {
    await run(world.controller, work.slice(at, at + 10))
    await world.controller.commit()
  }
  assert.equal((await world.upgrade('two', worker)).kind, 'fulfilled')
  await world.controller.commit()
  await run(world.controller, work.slice(40))
  await world.controller.sendOnly('one', 'run', ['console.log("waits in the queue")'])
  await world.controller.commit()
}

/**
 * What both go on with: requests, an upgrade, a vat from a bundle that nobody has used, blocks with
 * snapshots.
 */
async function goOn(controller: Controller, unused: string, heir: string): Promise<readonly unknown[]> {
  const told: unknown[] = []
  const record = (cranks: readonly CrankRecord[]): void => void told.push(...cranks)
  for (const [index, seed] of [11, 12].entries()) {
    record(await run(controller, requests(seed, 15)))
    if (index === 0) await controller.upgradeVat('one', heir, { parameters: { setup: worker.setup } })
    else await controller.send(await controller.vatAdmin(), 'createVat', [unused, { name: 'asked' }])
    record((await controller.run({ onCrank: 'record' })).recorded)
    told.push({ ...(await controller.commit()), snapshots: [] })
  }
  for (const { vat } of await controller.vats()) told.push(await controller.heapHash(vat))
  return told
}

for (const mode of exportModes) {
  test(`the import of mode ${mode} and the original go on alike, crank by crank`, async (t) => {
    const world = await openWorld(t, { vats: { one: worker, two: worker }, config })
    const unused = await world.install({ source: 'export const buildRootObject = () => Far("unused", {})' })
    const heir = await world.install()
    await lived(world, 5)
    const parent = temporaryDirectory(t)
    const [to, directory] = [join(parent, 'export'), join(parent, 'store')]
    const sent = await exportStore(world.directory, to, { mode })
    assert.deepEqual(await importStore(to, directory, { rootHash: sent.rootHash }), sent)
    assert.deepEqual(await deviationsIn(directory), [])
    const copy = await openController({ directory, make: 'never', verify: 'all' })
    try {
      const { height, activityHash } = await copy.storeStatus()
      assert.deepEqual({ height, activityHash }, { height: sent.height, activityHash: sent.activityHash })
      const [ofCopy, ofOriginal] = [
        await goOn(copy, unused, heir),
        await goOn(world.controller, unused, heir),
      ]
      assert.ok(ofOriginal.length > 60)
      assert.deepEqual(ofCopy, ofOriginal)
      assert.equal((await copy.vats()).length, 3, 'the vat of the bundle that nobody had used is there')
      assert.equal((await copy.vat('one')).incarnation, 1, 'the upgrade went well')
    } finally {
      await copy.shutdown()
    }
  })
}

test('exports made while the kernel runs are each one block of its, and what is imported from them comes to the same end', async (t) => {
  const blocks = 25
  const world = await openWorld(t, { vats: { messenger: puppet, keeper }, config })
  const parent = temporaryDirectory(t)
  const heights = new Map<number, string>()
  const sent: { height: number; activityHash: string; to: string }[] = []
  let running = true
  const exporting = (async () => {
    for (let round = 0; running; round += 1) {
      const to = join(parent, `export-${round}`)
      const { height, activityHash } = await exportStore(world.directory, to, {
        mode: exportModes[round % 3] ?? 'archival',
      })
      sent.push({ height, activityHash, to })
    }
  })()
  await world.controller.commit()
  const { height: first } = await world.controller.storeStatus()
  for (let block = 0; block < blocks; block += 1) {
    await playBlock(world.controller, block)
    const { height, activityHash } = await world.controller.storeStatus()
    heights.set(height, activityHash)
  }
  running = false
  await exporting
  const last = await world.activityHash()
  const between = sent.filter(({ height }) => height > first && height < first + blocks)
  t.diagnostic(`exports at heights ${sent.map(({ height }) => height).join(', ')} of ${first + blocks}`)
  assert.ok(between.length >= 2, 'exports were made while blocks were')
  for (const { height, activityHash, to } of between.slice(0, 4)) {
    assert.equal(activityHash, heights.get(height))
    const directory = `${to}-store`
    await importStore(to, directory)
    const controller = await openController({ directory, make: 'never', verify: 'all' })
    for (let block = Number(await controller.getHostState('block')); block < blocks; block += 1)
      await playBlock(controller, block)
    assert.equal((await controller.storeStatus()).activityHash, last)
    await controller.shutdown()
  }
})
