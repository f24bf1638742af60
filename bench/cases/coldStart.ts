/** From opening a store to the first delivery to a vat, with a short and a long history. */
import { openController } from 'heirloom'
import type { BenchCase, Figure } from '../case.ts'
import { ask, inWorld, median, milliseconds, runBlocks } from '../world.ts'

const histories = [1_000, 100_000] as const
const rounds = 3
const batch = 1_000

async function coldStart(history: number): Promise<Figure> {
  return inWorld(async ({ controller, directory }) => {
    for (let done = 0; done < history; done += batch) {
      for (let sent = 0; sent < batch; sent += 1) await controller.sendOnly('counter', 'echo', [5n])
      await runBlocks(controller, batch)
    }
    await controller.shutdown()
    const times: number[] = []
    for (let round = 0; round < rounds; round += 1) {
      let reopened = controller
      times.push(await milliseconds(async () => {
        reopened = await openController({ directory, make: 'never' })
        await ask(reopened, 'counter', 'echo', 5n)
      }))
      await reopened.shutdown()
    }
    return {
      what: `cold start to first delivery, ${history.toLocaleString('en')} deliveries of history`,
      value: median(times),
      unit: 'ms',
      aim: 'flat',
    }
  })
}

export const coldStarts: BenchCase = {
  name: 'cold-start',
  async measure() {
    const figures: Figure[] = []
    for (const history of histories) figures.push(await coldStart(history))
    return figures
  },
}
