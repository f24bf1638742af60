/** Blocks that a node orders by itself: each transaction in one of them, also over restarts and failures. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { test, type TestContext } from 'node:test'
import { Application, Sequencer, type SequencerOptions } from '../../src/node/index.ts'
import { BlockStore } from '../../src/node/sequencer/blockStore.ts'
import { temporaryDirectory } from '../kit/world.ts'
import { alice, bob, genesisOf, sending, transaction, transfer } from './kit.ts'

const quick = { blockTime: 10, idleTime: 100_000 } as const

async function open(
  t: TestContext,
  directory = temporaryDirectory(t),
  options: Partial<SequencerOptions> = {},
  parameters: Readonly<Record<string, number>> = {},
): Promise<Sequencer> {
  const genesis = await genesisOf({ parameters })
  const application = await Application.open({ directory: join(directory, 'store'), genesis })
  const sequencer = Sequencer.open({ application, directory, ...quick, ...options })
  t.after(() => sequencer.close().catch(() => {}))
  return sequencer
}

const soon = (): AbortSignal => AbortSignal.timeout(120_000)

const balanceOf = (sequencer: Sequencer, address: string): string =>
  (sequencer.application.query(`ledger/balance/${address}`).value as { readonly balance: string }).balance

test('transactions that are submitted are in a block each, once, with their results and events', async (t) => {
  const sequencer = await open(t)
  sequencer.start()
  const all = Array.from({ length: 100 }, (_, at) => transaction(at % 2 === 0 ? alice : bob, transfer(bob, 1)))
  const admissions = all.map((bytes) => sequencer.submit(bytes))
  assert.ok(admissions.every(({ admission }) => admission === 'added'))
  assert.equal(sequencer.submit(all[0] ?? new Uint8Array()).admission, 'known')
  const inclusions = await Promise.all(admissions.map(({ hash }) => sequencer.included(hash, 500, soon())))
  const heights = inclusions.map((inclusion) => {
    assert.equal(inclusion.kind, 'included')
    assert.equal(inclusion.transaction.result.code, 'ok')
    return inclusion.transaction.height
  })
  assert.equal(balanceOf(sequencer, bob.address), String(1_000_000 + 50 - 50))
  assert.equal(sequencer.submit(all[0] ?? new Uint8Array()).code, 'tx/nonce-used')
  const events = sequencer.blocks.events({ after: { height: 0, place: 0 }, upTo: 1_000, limit: 1_000 })
  assert.equal(events.filter(({ kind }) => kind === 'transfer').length, 100)
  const [first] = sequencer.blocks.transactionsOf(heights[0] ?? 0)
  assert.equal(sequencer.transaction(first?.result.hash ?? '')?.height, heights[0])
})

test('a client that waits past the expiry gets a certain answer, and one that hangs up gets none', async (t) => {
  const sequencer = await open(t, undefined, { idleTime: 1 })
  const lost = transaction(alice, transfer(bob, 1), { expires: 3 })
  const { hash } = sequencer.application.check(lost)
  sequencer.start()
  const answer = await sequencer.included(hash, 3, soon())
  assert.deepEqual([answer.kind, answer.kind === 'not-included' && answer.height >= 3], ['not-included', true])
  assert.equal((await sequencer.included(hash, 100_000, AbortSignal.abort())).kind, 'unknown')
  assert.equal(sequencer.submit(lost).code, 'tx/expired')
})

test('no block is made without work, and one is made for work of vats and for open votes', async (t) => {
  const sequencer = await open(t)
  sequencer.start()
  while (sequencer.application.info.height === 0) await sleep(5)
  await sleep(100)
  assert.equal(sequencer.application.info.height, 1, 'the first block brings the time of the genesis up to date')
  const messages = [{ kind: 'ledger/mint', to: bob.address, amount: '1' }]
  const { hash } = sequencer.submit(transaction(alice, { kind: 'governance/propose', title: '', messages }))
  await sequencer.included(hash, 500, soon())
  const started = Date.now()
  while (sequencer.application.hasWork && Date.now() - started < 120_000) await sleep(10)
  assert.equal(sequencer.application.hasWork, false)
  const { height } = sequencer.application.info
  await sleep(100)
  assert.equal(sequencer.application.info.height, height)
})

test('Seq1, Bls1: a block that was kept and not delivered is delivered at the next start', async (t) => {
  const directory = temporaryDirectory(t)
  const first = await open(t, directory)
  await first.close()
  const blocks = new BlockStore(join(directory, 'blocks.sqlite'))
  const bytes = transaction(alice, transfer(bob, 9))
  blocks.append({ height: 1, time: 5_000, transactions: [bytes] })
  assert.equal(blocks.height, 1)
  assert.deepEqual(blocks.transactionsOf(1), [])
  blocks.close()
  const second = await open(t, directory)
  assert.equal(second.transaction(second.application.check(bytes).hash), undefined)
  second.start()
  const { hash } = second.application.check(bytes)
  assert.equal((await second.included(hash, 500, soon())).kind, 'included')
  assert.deepEqual([balanceOf(second, bob.address), second.application.info.time], ['1000009', 5_000])
})

test('Seq2: stopping waits for the block under way, and nothing is made afterwards; it starts again', async (t) => {
  const sequencer = await open(t)
  sequencer.start()
  sequencer.start()
  const { hash } = sequencer.submit(transaction(alice, sending('spin', 2_000_000)))
  while (sequencer.application.progress === undefined) await sleep(1)
  await sequencer.stop()
  await sequencer.stop()
  assert.deepEqual([sequencer.application.progress, sequencer.state.kind], [undefined, 'stopped'])
  const { height } = sequencer.application.info
  sequencer.submit(transaction(alice, transfer(bob, 1)))
  await sleep(60)
  assert.equal(sequencer.application.info.height, height)
  sequencer.start()
  await sequencer.included(hash, 500, soon())
  while (sequencer.waiting > 0) await sleep(5)
})

test('Seq3: an upgrade that the release does not know stops the blocks, and reading and checking go on', async (t) => {
  const sequencer = await open(t, undefined, {}, { 'governance.period': 50 })
  sequencer.start()
  const vote = async (message: Parameters<typeof transaction>[1]) => {
    const { hash } = sequencer.submit(transaction(alice, message))
    await sequencer.included(hash, 500, soon())
  }
  const messages = [{ kind: 'upgrade/schedule', name: 'later', height: 150 }]
  await vote({ kind: 'governance/propose', title: '', messages })
  const bobs = transaction(bob, { kind: 'governance/vote', proposal: 1, choice: 'yes' })
  sequencer.submit(bobs)
  await vote({ kind: 'governance/vote', proposal: 1, choice: 'yes' })
  const started = Date.now()
  while (sequencer.state.kind === 'running' && Date.now() - started < 120_000) {
    sequencer.submit(transaction(alice, transfer(bob, 1)))
    await sleep(5)
  }
  const { state } = sequencer
  assert.deepEqual([state.kind, state.kind === 'halted' && state.code], ['halted', 'node/halted'])
  assert.equal(sequencer.application.info.height, 149)
  assert.equal(sequencer.blocks.height, 149, 'no block of the height is kept: a newer release makes it')
  assert.equal(sequencer.application.check(transaction(alice, transfer(bob, 1))).code, 'ok')
})

test('votes come before all else, and have room in a pool that others have filled', async (t) => {
  const limits = { transactions: 5, bytes: 1_000_000 }
  const sequencer = await open(t, undefined, { mempool: limits }, { 'block.transactions': 2 })
  const fill = Array.from({ length: 6 }, () => sequencer.submit(transaction(bob, transfer(alice, 1))))
  assert.deepEqual(fill.map(({ admission }) => admission), [...Array<string>(5).fill('added'), 'full'])
  const propose = transaction(alice, { kind: 'governance/propose', title: '', messages: [{ kind: 'kernel/retry' }] })
  const { admission, hash } = sequencer.submit(propose)
  assert.deepEqual([admission, sequencer.waiting], ['added', 5])
  sequencer.start()
  const inclusion = await sequencer.included(hash, 500, soon())
  assert.equal(inclusion.kind, 'included')
  assert.deepEqual([inclusion.transaction.height, inclusion.transaction.place], [1, 0])
})

test('a clock that stands still, goes back or leaps does not stop the blocks', async (t) => {
  const times = [0, 0, -5, 10 ** 15, 10 ** 15, 0]
  let at = 0
  const clock = (): number => times[Math.min(at, times.length - 1)] ?? 0
  const sequencer = await open(t, undefined, { clock, blockTime: 1 })
  sequencer.start()
  let last = sequencer.application.info.time
  for (; at < times.length; at += 1) {
    const { hash } = sequencer.submit(transaction(alice, transfer(bob, 1)))
    await sequencer.included(hash, 500, soon())
    const { time } = sequencer.application.info
    assert.ok(time > last && (last === 1_000 || time <= last + 86_400_000), `${last} ${time}`)
    last = time
  }
})
