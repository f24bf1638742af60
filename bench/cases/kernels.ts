/**
/**
 * How long everything stands still while the kernel is replaced, also by one with other tables, and how long
 * it takes from a fault of the kernel until items of a port are accepted, and received, again; likewise for a
 * local fault. And how long recorded blocks take under two kernels side by side, against the original run.
 */
import type { Controller } from 'heirloom'
import { replayBlocks } from 'heirloom/replay'
import { at, beat } from '../../src/base/pulse.ts'
import { kernelBytes } from '../../src/release/release.ts'
import { kernelThatCannotRun, kernelThatRecurses, sameKernel } from '../../test/kit/kernelVariants.ts'
import { shapedKernel } from '../../test/kit/shapedKernels.ts'
import type { BenchCase, Figure } from '../case.ts'
import { ask, inWorld, median, milliseconds, runBlocks, settle, type World } from '../world.ts'

const vats = [10, 100, 1_000] as const
const history = 10_000
const rounds = 5

async function fill(controller: Controller, wanted: number): Promise<void> {
  for (let made = (await controller.vats()).length; made < wanted; made += 1) {
    await settle(controller, await controller.createVat(`made${made}`, 'counter'))
    if (made % 50 === 0) await controller.commit()
  }
  await controller.commit()
}

const install = async (controller: Controller, bytes: Uint8Array): Promise<string> =>
  (await controller.installKernel(bytes)).id

/** Milliseconds, as the upgrades themselves report them: there and back, so many times. */
async function pause(controller: Controller): Promise<number> {
  const kernels = [
    await install(controller, await sameKernel()),
    await install(controller, await kernelBytes()),
  ]
  const pauses: number[] = []
  for (let round = 0; round < rounds; round += 1)
    for (const id of kernels) pauses.push((await controller.upgradeKernel(id)).pauseMs)
  return median(pauses)
}

async function pauses({ controller }: World): Promise<readonly Figure[]> {
  const figures: Figure[] = []
  const add = async (what: string, aim: string): Promise<void> => {
    figures.push({ what: `pause for a new kernel, ${what}`, value: await pause(controller), unit: 'ms', aim })
  }
  await fill(controller, vats[0])
  await add(`${vats[0]} vats`, '')
  await controller.sendOnly('asker', 'echoes', [await controller.root('counter'), history])
  await runBlocks(controller, 100)
  await add(`${vats[0]} vats after ${history.toLocaleString('en')} questions and answers`, 'flat')
  for (const wanted of vats.slice(1)) {
    await fill(controller, wanted)
    await add(`${wanted.toLocaleString('en')} vats`, wanted === 1_000 ? '< 1,000' : '')
  }
  return figures
}

const figureOf = (what: string, times: readonly number[]): Figure =>
  ({ what, value: median(times), unit: 'ms', aim: '' })

/** A fault in a crank; the first item after it; and the upgrade, with all that had waited run again. */
async function faults({ controller }: World): Promise<readonly Figure[]> {
  const port = await controller.openPort('in')
  const good = await install(controller, await kernelBytes())
  const bad = await install(controller, await kernelThatCannotRun('poison'))
  const [records, accepted, repaired]: [number[], number[], number[]] = [[], [], []]
  for (let round = 0; round < rounds; round += 1) {
    await controller.upgradeKernel(bad)
    await controller.commit()
    await ask(controller, 'counter', 'echo', 1n)
    await controller.commit()
    await controller.sendOnly('counter', 'echo', ['poison'])
    records.push(await milliseconds(() => controller.run()))
    if ((await controller.fault()) === undefined) throw new Error('the kernel did not fail')
    accepted.push(await milliseconds(() => port.deliver(round)))
    repaired.push(
      await milliseconds(async () => {
        await controller.upgradeKernel(good)
        await controller.run()
      }),
    )
  }
  return [
    figureOf('a run in which the kernel fails, the fault recorded', records),
    figureOf('… from there to the next accepted item of a port', accepted),
    figureOf('… upgrade of the kernel, and all that waited was run', repaired),
  ]
}

const kept = 20_000
const rowsPerBlock = 5_000

/** Results that the host keeps: each is a row of several tables. */
async function keepResults({ controller }: World): Promise<void> {
  for (let number = 0; number < kept; number += 1) {
    await controller.send('counter', 'echo', [BigInt(number)])
    if (number % 1_000 === 999) {
      await controller.run()
      await controller.commit()
    }
  }
}

/** Rows that a kernel with other tables looks at, all in one block, and with the audit of them all. */
async function migration(world: World): Promise<readonly Figure[]> {
  await keepResults(world)
  const { migrated, pauseMs } = await world.controller.upgradeKernel(
    await install(world.controller, await shapedKernel(4)),
  )
  const rows = migrated.reduce((sum, step) => sum + step.rows, 0)
  return [
    { what: `migration of ${rows.toLocaleString('en')} rows in one block`, value: pauseMs, unit: 'ms', aim: '' },
    { what: '… rows per second', value: rows / (pauseMs / 1_000), unit: '/s', aim: '≥ 10,000' },
  ]
}

/** The same rows, so many in a block. */
async function pieces(world: World): Promise<readonly Figure[]> {
  await keepResults(world)
  const { controller } = world
  const id = await install(controller, await shapedKernel(4))
  await controller.upgradeKernel(id, { rowsPerBlock })
  const blocks: number[] = []
  let isMigrating = true
  while (isMigrating)
    blocks.push(
      await milliseconds(async () => {
        isMigrating = (await controller.run()).ended === 'migrating'
        await controller.commit()
      }),
    )
  const last = blocks.pop() ?? 0
  return [
    figureOf(`… ${rowsPerBlock.toLocaleString('en')} rows in a block, each block`, blocks),
    { what: '… the last of them, with the audit', value: last, unit: 'ms', aim: '' },
  ]
}

/** A local fault in a run, and the way back to a store that is open in place and answers. */
async function localFaults({ controller }: World): Promise<readonly Figure[]> {
  const good = await install(controller, await kernelBytes())
  const bad = await install(controller, await kernelThatRecurses('poison'))
  await controller.upgradeKernel(bad)
  const [met, reopened, answered]: [number[], number[], number[]] = [[], [], []]
  for (let round = 0; round < rounds; round += 1) {
    await controller.sendOnly('counter', 'echo', ['poison'])
    met.push(await milliseconds(() => controller.run().catch(() => {})))
    if ((await controller.storeStatus()).state.kind === 'ready') throw new Error('the machine did not fail')
    reopened.push(await milliseconds(() => controller.retryKernel()))
    answered.push(await milliseconds(() => ask(controller, 'counter', 'echo', 1n)))
    await controller.commit()
  }
  await controller.upgradeKernel(good)
  return [
    figureOf('a run in which something below the kernel fails', met),
    figureOf('… from there to the store open again in place, in a new thread', reopened),
    figureOf('… from there to the answer of a vat that is restored', answered),
  ]
}

const beatsInAll = 10_000_000

/** What the machine thread pays for showing that it works. */
async function pulse(): Promise<readonly Figure[]> {
  const ms = await milliseconds(async () => {
    for (let n = 0; n < beatsInAll; n += 1) beat(at.port)
  })
  return [{ what: 'one sign of life of the machine thread', value: (ms / beatsInAll) * 1e6, unit: 'ns', aim: '' }]
}

const questions = 2_000
const blockSize = 100

/** Two replicas run every crank, and compare it: the original run, twice over, is the bound. */
async function blockReplays({ controller, directory }: World): Promise<readonly Figure[]> {
  await controller.sendOnly('asker', 'echoes', [await controller.root('counter'), questions])
  const run = await milliseconds(() => runBlocks(controller, blockSize))
  const { parts } = await controller.storeSize()
  const kernel = await sameKernel()
  const times: number[] = []
  for (let round = 0; round < 3; round += 1) {
    const { passed, ms } = await replayBlocks({ directory, kernel })
    if (!passed) throw new Error('the same kernel did something else')
    times.push(ms)
  }
  const what = `${questions.toLocaleString('en')} questions and answers in blocks of ${blockSize} cranks`
  return [
    figureOf(`replay of blocks under another kernel, ${what}`, times),
    { what: '… so many times as long as the original run', value: median(times) / run, unit: '×', aim: '< 4' },
    { what: '… size of the inputs', value: parts.inputs.bytes, unit: 'bytes', aim: '' },
  ]
}

export const kernels: BenchCase = {
  name: 'kernels',
  measure: async () => [
    ...(await inWorld(pauses)),
    ...(await inWorld(faults)),
    ...(await inWorld(migration)),
    ...(await inWorld(pieces)),
    ...(await inWorld(localFaults)),
    ...(await inWorld(blockReplays)),
    ...(await pulse()),
  ],
}
