/**
 * How long a vat stands still for an upgrade, with durable objects that others hold and with some that only
 * its own store holds; and how long a check of it takes. The garbage of their making was collected before.
 */
import { join } from 'node:path'
import { bundleVat, type Controller } from 'heirloom'
import type { BenchCase, Figure } from '../case.ts'
import { ask, inWorld, median, milliseconds, settle, type World } from '../world.ts'

const numbers = [0, 1_000, 10_000, 100_000] as const
const rounds = 5
const batch = 500

type Holder = 'exported' | 'kept in the vat'

async function fill(controller: Controller, objects: number, holder: Holder): Promise<string> {
  if (holder === 'kept in the vat') await settle(controller, await controller.createVat('estate', 'estate'))
  for (let made = 0; made < objects; made += batch) {
    if (holder === 'exported')
      await ask(controller, 'asker', 'hold', await ask(controller, 'counter', 'makeMany', batch))
    else await ask(controller, 'estate', 'keep', made, made + batch)
    await controller.commit()
  }
  await controller.collectAll()
  await controller.run()
  await controller.commit()
  return holder === 'exported' ? 'counter' : 'estate'
}

/** Milliseconds of each upgrade in turn: the runs of others wait for so long. */
async function inTurn(controller: Controller, vat: string, bundle: string): Promise<readonly number[]> {
  const times: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    times.push(await milliseconds(async () => settle(controller, await controller.upgradeVat(vat, bundle))))
    await controller.commit()
  }
  return times
}

const withObjects = (objects: number, holder: Holder): Promise<readonly Figure[]> =>
  inWorld(
    async ({ controller }) => {
      const vat = await fill(controller, objects, holder)
      const times = await inTurn(controller, vat, vat)
      const checks: number[] = []
      for (let round = 0; round < rounds; round += 1)
        checks.push(await milliseconds(() => controller.checkUpgrade(vat, vat)))
      const of = `${objects.toLocaleString('en')} durable objects, ${holder}`
      return [
        {
          what: `upgrade with ${of}`,
          value: median(times),
          unit: 'ms',
          aim: objects > 0 ? '≤ 30, flat' : '',
        },
        { what: '… check of it', value: median(checks), unit: 'ms', aim: '' },
      ]
    },
    {},
    ['estate'],
  )

/**
 * Right after the objects were made: the upgrade brings out a piece of the dead, and the heir goes on with
 * it.
 */
const uncollected = (objects: number): Promise<readonly Figure[]> =>
  inWorld(
    async ({ controller }) => {
      await settle(controller, await controller.createVat('estate', 'estate'))
      for (let made = 0; made < objects; made += batch) await ask(controller, 'estate', 'make', batch)
      await controller.commit()
      const [first = Number.NaN] = await inTurn(controller, 'estate', 'estate')
      return [
        {
          what: `upgrade with ${objects.toLocaleString('en')} dead objects that nobody has collected yet, all of them brought out`,
          value: first,
          unit: 'ms',
          aim: '',
        },
      ]
    },
    {},
    ['estate'],
  )

/** Its bundle is evaluated anew: that is what most of such an upgrade is. */
async function large({ controller }: World): Promise<readonly Figure[]> {
  const { size } = await controller.installBundle(
    await bundleVat(join(import.meta.dirname, '..', 'vats', 'fixtures', 'large.ts')),
    'large',
  )
  return [
    {
      what: `upgrade to a bundle of ${(size / 1e6).toFixed(2)} MB`,
      value: median(await inTurn(controller, 'counter', 'large')),
      unit: 'ms',
      aim: '',
    },
  ]
}

export const upgrades: BenchCase = {
  name: 'upgrades',
  async measure() {
    const figures: Figure[] = []
    for (const holder of ['exported', 'kept in the vat'] as const) {
      for (const objects of numbers) figures.push(...(await withObjects(objects, holder)))
    }
    return [...figures, ...(await uncollected(10_000)), ...(await inWorld(large))]
  },
}
