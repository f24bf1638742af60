/** A host whose store is moved away is told at the next commit, and loses nothing once it is back. */
import assert from 'node:assert/strict'
import { renameSync } from 'node:fs'
import { test } from 'node:test'
import { deviationsOf } from '../kit/audit.ts'
import { openWorld, puppet } from '../kit/world.ts'

test('a commit is refused while the store is elsewhere, and done when it is back', async (t) => {
  const world = await openWorld(t, { vats: { bank: puppet } })
  const { controller, directory } = world
  await controller.commit()
  const before = await controller.storeStatus()
  await world.run('bank', 'baggage.init("money", 100n)')
  renameSync(directory, `${directory}-elsewhere`)
  try {
    for (let attempt = 0; attempt < 2; attempt += 1)
      await assert.rejects(controller.commit(), { code: 'store/moved' })
    assert.equal((await controller.storeStatus()).height, before.height)
  } finally {
    renameSync(`${directory}-elsewhere`, directory)
  }
  assert.equal(await world.run('bank', 'return baggage.get("money")'), 100n)
  assert.equal((await controller.commit()).height, before.height + 1)
  assert.deepEqual(await deviationsOf(controller, 'all'), [])
})
