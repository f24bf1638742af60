/** How long a vat stands still for an upgrade, with durable objects that others hold; and how long a check of it takes. */
import type { BenchCase, Figure } from '../case.ts'
import { ask, inWorld, median, milliseconds, settle } from '../world.ts'

const exported = [0, 1_000, 10_000] as const
const rounds = 5
const batch = 500

async function upgrade(objects: number): Promise<readonly Figure[]> {
  return inWorld(async ({ controller }) => {
    for (let made = 0; made < objects; made += batch) {
      await ask(controller, 'asker', 'hold', await ask(controller, 'counter', 'makeMany', batch))
    }
    await controller.commit()
    const checks: number[] = []
    const times: number[] = []
    for (let round = 0; round < rounds; round += 1) {
      checks.push(await milliseconds(() => controller.checkUpgrade('counter', 'counter')))
      times.push(await milliseconds(async () => settle(controller, await controller.upgradeVat('counter', 'counter'))))
      await controller.commit()
    }
    const of = `${objects.toLocaleString('en')} exported durable objects`
    return [
      { what: `upgrade with ${of}`, value: median(times), unit: 'ms', aim: objects === 10_000 ? '< 100' : '' },
      { what: `check of an upgrade with ${of}`, value: median(checks), unit: 'ms', aim: '' },
    ]
  })
}

export const upgrades: BenchCase = {
  name: 'upgrades',
  async measure() {
    const figures: Figure[] = []
    for (const objects of exported) figures.push(...(await upgrade(objects)))
    return figures
  },
}
