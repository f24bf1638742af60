/** What operations on durable data cost inside the engine, each by itself: time and computrons. */
import { join } from 'node:path'
import { bundleVat } from 'heirloom'
import { supervisorBytes } from '../../src/release/release.ts'
import type { BenchCase, Figure } from '../case.ts'
import { EngineVat, type Cost } from '../engineVat.ts'
import { inThread, whenInThread } from '../thread.ts'
import { median } from '../world.ts'

const size = 10_000
const perMessage = 100
const rounds = 5

interface Sources {
  readonly supervisor: string
  readonly vat: string
}

/** Of one operation, when so many of them cost this together. */
function figures(what: string, operations: number, costs: readonly Cost[], aim = ''): Figure[] {
  return [
    {
      what: `${what}, inside the engine`,
      value: median(costs.map(({ microseconds }) => microseconds)) / operations,
      unit: 'µs',
      aim,
    },
    {
      what: '… computrons',
      value: median(costs.map(({ computrons }) => computrons)) / operations,
      unit: '',
      aim: '',
    },
  ]
}

/** A message for each stretch of so many. */
function inStretches(vat: EngineVat, method: string, numbers: (from: number) => readonly number[]): Cost[] {
  const costs: Cost[] = []
  for (let from = 0; from < size; from += perMessage) costs.push(vat.send(method, ...numbers(from)))
  return costs
}

const severalTimes = (work: () => Cost): Cost[] => Array.from({ length: rounds }, work)

function measureOperations({ supervisor, vat: source }: Sources): Figure[] {
  const vat = new EngineVat(supervisor, source)
  const stretch = (from: number): readonly number[] => [from, from + perMessage]
  const created = inStretches(vat, 'make', () => [perMessage])
  inStretches(vat, 'keep', stretch)
  return [
    ...figures('create a durable object', perMessage, created),
    ...figures(
      'read the state of a durable object, 10,000 in a message',
      size,
      severalTimes(() => vat.send('read', size)),
    ),
    ...figures(
      'update the state of a durable object, 10,000 in a message',
      size,
      severalTimes(() => vat.send('update', size)),
    ),
    ...figures('insert into a durable map', perMessage, inStretches(vat, 'insert', stretch)),
    ...figures(
      'iterate a durable map of 10,000, an entry',
      size,
      severalTimes(() => vat.send('iterate')),
    ),
    ...figures('bringOutYourDead with 10,000 live and 10,000 dead objects, in pieces, an object', 2 * size, [
      collect(supervisor, source),
    ]),
  ]
}

/** In a vat of its own: nothing else is dead there. */
function collect(supervisor: string, source: string): Cost {
  const vat = new EngineVat(supervisor, source)
  vat.send('hold', 2 * size)
  vat.send('drop', size)
  return vat.collect()
}

export const operations: BenchCase = {
  name: 'operations',
  async measure(): Promise<readonly Figure[]> {
    const supervisor = Buffer.from(await supervisorBytes()).toString('utf8')
    const { source } = await bundleVat(join(import.meta.dirname, '..', 'vats', 'estate.ts'))
    return inThread<Sources, Figure[]>(import.meta.url, { supervisor, vat: source })
  },
}

whenInThread(measureOperations)
