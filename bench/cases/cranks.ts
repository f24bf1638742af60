/**
 * What a crank costs, part by part, in stores with few vats and with many: questions and answers between two
 * vats, a commit every 100, with samples of the machine's stack.
 *
 * The supervisor and the code of the vat run inside the engine and are one line: samples cannot tell them
 * apart.
 */
import type { Profiler } from 'node:inspector'
import { Machine } from '../../src/machine/machine.ts'
import type { RunLimits } from '../../src/protocol/machine/runs.ts'
import { profiled } from '../profile.ts'
import type { BenchCase, Figure } from '../case.ts'
import { inThread, whenInThread } from '../thread.ts'
import { inWorld, runBlocks } from '../world.ts'

const inStore = [2, 100, 10_000] as const
const blockSize = 100
const warmUp = 1_000
const measured = 8_000

/** In the order in which a message goes through them. */
const parts = [
  'kernel: queue, translation, tables',
  'channel: reading what the vat says',
  'engine: in and out, its jobs',
  'supervisor and vat, in the engine',
  'store: state, transcripts, blocks',
  'hashes',
  'garbage of the host',
  'the rest',
] as const
type Part = (typeof parts)[number]

function partOf({ url, functionName }: Profiler.ProfileNode['callFrame']): Part | undefined {
  if (functionName === '(garbage collector)') return 'garbage of the host'
  if (functionName === 'hash' || url.endsWith('/store/files/hash.ts')) return 'hashes'
  if (url.startsWith('wasm:')) return 'supervisor and vat, in the engine'
  if (url.includes('/src/engine/')) return 'engine: in and out, its jobs'
  if (url.includes('/src/store/') || url.includes('node:sqlite')) return 'store: state, transcripts, blocks'
  if (/\/machine\/(engines|workers)\//.test(url)) return 'channel: reading what the vat says'
  if (url.includes('kernel-')) return 'kernel: queue, translation, tables'
  return undefined
}

const blockOf = (cranks: number): RunLimits => ({
  computrons: null,
  cranks,
  deliveries: null,
  vatsCreated: null,
  cleanups: null,
  onCrank: 'nothing',
})

/** Runs so many cranks in blocks. */
function run(machine: Machine, cranks: number): void {
  for (let done = 0; done < cranks; done += blockSize) {
    machine.run(blockOf(blockSize))
    machine.commit()
  }
}

async function measureCranks(directory: string): Promise<readonly (readonly [Part, number])[]> {
  const machine = Machine.open({
    directory,
    access: 'write',
    make: 'never',
    verify: 'lazy',
    residentWorkers: 50,
    residentBytes: 1024 ** 3,
    eviction: 'when-needed',
    trace: null,
    genesis: null,
  })
  const { root } = machine.vat('counter')
  machine.requests.send(
    { kind: 'root', vat: 'asker' },
    { body: `#["echoes",["$0.Alleged: maker",${warmUp + measured}]]`, slots: [root] },
    'ignore',
    'ignore',
  )
  run(machine, warmUp)
  const spent = await profiled(() => run(machine, measured), partOf)
  machine.close()
  return parts.map((part) => [part, (spent.get(part) ?? 0) / measured])
}

/** A store with so many vats, of which two will speak. */
const withVats = (vats: number): Promise<readonly Figure[]> =>
  inWorld(async ({ controller, directory }) => {
    for (let made = 2; made < vats; made += 1) {
      await controller.forget(await controller.createVat(`many${made}`, 'counter'))
      if (made % 50 === 0) await runBlocks(controller, blockSize)
    }
    await runBlocks(controller, blockSize)
    await controller.shutdown()
    const split = await inThread<string, readonly (readonly [Part, number])[]>(import.meta.url, directory)
    const whole = split.reduce((sum, [, microseconds]) => sum + microseconds, 0)
    return [
      {
        what: `a crank with ${vats.toLocaleString('en')} vats in the store`,
        value: whole,
        unit: 'µs',
        aim: vats > 2 ? 'flat' : '',
      },
      ...split.map(([part, microseconds]) => ({
        what: `… ${part}`,
        value: microseconds,
        unit: 'µs',
        aim: '',
      })),
    ]
  })

export const cranks: BenchCase = {
  name: 'cranks',
  async measure() {
    const figures: Figure[] = []
    for (const vats of inStore) figures.push(...(await withVats(vats)))
    return figures
  },
}

whenInThread(measureCranks)
