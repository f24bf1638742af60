/**
 * `npm run soak -- [--minutes N] [--out PATH] [--seed N] [--seconds N]`: a real host process under a load
 * that never ends and never holds more than so much, to see that nothing grows.
 *
 * In the first third of the time the process is killed (SIGKILL) every few minutes, its store is audited, and
 * another goes on. Then one process runs to the end: in what it takes a slow leak would show. Every few
 * seconds (`--seconds`) it is measured. Writes `PATH.csv`, `PATH.json` with the verdicts, and `PATH.svg`;
 * exit code 1 when something grows or an audit finds something.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { execPath } from 'node:process'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { openController } from 'heirloom'
import { Random } from '../src/sim/program/random.ts'
import type { HostSample } from './soak/host.ts'
import { plot } from './soak/plot.ts'
import { trendOf, type Point, type Trend } from './soak/series.ts'
import { sizesOf, type Sizes } from './soak/sizes.ts'

interface Sample extends HostSample, Sizes {
  /** Minutes since the soak began. */
  readonly at: number
  /** Which process it was, from 1 on. */
  readonly life: number
}

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    out: { type: 'string', default: 'docs/soak' },
    seed: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '10' },
  },
})
const minutes = Number(values.minutes)
const dice = new Random(Number(values.seed), 'soak')
const program = join(import.meta.dirname, 'soak', 'host.ts')
const mebibyte = 1024 ** 2

/** Caches fill and files take their size at first. */
const warmUp = Math.min(5, minutes / 5)
/**
 * Of a process: the allocator and the engine's heap of the machine thread take longer to reach their size.
 */
const memoryWarmUp = Math.min(15, minutes / 4)
const killsEnd = minutes / 3

const workplace = mkdtempSync(join(tmpdir(), 'heirloom-soak-'))
const directory = join(workplace, 'store')
const samples: Sample[] = []
const kills: number[] = []
const deviations: string[] = []
const began = performance.now()
const now = (): number => (performance.now() - began) / 60_000

/** Runs a process until the time given, kills it, and audits what it leaves. */
async function live(life: number, until: number): Promise<void> {
  const host = spawn(execPath, ['--expose-gc', program, directory, values.seed, values.seconds], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const closed = once(host, 'close')
  const end = setTimeout(() => host.kill('SIGKILL'), (until - now()) * 60_000)
  for await (const line of createInterface(host.stdout)) {
    const sample: Sample = { at: now(), life, ...(JSON.parse(line) as HostSample), ...sizesOf(directory) }
    samples.push(sample)
    console.error(
      `${sample.at.toFixed(1)} min: ${sample.cranks.toFixed(0)} cranks/s, p50 ${sample.p50.toFixed(1)} ms, ${(sample.rss / mebibyte).toFixed(0)} MiB, store ${(sample.file / mebibyte).toFixed(1)} MiB, of it ${(sample.live / mebibyte).toFixed(2)} live`,
    )
  }
  await closed
  clearTimeout(end)
  if (host.signalCode !== 'SIGKILL')
    throw new Error(`the host process ended by itself, with ${host.exitCode}`)
  const controller = await openController({ directory, make: 'never', verify: 'live' })
  const audit = await controller.audit({ depth: 'all' })
  await controller.shutdown()
  deviations.push(...audit.deviations.map(({ code, where, message }) => `${code}: ${where}: ${message}`))
  kills.push(now())
}

const series = (
  of: (sample: Sample) => number,
  from = 0,
  scale = 1,
  lives: (life: number) => boolean = () => true,
): Point[] =>
  samples
    .filter(({ at, life }) => at >= from && lives(life))
    .map((sample) => ({ at: sample.at, value: of(sample) / scale }))

/** Of so many points one after the other the lowest: what a collection of garbage leaves. */
const leastOf = (points: readonly Point[], count: number): Point[] =>
  Array.from({ length: Math.floor(points.length / count) }, (_, index) =>
    points
      .slice(index * count, (index + 1) * count)
      .reduce((least, point) => (point.value < least.value ? point : least)),
  )

/** Memory within the last life, all else from life to life. */
function trends(): Trend[] {
  const lastLife = samples.at(-1)?.life ?? 1
  const lastBegan = (samples.find(({ life }) => life === lastLife)?.at ?? 0) + memoryWarmUp
  const within = (of: (sample: Sample) => number): Point[] =>
    series(of, lastBegan, 1, (life) => life === lastLife)
  return [
    trendOf('memory of the process', within(({ rss }) => rss), 0.1),
    trendOf('heap of the main thread', within(({ heapUsed }) => heapUsed), 0.1),
    trendOf('heap of the machine thread', leastOf(within(({ machineHeap }) => machineHeap), 12), 0.1),
    trendOf('store but for what pruning takes', series(({ live }) => live, warmUp), 0.1),
    trendOf('state', series(({ state }) => state, warmUp), 0.1),
    trendOf('latency, median', series(({ p50 }) => p50, warmUp), 0.2),
    trendOf('latency, 99 of 100', series(({ p99 }) => p99, warmUp), 0.2),
  ]
}

function write(found: readonly Trend[]): void {
  mkdirSync(dirname(values.out), { recursive: true })
  const columns = [
    'at',
    'life',
    'operations',
    'cranks',
    'p50',
    'p99',
    'commit',
    'rss',
    'heapUsed',
    'machineHeap',
    'residentBytes',
    'vats',
    'file',
    'log',
    'live',
    'state',
  ] as const satisfies readonly (keyof Sample)[]
  const rows = samples.map((sample) =>
    columns.map((column) => String(Math.round(sample[column] * 1000) / 1000)).join(','),
  )
  writeFileSync(`${values.out}.csv`, `${[columns.join(','), ...rows].join('\n')}\n`)
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown'}, Node ${process.version}`
  writeFileSync(
    `${values.out}.json`,
    `${JSON.stringify({ minutes, seed: Number(values.seed), machine, warmUp, kills: kills.length, samples: samples.length, trends: found, deviations }, null, 2)}\n`,
  )
  writeFileSync(
    `${values.out}.svg`,
    plot(
      `A soak of ${minutes} minutes; dashed: kill -9, audit, restart`,
      [
        {
          title: 'Memory of the host process',
          unit: 'MiB',
          lines: [
            { name: 'resident set', points: series(({ rss }) => rss, 0, mebibyte) },
            {
              name: 'heap of the machine thread',
              points: series(({ machineHeap }) => machineHeap, 0, mebibyte),
            },
            { name: 'workers', points: series(({ residentBytes }) => residentBytes, 0, mebibyte) },
          ],
        },
        {
          title: 'Store',
          unit: 'MiB',
          lines: [{ name: 'file and log', points: series(({ file, log }) => file + log, 0, mebibyte) }],
        },
        {
          title: 'Store but for what pruning takes',
          unit: 'MiB',
          lines: [
            { name: 'state, heaps, bundles', points: series(({ live }) => live, 0, mebibyte) },
            { name: 'state', points: series(({ state }) => state, 0, mebibyte) },
          ],
        },
        {
          title: 'Latency of a message',
          unit: 'ms',
          lines: [
            { name: 'median', points: series(({ p50 }) => p50) },
            { name: '99 of 100', points: series(({ p99 }) => p99) },
          ],
        },
        {
          title: 'Throughput',
          unit: '/s',
          lines: [
            { name: 'cranks', points: series(({ cranks }) => cranks) },
            { name: 'operations', points: series(({ operations }) => operations) },
          ],
        },
      ],
      kills,
    ),
  )
}

try {
  for (let life = 1; now() < minutes; life += 1) {
    const until = now() + 1 + dice.below(3)
    await live(life, until < killsEnd ? until : minutes)
  }
  const found = trends()
  write(found)
  for (const { name, growthPerHour, tolerance, verdict } of found)
    console.log(
      `${verdict.padEnd(14)} ${name}: ${(growthPerHour * 100).toFixed(1)} % in an hour (flat up to ${tolerance * 100} %)`,
    )
  for (const deviation of deviations) console.log(`audit: ${deviation}`)
  console.log(`${kills.length} kills; written to ${values.out}.csv, .json and .svg`)
  process.exitCode = deviations.length > 0 || found.some(({ verdict }) => verdict === 'grows') ? 1 : 0
} finally {
  rmSync(workplace, { recursive: true, force: true })
}
