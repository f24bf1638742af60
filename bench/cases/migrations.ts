/**
 * Records of an older state version: what it costs to bring them up to date, at first touch and by a sweep.
 */
import type { BenchCase, Figure } from '../case.ts'
import { ask, inWorld, milliseconds, settle, type World } from '../world.ts'

const records = 10_000
const perMessage = 100

/** Microseconds for each record. */
const each = async (work: () => Promise<unknown>): Promise<number> =>
  ((await milliseconds(work)) * 1000) / records

async function prepare({ controller }: World): Promise<void> {
  await settle(controller, await controller.createVat('estate', 'estate'))
  for (let from = 0; from < records; from += perMessage)
    await ask(controller, 'estate', 'keep', from, from + perMessage)
  await controller.collectAll()
  await settle(controller, await controller.upgradeVat('estate', 'estateNext'))
  await controller.commit()
}

async function lazily(world: World): Promise<readonly Figure[]> {
  const { controller } = world
  await prepare(world)
  const readAll = async (): Promise<void> => {
    for (let from = 0; from < records; from += perMessage)
      await ask(controller, 'estate', 'read', from, from + perMessage)
  }
  const first = await each(readAll)
  const second = await each(readAll)
  return [
    {
      what: 'read a durable object, 100 a message, the first time after its state version was raised',
      value: first,
      unit: 'µs each',
      aim: '',
    },
    { what: '… later', value: second, unit: 'µs each', aim: '' },
    { what: '… what the migration of a record costs', value: first - second, unit: 'µs', aim: '' },
  ]
}

async function swept(world: World): Promise<readonly Figure[]> {
  const { controller } = world
  await prepare(world)
  const spent = await each(async () => {
    for (let finished = false; !finished;)
      ({ finished } = (await ask(controller, 'estate', 'sweep', perMessage)) as {
        readonly finished: boolean
      })
  })
  return [
    { what: 'a record brought up to date by a sweep, 100 a message', value: spent, unit: 'µs each', aim: '' },
  ]
}

const bundles = ['estate', 'estateNext']
export const migrations: BenchCase = {
  name: 'migrations',
  measure: async () => [...(await inWorld(lazily, {}, bundles)), ...(await inWorld(swept, {}, bundles))],
}
