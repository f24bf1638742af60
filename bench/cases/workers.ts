/** What it costs to replace the worker under vats: one vat, a thousand, and several versions at once. */
import { supervisorBytes } from '../../src/release/release.ts'
import type { BenchCase, Figure } from '../case.ts'
import { inWorld, median, milliseconds, runBlocks, settle, type World } from '../world.ts'

const histories = [100, 1_000, 10_000] as const
const blockSize = 100
const rounds = 3
const rolledOut = 1_000
const ofEachVersion = 100

/** Installs a version that behaves as the default, and one on another engine. */
async function install({ controller }: World): Promise<readonly Figure[]> {
  const supervisor = Buffer.concat([await supervisorBytes(), Buffer.from('\n')])
  const { engine } = await controller.worker('default')
  const spent = await milliseconds(async () => {
    await controller.installWorker({ engine, supervisor, label: 'second' })
  })
  await controller.installWorker({ engine: 'quickjs-wasi-3.5.0', label: 'third' })
  await controller.commit()
  return [{ what: 'install a worker version of a new supervisor', value: spent, unit: 'ms', aim: '' }]
}

const move = async (
  { controller }: World,
  worker: string,
  mode: 'replay' | 'restart' = 'replay',
): Promise<number> => {
  const spent = await milliseconds(async () =>
    settle(controller, await controller.upgradeWorker('counter', worker, { mode })),
  )
  await controller.commit()
  return spent
}

/** How long the kernel stands still while one vat is moved. */
async function pauses(world: World): Promise<readonly Figure[]> {
  const { controller } = world
  const figures: Figure[] = []
  const root = await controller.root('counter')
  let before = 0
  for (const deliveries of histories) {
    await controller.sendOnly('asker', 'echoes', [root, deliveries - before])
    await runBlocks(controller, blockSize)
    before = deliveries
    const [plain, prepared]: [number[], number[]] = [[], []]
    for (let round = 0; round < rounds; round += 1) {
      plain.push(await move(world, 'second'), await move(world, 'default'))
      await controller.prepareWorkerUpgrade('counter', 'second')
      prepared.push(await move(world, 'second'))
      await move(world, 'default')
    }
    const of = `move a vat with ${deliveries.toLocaleString('en')} deliveries to another worker version by replay`
    figures.push(
      { what: of, value: median(plain), unit: 'ms', aim: '' },
      { what: '… prepared', value: median(prepared), unit: 'ms', aim: '' },
    )
  }
  const restarts: number[] = []
  for (const worker of ['second', 'default', 'second']) restarts.push(await move(world, worker, 'restart'))
  return [...figures, { what: '… by restart', value: median(restarts), unit: 'ms', aim: '' }]
}

async function makeVats({ controller }: World, count: number, worker?: string): Promise<void> {
  for (let number = 0; number < count; number += 1) {
    const name = `${worker ?? 'many'}${number}`
    await settle(controller, await controller.createVat(name, 'counter', worker === undefined ? {} : { worker: (await controller.worker(worker)).id }))
    if (number % 50 === 49) await controller.commit()
  }
}

async function rollout(world: World): Promise<readonly Figure[]> {
  const { controller } = world
  await install(world)
  await makeVats(world, rolledOut)
  let longest = 0
  const whole = await milliseconds(async () => {
    await controller.startRollout('second', { pattern: 'many*', perBlock: { vats: 20 } })
    do {
      const block = await milliseconds(async () => {
        await controller.run()
        await controller.commit()
      })
      longest = Math.max(longest, block)
    } while ((await controller.rollout())?.state === 'running')
  })
  return [
    { what: `roll out a worker version to ${rolledOut.toLocaleString('en')} vats, 20 in a block`, value: whole, unit: 'ms', aim: '' },
    { what: '… the longest block', value: longest, unit: 'ms', aim: '' },
  ]
}

async function memory(world: World): Promise<readonly Figure[]> {
  await install(world)
  for (const worker of ['default', 'second', 'third']) await makeVats(world, ofEachVersion, worker)
  const { residentWorkers, residentBytes } = await world.controller.storeStatus()
  const mebibytes = residentBytes / 2 ** 20
  return [
    { what: `memory with ${ofEachVersion} vats on each of three versions, ${residentWorkers} live`, value: mebibytes, unit: 'MiB', aim: '' },
    { what: '… for each live vat', value: mebibytes / residentWorkers, unit: 'MiB', aim: '≤ 8' },
  ]
}

export const workers: BenchCase = {
  name: 'workers',
  async measure() {
    const single = await inWorld(async (world) => [...(await install(world)), ...(await pauses(world))])
    return [...single, ...(await inWorld(rollout)), ...(await inWorld(memory, { residentWorkers: 300 }))]
  },
}
