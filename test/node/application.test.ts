/** Blocks: the same on every node, whole or not at all, and again after an interruption. */
import assert from 'node:assert/strict'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Application } from '../../src/node/index.ts'
import { CommittedState, Draft } from '../../src/node/state/hostState.ts'
import { temporaryDirectory } from '../kit/world.ts'
import { alice, bob, genesisOf, sending, TestNode, transaction, transfer } from './kit.ts'
import { agreed, eventfulBlocks } from './eventful.ts'

test('Hst2, Hst3: a draft hides nothing, changes nothing below, and lists ids in their order', () => {
  const committed = new CommittedState([
    ['node/list/b', '1'],
    ['node/list/a', '2'],
    ['node/other/a', '3'],
  ])
  assert.deepEqual(committed.ids('list'), ['a', 'b'], 'in their order, not in that of their arrival')
  const draft = new Draft(committed)
  const upper = new Draft(draft)
  draft.set('list', 'c', '4')
  upper.set('list', 'a', undefined)
  upper.set('new', 'x', '5')
  assert.deepEqual(upper.ids('list'), ['b', 'c'])
  assert.deepEqual(draft.ids('list'), ['a', 'b', 'c'])
  assert.deepEqual([upper.get('list', 'a'), draft.get('list', 'a'), upper.get('other', 'a')], [undefined, '2', '3'])
  draft.take(upper.changes())
  committed.apply(draft.changes())
  assert.deepEqual([committed.ids('list'), committed.ids('new'), committed.get('list', 'c')], [['b', 'c'], ['x'], '4'])
  committed.apply([{ table: 'new', id: 'x', value: undefined }])
  assert.deepEqual(committed.ids('new'), [])
})

test('App1, App2, Wrk1, Opr1, Hnd1: nodes that evict, restart, and die between delivery and commit have the same hashes', async (t) => {
  const blocks = await eventfulBlocks(t)
  const genesis = await genesisOf()
  const directory = join(temporaryDirectory(t), 'store')
  const evicting = { eviction: 'after-each-crank', residentWorkers: 1 } as const
  let app = await Application.open({ directory, genesis, store: evicting })
  t.after(() => app.close().catch(() => {}))
  for (const [at, { block, result }] of blocks.entries()) {
    const died = join(temporaryDirectory(t), 'store')
    assert.deepEqual(agreed(await app.deliver(block)), agreed(result), `block ${block.height}`)
    // What the disk has now is what a process that is killed leaves.
    cpSync(directory, died, { recursive: true })
    const other = await Application.open({ directory: died, genesis })
    t.after(() => other.close())
    assert.equal(other.info.height, block.height - 1)
    const again = await other.deliver(block)
    assert.deepEqual(agreed(again), agreed(result), `block ${block.height}, after a death`)
    assert.deepEqual(again.events, result.events, `events of block ${block.height}, after a death`)
    await other.commit()
    assert.equal(other.info.appHash, result.appHash)
    await other.close()
    await app.commit()
    assert.equal(app.info.appHash, result.appHash)
    if (at % 5 !== 0) continue
    await app.close()
    app = await Application.open({ directory, genesis, store: evicting })
  }
})

test('App3, Hst1: while a block is under way, checks, queries and the status are of the last committed block', async (t) => {
  const node = await TestNode.open(t)
  await node.block()
  const { info } = node.app
  const bytes = transaction(alice, transfer(bob, 3))
  const delivering = node.app.deliver(node.next(bytes))
  assert.equal(node.app.check(bytes).code, 'ok')
  assert.deepEqual([node.app.info, node.balance(bob)], [info, 1_000_000n])
  await delivering
  assert.deepEqual([node.app.info, node.balance(bob), node.app.progress?.phase], [info, 1_000_000n, 'done'])
  await node.app.commit()
  assert.deepEqual([node.app.info.height, node.balance(bob)], [info.height + 1, 1_000_003n])
  assert.equal(node.app.progress, undefined)
})

test('App3: at no moment of a commit is the status of one block and the answers of another', async (t) => {
  const node = await TestNode.open(t)
  const { height: before } = (await node.block(), node.app.info)
  const seen = new Map<number, Set<bigint>>()
  const look = (): void => {
    const { height } = node.app.info
    seen.set(height, (seen.get(height) ?? new Set()).add(node.balance(bob)))
  }
  for (let amount = 1; amount <= 3; amount += 1) {
    await node.app.deliver(node.next(transaction(alice, transfer(bob, amount))))
    let isCommitted = false
    const committing = node.app.commit().finally(() => (isCommitted = true))
    while (!isCommitted) {
      look()
      await new Promise(setImmediate)
    }
    await committing
    look()
  }
  assert.deepEqual(
    [...seen].map(([height, balances]) => [height - before, ...balances]),
    [[0, 1_000_000n], [1, 1_000_001n], [2, 1_000_003n], [3, 1_000_006n]],
  )
})

test('App4, Opr2: a block that this machine could not finish is not committed, and is delivered again', async (t) => {
  const node = await TestNode.open(t)
  const block = node.next(transaction(alice, transfer(bob, 3)))
  const first = await node.app.deliver(block)
  const { info } = node.app
  await node.app.recover()
  assert.deepEqual([node.app.info, node.balance(bob)], [info, 1_000_000n])
  await assert.rejects(node.app.commit(), { code: 'node/nothing-to-commit' })
  assert.deepEqual(agreed(await node.app.deliver(block)), agreed(first))
  await node.app.commit()
  assert.equal(node.app.info.appHash, first.appHash)
})

test('App2: a block that is delivered before the commit of another takes its place, also if it is the same', async (t) => {
  const [node, other] = [await TestNode.open(t), await TestNode.open(t)]
  const given = other.next(transaction(alice, sending('echo', 1n)), transaction(alice, transfer(bob, 5)))
  const first = await other.app.deliver(given)
  await other.app.commit()
  await node.app.deliver(node.next(transaction(alice, transfer(bob, 7))))
  await node.app.deliver(given)
  const again = await node.app.deliver(given)
  assert.deepEqual([agreed(again), again.events], [agreed(first), first.events])
  await node.app.commit()
  assert.equal(node.app.info.appHash, other.app.info.appHash)
})

test('blocks out of order, twice, too early, in the past and in the far future are refused, and nothing happens', async (t) => {
  const node = await TestNode.open(t)
  await node.block()
  const { info } = node.app
  const next = node.next()
  const refused = [
    [{ ...next, height: info.height }, 'node/wrong-height'],
    [{ ...next, height: info.height + 2 }, 'node/wrong-height'],
    [{ ...next, time: info.time }, 'node/wrong-time'],
    [{ ...next, time: info.time - 1 }, 'node/wrong-time'],
    [{ ...next, time: info.time + 86_400_001 }, 'node/wrong-time'],
    [{ ...next, time: 1.5 }, 'node/wrong-time'],
    [{ ...next, time: Number.NaN }, 'node/wrong-time'],
  ] as const
  for (const [block, code] of refused) await assert.rejects(node.app.deliver(block), { code })
  await assert.rejects(node.app.commit(), { code: 'node/nothing-to-commit' })
  assert.deepEqual(node.app.info, info)
  await node.block()
})

test('a genesis that begins at a height, and the first block at the time of the genesis', async (t) => {
  const node = await TestNode.open(t, { genesis: { initialHeight: 1_000, time: 5 } })
  assert.equal(node.app.info.height, 999)
  const first = await node.app.deliver({ height: 1_000, time: 5, transactions: [] })
  await node.app.commit()
  assert.equal(node.app.info.appHash, first.appHash)
  await assert.rejects(node.app.deliver({ height: 1_001, time: 5, transactions: [] }), { code: 'node/wrong-time' })
})

test('a store is opened by its own genesis only, and one that is not of a node is not taken', async (t) => {
  const node = await TestNode.open(t)
  await node.block()
  await node.app.close()
  const { directory } = node
  for (const changes of [{ chain: 'other' }, { time: 7 }, { accounts: [] }])
    await assert.rejects(Application.open({ directory, genesis: await genesisOf(changes) }), { code: 'node/other-chain' })
  const again = await Application.open({ directory, genesis: node.genesis })
  await again.close()
})
