/**
 * A host with a vat to speak to, the right arguments for each of its calls, and how it must stand after the
 * wrong ones.
 */
import assert from 'node:assert/strict'
import { bundleFile, puppetFile } from '../kit/bundles.ts'
import type { Given } from '../kit/everyCall.ts'
import { forTheFile, openWorld, puppet, temporaryDirectory } from '../kit/world.ts'

// Many an oddity is the name of a file.
process.chdir(temporaryDirectory(forTheFile))

export const world = await openWorld(forTheFile, { vats: { vat: puppet, other: puppet } })
export const { controller } = world
export const given: Given = {
  bundled: await bundleFile(puppetFile),
  bundle: await world.install(),
  vat: 'vat',
  object: await world.root('other'),
  result: await controller.send('other', 'echo', []),
}

/** The kernel runs, its audit is clean, and a vat answers. */
export async function checkUnharmed(): Promise<void> {
  await controller.resumeKernel()
  await controller.setTrace(null)
  await controller.run()
  assert.equal((await controller.storeStatus()).state.kind, 'ready')
  assert.equal(await world.ask('other', 'add', 1n, 2n), 3n)
  await world.audit()
}
