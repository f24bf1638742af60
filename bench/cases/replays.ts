/**
 * How fast a transcript is replayed on other code, against the run that recorded it; and how long the kernel
 * stands still for it, with and without preparation.
 */
import type { BenchCase, Figure } from '../case.ts'
import { ask, inWorld, median, milliseconds, runBlocks, settle, type World } from '../world.ts'

const questions = 2_500
const blockSize = 100
const rounds = 5
const since = 100

/** Deliveries per second of a run, and of the replays of all that it recorded. */
async function speeds({ controller }: World, method: 'echoes' | 'adds'): Promise<readonly Figure[]> {
  const target =
    method === 'echoes' ? await controller.root('counter') : await ask(controller, 'counter', 'make', 0n)
  await controller.sendOnly('asker', method, [target, questions])
  let deliveries = 0
  const run = await milliseconds(async () => { deliveries = await runBlocks(controller, blockSize) })
  const replays: number[] = []
  for (let round = 0; round < rounds; round += 1)
    replays.push((await replay(controller, 'counter')) + (await replay(controller, 'asker')))
  const what = method === 'echoes' ? 'question and answer' : 'question to a durable object and answer'
  return [
    { what: `run, ${what}`, value: (deliveries / run) * 1000, unit: '/s', aim: '' },
    { what: '… replayed on other code', value: (deliveries / median(replays)) * 1000, unit: '/s', aim: '' },
    { what: '… so many times as fast as it was run', value: run / median(replays), unit: '×', aim: '≥ 5' },
  ]
}

/**
 * How long the upgrade of the counter takes of which nothing, all but the last deliveries, or all was
 * prepared.
 */
async function pauses({ controller }: World): Promise<readonly Figure[]> {
  const root = await controller.root('counter')
  const echoes = async (times: number): Promise<unknown> => {
    await controller.sendOnly('asker', 'echoes', [root, times])
    return runBlocks(controller, blockSize)
  }
  await echoes(2 * questions)
  const [unprepared, nearly, wholly, preparing]: [number[], number[], number[], number[]] = [[], [], [], []]
  for (let round = 0; round < rounds; round += 1) {
    unprepared.push(await replay(controller, 'counter'))
    preparing.push((await controller.prepareUpgrade('counter', 'counter')).ms)
    await echoes(since)
    nearly.push(await replay(controller, 'counter'))
    await controller.prepareUpgrade('counter', 'counter')
    wholly.push(await replay(controller, 'counter'))
  }
  const of = `upgrade by replay after ${(2 * questions).toLocaleString('en')} deliveries`
  return [
    { what: `${of}, not prepared`, value: median(unprepared), unit: 'ms', aim: '' },
    { what: `… prepared but for the last ${since}`, value: median(nearly), unit: 'ms', aim: '' },
    { what: '… prepared', value: median(wholly), unit: 'ms', aim: '' },
    { what: '… its preparation, beside the kernel', value: median(preparing), unit: 'ms', aim: '' },
  ]
}

/** The upgrade of a vat to its own code; all that is run is its crank. */
async function replay(controller: World['controller'], vat: 'counter' | 'asker'): Promise<number> {
  const spent = await milliseconds(async () =>
    settle(controller, await controller.upgradeVat(vat, vat, { mode: 'replay' })),
  )
  await controller.commit()
  return spent
}

export const replays: BenchCase = {
  name: 'replays',
  async measure() {
    const figures: Figure[] = []
    for (const method of ['echoes', 'adds'] as const)
      figures.push(...(await inWorld((world) => speeds(world, method))))
    return [...figures, ...(await inWorld(pauses))]
  },
}
