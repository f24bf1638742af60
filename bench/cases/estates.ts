/** Durable objects and collections: what one of each kind of work costs, and whole messages. */
import type { BenchCase, Figure } from '../case.ts'
import { ask, inWorld, milliseconds, runBlocks, settle, type World } from '../world.ts'

const size = 10_000
const perMessage = 100
const blockSize = 100

type Work = (world: World) => Promise<unknown>

async function each(world: World, what: string, count: number, aim: string, work: Work): Promise<Figure> {
  const spent = await milliseconds(() => work(world))
  return { what, value: (spent * 1000) / count, unit: 'µs each', aim }
}

async function perSecond(
  world: World,
  what: string,
  count: number,
  aim: string,
  work: Work,
): Promise<Figure> {
  const spent = await milliseconds(() => work(world))
  return { what, value: (count / spent) * 1000, unit: '/s', aim }
}

/** A message for each stretch of so many, all waiting at once. */
const inStretches =
  (method: string, stretch: number): Work =>
  async ({ controller }) => {
    for (let from = 0; from < size; from += stretch)
      await controller.sendOnly('estate', method, [from, from + stretch])
    await runBlocks(controller, blockSize)
  }

const oneMessage =
  (method: string, ...args: number[]): Work =>
  ({ controller }) =>
    ask(controller, 'estate', method, ...args)

async function measure(world: World): Promise<readonly Figure[]> {
  const { controller } = world
  await settle(controller, await controller.createVat('estate', 'estate'))
  const figures = [
    await perSecond(world, 'durable objects made, one a message', size, '≥ 8,000 in the end', async () => {
      for (let made = 0; made < size; made += 1) await controller.sendOnly('estate', 'make', [1])
      await runBlocks(controller, blockSize)
    }),
    await perSecond(world, 'durable objects made, 100 a message', size, '≥ 27,000 in the end', async () => {
      for (let made = 0; made < size; made += perMessage)
        await controller.sendOnly('estate', 'make', [perMessage])
      await runBlocks(controller, blockSize)
    }),
    await perSecond(
      world,
      'durable objects made and kept in a map, 100 a message',
      size,
      '',
      inStretches('keep', perMessage),
    ),
    await each(
      world,
      'read the state of 10,000 durable objects in one message',
      size,
      '25 in the end',
      oneMessage('read', size),
    ),
    await each(
      world,
      'read and change the state of 10,000 durable objects in one message',
      size,
      '25 in the end',
      oneMessage('update', size),
    ),
    await perSecond(
      world,
      'entries put into a durable map, 100 a message',
      size,
      '≥ 18,000 in the end',
      inStretches('insert', perMessage),
    ),
    await perSecond(
      world,
      'iterate a durable map of 10,000',
      size,
      '≥ 40,000 in the end',
      oneMessage('iterate'),
    ),
  ]
  await ask(controller, 'estate', 'hold', 2 * size)
  await ask(controller, 'estate', 'drop', size)
  await controller.commit()
  const upgraded = await each(
    world,
    'upgrade with 10,000 live and 10,000 dead objects in the heap (it brings out the dead)',
    2 * size,
    '',
    async () => settle(controller, await controller.upgradeVat('estate', 'estate')),
  )
  return [...figures, upgraded]
}

export const estates: BenchCase = { name: 'estates', measure: () => inWorld(measure, {}, ['estate']) }
