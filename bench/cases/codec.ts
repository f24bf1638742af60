/** Encoding and decoding a small message inside the engine: ours, and `@endo/marshal` beside it. */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { build } from 'esbuild'
import { bundleId, type Hash } from '../../src/base/ids.ts'
import { engineNames } from '../../src/protocol/worker/engineNames.ts'
import { packagedEngine } from '../../src/release/build.ts'
import { compileEngine } from '../../src/engine/engine.ts'
import { buildImage } from '../../src/engine/image.ts'
import { meterModule } from '../../src/engine/meter.ts'
import { Worker } from '../../src/engine/worker.ts'
import type { BenchCase, Figure } from '../case.ts'
import { inThread, whenInThread } from '../thread.ts'

const times = 2_000
const rounds = 15
const heapPages = 4_096
const jobs = ['encode', 'marshalEncode', 'decode', 'marshalDecode'] as const
type Job = (typeof jobs)[number]

async function guestSource(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, '..', 'guest', 'codec.ts')],
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    target: 'es2023',
    logLevel: 'silent',
  })
  return outputFiles[0]?.text ?? ''
}

/**
 * Microseconds of each job, the best of some rounds; all jobs in each round, since machines have better and
 * worse times.
 */
function measureJobs(source: string): Record<Job, number> {
  const metered = meterModule(packagedEngine(engineNames[0]))
  const engine = compileEngine(metered, bundleId(createHash('sha256').update(metered).digest('hex') as Hash))
  const worker = Worker.start(buildImage(engine, source), heapPages)
  const run = (job: string): number => {
    const began = performance.now()
    worker.deliver(job, { id: engine.id, source: String(times) }, { computrons: 10n ** 12n }, () => 'null')
    return ((performance.now() - began) * 1000) / times
  }
  const best = new Map<string, number>()
  for (let round = 0; round < rounds; round += 1) {
    for (const job of ['nothing', ...jobs]) best.set(job, Math.min(best.get(job) ?? Infinity, run(job)))
  }
  const spent = (job: string): number => best.get(job) ?? Number.NaN
  return Object.fromEntries(jobs.map((job) => [job, spent(job) - spent('nothing')])) as Record<Job, number>
}

export const codec: BenchCase = {
  name: 'codec',
  async measure(): Promise<readonly Figure[]> {
    const micros = await inThread<string, Record<Job, number>>(import.meta.url, await guestSource())
    return [
      { what: 'encode a small message inside the engine', value: micros.encode, unit: 'µs', aim: '' },
      {
        what: '… times faster than @endo/marshal',
        value: micros.marshalEncode / micros.encode,
        unit: '×',
        aim: '≥ 5',
      },
      { what: 'decode it', value: micros.decode, unit: 'µs', aim: '' },
      {
        what: '… times faster than @endo/marshal',
        value: micros.marshalDecode / micros.decode,
        unit: '×',
        aim: '≥ 5',
      },
    ]
  },
}

whenInThread(measureJobs)
