/** How fast recorded histories are replayed on other workers (`heirloom replay`), against their original run. */
import { replayVats, type ReplayReport } from 'heirloom/replay'
import type { BenchCase, Figure } from '../case.ts'
import { inWorld, median, milliseconds, runBlocks, type World } from '../world.ts'

const questions = 10_000
const blockSize = 100
const rounds = 3

async function speeds({ controller, directory }: World): Promise<readonly Figure[]> {
  const { worker } = await controller.vat('counter')
  await controller.sendOnly('asker', 'echoes', [await controller.root('counter'), questions])
  let deliveries = 0
  const run = await milliseconds(async () => { deliveries = await runBlocks(controller, blockSize) })
  const speedOf = (ms: number): number => (deliveries / ms) * 1000
  const [same, other, parallel] = [
    await replayed(directory, worker, 1),
    await replayed(directory, 'quickjs-wasi-3.5.0', 1),
    await replayed(directory, worker, 2),
  ]
  return [
    { what: `run, question and answer, ${questions.toLocaleString('en')} times`, value: speedOf(run), unit: '/s', aim: '' },
    { what: '… its histories replayed on the same worker', value: speedOf(same.serial), unit: '/s', aim: '' },
    { what: '… so many times as fast as it was run', value: run / same.serial, unit: '×', aim: '≥ 3' },
    { what: '… its histories replayed on another engine', value: speedOf(other.serial), unit: '/s', aim: '' },
    { what: '… so many times as fast as it was run', value: run / other.serial, unit: '×', aim: '≥ 3' },
    { what: '… in two threads, with everything around it', value: parallel.whole, unit: 'ms', aim: '' },
  ]
}

/** Milliseconds of the replays alone, and of the whole validation with its plan and the loading of engines. */
async function replayed(
  directory: string,
  worker: string,
  threads: number,
): Promise<{ readonly serial: number; readonly whole: number }> {
  const reports: ReplayReport[] = []
  for (let round = 0; round < rounds; round += 1)
    reports.push(await replayVats({ directory, worker, threads }))
  if (!reports.every(({ passed }) => passed)) throw new Error('a history was not repeated')
  return {
    serial: median(reports.map(({ rollout }) => rollout.serialMs ?? Number.NaN)),
    whole: median(reports.map(({ ms }) => ms)),
  }
}

export const histories: BenchCase = {
  name: 'histories',
  measure: () => inWorld(speeds),
}
