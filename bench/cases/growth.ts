/**
 * What the same work costs in a store with so many vats, objects or past deliveries, and in stores with 10
 * and 100 times as many. The three stores are open at once and take turns, so that a change of the machine's
 * speed meets them alike.
 */
import type { BenchCase, Figure } from '../case.ts'
import { ask, inWorld, median, milliseconds, runBlocks, settle, type World } from '../world.ts'

const factors = [1, 10, 100] as const
const blockSize = 100
const rounds = 21
/** Pieces of work in a round. */
const pieces = 100

/** Something of which there may be more, and work that must not become slower by it. */
interface Growth {
  readonly what: string
  /** How many there are at first. */
  readonly base: number
  prepare(world: World, count: number): Promise<void>
  /** Does the work so often; `done` is how often it was done before. */
  work(world: World, times: number, count: number, done: number): Promise<void>
}

/** Two of the vats speak; each question and answer is a piece. */
async function echoes({ controller }: World, times: number): Promise<void> {
  await controller.sendOnly('asker', 'echoes', [await controller.root('counter'), times])
  const deliveries = await runBlocks(controller, blockSize)
  if (deliveries < 2 * times) throw new Error(`${deliveries} deliveries for ${times} questions`)
}

const vats: Growth = {
  what: 'vats',
  base: 10,
  async prepare({ controller }, count) {
    for (let made = 2; made < count; made += 1) {
      await controller.forget(await controller.createVat(`many${made}`, 'counter'))
      if (made % 50 === 0) await runBlocks(controller, blockSize)
    }
    await runBlocks(controller, blockSize)
    const { vats: found } = await controller.storeStatus()
    if (found < count) throw new Error(`${found} vats instead of ${count}`)
  },
  work: echoes,
}

const history: Growth = {
  what: 'deliveries of history',
  base: 1_000,
  prepare: (world, count) => echoes(world, count / 2),
  work: echoes,
}

/** Each message makes one more object and puts it at the end of the map. */
const objects: Growth = {
  what: 'durable objects',
  base: 1_000,
  async prepare({ controller }, count) {
    const perMessage = 100
    await settle(controller, await controller.createVat('estate', 'estate'))
    for (let from = 0; from < count; from += perMessage) {
      await controller.sendOnly('estate', 'keep', [from, from + perMessage])
      if (from % (perMessage * blockSize) === 0) await runBlocks(controller, blockSize)
    }
    await runBlocks(controller, blockSize)
  },
  async work({ controller }, times, count, done) {
    const from = count + done
    for (let index = from; index < from + times; index += 1)
      await controller.sendOnly('estate', 'keep', [index, index + 1])
    await runBlocks(controller, blockSize)
    const sum = await ask(controller, 'estate', 'read', 1)
    if (sum !== 0n) throw new Error('the first object is gone')
  },
}

/** Opens a store for each factor, and then measures in all of them. */
async function inWorlds<Value>(
  growth: Growth,
  open: readonly World[],
  measure: (worlds: readonly World[]) => Promise<Value>,
): Promise<Value> {
  const factor = factors[open.length]
  if (factor === undefined) return measure(open)
  return inWorld(
    async (world) => {
      await growth.prepare(world, growth.base * factor)
      return inWorlds(growth, [...open, world], measure)
    },
    {},
    ['estate'],
  )
}

async function grow(growth: Growth): Promise<readonly Figure[]> {
  return inWorlds(growth, [], async (worlds) => {
    const times: number[][] = worlds.map(() => [])
    for (let round = 0; round <= rounds; round += 1)
      for (const turn of worlds.keys()) {
        // Whoever is first in a round finds the caches of another.
        const index = (round + turn) % worlds.length
        const world = worlds[index] as World
        const count = growth.base * (factors[index] as number)
        const spent = await milliseconds(() => growth.work(world, pieces, count, round * pieces))
        if (round > 0) times[index]?.push((spent * 1_000) / pieces)
      }
    return figuresOf(growth, times)
  })
}

function figuresOf({ what, base }: Growth, times: readonly (readonly number[])[]): readonly Figure[] {
  const [first = [], ...others] = times
  const ratios = others.map((cost) => median(cost.map((one, round) => one / (first[round] ?? Number.NaN))))
  const many = (factor: number): string => `${(base * factor).toLocaleString('en')} ${what}`
  return [
    { what: `a piece of work with ${many(1)}`, value: median(first), unit: 'µs', aim: '' },
    ...ratios.map((value, index) => ({
      what: `… with ${many(factors[index + 1] as number)}`,
      value,
      unit: '×',
      aim: '≤ 1.2',
    })),
  ]
}

export const growth: BenchCase = {
  name: 'growth',
  async measure() {
    const figures: Figure[] = []
    for (const one of [vats, objects, history]) figures.push(...(await grow(one)))
    return figures
  },
}
