/** How far a run goes, and what it tells of requests whose results were rejected. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Remote, RunOptions } from '../../src/host/index.ts'
import { malloryStore } from '../kit/mallory.ts'
import { forTheFile, openWorld, puppet, readTrace, temporaryDirectory, type World } from '../kit/world.ts'

const { directory, worker } = await malloryStore()
const world = await openWorld(forTheFile, {
  from: directory,
  vats: { vat: puppet, other: puppet, mallory: { worker } },
})
const bundle = await world.install()

/**
 * Five messages of two cranks each (the message, and the notification of its answer), and three vats to
 * start.
 */
async function plenty(): Promise<void> {
  const other = await world.root('other')
  for (let n = 0; n < 5; n += 1)
    await world.controller.sendOnly('vat', 'run', ['return E(args[0]).echo()', other])
  const { length } = await world.controller.vats()
  for (let n = 0; n < 3; n += 1) await world.controller.createVat(`new-${length}-${n}`, bundle)
}

/** Limits, which of them ends the run, and how much it does. */
const limits: Readonly<
  Record<string, readonly [options: RunOptions, limit: string | null, done: Partial<Record<string, number>>]>
> = {
  'one crank': [{ cranks: 1 }, 'cranks', { cranks: 1 }],
  'three deliveries': [{ deliveries: 3 }, 'deliveries', { deliveries: 3 }],
  'two new vats': [{ vatsCreated: 2 }, 'vatsCreated', { vatsCreated: 2 }],
  'one computron': [{ computrons: 1n }, 'computrons', { cranks: 1 }],
  'the limit that is reached first': [
    { cranks: 100, deliveries: 100, vatsCreated: 1 },
    'vatsCreated',
    { vatsCreated: 1 },
  ],
  'both limits at once, of which the first is told': [
    { cranks: 2, deliveries: 2 },
    'cranks',
    { cranks: 2, deliveries: 2 },
  ],
  'limits that are not reached': [
    { cranks: 10_000, deliveries: 10_000, vatsCreated: 10_000, computrons: 2n ** 60n },
    null,
    { vatsCreated: 3 },
  ],
}
for (const [name, [options, limit, done]] of Object.entries(limits)) {
  // Ta1.
  test(`a run with ${name} ends there and says so`, async () => {
    await plenty()
    const report = await world.controller.run(options)
    assert.deepEqual([report.ended, report.limit], [limit === null ? 'idle' : 'limit', limit])
    for (const [what, number] of Object.entries(done)) assert.equal(report[what as 'cranks'], number, what)
    const rest = await world.controller.run()
    assert.deepEqual([rest.ended, rest.limit], ['idle', null])
    assert.equal(report.vatsCreated + rest.vatsCreated, 3)
  })
}

for (const [name, options] of Object.entries({
  'no deliveries': { deliveries: 0 },
  'half a delivery': { deliveries: 0.5 },
  'less than no vats': { vatsCreated: -1 },
  'vats as a bigint': { vatsCreated: 1n as never },
})) {
  test(`a run with ${name} is refused`, async () => {
    await assert.rejects(world.controller.run(options), { code: 'api/bad-argument' })
  })
}

// --- rejections

const sequences = async (w: World): Promise<number[]> =>
  (await w.controller.run()).rejections.map(({ sequence }) => sequence)

test('the report of a run tells of each rejected result that was to be told of, once, with its reason', async () => {
  const { controller } = world
  const told = await controller.send('vat', 'throws', ['told'], { onRejection: 'log' })
  await controller.send('vat', 'throws', ['not told'])
  await controller.send('vat', 'throws', ['not told'], { onRejection: 'ignore' })
  await controller.send('vat', 'echo', ['fine'], { onRejection: 'log' })
  const [rejection, ...more] = (await controller.run()).rejections
  assert.equal(more.length, 0)
  assert.deepEqual([rejection?.sequence, rejection?.onRejection], [told.sequence, 'log'])
  assert.equal((rejection?.reason as Error).message, 'told')
  assert.deepEqual(await sequences(world), [])
  assert.equal((await controller.status(told)).kind, 'rejected')
})

test('a result that is rejected by the kernel, later, or by another vat is told of then', async () => {
  const { controller } = world
  const byKernel = await controller.send('vat', 'run', ['for (;;);'], { onRejection: 'log' })
  const later = await controller.send('vat', 'run', ['return new Promise((_, no) => { me.no = no })'], {
    onRejection: 'log',
  })
  const byOther = await controller.send(
    'vat',
    'run',
    ['return E(args[0]).throws("elsewhere")', await world.root('other')],
    { onRejection: 'log' },
  )
  assert.deepEqual(await sequences(world), [byKernel.sequence, byOther.sequence])
  await controller.sendOnly('vat', 'run', ['me.no(Error("late"))'])
  assert.deepEqual(await sequences(world), [later.sequence])
})

test('a result that the host has forgotten is told of all the same', async () => {
  const { controller } = world
  const forgotten = await controller.send('vat', 'throws', ['x'], { onRejection: 'log' })
  await controller.forget(forgotten)
  assert.deepEqual(await sequences(world), [forgotten.sequence])
})

test('a message to an object that is gone is told of by the next run', async () => {
  const { controller } = world
  const thing = (await world.run('vat', 'return Far("thing", {})')) as Remote
  await world.forgetAll()
  await controller.run()
  const sent = await controller.send(thing, 'f', [], { onRejection: 'log' })
  const [rejection] = (await controller.run()).rejections
  assert.deepEqual(
    [rejection?.sequence, (rejection?.reason as { code: string }).code],
    [sent.sequence, 'object-unknown'],
  )
})

// Rj2.
test('a reason that does not decode is told of as that', async () => {
  await world.controller.send(
    'mallory',
    'finish',
    [
      '[{"kind":"resolve","resolutions":[{"promise":$R,"outcome":"rejected","data":{"body":"#{","slots":[]}}]}]',
    ],
    { onRejection: 'log' },
  )
  const [rejection] = (await world.controller.run()).rejections
  assert.match(String(rejection?.reason), /does not decode/)
})

test('rejections are told of after a restart, and in the trace', async (t) => {
  const traceFile = join(temporaryDirectory(t), 'trace.jsonl')
  const one = await openWorld(t, { vats: { vat: puppet }, open: { traceFile } })
  const sent = await one.controller.send('vat', 'run', ['return new Promise((_, no) => { me.no = no })'], {
    onRejection: 'log',
  })
  await one.controller.run()
  await one.reopen()
  await one.controller.sendOnly('vat', 'run', ['me.no(Error("late"))'])
  assert.deepEqual(await sequences(one), [sent.sequence])
  await one.reopen()
  assert.deepEqual(
    readTrace(traceFile, 'rejection').map(({ sequence, onRejection }) => [sequence, onRejection]),
    [[sent.sequence, 'log']],
  )
})

test('an upgrade that fails does not tell of promises that it would have broken', async () => {
  const { controller } = world
  const open = await controller.send('other', 'run', ['return new Promise(() => {})'], { onRejection: 'log' })
  await controller.run()
  await controller.upgradeVat('other', bundle, { parameters: { setup: 'throw Error("no")' } })
  assert.deepEqual(await sequences(world), [])
  await controller.upgradeVat('other', bundle)
  assert.deepEqual(await sequences(world), [open.sequence])
})

for (const [name, options] of Object.entries({
  'a policy that there is not': { onRejection: 'panic' },
  'no record of options': 5,
  'a policy that is no text': { onRejection: null },
})) {
  test(`a message with ${name} is refused`, async () => {
    await assert.rejects(world.controller.send('vat', 'echo', [], options as never), {
      code: 'api/bad-argument',
    })
  })
}

test('a rejected result that must not be pauses the kernel, until the host resumes it', async () => {
  const { controller } = world
  const must = await controller.send('vat', 'throws', ['a bug'], { onRejection: 'fault' })
  const after = await controller.send('vat', 'echo', ['later'])
  const report = await controller.run()
  assert.deepEqual(
    [report.ended, report.rejections.map(({ sequence, onRejection }) => [sequence, onRejection])],
    ['paused', [[must.sequence, 'fault']]],
  )
  assert.equal((await controller.status(after)).kind, 'pending')
  const { paused } = await controller.storeStatus()
  assert.deepEqual(
    [paused?.code, paused?.message],
    ['result-rejected', `the result of request ${must.sequence} was rejected`],
  )
  await controller.resumeKernel()
  assert.equal((await controller.run()).ended, 'idle')
  assert.equal((await controller.status(after)).kind, 'fulfilled')
})

test('a run whose signal is aborted ends after the crank in work, and the next goes on from there', async () => {
  await plenty()
  assert.deepEqual(
    [
      (await world.controller.run({ signal: AbortSignal.abort() })).ended,
      (await world.controller.run({ signal: AbortSignal.abort() })).cranks,
    ],
    ['interrupted', 0],
  )
  const interruption = new AbortController()
  await world.controller.sendOnly('vat', 'run', [
    'const again = () => E(args[0]).echo().then(() => me.stop || again()); again()',
    await world.root('other'),
  ])
  const running = world.controller.run({ signal: interruption.signal })
  setTimeout(() => interruption.abort(), 20)
  const report = await running
  assert.deepEqual([report.ended, report.limit], ['interrupted', null])
  await world.controller.sendOnly('vat', 'run', ['me.stop = true'])
  assert.equal((await world.controller.run()).ended, 'idle')
})
