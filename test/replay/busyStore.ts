/** A store in which much has happened, with copies of it at several blocks. */
import { join } from 'node:path'
import { exportStore, forkStore } from '../../src/host/index.ts'
import { kernelBytes, supervisorBytes } from '../../src/release/release.ts'
import { kernelThatCannotAccept, kernelThatCannotMigrate, kernelThatCannotRun } from '../kit/kernelVariants.ts'
import { openWorld, temporaryDirectory, type Scope, type World } from '../kit/world.ts'

/** The method whose messages the kernels with a defect fail at. */
const method = 'poison'

export interface BusyStore {
  readonly world: World
  readonly directory: string
  /** Forks and one export, with their heights. */
  readonly copies: readonly { readonly directory: string; readonly height: number }[]
  /** The item that has the text `marked` in it, and the name of the block in which it ran. */
  readonly marked: { readonly sequence: number; readonly block: number }
}

export async function busyStore(scope: Scope): Promise<BusyStore> {
  const world = await openWorld(scope, { config: { snapshotInterval: 4 } })
  const place = temporaryDirectory(scope)
  const copies: { readonly directory: string; readonly height: number }[] = []
  const copy = async (how: 'fork' | 'export'): Promise<void> => {
    const { height } = await world.controller.commit()
    const directory = join(place, `${how}-${height}`)
    if (how === 'fork') forkStore(world.directory, directory)
    else await exportStore(world.directory, directory, { mode: 'replay' })
    copies.push({ directory, height })
  }
  await makeVats(world)
  await copy('fork')
  await changeVats(world)
  await copy('export')
  await replaceWorkers(world)
  await copy('fork')
  await replaceKernels(world)
  await copy('fork')
  const { sequence } = await world.controller.send('one', 'run', ['return "marked"'])
  await world.controller.run()
  const { height: block } = await world.controller.commit()
  await world.run('two', 'return ++me.count')
  await world.controller.commit()
  return { world, directory: world.directory, copies, marked: { sequence, block } }
}

/** Vats, a port with items in both directions, wakeups, and data of the host. */
async function makeVats(world: World): Promise<void> {
  for (const name of ['one', 'two', 'three']) await world.create(name, { setup: 'me.count = 0n; me.got = []' })
  await world.controller.openPort('in')
  const port = await world.controller.port('in').remote()
  const receiver = "Far('handler', { receive(item) { me.got.push(item) } })"
  await world.run('one', `me.port = args[0]; await E(args[0]).onReceive(${receiver})`, port)
  await world.controller.commit()
  await world.controller.port('in').deliver(1n)
  await world.run('one', 'await E(me.port).send({ sent: me.count })')
  await world.controller.advanceTime(5n)
  const waker = "Far('waker', { wake(when) { me.woken = when } })"
  await world.run('two', `await E(args[0]).setWakeup(9n, ${waker})`, await world.controller.timer())
  await world.controller.setHostState('place', 'a\nb "c"')
  await world.controller.commit()
  for (const { number } of await world.controller.port('in').receive())
    await world.controller.port('in').acknowledge(number)
  await world.controller.advanceTime(10n)
  await world.controller.run()
  await world.controller.setHostState('place', undefined)
}

/** An upgrade, a suspension with what waits for it, a vat that fails, and one that ends. */
async function changeVats(world: World): Promise<void> {
  const { controller } = world
  await world.upgrade('two', { setup: 'me.count = 10n' })
  await controller.suspendVat('three', 'for a while')
  await world.settle(await controller.send('three', 'run', ['return ++me.count']))
  await controller.commit()
  await controller.evictWorkers()
  await controller.resumeVat('three')
  await controller.run({ cranks: 1 })
  await controller.commit()
  await world.outcome('one', 'run', 'for (;;);')
  await world.create('four', { setup: 'me.x = 1' })
  await controller.commit()
  await world.settle(await controller.terminateVat('four', 'enough'))
  await controller.run({ cleanups: 1 })
  await controller.commit()
  await controller.run()
  await controller.commit()
}

/** A rollout over several blocks. */
async function replaceWorkers(world: World): Promise<void> {
  const { controller } = world
  const supervisor = Buffer.concat([await supervisorBytes(), Buffer.from('\n')])
  await controller.installWorker({ engine: 'quickjs-wasi-3.7.0', supervisor, label: 'longer', use: 'on-demand' })
  await controller.startRollout('longer', { perBlock: { vats: 1 } })
  for (let block = 0; block < 5; block += 1) {
    await controller.run()
    await controller.commit()
  }
}

/** An upgrade that fails, one to a kernel with a defect, its fault, and the ways out of it. */
async function replaceKernels(world: World): Promise<void> {
  const { controller } = world
  const install = async (bytes: Uint8Array): Promise<string> => (await controller.installKernel(bytes)).id
  const good = await install(await kernelBytes())
  await controller.send('two', 'run', ['return ++me.count'])
  await controller.upgradeKernel(await install(await kernelThatCannotMigrate())).catch(() => undefined)
  await controller.upgradeKernel(await install(await kernelThatCannotAccept(method)))
  // Its trial is over.
  await controller.commit()
  await controller.setHostState('place', 'kept')
  await controller.send('two', 'run', ['return ++me.count'])
  await controller.send('one', 'run', [`return "${method}"`]).catch(() => undefined)
  await controller.port('in').deliver(2n)
  await controller.suspendVat('two', 'as a way out')
  await controller.commit()
  const [, poison] = await controller.waitingItems()
  if (poison === undefined) throw new Error('an item waits for the faulted kernel')
  await controller.setAside(poison.sequence)
  await controller.retryKernel()
  await controller.run()
  await controller.commit()
  await controller.resumeVat('two')
  await controller.upgradeKernel(await install(await kernelThatCannotRun(method)))
  await controller.commit()
  await controller.putBack(poison.sequence)
  await controller.run()
  await controller.port('in').deliver(3n)
  await controller.upgradeKernel(good)
  await controller.run()
  await controller.commit()
}
