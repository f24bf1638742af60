/** Recorded blocks in which kernels were on trial, taken back, or migrated tables piece by piece. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { exportStore, forkStore, type Remote } from '../../src/host/index.ts'
import { replayBlocks, type BlockReplayReport } from '../../src/replay/index.ts'
import { kernelThatCannotAccept, kernelThatCannotRun, sameKernel } from '../kit/kernelVariants.ts'
import { defects, shapedKernel } from '../kit/shapedKernels.ts'
import { bundleSource } from '../kit/bundles.ts'
import { query } from '../kit/rows.ts'
import { forTheFile, openWorld, temporaryDirectory, type World } from '../kit/world.ts'

const method = 'poison'
const poisoned = `return "${method}"`

/** A copy of the last block. */
async function copyOf({ directory }: World, how: 'fork' | 'export'): Promise<string> {
  const to = join(temporaryDirectory(forTheFile), how)
  if (how === 'fork') forkStore(directory, to)
  else await exportStore(directory, to, { mode: 'replay' })
  return to
}

const inputsOf = ({ directory }: World): readonly string[] =>
  query<{ inputs: string }>(directory, 'SELECT inputs FROM block_input ORDER BY height').flatMap(({ inputs }) =>
    inputs.split('\n'),
  )

/** A world with a vat that counts. */
const makeWorld = (): Promise<World> => openWorld(forTheFile, { vats: { one: { setup: 'me.count = 0n' } } })

/** Upgrades to the kernel, with so many cranks of probation. */
async function tryKernel({ controller }: World, bytes: Uint8Array, cranks: number): Promise<void> {
  const { id } = await controller.installKernel(bytes)
  await controller.upgradeKernel(id, { probation: { cranks } })
}

async function work({ controller }: World): Promise<void> {
  await controller.send('one', 'run', ['return ++me.count'])
  await controller.setHostState('place', String((await controller.storeStatus()).height))
  await controller.run()
  await controller.commit()
}

/** Trials: one that fails in its second block, one that fails at what it accepts, and one that is passed. */
const tried = await makeWorld()
await work(tried)
const before = await copyOf(tried, 'fork')
await tryKernel(tried, await kernelThatCannotRun(method), 1_000)
await work(tried)
const within = { fork: await copyOf(tried, 'fork'), export: await copyOf(tried, 'export') }
await tried.controller.send('one', 'run', ['return ++me.count'])
await tried.controller.setHostState('other', 'of the block that fails')
await tried.controller.send('one', 'run', [poisoned])
const returned = await tried.controller.run()
await work(tried)
await tryKernel(tried, await kernelThatCannotAccept(method), 1_000)
await work(tried)
await tried.controller.send('one', 'run', [poisoned])
await work(tried)
await tryKernel(tried, await sameKernel('\n\n'), 2)
await work(tried)
await work(tried)
await work(tried)

const replayTried = (base: string | null, kernel: Uint8Array): Promise<BlockReplayReport> =>
  replayBlocks({ directory: tried.directory, kernel, ...(base === null ? {} : { base }) })

// Irc2, Rca1, Brp1.
test('returns to the kernel before an upgrade are replayed from before the trial and from within', async () => {
  assert.equal(returned.ended, 'returned')
  const lines = inputsOf(tried).filter((line) => line.startsWith('u'))
  assert.deepEqual(lines, ['ubegin', 'ureturn', 'ubegin', 'ureturn', 'ubegin', 'uend'])
  const { height } = await tried.controller.storeStatus()
  for (const base of [null, before, within.fork]) {
    const { passed, difference, otherHash, lastBlock } = await replayTried(base, await sameKernel())
    assert.deepEqual([passed, difference, otherHash, lastBlock], [true, null, null, height], base ?? 'all')
  }
})

test('a kernel that fails where the one on trial failed is found after the return, which does it again', async () => {
  const { difference } = await replayTried(within.fork, await kernelThatCannotRun(method))
  assert.ok(difference?.kind === 'threw')
  assert.match(difference.error, /planted: run/)
  assert.ok(difference.block > (returned.returned?.block ?? 0))
})

test('from an import of within a trial no return can be replayed, and the replay says so', async () => {
  const kernel = await sameKernel()
  await assert.rejects(replayTried(within.export, kernel), { code: 'inputs/no-way-back' })
})

// Irc1.
test('pieces of a migration, one that is taken back and one that ends, are reproduced', async () => {
  const world = await makeWorld()
  const { controller } = world
  await work(world)
  const bases: string[] = []
  const migrate = async (bytes: Uint8Array): Promise<void> => {
    await controller.upgradeKernel((await controller.installKernel(bytes)).id, { rowsPerBlock: 5 })
    bases.push(await copyOf(world, 'fork'))
    for (let isMigrating = true; isMigrating; ) {
      const run = await controller.run().catch(() => ({ ended: 'failed' }))
      isMigrating = run.ended === 'migrating'
      await controller.commit()
    }
  }
  const last = await shapedKernel(4)
  await migrate(await shapedKernel(4, ...defects.throwingStep))
  await work(world)
  const { height: second } = await controller.storeStatus()
  await migrate(last)
  const { height: done } = await controller.storeStatus()
  await work(world)
  await work(world)
  const lines = inputsOf(world)
  assert.ok(lines.filter((line) => line === 'm5').length > 5)
  assert.deepEqual(
    lines.filter((line) => line.startsWith('u')),
    ['ubegin', 'ureturn', 'ubegin', 'uend'],
  )
  const { directory } = world
  const [failing = '', ending = ''] = bases
  for (const base of [{}, { base: failing }, { base: ending }]) {
    const after = await replayBlocks({ directory, kernel: last, firstBlock: done + 1, ...base })
    assert.ok(after.passed && after.blocks > 1)
  }
  const same = await replayBlocks({ directory, kernel: Buffer.concat([last, Buffer.from('\n')]), base: ending })
  assert.ok(same.passed && same.originals.length === 1)
  const kernel = await sameKernel()
  await assert.rejects(replayBlocks({ directory, kernel }), { code: 'kernel/tables-differ' })
  const between = await replayBlocks({ directory, kernel, firstBlock: second, lastBlock: second })
  assert.ok(between.passed)
})

// Inp1.
test('an item whose names were looked up anew is replayed as the kernel got it', async () => {
  const world = await makeWorld()
  const { controller } = world
  await work(world)
  await tryKernel(world, await kernelThatCannotRun(method), 1)
  await work(world)
  await work(world)
  // Its name is that of the root of `late` afterwards.
  const object = (await world.run('one', "return Far('made', { run: () => 'made' })")) as Remote
  await world.create('late', { setup: 'me.count = 0n' })
  await controller.send(object, 'run', ['return ++me.count'])
  await controller.send('one', 'run', [poisoned])
  assert.equal((await controller.run()).ended, 'faulted')
  const { id } = await controller.installKernel(await sameKernel())
  await controller.upgradeKernel(id)
  await controller.run()
  await controller.commit()
  assert.ok(inputsOf(world).some((line) => /^a\d+ \{/.test(line)), 'an item got other names')
  assert.ok((await replayBlocks({ directory: world.directory, kernel: await sameKernel('\n\n') })).passed)
})

// Br1.
test('blocks in which a bundle is retired, refused and installed again are replayed, until its bytes are removed', async () => {
  const world = await makeWorld()
  const { controller } = world
  const code = await bundleSource("export const buildRootObject = () => Far('root', {})")
  const { id } = await controller.installBundle(code, 'spare')
  await controller.retireBundle((await controller.vat('one')).bundle)
  await work(world)
  await controller.retireBundle(id)
  await work(world)
  await controller.installBundle(code, 'spare')
  await work(world)
  await controller.retireBundle('spare')
  await work(world)
  const replay = async (): Promise<boolean> =>
    (await replayBlocks({ directory: world.directory, kernel: await sameKernel('\n\n') })).passed
  assert.ok(await replay())
  assert.equal((await controller.prune({ bundles: true })).bundles, 1)
  await assert.rejects(replay(), { code: 'inputs/code-pruned' })
})
