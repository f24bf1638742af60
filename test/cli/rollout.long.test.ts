/** Rollouts through the command line: a whole session, with a signal and a kill in the middle. */
import assert from 'node:assert/strict'
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test, type TestContext } from 'node:test'
import { bundleVat, forkStore, openController } from '../../src/host/index.ts'
import {
  ended,
  fixture,
  heirloom,
  start,
  takeSteps,
  temporaryDirectory,
  waitUntil,
  well,
  type Ended,
} from './support.ts'

const names = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight'] as const
/** Its replay takes a good while. */
const turns = 2_000_000
const directory = temporaryDirectory({ after })
const prepared = join(directory, 'prepared')

/** Vats that have worked, and the engine 3.5.0. */
before(async () => {
  await well(['init'], { store: prepared })
  const controller = await openController({ directory: prepared, make: 'never' })
  await controller.installBundle(await bundleVat(fixture('busy')), 'busy')
  for (const name of names) await controller.createVat(name, 'busy')
  await controller.run()
  for (const name of names) await controller.sendOnly(name, 'work', [turns])
  await controller.run()
  await controller.commit()
  await controller.shutdown()
  await well(['worker', 'install', '--engine', 'quickjs-wasi-3.5.0', '--label', 'older'], { store: prepared })
})

let copies = 0
function copyOfStore(): string {
  const store = join(directory, `copy-${(copies += 1)}`)
  forkStore(prepared, store)
  return store
}

interface RolloutDocument {
  readonly rollout: { readonly state: string; readonly decided: number; readonly vats: number }
  readonly outcomes: Readonly<Record<string, number>>
  readonly refused: readonly { readonly vat: string; readonly name: string; readonly outcome: string }[]
  readonly ended: string
  readonly blocks: number
  readonly vats: readonly { readonly name: string; readonly outcome: string; readonly metering: string }[]
}

const documentOf = (text: string): RolloutDocument => JSON.parse(text) as RolloutDocument
const statusOf = async (store: string): Promise<RolloutDocument> =>
  documentOf(await well(['rollout', 'status', '--vats', '--json'], { store }))

/** The vat may not do as much in one delivery as it did. */
async function limit(store: string, name: string, computronsPerDelivery: bigint): Promise<void> {
  const controller = await openController({ directory: store, make: 'never' })
  await controller.changeVatOptions(name, { computronsPerDelivery })
  await controller.run()
  await controller.commit()
  await controller.shutdown()
}

/** A rollout in a process of its own, once it has committed a block with a vat. */
async function rollingProcess(t: TestContext, words: readonly string[], store: string) {
  const trace = join(temporaryDirectory(t), 'trace')
  const child = start([...words, '--trace', trace], { store })
  const end: Promise<Ended> = ended(child)
  const traced = (): number => (existsSync(trace) ? statSync(trace).size : 0)
  // The trace is written just before a block: of the request, then of each vat.
  for (let block = 0, last = 0; block < 3; block += 1) {
    await waitUntil(child, () => traced() > last)
    last = traced()
  }
  return { child, end }
}

// Rg1.
test('a rollout goes on after a signal and after a kill, and moves no vat twice', async (t) => {
  const store = copyOfStore()
  const { child, end } = await rollingProcess(
    t,
    ['rollout', 'start', 'older', '--per-block', '1', '--json'],
    store,
  )
  child.kill('SIGINT')
  const { code, out } = await end
  assert.equal(code, 130)
  const interrupted = documentOf(out)
  assert.deepEqual([interrupted.ended, interrupted.rollout.state], ['interrupted', 'running'])
  const then = await statusOf(store)
  assert.equal(then.rollout.decided, interrupted.rollout.decided)
  assert.ok(then.rollout.decided >= 1 && then.rollout.decided < names.length - 1)

  const killed = await rollingProcess(t, ['rollout', 'resume'], store)
  killed.child.kill('SIGKILL')
  assert.equal((await killed.end).code, null)
  const left = await statusOf(store)
  assert.equal(left.rollout.state, 'running')
  assert.ok(left.rollout.decided >= then.rollout.decided && left.rollout.decided < names.length)

  const resumed = documentOf(await well(['rollout', 'resume', '--json'], { store }))
  assert.deepEqual(
    [resumed.ended, resumed.outcomes, resumed.refused, resumed.blocks],
    ['done', { moved: names.length }, [], names.length - left.rollout.decided],
  )
  for (const name of names) {
    const entries = JSON.parse(await well(['history', name, '--json'], { store })) as readonly object[]
    assert.deepEqual(
      entries.map((entry) => ('subject' in entry ? entry.subject : 'code')),
      ['code', 'worker'],
    )
    assert.equal(await well(['send', name, 'work', '1'], { store }), `${turns + 1}\n`)
  }
  assert.equal((await heirloom(['audit'], { store })).code, 0)
})

test('a rollout with a vat that cannot follow, for people', async () => {
  const store = copyOfStore()
  await limit(store, 'three', 1_000_000n)
  await takeSteps(
    [
      [['rollout', 'status'], 0, /^there has been no rollout\n$/],
      [['rollout', 'resume'], 3, /^$/, /^heirloom: worker\/no-rollout: /],
      [['rollout', 'start', 'olfer'], 3, /^$/, /^heirloom: worker\/unknown: .*did you mean older\?/],
      [['rollout', 'start', 'older', '--order', 'random'], 2, /^$/, /one of one-by-one, suspend-first/],
      [['rollout', 'status', '--pattern', 'x'], 2, /^$/, /there is no option --pattern\n/],
      [['rollout', 'finish'], 2, /^$/, /there is no verb "rollout finish"/],
      [['rollout'], 2, /^$/, /rollout needs a second word: one of rollout start, /],
      [['help', 'rollout'], 0, /^Usage: heirloom rollout start\|status\|pause\|resume\|abort /],
      [
        ['rollout', 'start', 'older', '--vats', 'one,three,four', '--on-failure', 'stop', '--detach'],
        0,
        /^rollout 1 to older \(w1-\w{12}\) is running, 0 of 3 vats decided\n$/,
      ],
      [['rollout', 'start', 'older'], 3, /^$/, /^heirloom: worker\/rollout-active: rollout 1 is running/],
      [['rollout', 'pause', '--reason', 'tea'], 0, /is paused, 0 of 3 vats decided \(tea\)\n$/],
      [['run'], 0, /^0 cranks, /],
      [['rollout', 'resume', '--detach'], 0, /is running, 0 of 3 vats decided\n$/],
      [
        ['rollout', 'resume'],
        1,
        /^rollout 1 to older \(w1-\w{12}\) is stopped, 1 of 3 vats decided: 2 waiting, 1 moved; 1 block, height \d+\nVAT .*\nv3 +three +waiting +replay\/exhausted +delivery .*\nremove the cause, then heirloom rollout resume /,
      ],
      [['rollout', 'status'], 0, /^state +stopped: vat three .*\n(?:.*\n)*decided +1 of 3\n(?:.*\n)*v3 +three /m],
      [['rollout', 'abort'], 0, /is aborted, 1 of 3 vats decided \(by the operator\)\n$/],
      [['rollout', 'status'], 0, /^vats +1 moved, 2 left$/m],
      [
        ['rollout', 'start', 'older', '--pattern', 't*', '--order', 'suspend-first', '--per-block', '5'],
        1,
        /^rollout 2 to older \(w1-\w{12}\) is done: 1 moved, 1 kept; 1 block, height \d+\nVAT .*\nv3 +three +kept +replay\/exhausted +delivery .*\n$/,
      ],
      [['worker', 'show', 'older'], 0, /^vats +2: one, two$/m],
      [
        ['rollout', 'start', 'default', '--on', 'older', '--per-block-computrons', '1'],
        0,
        /^rollout 3 to w1-\w{12} is done: 2 moved; 2 blocks, /,
      ],
      [['rollout', 'start', 'default'], 0, /^rollout 4 to w1-\w{12} is done: no vats; 0 blocks, /],
      [
        ['rollout', 'start', 'older', '--vats', 'one,two', '--per-block', '1', '--detach'],
        0,
        /^rollout 5 to older .* is running, 0 of 2 vats decided\n$/,
      ],
      [['run'], 0, /^2 cranks, .* in 2 blocks/],
      [['rollout', 'status'], 0, /^decided +2 of 2$/m],
    ],
    store,
  )
})

test('a paused kernel carries no rollout out, and the exit code says so', async () => {
  const store = copyOfStore()
  await well(['pause', '--reason', 'night'], { store })
  const { code, out } = await heirloom(['rollout', 'start', 'older', '--vats', 'one'], { store })
  assert.equal(code, 1)
  assert.match(out, /is running, 0 of 1 vat decided: 1 waiting; 0 blocks, .*\nthe kernel is paused; after heirloom unpause/)
  await well(['unpause'], { store })
  const { outcomes, vats } = documentOf(await well(['rollout', 'resume', '--json'], { store }))
  assert.deepEqual([outcomes, vats], [{ moved: 1 }, undefined])
  assert.deepEqual(
    (await statusOf(store)).vats.map(({ name, outcome, metering }) => [name, outcome, metering]),
    [['one', 'moved', 'differs']],
  )
})

// Rg2.
test('work that goes on for long does not hold up a rollout', async () => {
  const store = copyOfStore()
  await well(['install', 'ticker', fixture('ticker')], { store })
  for (const name of ['ticker', 'tocker']) await well(['create', name, 'ticker'], { store })
  await well(['send', 'ticker', 'tick', '@tocker', '100000', '--queue'], { store })
  const { ended, blocks } = documentOf(
    await well(['rollout', 'start', 'older', '--vats', 'one', '--json'], { store }),
  )
  assert.deepEqual([ended, blocks], ['done', 1])
  const { queued } = JSON.parse(await well(['status', '--json'], { store })) as { queued: number }
  assert.ok(queued > 0)
})
