/**
 * The same inputs in the same order give the same hashes, whatever happens to memory.
 *
 * What may change what (each a test below):
 *
 * | differs between two runs            | activity hash | heaps and transcripts |
 * |-------------------------------------|---------------|-----------------------|
 * | nothing                             | same          | same                  |
 * | which workers are in memory         | same          | same                  |
 * | the store is closed and opened      | same          | same                  |
 * | runs that find nothing to do        | same          | same (`idle.long.test.ts`) |
 * | where blocks end                    | same          | same (`commits.test.ts`) |
 * | the snapshot interval               | differs       | same                  |
 * | the engine                          | differs       | differ                |
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CrankRecord } from '../../src/protocol/machine/runs.ts'
import { engineNames } from '../../src/protocol/worker/engineNames.ts'
import type { OpenOptions, StoreConfig } from '../../src/host/index.ts'
import { readRows, readTranscript } from '../kit/rows.ts'
import { openWorld, type Scope, type World } from '../kit/world.ts'
import { requests, run, worker } from './work.ts'

const work = requests(7, 32)
const small = { computronsPerDelivery: 15_000_000n }

interface Way {
  readonly config?: StoreConfig
  readonly open?: Omit<OpenOptions, 'directory' | 'make' | 'config'>
  /** Requests in a block. */
  readonly block?: number
  readonly commits?: 'after-each-block' | 'twice-after-each-block' | 'at-the-end'
  readonly between?: (world: World) => Promise<unknown>
}

interface Course {
  readonly cranks: readonly CrankRecord[]
  readonly heaps: readonly string[]
  readonly transcripts: readonly string[]
  readonly activityHash: string
  readonly kernel: ReadonlyMap<string, string>
}

const config: StoreConfig = { snapshotInterval: 10, collectionInterval: 7, ...small }

async function course(
  scope: Scope,
  {
    config: more = {},
    open = {},
    block = 8,
    commits = 'after-each-block',
    between = async () => {},
  }: Way = {},
): Promise<Course> {
  const world = await openWorld(scope, {
    vats: { one: worker, two: worker },
    config: { ...config, ...more },
    open,
  })
  const cranks: CrankRecord[] = []
  for (let start = 0; start < work.length; start += block) {
    cranks.push(...(await run(world.controller, work.slice(start, start + block))))
    if (commits !== 'at-the-end') await world.controller.commit()
    if (commits === 'twice-after-each-block') await world.controller.commit()
    await between(world)
  }
  await world.controller.run()
  await world.controller.commit()
  return {
    cranks,
    heaps: [await world.controller.heapHash('one'), await world.controller.heapHash('two')],
    transcripts: ['v1', 'v2'].map((vat) => JSON.stringify(readTranscript(world.directory, vat))),
    activityHash: await world.activityHash(),
    kernel: readRows(world.directory, 'kernel'),
  }
}

const baseline: { of?: Promise<Course> } = {}
const normal = (scope: Scope): Promise<Course> => (baseline.of ??= course(scope))

const hashesOf = ({ cranks }: Course): readonly (string | null)[][] =>
  cranks.map(({ activityHash, vat, heapHash }) => [activityHash, vat, heapHash])

function assertSame(one: Course, other: Course): void {
  const expected = hashesOf(one)
  const differing = hashesOf(other).findIndex(
    (crank, index) => JSON.stringify(crank) !== JSON.stringify(expected[index]),
  )
  assert.equal(differing, -1, `the first crank that differs is ${differing}`)
  assert.deepEqual(
    [other.cranks.length, other.activityHash, other.heaps],
    [one.cranks.length, one.activityHash, one.heaps],
  )
}

test('the work is work: both vats run, collect, fail and change their heaps', async (t) => {
  const { cranks, transcripts } = await normal(t)
  assert.ok(cranks.length > 80, `${cranks.length} cranks`)
  assert.ok(new Set(cranks.map(({ heapHash }) => heapHash)).size > cranks.length / 2)
  for (const kind of [
    'startVat',
    'message',
    'notify',
    'bringOutYourDead',
    'dropExports',
    'retireExports',
    'dropImports',
    'vatstoreWrite',
    'RangeError',
  ]) {
    assert.ok(
      transcripts.some((text) => text.includes(kind)),
      kind,
    )
  }
})

/** Ways to run that must change nothing. */
const equal: Readonly<Record<string, Way>> = {
  'in another store': {},
  'with every worker evicted after each crank': { open: { eviction: 'after-each-crank' } },
  'with one worker in memory': { open: { residentWorkers: 1 } },
  'with the store closed and opened between blocks': { between: (world) => world.restart() },
  'with everything verified at each opening': { between: (world) => world.restart({ verify: 'all' }) },
  'with all workers evicted between blocks': { between: (world) => world.controller.evictWorkers() },
  'with a trace': { open: { traceFile: '/dev/null' } },
  'in one block': { commits: 'at-the-end' },
  'with each commit made twice': { commits: 'twice-after-each-block' },
}

for (const [name, way] of Object.entries(equal)) {
  test(`the same inputs ${name} give the same hashes at each crank`, async (t) => {
    assertSame(await normal(t), await course(t, way))
  })
}

/** The kernel's rows but for what says where snapshots were made. */
const withoutSnapshots = ({ kernel }: Course): unknown[] =>
  [...kernel].filter(([key]) => !key.startsWith('due.') && key !== 'config')
    .map(([key, value]) => {
      if (key.startsWith('vat.')) return [key, { ...(JSON.parse(value) as object), heapHash: null }]
      // The third of a vat's counters counts the deliveries since its snapshot fell due.
      if (key.startsWith('count.')) return [key, value.split(' ').filter((_count, index) => index !== 2)]
      return [key, value]
    })

test('the snapshot interval changes no heap and no transcript; the activity hash knows of it', async (t) => {
  const courses = []
  for (const snapshotInterval of [1, 7, 1000])
    courses.push(
      await course(t, { config: { snapshotInterval }, between: (world) => world.controller.evictWorkers() }),
    )
  const [first, ...others] = courses
  for (const other of others) {
    assert.deepEqual(other.heaps, first!.heaps)
    assert.deepEqual(
      other.cranks.map(({ heapHash }) => heapHash),
      first!.cranks.map(({ heapHash }) => heapHash),
    )
    assert.deepEqual(other.transcripts, first!.transcripts)
    assert.deepEqual(withoutSnapshots(other), withoutSnapshots(first!))
    assert.notEqual(other.activityHash, first!.activityHash)
  }
})

for (const engine of engineNames.slice(1)) {
  test(`${engine} is as deterministic, also when it is evicted after each crank`, async (t) => {
    const other: StoreConfig = { engine }
    const one = await course(t, { config: other })
    assertSame(one, await course(t, { config: other, open: { eviction: 'after-each-crank' } }))
    assert.notDeepEqual(one.heaps, (await normal(t)).heaps)
  })
}

test('vats of two engines in one store talk to each other, the same each time', async (t) => {
  const play = async (open: Way['open'] = {}): Promise<[readonly (readonly unknown[])[], string]> => {
    const world = await openWorld(t, { config, open })
    const { id } = await world.controller.installWorker('quickjs-wasi-3.5.0')
    await world.create('one', { ...worker, ...small })
    await world.create('two', { ...worker, ...small, worker: id })
    const vats = await world.controller.vats()
    assert.equal(new Set(vats.map(({ worker: version }) => version)).size, 2)
    const cranks = await run(world.controller, work.slice(0, 40))
    assert.equal(await world.run('one', 'return E(args[0]).add(1n, 2n)', await world.root('two')), 3n)
    return [cranks.map(({ activityHash, heapHash }) => [activityHash, heapHash]), await world.activityHash()]
  }
  assert.deepEqual(await play({ residentWorkers: 1 }), await play())
})
