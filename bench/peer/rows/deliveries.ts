/** Questions and answers: two vats, a chain of three, 52 that take turns; and a vat that only computes. */
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

/** What `compute` of `vats/echo.js` answers. */
function computed(rounds: number): number {
  let sum = 0
  for (let round = 1; round <= rounds; round += 1) {
    const numbers = Array.from({ length: 100 }, (_, index) => (index * 7_919 + round) % 1_009)
    for (const number of numbers.sort((a, b) => a - b)) sum = (sum * 31 + number) % 1_000_003
  }
  return sum
}

/** A vat that computes and sends nothing: what the engines themselves are worth. */
const compute: Phase = (place) =>
  inWorld(place, pair, async (world) => {
    const { size } = place
    const [messages, wanted] = [10, computed(size)]
    expect('sum', await world.ask('echo', 'compute', size), wanted)
    return [
      await perSecond('sorts of 100 numbers in a vat, without messages', messages * size, async () => {
        for (let sent = 0; sent < messages; sent += 1)
          expect('sum', await world.ask('echo', 'compute', size), wanted)
      }),
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
  { name: 'compute', size: 1_000, quick: 50, phases: [compute] },
  { name: 'bank', size: 500, quick: 50, phases: [bank] },
  {
    name: 'collecting',
    size: 200,
    quick: 50,
    phases: [awaited('deliveries, each awaited, garbage collected after each', { reapInterval: 1 })],
  },
]
