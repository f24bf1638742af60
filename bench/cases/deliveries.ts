/** Deliveries per second between two vats: question and answer, awaited, a durable commit every 100. */
import type { BenchCase, Figure } from '../case.ts'
import { ask, inWorld, median, milliseconds, runBlocks, type World } from '../world.ts'

const questions = 2_000
const rounds = 5
const blockSize = 100

async function perSecond({ controller }: World, method: 'echoes' | 'adds'): Promise<number> {
  const target =
    method === 'echoes' ? await controller.root('counter') : await ask(controller, 'counter', 'make', 0n)
  const rates: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    await controller.sendOnly('asker', method, [target, questions])
    let deliveries = 0
    const spent = await milliseconds(async () => { deliveries = await runBlocks(controller, blockSize) })
    rates.push((deliveries / spent) * 1000)
  }
  return median(rates)
}

export const deliveries: BenchCase = {
  name: 'deliveries',
  measure: () =>
    inWorld(async (world): Promise<readonly Figure[]> => [
      {
        what: 'deliveries, question and answer',
        value: await perSecond(world, 'echoes'),
        unit: '/s',
        aim: '≥ 5,000',
      },
      {
        what: 'deliveries, question to a durable object and answer',
        value: await perSecond(world, 'adds'),
        unit: '/s',
        aim: '≥ 5,000',
      },
    ]),
}
