/** Worker versions in the hands of vats: the holder of the power installs, uses and retires them. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { test, type TestContext } from 'node:test'
import { supervisorBytes } from '../../src/release/release.ts'
import { openController } from '../../src/host/index.ts'
import { bundleFile, bundleSource, puppetFile } from '../kit/bundles.ts'
import { answerOf, openWorld, temporaryDirectory, type World } from '../kit/world.ts'

const engineFile = createRequire(import.meta.url).resolve('quickjs-wasi-3.5.0/quickjs.wasm')

/** Its bootstrap gets the power to install worker versions; it does with it what it is told. */
const leader = `import { E, Far } from 'heirloom/vat'
  export function buildRootObject(vatPowers) {
    let root, ordinary
    return Far('leader', {
      async bootstrap(vats) {
        root = vats.vatAdmin
        ordinary = await E(root).createVatAdminService()
      },
      call: (method, ...args) => E(root)[method](...args),
      callOrdinary: (method, ...args) => E(ordinary)[method](...args),
      read: (cap) => vatPowers.D(cap).getBundle(),
      idOf: (cap) => vatPowers.D(cap).getBundleID(),
    })
  }`

async function leaderWorld(t: TestContext): Promise<World> {
  const code = await bundleSource(leader)
  const world = await openWorld(t, { config: { bootstrap: 'leader', vats: { leader: { bundle: code } } } })
  await world.controller.run()
  await world.create('led', { setup: 'me.count = 0n' })
  return world
}

const call = (world: World, method: string, ...args: readonly unknown[]): Promise<unknown> =>
  world.ask('leader', 'call', method, ...args)

/** The message with which the call is rejected. */
async function refusalOf(
  world: World,
  how: 'call' | 'callOrdinary',
  ...args: readonly unknown[]
): Promise<string> {
  return ((await world.refusal('leader', how, ...args)) as Error).message
}

test('a vat installs a version from the caps of its parts, moves a vat to it, and retires the old one', async (t) => {
  const world = await leaderWorld(t)
  const { controller } = world
  const supervisor = Buffer.concat([await supervisorBytes(), Buffer.from('\n')])
  const engine = await controller.installWorkerPart('engine', readFileSync(engineFile), 'engine-35')
  const part = await controller.installWorkerPart('supervisor', supervisor)
  const id = await call(world, 'installWorker', {
    engine: await call(world, 'getNamedBundleCap', 'engine-35'),
    supervisor: await call(world, 'getBundleCap', part.id),
    label: 'new',
    use: 'default',
  })
  const view = await controller.worker('new')
  assert.deepEqual([view.id, view.use, view.note?.by], [id, 'default', 'vatAdmin'])
  assert.deepEqual([view.engine, view.supervisor], [engine.id, part.id])
  answerOf(await world.settle(await controller.upgradeWorker('led', 'new')))
  assert.equal(await world.run('led', 'return ++me.count'), 1n)
  const listed = (await call(world, 'workers')) as { label: string | null; vats: number }[]
  assert.deepEqual(listed.map(({ vats }) => vats), [1, 1])
  const old = (await controller.workers()).find(({ id: each }) => each !== id)
  assert.match(await refusalOf(world, 'call', 'retireWorker', old?.id), /leader runs on it/)
  answerOf(await world.settle(await controller.upgradeWorker('leader', 'new')))
  await call(world, 'retireWorker', old?.id)
  assert.deepEqual((await controller.workers()).map(({ id: each }) => each), [id])
})

test('the version has the image that every host builds, and the parts outlive a pruning', async (t) => {
  const world = await leaderWorld(t)
  const { controller } = world
  const engine = await controller.installWorkerPart('engine', readFileSync(engineFile))
  const part = await controller.installWorkerPart('supervisor', await supervisorBytes())
  await controller.commit()
  await controller.prune({ bundles: true })
  const id = await call(world, 'installWorker', { engine: engine.id, supervisor: part.id })
  const other = temporaryDirectory(t)
  const host = await openController({ directory: `${other}/store`, config: { engine: 'quickjs-wasi-3.5.0' } })
  const [same] = await host.workers()
  await host.shutdown()
  const view = await controller.worker(String(id))
  assert.deepEqual([view.id, view.image], [same?.id, same?.image])
})

test('what is no part, or no worker, is refused, and nothing is kept', async (t) => {
  const world = await leaderWorld(t)
  const { controller } = world
  const engine = (await controller.installWorkerPart('engine', readFileSync(engineFile))).id
  const broken = (await controller.installWorkerPart('supervisor', Buffer.from('throw Error("no")'))).id
  const endless = (await controller.installWorkerPart('supervisor', Buffer.from('for (;;);'))).id
  const bundle = (await controller.installBundle(await bundleFile(puppetFile))).id
  for (const [options, message] of [
    [{ engine, supervisor: broken }, /these parts are no worker: no base image/],
    [{ engine, supervisor: endless }, /these parts are no worker: no base image: ran out of computrons/],
    [{ engine: bundle, supervisor: broken }, /engine is "b1-[0-9a-f]+", not the cap or the id of an engine/],
    [{ engine: broken, supervisor: broken }, /engine is "b1-/],
    [{ engine }, /supervisor is undefined/],
    [{ engine, supervisor: broken, speed: 1n }, /installWorker has no option "speed"/],
    [{ engine, supervisor: broken, use: 'now' }, /use is default or on-demand/],
    [{ engine, supervisor: broken, label: '' }, /label is a well-formed text/],
    ['everything', /installWorker takes a record/],
  ] as const)
    assert.match(await refusalOf(world, 'call', 'installWorker', options), message)
  for (const method of ['useWorker', 'retireWorker'])
    assert.match(await refusalOf(world, 'call', method, 'none'), /no worker version "none"/)
  assert.equal((await controller.workers()).length, 1)
  await assert.rejects(controller.installWorkerPart('engine', Buffer.from('none')), { code: 'engine/not-wasm' })
  await assert.rejects(controller.installWorkerPart('kernel' as never, Buffer.from('1')), { code: 'api/bad-argument' })
  await assert.rejects(controller.installWorkerPart('engine', 'x' as never), { code: 'api/bad-argument' })
})

test('no vat is made of a part, and none can read one', async (t) => {
  const world = await leaderWorld(t)
  const { controller } = world
  const engine = (await controller.installWorkerPart('engine', readFileSync(engineFile))).id
  await assert.rejects(controller.createVat('third', engine), { code: 'bundle/wrong-kind' })
  const cap = await call(world, 'getBundleCap', engine)
  assert.match(await refusalOf(world, 'call', 'createVat', cap), /a vat cannot be made of b1-/)
  assert.match(((await world.refusal('leader', 'read', cap)) as Error).message, /bundle cap/)
  assert.equal(await world.ask('leader', 'idOf', cap), engine)
})

test('the ordinary vatAdmin has no power over worker versions', async (t) => {
  const world = await leaderWorld(t)
  for (const method of ['installWorker', 'workers', 'useWorker', 'retireWorker'])
    assert.match(await refusalOf(world, 'callOrdinary', method), /has no method/)
})
