/** `heirloom retire`: of code that a vat runs, of code that none does, and of what is not installed. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bundleSource } from '../kit/bundles.ts'
import { openWorld, puppet } from '../kit/world.ts'
import { heirloom } from './support.ts'

test('code is retired once nothing needs it, and prune --bundles frees its bytes', async (t) => {
  const world = await openWorld(t, { vats: { user: puppet } })
  const code = await bundleSource("export const buildRootObject = () => Far('root', {})")
  const { id } = await world.controller.installBundle(code, 'spare')
  await world.controller.installBundle(code, 'same')
  const { bundle } = await world.controller.vat('user')
  await world.controller.commit()
  await world.controller.shutdown()
  const run = (...args: readonly string[]) => heirloom(args, { store: world.directory })

  const needed = await run('retire', bundle)
  assert.equal(needed.code, 1)
  assert.match(needed.err, /^heirloom: bundle-in-use: .* is needed: user runs it\n/)
  const { code: done, out } = await run('retire', 'spare')
  assert.deepEqual([done, out], [0, 'spare is retired; heirloom prune --bundles frees its bytes once no transcript names it\n'])
  for (const name of ['spare', 'same', id, 'never'])
    assert.match((await run('retire', name)).err, /^heirloom: bundle\/unknown: /)
  const waiting = JSON.parse((await run('prune', '--bundles', '--dry-run', '--json')).out) as object
  assert.deepEqual(waiting, { ...waiting, bundles: 1, bundleBytes: code.bytes.byteLength, bundlesKept: 0 })
  const pruned = JSON.parse((await run('prune', '--bundles', '--json')).out) as object
  assert.deepEqual(pruned, { ...pruned, bundles: 1, bundlesKept: 0 })
  assert.equal((await run('audit')).code, 0)
  await world.open()
})

test('code that a transcript names is retired, and prune says that its bytes stay', async (t) => {
  const world = await openWorld(t, { vats: { user: puppet } })
  const { bundle } = await world.controller.vat('user')
  const next = await world.controller.installBundle(await bundleSource("export const buildRootObject = () => Far('root', {})"))
  await world.settle(await world.controller.upgradeVat('user', next.id))
  await world.controller.commit()
  await world.controller.shutdown()
  const { out } = await heirloom(['retire', bundle, '--json'], { store: world.directory })
  assert.deepEqual(JSON.parse(out), { bundle })
  const pruned = await heirloom(['prune', '--bundles'], { store: world.directory })
  assert.match(pruned.out, /\n {2}retired code kept +1 bundle, which transcripts that are kept name\n/)
  await world.open()
})
