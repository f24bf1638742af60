/**
 * Suspending, resuming and ending vats through the command line, each step as people and as programs see it.
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { openController } from '../../src/host/index.ts'
import { fixture, takeSteps, temporaryDirectory, well, type Step } from './support.ts'

const way: readonly Step[] = [
  [['init', '--computrons', '100_000_000'], 0, /^created a store/],
  [['install', 'counter', fixture('counter')], 0, /^counter is b1-/],
  [['create', 'counters', 'counter', '--on-fault', 'suspend'], 0, /^counters is vat v1/],
  [['suspend', 'counters', '--reason', 'tea'], 0, /^counters is suspended: tea\n$/],
  [['suspend', 'counters'], 0, /^counters was suspended before \(requested, since crank \d+\): tea\n$/],
  [['send', 'counters', 'increment', '1n'], 0, /^pending: result \d+/],
  [['vats'], 0, /suspended \(requested, since crank \d+\) +1 /],
  [['resume', 'counters'], 0, /^counters is running; 1 delivery waited and comes first\n$/],
  [['resume', 'counters'], 0, /^counters was running\n$/],
  [['run'], 0, /^1 crank, 1 delivery, .* nothing waits\n$/],
  [['send', 'counters', 'spin'], 0, /^pending: result \d+/],
  [['vats'], 0, /suspended \(computrons-exhausted, since crank \d+\)/],
  [['pause', '--reason', 'night'], 0, /^the kernel is paused: night\n$/],
  [['run'], 0, /^0 cranks, .*the kernel is paused: night\n$/],
  [['status'], 0, /^paused +requested, since crank \d+: night$/m],
  [['unpause'], 0, /^the kernel runs again\n$/],
  [['unpause'], 0, /^the kernel was not paused\n$/],
  [['terminate', 'counters', '--reason', 'it spins'], 0, /^counters is terminated; all of it is removed\n$/],
  [['terminate', 'counters'], 3, /^$/, /^heirloom: vat\/unknown: /],
  [['suspend', 'nobody'], 3, /^$/, /^heirloom: vat\/unknown: /],
  [['resume'], 2, /^$/, /^heirloom: cli\/usage: .*<vat>/],
  [['create', 'x', 'counter', '--on-fault', 'forgive'], 2, /^$/, /reject, suspend, terminate/],
  [['vats'], 0, /^no vats\n$/],
  [['status', '--verify', 'all'], 0, /^vats +0$/m],
]

test('a vat is suspended, resumed and ended, for people', async (t) => {
  const store = join(temporaryDirectory(t), 'store')
  await takeSteps(way, store)
})

test('what suspend, resume and terminate print as JSON', async (t) => {
  const store = join(temporaryDirectory(t), 'store')
  const json = async (...words: string[]): Promise<unknown> =>
    JSON.parse(await well([...words, '--json'], { store }))
  await json('init')
  await json('install', 'counter', fixture('counter'))
  await json('create', 'counters', 'counter', '--importance', 'critical')
  assert.deepEqual(await json('suspend', 'counters', '--reason', 'tea'), {
    vat: 'v1',
    name: 'counters',
    outcome: 'suspended',
    cause: 'requested',
    message: 'tea',
    since: 6,
    parked: 0,
  })
  assert.deepEqual(await json('resume', 'counters'), {
    vat: 'v1',
    name: 'counters',
    outcome: 'resumed',
    released: 0,
  })
  const [view] = (await json('vats')) as [Record<string, unknown>]
  assert.deepEqual(
    [view['status'], view['importance'], view['onFault'], view['cleanup']],
    [{ kind: 'running' }, 'critical', 'reject', null],
  )
  assert.deepEqual(await json('terminate', 'counters'), { vat: 'v1', outcome: 'terminated', cleanups: 0 })
  const { paused, cleanups } = (await json('status')) as {
    paused: { code: string; vat: string }
    cleanups: number
  }
  assert.deepEqual([paused.code, paused.vat, cleanups], ['vat-terminated', 'v1', 0])
  assert.equal(((await json('run')) as { ended: string }).ended, 'paused')
})

test('what an ended vat leaves is cleaned up by runs, as many cranks as they may', async (t) => {
  const store = join(temporaryDirectory(t), 'store')
  const controller = await openController({ directory: store, config: { cleanupBudget: 1 } })
  await controller.shutdown()
  await well(['install', 'counter', fixture('counter')], { store })
  await well(['create', 'counters', 'counter'], { store })
  assert.equal(
    await well(['terminate', 'counters'], { store }),
    'counters is terminated; the next runs clean up after it\n',
  )
  assert.match(await well(['status'], { store }), /^cleaning up +1 vat$/m)
  assert.match(await well(['vats'], { store }), /terminated \(failed\)/)
  assert.match(
    await well(['run', '--cleanups', '2'], { store }),
    /^2 cranks, 0 deliveries, .*1 vat to clean up after\n$/,
  )
  assert.match(await well(['run'], { store }), /nothing waits\n$/)
  assert.equal(await well(['vats'], { store }), 'no vats\n')
})
