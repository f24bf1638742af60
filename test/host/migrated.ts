/** A busy store whose kernel is replaced by kernels with other tables (`kit/shapedKernels.ts`). */
import assert from 'node:assert/strict'
import type { Controller, KernelUpgradeReport, ResultHandle } from '../../src/host/index.ts'
import { shapedKernel, type Patch, type Shape } from '../kit/shapedKernels.ts'
import { readRows } from '../kit/rows.ts'
import { answerOf, openWorld, type Scope, type World } from '../kit/world.ts'

/** Receives items of its port and sends each back. */
const echo = {
  source: `
  export const buildRootObject = (_powers, _parameters, baggage) => {
    const make = defineKind(baggage, 'Echo', (port) => ({ port, got: [] }), {
      receive: ({ state }, data, number) => {
        state.got = [...state.got, number]
        E.sendOnly(state.port).send([number, data])
      },
      read: ({ state }) => state.got,
    })
    return Far('root', {
      begin: (port) => {
        const echo = make(port)
        baggage.init('echo', echo)
        return E(port).onReceive(echo)
      },
      read: () => baggage.get('echo').read(),
    })
  }`,
}

export interface Busy {
  readonly world: World
  /** Settled by `settle` of one. */
  readonly waiting: ResultHandle
  /** Not run yet. */
  readonly queued: ResultHandle
}

/** How many objects two exports that one holds. */
const objects = 12

/** Vats with objects of each other, an open promise, a queue that is not empty, and traffic at a port. */
export async function openBusy(scope: Scope): Promise<Busy> {
  const world = await openWorld(scope, {
    vats: { one: { setup: 'me.count = 0n; me.held = []' }, two: { setup: 'me.count = 0n' }, echo },
  })
  const { controller } = world
  const port = await controller.openPort('bank')
  await world.ask('echo', 'begin', await port.remote())
  await world.run('one', 'me.hold = Far("holder", { hold: (each) => { me.held.push(each) } }); return me.hold')
  const holder = (await world.run('one', 'return me.hold')) as never
  for (let made = 0; made < objects; made += 1)
    await world.run('two', `return E(args[0]).hold(Far("made", { number: () => ${made}n }))`, holder)
  await controller.pin(await controller.root('one'))
  for (const item of ['a', 'b', 'c']) await port.deliver(item)
  await controller.run()
  await controller.commit()
  await port.acknowledge(1)
  const waits = 'return new Promise((resolve) => { me.settle = resolve })'
  const waiting = await controller.send('one', 'run', [waits])
  await controller.run()
  const queued = await controller.send('two', 'run', ['return ++me.count'])
  await port.deliver('d')
  await controller.commit()
  return { world, waiting, queued }
}

/** All that was begun before comes to its end, and new work is done. */
export async function assertGoesOn({ world, waiting, queued }: Busy): Promise<void> {
  const { controller } = world
  await controller.run()
  assert.equal(answerOf(await world.take(queued)), 1n)
  assert.equal(await world.run('one', 'me.settle("kept"); return ++me.count'), 1n)
  assert.equal(answerOf(await world.take(waiting)), 'kept')
  const numbers = await world.run('one', 'return Promise.all(me.held.map((each) => E(each).number()))')
  assert.deepEqual(numbers, Array.from({ length: objects }, (_, index) => BigInt(index)))
  assert.deepEqual(await world.ask('echo', 'read'), [1, 2, 3, 4])
  await controller.commit()
  const port = controller.port('bank')
  const items = (await port.receive()).map(({ number, item }) => [number, item])
  assert.deepEqual(items, [[2, [2, 'b']], [3, [3, 'c']], [4, [4, 'd']]])
  await port.acknowledge(4)
  await world.run('one', 'me.held.length = 0; return gc && undefined').catch(() => {})
  await controller.collectAll()
  await controller.run()
  await world.create('new')
  assert.equal(await world.run('new', 'return 7n'), 7n)
  await controller.commit()
  await world.audit()
}

/** Returns the id of the kernel. */
export async function install(
  controller: Controller,
  shape: Shape,
  ...more: readonly Patch[]
): Promise<string> {
  return (await controller.installKernel(await shapedKernel(shape, ...more))).id
}

export const upgradeTo = async (controller: Controller, shape: Shape): Promise<KernelUpgradeReport> =>
  controller.upgradeKernel(await install(controller, shape))

/** Commits piece by piece until the migration is done, and runs no crank. Returns the number of blocks. */
export async function finishMigration(controller: Controller): Promise<number> {
  for (let blocks = 1; ; blocks += 1) {
    const { ended } = await controller.run({ signal: AbortSignal.abort() })
    await controller.commit()
    if (ended !== 'migrating') return blocks
  }
}

/** The tables of the kernel in the last block. */
export const kernelRows = (world: World): string => JSON.stringify([...readRows(world.directory, 'kernel')])
