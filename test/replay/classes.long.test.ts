/** Histories replayed on other workers and bundles: each class. The store is open for writing meanwhile. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { CodedError } from '../../src/host/index.ts'
import {
  computronRatio,
  replayVats,
  type Difference,
  type ReplayOptions,
  type ReplayProgress,
  type VatReplay,
} from '../../src/replay/index.ts'
import type { Code } from '../../src/protocol/codes.ts'
import { engineNames } from '../../src/protocol/worker/engineNames.ts'
import { releasedIds, supervisorBytes } from '../../src/release/release.ts'
import { bundleSource } from '../kit/bundles.ts'
import { forTheFile, openWorld, puppet } from '../kit/world.ts'
import { classesOf, clerk, workOf } from './clerk.ts'

const world = await openWorld(forTheFile, {
  vats: { friend: puppet, clerk: clerk('amount / 100n') },
  config: { snapshotInterval: 5 },
})
const feePosition = await workOf(world)
const { directory, controller } = world
/** That of new stores. */
const [engine] = engineNames
const wasm = readFileSync(join(import.meta.dirname, '..', '..', 'node_modules', engine, 'quickjs.wasm'))

const replayClerk = async (options: Partial<ReplayOptions> = {}): Promise<VatReplay> => {
  const report = await replayVats({ directory, worker: engine, vats: ['clerk'], ...options })
  const [vat] = report.vats
  assert.ok(vat !== undefined && report.vats.length === 1)
  assert.equal(report.passed, vat.class === 'identical' || vat.class === 'metering-only')
  return vat
}

const replayOn = (supervisor: string | Uint8Array, module: Uint8Array = wasm): Promise<VatReplay> =>
  replayClerk({ worker: { engine: module, supervisor: Buffer.from(supervisor) } })

/** The bundle is in a block: replays read no others. */
async function bundleOf(fee: string, start = ''): Promise<string> {
  const bundle = await world.install(clerk(fee, start))
  await controller.commit()
  return bundle
}

function differenceOf(vat: VatReplay): Difference {
  assert.ok('difference' in vat && vat.difference !== null, vat.class)
  return vat.difference
}

test('the same code on the same worker is identical, by id, by the beginning of an id, and by engine', async () => {
  const { worker } = await controller.vat('clerk')
  for (const named of [worker, worker.slice(0, 12), engine]) {
    const report = await replayVats({ directory, worker: named })
    assert.deepEqual(classesOf(report), { friend: 'identical', clerk: 'identical' })
    assert.deepEqual([report.passed, report.worker], [true, worker])
    assert.equal(report.height, (await controller.storeStatus()).height)
    for (const { matched, deliveries, computrons, vat } of report.vats) {
      assert.deepEqual([matched, computrons.replayed], [deliveries, computrons.recorded])
      assert.equal(deliveries, (await world.transcript(vat)).length)
    }
  }
})

test('another engine, and a supervisor that does more in each delivery, differ in their metering only', async () => {
  const { workers } = await releasedIds()
  const supervisor = Buffer.from(await supervisorBytes()).toString()
  const beginning = 'const result = takeResult();'
  assert.equal(supervisor.split(beginning).length, 2)
  const busier = supervisor.replace(beginning, 'for (let n = 0; n < 10; n += 1) String(n);' + beginning)
  const onOlder = await replayVats({ directory, worker: 'quickjs-wasi-3.5.0' })
  const onBusier = await replayClerk({ worker: { engine, supervisor: Buffer.from(busier) } })
  assert.deepEqual(classesOf(onOlder), { friend: 'metering-only', clerk: 'metering-only' })
  assert.equal(onOlder.worker, workers['quickjs-wasi-3.5.0'])
  for (const vat of [...onOlder.vats, onBusier]) {
    assert.ok(vat.class === 'metering-only')
    assert.equal(vat.matched, vat.deliveries)
    assert.deepEqual([vat.metering.first, vat.metering.deliveries > 0], [0, true])
    const ratio = computronRatio(vat)
    assert.ok(ratio !== null && ratio !== 1 && ratio > 0.9 && ratio < 1.1)
  }
})

test('a supervisor with a comment more is another worker, on which histories pass', async () => {
  const supervisor = Buffer.concat([await supervisorBytes(), Buffer.from('\n//')])
  const report = await replayVats({ directory, worker: { engine, supervisor } })
  assert.ok(report.passed)
  assert.notEqual(report.worker, (await controller.vat('clerk')).worker)
})

test('the parts of a worker that the store has make the same worker', async () => {
  const report = await replayVats({ directory, worker: { engine: wasm } })
  assert.deepEqual(classesOf(report), { friend: 'identical', clerk: 'identical' })
  assert.equal(report.worker, (await controller.vat('clerk')).worker)
})

test('a bundle that differs is reported at exactly that delivery, with both sides and the console around it', async () => {
  const bundle = await bundleOf('amount / 50n')
  const vat = await replayClerk({ bundle })
  assert.deepEqual([vat.class, vat.bundle, vat.matched], ['divergent', bundle, feePosition])
  const { position, why, syscall, delivery, recorded, sent, lines, stop } = differenceOf(vat)
  assert.deepEqual([position, why, syscall, stop], [feePosition, 'differs', 2, null])
  assert.match(delivery, /fee.*\+1000/)
  assert.match(recorded ?? '', /resolve.*\+10\\"/)
  assert.match(sent ?? '', /resolve.*\+20\\"/)
  assert.deepEqual(
    lines.map(({ text, after }) => [text, after]),
    [
      ['the fee of 1000n', 0],
      ['it is 20n', 1],
    ],
  )
})

test('a syscall more and a syscall less are numbered', async () => {
  const more = differenceOf(await replayClerk({ bundle: await bundleOf('(E(whom).echo(1n), amount / 100n)') }))
  assert.deepEqual([more.position, more.syscall], [feePosition, 2])
  const { recorded, sent, syscall } = differenceOf(
    await replayClerk({ bundle: await bundleOf('new Promise(() => {})') }),
  )
  assert.deepEqual([syscall, sent], [2, null])
  assert.match(recorded ?? '', /resolve/)
})

test('the same code in other words passes, by label', async () => {
  const { id } = await controller.installBundle(
    await bundleSource(clerk('amount / 100n', 'void 0').source ?? ''),
    'in other words',
  )
  await controller.commit()
  const vat = await replayClerk({ bundle: 'in other words' })
  assert.equal(vat.bundle, id)
  assert.ok(vat.class === 'identical' || vat.class === 'metering-only')
})

test('code that needs more than the limit of the delivery exhausts', async () => {
  const vat = await replayClerk({ bundle: await bundleOf('(() => { for (;;); })()') })
  assert.deepEqual([vat.class, vat.matched], ['exhausts', feePosition])
  const { position, why, syscall, stop } = differenceOf(vat)
  assert.deepEqual([position, why, syscall, stop], [feePosition, 'exhausted', null, 'ran out of computrons'])
})

test('code that cannot start, cannot load', async () => {
  const vat = await replayClerk({ bundle: await bundleOf('amount', "throw new Error('not today')") })
  assert.ok(vat.class === 'cannot-load')
  assert.match(vat.message, /start\/threw: .*not today/)
  assert.deepEqual([vat.matched, vat.difference?.position], [0, 0])
})

const broken: Readonly<Record<string, readonly [() => Promise<VatReplay>, RegExp]>> = {
  'an engine that is garbage': [() => replayOn('', Buffer.from('garbage')), /module/],
  'a supervisor that is garbage': [() => replayOn('garbage'), /garbage is not defined/],
  'a supervisor that throws': [
    () => replayOn("globalThis.hostEntries = { dispatch() { throw Error('no luck') }, finish: () => '' }"),
    /no luck/,
  ],
  'a supervisor that does not keep to the wire': [
    () => replayOn("globalThis.hostEntries = { dispatch() {}, finish: () => 'nonsense' }"),
    /nonsense/,
  ],
}
for (const [what, [run, message]] of Object.entries(broken)) {
  test(`Rh1: ${what} cannot load`, async () => {
    const vat = await run()
    assert.ok(vat.class === 'cannot-load', vat.class)
    assert.match(vat.message, message)
    assert.equal(vat.matched, 0)
  })
}

/** What no compiler has seen. */
const odd = (options: object): Partial<ReplayOptions> => options

const refused: Readonly<Record<string, readonly [Partial<ReplayOptions>, Code, RegExp]>> = {
  'an unknown vat': [{ vats: ['clark'] }, 'vat/unknown', /clark.*clerk/],
  'an unknown worker': [{ worker: 'w1-ffff' }, 'worker/unknown', /w1-ffff/],
  'the beginning of several workers': [{ worker: 'w1-' }, 'worker/unknown', /no worker version/],
  'an unknown bundle': [{ bundle: 'nothing' }, 'bundle/unknown', /nothing/],
  'an unknown option': [odd({ vat: 'clerk' }), 'api/bad-argument', /option vat\b/],
  'no threads': [{ threads: 0 }, 'api/bad-argument', /threads/],
  'an engine that is no bytes': [odd({ worker: { engine: 5 } }), 'api/bad-argument', /worker\.engine/],
  'a directory without a store': [{ directory: join(directory, 'none') }, 'store/not-found', /none/],
}
for (const [what, [options, code, message]] of Object.entries(refused)) {
  test(`${what} is refused`, async () => {
    if (what.includes('several')) {
      await controller.installWorker('quickjs-wasi-3.5.0')
      await controller.commit()
    }
    await assert.rejects(
      replayVats({ directory, worker: engine, ...options }),
      (error) => error instanceof CodedError && error.code === code && message.test(error.message),
    )
  })
}

test('what was not committed is not replayed, and the writer works on meanwhile', async () => {
  const { length } = await world.transcript('clerk')
  const { height } = await controller.storeStatus()
  await world.ask('clerk', 'add', 1n)
  const replaying = replayVats({ directory, worker: engine, vats: ['clerk'] })
  await world.ask('clerk', 'add', 1n)
  const { vats, height: read } = await replaying
  assert.deepEqual([vats[0]?.class, vats[0]?.deliveries, read], ['identical', length, height])
})

test('progress goes up to the whole, and threads change nothing but the time', async () => {
  const states: ReplayProgress[] = []
  const reports = []
  for (const threads of [1, 4])
    reports.push(
      await replayVats({
        directory,
        worker: 'quickjs-wasi-3.5.0',
        threads,
        onProgress: (state) => states.push(state),
      }),
    )
  const [one, four] = reports.map(({ vats }) => vats.map(({ ms: _ms, ...vat }) => vat))
  assert.deepEqual(one, four)
  const last = states.at(-1)
  assert.deepEqual([last?.vats, last?.ofVats, last?.leftMs], [2, 2, 0])
  assert.equal(last?.deliveries, last?.ofDeliveries)
  const [{ rollout, vats }] = reports as [(typeof reports)[number]]
  assert.deepEqual([rollout.vats, rollout.deliveries], [2, last?.ofDeliveries])
  assert.deepEqual(
    rollout.ofVats.map(({ name, ms }) => [name, ms]),
    vats.map(({ name, ms }) => [name, ms]),
  )
  assert.equal(rollout.parallelMs, rollout.serialMs)
})

test('the estimate includes vats that were not asked for', async () => {
  const { rollout, vats } = await replayVats({ directory, worker: engine, vats: ['friend'] })
  assert.deepEqual(vats.map(({ name }) => name), ['friend'])
  const [friend, clerks] = rollout.ofVats
  assert.ok(friend?.ms && clerks?.ms && rollout.serialMs && rollout.parallelMs)
  assert.equal(rollout.serialMs, friend.ms + clerks.ms)
  assert.equal(friend.ms, vats[0]?.ms)
})
