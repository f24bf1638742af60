/** Every call of the host API with every oddity in the place of every argument, and of every field of every argument that is a record. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bundleFile, puppetFile } from '../kit/bundles.ts'
import { call, everyCall } from '../kit/everyCall.ts'
import type { Given } from '../kit/everyCall.ts'
import { forTheFile, openWorld, puppet, temporaryDirectory } from '../kit/world.ts'
import { meetAll, oddities } from './meeting.ts'

// Many an oddity is the name of a file.
process.chdir(temporaryDirectory(forTheFile))

const world = await openWorld(forTheFile, { vats: { vat: puppet, other: puppet } })
const { controller } = world
const given: Given = {
  bundled: await bundleFile(puppetFile),
  bundle: await world.install(),
  vat: 'vat',
  object: await world.root('other'),
  result: await controller.send('other', 'echo', []),
}

for (const [name, argsOf] of Object.entries(everyCall)) {
  if (argsOf(given).length === 0) continue
  test(`${name} with garbage is refused with a code and changes nothing, or is taken`, async () => {
    assert.ok((await meetAll(controller, name, argsOf(given), oddities, (args) => call(controller, name, args))) > 20)
  })
}

test('after all that the kernel runs, its audit is clean and a vat answers', async () => {
  await controller.resumeKernel()
  await controller.setTrace(null)
  await controller.run()
  assert.equal((await controller.storeStatus()).state.kind, 'ready')
  assert.equal(await world.ask('other', 'add', 1n, 2n), 3n)
  await world.audit()
})
