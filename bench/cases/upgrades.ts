/** How long a vat stands still for an upgrade, with durable objects that others hold. */
import type { BenchCase, Figure } from '../case.ts'
import { ask, inWorld, median, milliseconds, settle } from '../world.ts'

const exported = [0, 1_000, 10_000] as const
const rounds = 5
const batch = 500

async function upgrade(objects: number): Promise<Figure> {
  return inWorld(async ({ controller }) => {
    for (let made = 0; made < objects; made += batch) {
      await ask(controller, 'asker', 'hold', await ask(controller, 'counter', 'makeMany', batch))
    }
    await controller.commit()
    const times: number[] = []
    for (let round = 0; round < rounds; round += 1) {
      times.push(await milliseconds(async () => settle(controller, await controller.upgradeVat('counter', 'counter'))))
      await controller.commit()
    }
    return { what: `upgrade with ${objects.toLocaleString('en')} exported durable objects`, value: median(times), unit: 'ms', aim: objects === 10_000 ? '< 100' : '' }
  })
}

export const upgrades: BenchCase = {
  name: 'upgrades',
  async measure() {
    const figures: Figure[] = []
    for (const objects of exported) figures.push(await upgrade(objects))
    return figures
  },
}
