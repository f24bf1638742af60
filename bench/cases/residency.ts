/** Many vats of which few are in memory: what they take, and what it costs to speak to one that is not. */
import type { BenchCase, Figure } from '../case.ts'
import { ask, inWorld, median, milliseconds, settle, type World } from '../world.ts'

const vats = 1_000
const residentWorkers = 100
const measured = 40

const resident = (): number => process.memoryUsage().rss / 2 ** 20

async function residency({ controller }: World): Promise<readonly Figure[]> {
  const before = resident()
  for (let number = 0; number < vats; number += 1) {
    await settle(controller, await controller.createVat(`many${number}`, 'counter'))
    if (number % 50 === 49) await controller.commit()
  }
  const { residentWorkers: live } = await controller.storeStatus()
  const after = resident()
  const away: number[] = []
  const near: number[] = []
  for (let number = 0; number < measured; number += 1) {
    const vat = `many${(number * 17) % (vats - residentWorkers)}`
    away.push(await milliseconds(() => ask(controller, vat, 'echo', 5n)))
    near.push(await milliseconds(() => ask(controller, vat, 'echo', 5n)))
  }
  return [
    { what: `memory with ${vats} vats, ${live} live`, value: after - before, unit: 'MiB', aim: '' },
    { what: '… for each live vat', value: (after - before) / live, unit: 'MiB', aim: '≤ 8' },
    { what: 'a message to a vat that is not in memory', value: median(away), unit: 'ms', aim: '' },
    { what: '… to one that is', value: median(near), unit: 'ms', aim: '' },
  ]
}

export const residencyOfMany: BenchCase = {
  name: 'residency',
  measure: () => inWorld(residency, { residentWorkers }),
}
