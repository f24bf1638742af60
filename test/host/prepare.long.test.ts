/**
 * Replays that are prepared beside the running kernel: they come to what a replay without comes to, and
 * change nothing else.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import {
  CodedError,
  exportStore,
  importStore,
  openController,
  type OpenOptions,
  type PrepareOptions,
  type PreparationReport,
  type Status,
} from '../../src/host/index.ts'
import type { Code } from '../../src/protocol/codes.ts'
import type { DurableUpgrade, ReplayRefusal } from '../../src/protocol/results.ts'
import type { TraceLine } from '../../src/protocol/reports/trace.ts'
import type { UpgradeMode } from '../../src/protocol/host/inbox.ts'
import { unpackStore } from '../../tools/golden/store.ts'
import { tamper } from '../kit/rows.ts'
import {
  answerOf,
  forTheFile,
  openWorld,
  puppet,
  rejectionOf,
  temporaryDirectory,
  type Scope,
  type World,
} from '../kit/world.ts'
import { teller, work } from './teller.ts'

const [old, same, alsoSame, other] = [
  teller('amount / 100n'),
  teller('amount / 100n', 'two'),
  teller('amount / 100n', 'three'),
  teller('amount / 50n'),
]
const code =
  (wanted: Code) =>
  (error: unknown): boolean =>
    error instanceof CodedError && error.code === wanted
const config = { snapshotInterval: 5 }

async function newWorld(scope: Scope, open: Omit<OpenOptions, 'directory'> = {}): Promise<World> {
  return openWorld(scope, { vats: { friend: puppet, teller: old }, config, open })
}

const replace = async (
  world: World,
  name: string,
  bundle: string,
  mode: UpgradeMode = 'replay',
): Promise<Status> => world.settle(await world.controller.upgradeVat(name, bundle, { mode }))

// --- the same with and without

/** What is done to prepare, at three places of a life. */
interface Way {
  readonly open?: Omit<OpenOptions, 'directory'>
  /** In a block; more comes, that is in a block too. */
  readonly early?: (world: World, bundle: string, another: string) => unknown
  readonly late?: (world: World, bundle: string, another: string) => unknown
  /** In no block; the upgrade follows. */
  readonly before?: (world: World, bundle: string, another: string) => unknown
  /** Up to which position the upgrade finds it prepared; null when it does not. */
  readonly used: number | null
}

const prepare = (world: World, bundle: string): Promise<PreparationReport> =>
  world.controller.prepareUpgrade('teller', bundle)
let pending: Promise<PreparationReport>[] = []

const ways: Readonly<Record<string, Way>> = {
  'not prepared': { used: null },
  'prepared early': { early: prepare, used: 16 },
  'prepared late': { late: prepare, used: 31 },
  'prepared right before, as far as it is in a block': { before: prepare, used: 31 },
  'prepared step by step': { early: prepare, late: prepare, before: prepare, used: 31 },
  'prepared, with deliveries to the vat meanwhile': {
    early: (world, bundle) => void pending.push(prepare(world, bundle)),
    before: async () => Promise.all(pending),
    used: 16,
  },
  'prepared, with every worker evicted after each crank': {
    open: { eviction: 'after-each-crank' },
    early: prepare,
    used: 16,
  },
  'prepared, and all workers evicted': {
    late: prepare,
    before: ({ controller }) => controller.evictWorkers(),
    used: 31,
  },
  'prepared, and the upgrade checked': {
    late: prepare,
    before: (world, bundle) => world.controller.checkUpgrade('teller', bundle, { mode: 'replay' }),
    used: 31,
  },
  'prepared, and the store opened again': { early: prepare, late: (world) => world.restart(), used: null },
  'prepared again after the store was opened again': {
    early: prepare,
    late: async (world, bundle) => {
      await world.restart()
      await prepare(world, bundle)
    },
    used: 31,
  },
  'prepared for another bundle': { late: (world, _bundle, another) => prepare(world, another), used: null },
  'prepared for another bundle, and then for this one': {
    early: (world, _bundle, another) => prepare(world, another),
    late: prepare,
    used: 31,
  },
  'a preparation under way': {
    before: (world, bundle) => void pending.push(prepare(world, bundle)),
    used: null,
  },
}

/** A life with an upgrade by replay, told by its hashes; and what of the preparation was used. */
async function live(
  scope: Scope,
  { open = {}, early, late, before }: Way,
  bundle: typeof same,
  mode: UpgradeMode,
): Promise<readonly [unknown, number | null]> {
  const file = join(temporaryDirectory(scope), 'trace')
  const world = await newWorld(scope, { ...open, trace: { file, kinds: ['preparationUsed'] } })
  const hashes: string[] = []
  const commit = async (): Promise<void> => {
    hashes.push((await world.controller.commit()).activityHash, await world.controller.heapHash('teller'))
  }
  const id = await world.install(bundle)
  const another = await world.install(alsoSame)
  pending = []
  await work(world, 'teller')
  await commit()
  await early?.(world, id, another)
  await work(world, 'teller')
  await commit()
  await late?.(world, id, another)
  await work(world, 'teller')
  await before?.(world, id, another)
  const outcome = await replace(world, 'teller', id, mode)
  await Promise.allSettled(pending)
  await commit()
  await world.ask('teller', 'add', 1n)
  await world.controller.evictWorkers()
  const last = [await world.ask('teller', 'add', 1n), await world.ask('teller', 'version')]
  await commit()
  const image = await world.imageOf('teller')
  await world.controller.shutdown()
  world.state = 'ended'
  const lines = readFileSync(file, 'utf8').trim().split('\n').map((line) => JSON.parse(line) as TraceLine)
  const used = lines.flatMap((line) => (line.kind === 'preparationUsed' ? [line.position] : []))
  return [[hashes, outcome, last, image], used[0] ?? null]
}

const [plain] = await live(forTheFile, { used: null }, same, 'replay')

for (const [what, way] of Object.entries(ways)) {
  test(`an upgrade by replay comes to the same: ${what}`, async (t) => {
    const [course, used] = await live(t, way, same, 'replay')
    assert.deepEqual(course, plain)
    assert.equal(used, way.used)
  })
}

for (const mode of ['replay', 'auto'] as const) {
  test(`code that differs is refused with the same words, and the same computrons, when it was prepared: ${mode}`, async (t) => {
    const [unprepared] = await live(t, { used: null }, other, mode)
    for (const way of ['prepared early', 'prepared late']) {
      const [course, used] = await live(t, ways[way] ?? { used: null }, other, mode)
      assert.deepEqual(course, unprepared, way)
      // The delivery that differs is the last that is known.
      assert.equal(used, 10, way)
    }
  })
}

// --- what it says

test('a preparation says how far it is, and again how much came since', async (t) => {
  const world = await newWorld(t)
  const bundle = await world.install(same)
  await work(world, 'teller')
  await world.controller.commit()
  const { vat } = await world.controller.vat('teller')
  const first = await prepare(world, bundle)
  assert.equal(first.outcome, 'prepared')
  assert.deepEqual([first.vat, first.bundle, first.position, first.deliveries], [vat, bundle, 16, 16])
  assert.ok(first.ms > 0 && first.computrons > 100_000n)
  const { ms: _ms, ...known } = await prepare(world, bundle)
  assert.deepEqual(known, { ...known, position: 16, deliveries: 0, computrons: first.computrons })
  await work(world, 'teller')
  await world.controller.commit()
  const second = await prepare(world, bundle)
  assert.deepEqual([second.position, second.deliveries], [31, 15])
  const { bytes } = second as Extract<PreparationReport, { outcome: 'prepared' }>
  assert.ok(bytes > 600_000, `${bytes} bytes for what was grown`)
  assert.deepEqual((await world.controller.storeStatus()).prepared, [
    { vat, bundle, outcome: 'prepared', position: 31, bytes },
  ])
  const { computrons } = answerOf(await replace(world, 'teller', bundle)) as { computrons: bigint }
  assert.equal(computrons, second.computrons)
})

test('a difference is told by the preparation as the upgrade tells it, before it, and once for all', async (t) => {
  const world = await newWorld(t)
  const bundle = await world.install(other)
  await work(world, 'teller')
  await world.controller.commit()
  const before = await world.imageOf('teller')
  const report = await prepare(world, bundle)
  assert.equal(report.outcome, 'differs')
  const { divergence } = report as Extract<PreparationReport, { outcome: 'differs' }>
  assert.match(divergence.recorded ?? '', /resolve.*#\\"\+10\\"/)
  assert.match(divergence.sent ?? '', /resolve.*#\\"\+20\\"/)
  assert.equal(await world.imageOf('teller'), before)
  await work(world, 'teller')
  await world.controller.commit()
  const again = await prepare(world, bundle)
  assert.deepEqual([again.outcome, again.deliveries, again.position], ['differs', 0, 10])
  const { reason } = rejectionOf(await replace(world, 'teller', bundle), 'upgrade-refused')
  assert.deepEqual((reason as ReplayRefusal).divergence, divergence)
})

// Pp2.
test('a difference is told while the machine is in a long run', async (t) => {
  const world = await newWorld(t)
  const bundle = await world.install(other)
  await work(world, 'teller')
  await world.controller.commit()
  for (let n = 0; n < 200; n += 1)
    await world.controller.sendOnly('friend', 'run', ['for (let n = 0; n < 100_000; n += 1);'])
  const order: string[] = []
  const told = prepare(world, bundle).then(({ outcome }) => order.push(outcome))
  // One run of some seconds, in which the machine answers nobody.
  await Promise.all([told, world.controller.run().then(() => order.push('ran'))])
  assert.deepEqual(order, ['differs', 'ran'])
})

test('the kernel goes on with all vats while a replay is prepared', async (t) => {
  const world = await newWorld(t)
  await work(world, 'teller', 300)
  await world.controller.commit()
  let state = 'pending'
  const report = prepare(world, await world.install(same)).finally(() => { state = 'done' })
  let cranks = 0
  while (state === 'pending') {
    await world.controller.sendOnly('friend', 'echo', [1n])
    await world.controller.sendOnly('teller', 'add', [1n])
    const ran = await world.controller.run()
    if (state === 'pending') cranks += ran.deliveries
    await world.controller.commit()
  }
  assert.equal((await report).position, 308)
  assert.ok(cranks >= 20, `${cranks} deliveries while it was prepared`)
  t.diagnostic(`${cranks} deliveries while it was prepared`)
  assert.equal(
    (answerOf(await replace(world, 'teller', await world.install(same))) as { mode: string }).mode,
    'replay',
  )
})

// --- what it is bound to

test('a replay that was prepared with more computrons than the vat may have now is not used', async (t) => {
  const outcomes = await Promise.all([false, true].map(async (prepared) => {
    const world = await newWorld(t)
    await work(world, 'teller')
    await world.controller.commit()
    const bundle = await world.install(same)
    if (prepared) await prepare(world, bundle)
    await world.controller.changeVatOptions('teller', { computronsPerDelivery: 20_000n })
    const outcome = await replace(world, 'teller', bundle)
    return [outcome, await world.activityHash()]
  }))
  assert.deepEqual(outcomes[1], outcomes[0])
  assert.match(JSON.stringify(outcomes[0]), /exhausted/)
})

test('what was prepared of one incarnation is not used in the next', async (t) => {
  const world = await newWorld(t)
  await work(world, 'teller')
  await world.controller.commit()
  const bundle = await world.install(same)
  await prepare(world, bundle)
  answerOf(await replace(world, 'teller', await world.install(alsoSame), 'durable'))
  await world.ask('teller', 'add', 100n)
  await world.controller.commit()
  assert.deepEqual((await world.controller.storeStatus()).prepared, [])
  const again = await prepare(world, bundle)
  assert.equal(again.outcome, 'prepared')
  answerOf(await replace(world, 'teller', bundle))
  assert.equal(await world.ask('teller', 'add', 1n), 101n)
})

// --- what is kept, and for how long

test('what was prepared is thrown away when it is used, when its vat is upgraded or ends, and when there are too many', async (t) => {
  const file = join(temporaryDirectory(t), 'trace')
  const world = await openWorld(t, {
    vats: { friend: puppet },
    config,
    open: { trace: { file, kinds: ['prepared', 'preparationUsed', 'preparationDropped'] } },
  })
  const names = ['a', 'b', 'c', 'd', 'e', 'f']
  /** With five of the others one more than are kept. */
  const more = Array.from({ length: 12 }, (_, index) => `more${index}`)
  for (const name of [...names, ...more]) await world.create(name, old)
  await world.controller.commit()
  const bundle = await world.install(same)
  const kept = async (): Promise<string[]> => {
    const vats = await world.controller.vats()
    return (await world.controller.storeStatus()).prepared
      .map(({ vat }) => vats.find((one) => one.vat === vat)?.name ?? vat)
      .filter((name) => !more.includes(name))
  }
  for (const name of [...names.slice(0, 5), ...more]) await world.controller.prepareUpgrade(name, bundle)
  assert.equal((await world.controller.storeStatus()).prepared.length, 16)
  assert.deepEqual(await kept(), ['b', 'c', 'd', 'e'])
  answerOf(await replace(world, 'b', bundle))
  answerOf(await replace(world, 'c', bundle, 'durable'))
  answerOf(await world.settle(await world.controller.terminateVat('d', 'enough')))
  assert.deepEqual(await kept(), ['e'])
  await world.controller.prepareUpgrade('e', await world.install(alsoSame))
  assert.deepEqual(await kept(), ['e'])
  answerOf(await replace(world, 'e', bundle))
  assert.deepEqual(await kept(), [])
  await world.controller.prepareUpgrade('f', bundle)
  await world.restart({ trace: { file, kinds: ['commit'] } })
  assert.deepEqual(await kept(), [])
  const lines = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as TraceLine)
  assert.deepEqual(
    lines.flatMap((line) => (line.kind === 'preparationDropped' ? [line.why] : [])),
    ['displaced', 'used', 'upgraded', 'ended', 'replaced', 'upgraded'],
  )
  assert.equal(lines.filter(({ kind }) => kind === 'prepared').length, 7 + more.length)
  assert.deepEqual(lines.flatMap((line) => (line.kind === 'preparationUsed' ? [line.deliveries] : [])), [0])
})

// --- garbage, too much, too early, twice

const shared = await newWorld(forTheFile)
await shared.create('second', old)
await shared.create('third', old)
for (const name of ['teller', 'second', 'third']) await work(shared, name)
await shared.controller.commit()
const bundles = { same: await shared.install(same), alsoSame: await shared.install(alsoSame) }

test('what cannot be prepared is refused with a code, and nothing changes', async () => {
  const { controller } = shared
  await shared.create('ended')
  await shared.settle(await controller.terminateVat('ended', 'enough'))
  await controller.createVat('early', bundles.same)
  const before = await controller.storeStatus()
  const refusals: readonly (readonly [Code, string, string, PrepareOptions?])[] = [
    ['vat/unknown', 'nobody', bundles.same],
    ['vat/not-started', 'early', bundles.same],
    ['bundle/unknown', 'teller', 'nothing'],
    ['api/bad-argument', '', bundles.same],
    ['api/bad-argument', 'teller', ''],
    ['api/bad-argument', 'teller', bundles.same, { mode: 'durable' as 'auto' }],
    ['api/bad-argument', 'teller', bundles.same, { soon: true } as PrepareOptions],
    ['api/bad-argument', 'teller', bundles.same, null as never],
  ]
  for (const [wanted, vat, bundle, options] of refusals)
    await assert.rejects(controller.prepareUpgrade(vat, bundle, options), code(wanted), `${vat} ${wanted}`)
  await assert.rejects(controller.prepareUpgrade('ended', bundles.same), (error: CodedError) =>
    ['vat/terminated', 'vat/unknown'].includes(error.code),
  )
  assert.deepEqual(await controller.storeStatus(), before)
  await controller.run()
  await assert.rejects(controller.prepareUpgrade('early', bundles.same), code('prepare/not-committed'))
  await controller.commit()
  assert.equal((await controller.prepareUpgrade('early', bundles.same)).position, 1)
})

test('twice for the same bundle is once; another bundle takes its place; a third vat waits', async () => {
  const { controller } = shared
  const [first, twice] = [
    controller.prepareUpgrade('teller', bundles.alsoSame),
    controller.prepareUpgrade('teller', bundles.alsoSame),
  ]
  const replaced = assert.rejects(first, code('prepare/replaced'))
  const too = assert.rejects(twice, code('prepare/replaced'))
  const instead = [
    controller.prepareUpgrade('teller', bundles.same),
    controller.prepareUpgrade('teller', bundles.same),
  ]
  const beside = controller.prepareUpgrade('second', bundles.same)
  await assert.rejects(controller.prepareUpgrade('third', bundles.same), code('prepare/too-many'))
  await Promise.all([replaced, too])
  const [one, same] = await Promise.all(instead)
  assert.equal(one, same)
  assert.deepEqual([one?.outcome, (await beside).outcome], ['prepared', 'prepared'])
  assert.equal((await controller.prepareUpgrade('third', bundles.same)).outcome, 'prepared')
})

const interrupted: Readonly<Record<string, (world: World, bundle: string) => Promise<unknown>>> = {
  'the vat is upgraded': async (world) =>
    answerOf(await replace(world, 'teller', await world.install(alsoSame), 'durable')),
  'the upgrade is made': async (world, bundle) => answerOf(await replace(world, 'teller', bundle)),
  'the vat ends': async (world) => world.settle(await world.controller.terminateVat('teller', 'enough')),
  'the vat gets other limits': (world) =>
    world.controller.changeVatOptions('teller', { computronsPerDelivery: 70_000_000n }),
}

for (const [what, interrupt] of Object.entries(interrupted)) {
  test(`a preparation is of no use when ${what} meanwhile`, async (t) => {
    const world = await newWorld(t)
    await work(world, 'teller')
    await world.controller.commit()
    const bundle = await world.install(same)
    const outdated = assert.rejects(prepare(world, bundle), code('prepare/outdated'))
    await interrupt(world, bundle)
    await outdated
    assert.deepEqual((await world.controller.storeStatus()).prepared, [])
    if (what === 'the vat ends') return
    await world.controller.commit()
    assert.equal((await prepare(world, bundle)).outcome, 'prepared')
  })
}

test('a shutdown ends what is under way, and the store can be opened at once', async (t) => {
  const world = await newWorld(t)
  await work(world, 'teller')
  await world.controller.commit()
  const bundle = await world.install(same)
  await world.controller.commit()
  const ended = assert.rejects(prepare(world, bundle), code('api/shut-down'))
  await world.restart()
  await ended
  assert.equal((await prepare(world, bundle)).outcome, 'prepared')
})

for (const [when, steps] of Object.entries({
  'while a replay is prepared': 1,
  'after one was prepared': 2,
})) {
  test(`a process that is killed ${when} loses nothing else`, async (t) => {
    const world = await newWorld(t)
    await work(world, 'teller')
    const bundle = await world.install(same)
    await world.controller.commit()
    const before = await world.activityHash()
    await world.controller.shutdown()
    const host = spawn(
      execPath,
      [join(import.meta.dirname, 'killed-preparer.ts'), world.directory, 'teller', bundle],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    const closed = once(host, 'close')
    let told = 0
    for await (const _line of createInterface(host.stdout)) if ((told += 1) === steps) host.kill('SIGKILL')
    await closed
    await world.open()
    assert.equal(await world.activityHash(), before)
    assert.deepEqual((await world.controller.storeStatus()).prepared, [])
    answerOf(await replace(world, 'teller', bundle))
    assert.equal(await world.ask('teller', 'version'), 'two')
  })
}

// Pp1.
test('a thread that cannot read the store fails alone', async (t) => {
  const world = await newWorld(t)
  await work(world, 'teller')
  await world.controller.commit()
  const bundle = await world.install(same)
  const before = await world.activityHash()
  renameSync(world.directory, `${world.directory}-away`)
  try {
    await assert.rejects(prepare(world, bundle), code('prepare/failed'))
  } finally {
    renameSync(`${world.directory}-away`, world.directory)
  }
  assert.equal(await world.activityHash(), before)
  assert.deepEqual((await world.controller.storeStatus()).prepared, [])
  assert.equal((await prepare(world, bundle)).outcome, 'prepared')
})

for (const [what, position] of Object.entries({ 'another sum': 4, 'another question and its answer': 9 })) {
  test(`a transcript that was damaged to ${what} is no difference, and nothing is kept`, async (t) => {
    const world = await newWorld(t)
    await work(world, 'teller')
    const bundle = await world.install(same)
    await world.controller.commit()
    await world.controller.shutdown()
    world.state = 'broken'
    tamper(world.directory, (database) => {
      const { changes } = database
        .prepare(
          `UPDATE entry SET text = replace(text, '+10', '+11') WHERE vat = 'v2' AND position = ? AND text LIKE '%+10%'`,
        )
        .run(position)
      assert.equal(changes, 1)
    })
    await world.open()
    await assert.rejects(
      prepare(world, bundle),
      (error: CodedError) =>
        error.code === 'prepare/failed' && error.detail['cause'] === 'store/corrupt-transcript',
    )
    const { prepared, state } = await world.controller.storeStatus()
    assert.deepEqual([prepared, state], [[], { kind: 'ready' }])
    await world.controller.shutdown()
  })
}

test('a store without the start of the incarnation, and a kernel that does not know of it, refuse', async (t) => {
  const world = await newWorld(t)
  await work(world, 'teller')
  const bundle = await world.install(same)
  await world.controller.commit()
  const directory = temporaryDirectory(t)
  await exportStore(world.directory, join(directory, 'export'), { mode: 'operational' })
  await importStore(join(directory, 'export'), join(directory, 'imported'))
  const imported = await openController({ directory: join(directory, 'imported'), make: 'never' })
  t.after(() => imported.shutdown())
  await assert.rejects(imported.prepareUpgrade('teller', bundle), code('store/pruned'))

  unpackStore('0.1.0', join(directory, 'old'))
  const kernel = await openController({ directory: join(directory, 'old'), make: 'never', verify: 'lazy' })
  t.after(() => kernel.shutdown())
  await assert.rejects(
    kernel.prepareUpgrade('counters', (await kernel.vat('counters')).bundle),
    code('kernel/too-old'),
  )
})

test('by auto a difference that was prepared is the reason for the next incarnation', async (t) => {
  const world = await newWorld(t)
  await work(world, 'teller')
  await world.controller.commit()
  const bundle = await world.install(other)
  const report = await world.controller.prepareUpgrade('teller', bundle, { mode: 'auto' })
  const { mode, replayRefused } = answerOf(await replace(world, 'teller', bundle, 'auto')) as DurableUpgrade
  assert.equal(mode, 'durable')
  assert.deepEqual(
    replayRefused?.divergence,
    (report as Extract<PreparationReport, { outcome: 'differs' }>).divergence,
  )
})
