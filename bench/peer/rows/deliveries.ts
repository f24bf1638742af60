/** Questions and answers: two vats, a chain of three, and 52 that take turns. */
import {
  disk,
  expect,
  inWorld,
  peakMemory,
  perSecond,
  sumTo,
  type Figure,
  type Phase,
  type Row,
} from '../row.ts'

const width = 100

/** A tenth before, so that what is compiled on the way is compiled. */
const warmUp = (size: number): number => Math.ceil(size / 10 / width) * width

const pair = { asker: 'asker', echo: 'echo' } as const

/** A question and its answer are two deliveries. */
const awaited =
  (what: string, options: { readonly reapInterval?: number }): Phase =>
  async (place) => {
    const { size, directory } = place
    const figures = await inWorld(
      place,
      pair,
      async (world): Promise<Figure[]> => {
        await world.ask('driver', 'introduce', 'asker', 'echo')
        const before = warmUp(size)
        expect('answers', await world.ask('asker', 'awaited', before), sumTo(before))
        const rate = await perSecond(what, 2 * size, async () =>
          expect('answers', await world.ask('asker', 'awaited', size), sumTo(size)),
        )
        return [rate, peakMemory(world)]
      },
      options,
    )
    return [...figures, disk(directory)]
  }

const pipelined: Phase = (place) =>
  inWorld(place, pair, async (world) => {
    const { size } = place
    await world.ask('driver', 'introduce', 'asker', 'echo')
    const before = warmUp(size)
    expect('answers', await world.ask('asker', 'pipelined', before, width), sumTo(before))
    return [
      await perSecond(`deliveries, ${width} questions at a time`, 2 * size, async () =>
        expect('answers', await world.ask('asker', 'pipelined', size, width), sumTo(size)),
      ),
    ]
  })

const chain: Phase = (place) =>
  inWorld(place, { asker: 'asker', middle: 'asker', echo: 'echo' }, async (world) => {
    const { size } = place
    await world.ask('driver', 'introduce', 'asker', 'middle')
    await world.ask('driver', 'introduce', 'middle', 'echo')
    const before = warmUp(size)
    expect('answers', await world.ask('asker', 'awaited', before), sumTo(before))
    return [
      await perSecond('questions through a chain of three vats', size, async () =>
        expect('answers', await world.ask('asker', 'awaited', size), sumTo(size)),
      ),
    ]
  })

const wallets = Array.from({ length: 50 }, (_, number) => `wallet${number}`)
const opening = 1_000_000

const bank: Phase = async (place) => {
  const { size, directory } = place
  const vats = {
    issuer: 'issuer',
    market: 'market',
    ...Object.fromEntries(wallets.map((name) => [name, 'wallet'])),
  }
  const figures = await inWorld(place, vats, async (world): Promise<Figure[]> => {
    await world.ask('driver', 'introduce', 'market', 'issuer', ...wallets)
    const transfer = async (from: number, to: number): Promise<void> => {
      for (let number = from; number < to; number += 1) {
        await world.send('market', 'transfer', [number])
        if (number % wallets.length === wallets.length - 1) await world.run()
      }
      await world.run()
    }
    await transfer(0, wallets.length)
    const rate = await perSecond('transfers among 52 vats that take turns', size, () =>
      transfer(wallets.length, wallets.length + size),
    )
    expect('money', await world.ask('market', 'balances'), wallets.length * opening)
    expect('transfers', await world.ask('market', 'done'), wallets.length + size)
    return [rate, peakMemory(world)]
  })
  return [...figures, disk(directory)]
}

export const deliveryRows: readonly Row[] = [
  { name: 'awaited', size: 4_000, quick: 100, phases: [awaited('deliveries, each awaited', {})] },
  { name: 'pipelined', size: 4_000, quick: 200, phases: [pipelined] },
  { name: 'chain', size: 2_000, quick: 100, phases: [chain] },
  { name: 'bank', size: 500, quick: 50, phases: [bank] },
  {
    name: 'collecting',
    size: 200,
    quick: 50,
    phases: [awaited('deliveries, each awaited, garbage collected after each', { reapInterval: 1 })],
  },
]
