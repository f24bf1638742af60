/**
 * Work in proportion: what one of N costs when N is 1,000, and when it is 10,000 (`test/kit/proportion.ts`).
 */
import { costOf, proportionWorld, situations, type Cost } from '../../test/kit/proportion.ts'
import { openWorld, type Scope } from '../../test/kit/world.ts'
import type { BenchCase, Figure } from '../case.ts'

const sizes = [1_000, 10_000] as const

async function measureOne(name: keyof typeof situations, n: number): Promise<Cost & { readonly ms: number }> {
  const ends: (() => void | Promise<void>)[] = []
  const scope: Scope = { after: (end) => void ends.push(end) }
  try {
    const world = await openWorld(scope, proportionWorld)
    const began = performance.now()
    const cost = await costOf(world, situations[name] as (typeof situations)[string], n)
    return { ...cost, ms: performance.now() - began }
  } finally {
    for (const end of ends.reverse()) await end()
  }
}

const round = (value: number): number => Math.round(value)

export const proportion: BenchCase = {
  name: 'proportion',
  async measure(): Promise<readonly Figure[]> {
    const figures: Figure[] = []
    for (const name of Object.keys(situations)) {
      const [few, many] = [await measureOne(name, sizes[0]), await measureOne(name, sizes[1])]
      figures.push(
        {
          what: `${name}: each of 1,000`,
          value: round(few.computrons / sizes[0]),
          unit: 'computrons',
          aim: '',
        },
        {
          what: '… each of 10,000',
          value: round(many.computrons / sizes[1]),
          unit: 'computrons',
          aim: 'as of 1,000',
        },
        {
          what: '… characters of transcripts, each of 1,000',
          value: round(few.transcript / sizes[0]),
          unit: '',
          aim: '',
        },
        { what: '… each of 10,000', value: round(many.transcript / sizes[1]), unit: '', aim: 'as of 1,000' },
        { what: '… time, each of 1,000', value: round((few.ms * 1_000) / sizes[0]), unit: 'µs', aim: '' },
        {
          what: '… each of 10,000',
          value: round((many.ms * 1_000) / sizes[1]),
          unit: 'µs',
          aim: 'as of 1,000',
        },
      )
    }
    return figures
  },
}
