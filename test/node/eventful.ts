/** Blocks in which everything happens, and what nodes must agree on about them. */
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { Block, BlockResult } from '../../src/node/index.ts'
import type { JsonValue } from '../../src/protocol/node/fields.ts'
import { kernelBytes } from '../../src/release/release.ts'
import { defects, shapedKernel } from '../kit/shapedKernels.ts'
import { alice, bob, carol, sending, TestNode, transaction, transfer } from './kit.ts'

/** A block, and what it came to. */
export interface EventfulBlock {
  readonly block: Block
  readonly result: BlockResult
}

/**
 * Blocks with everything: transfers, messages, votes, a plan, an upgrade to a kernel that fails, and its
 * repair.
 */
export async function eventfulBlocks(t: TestContext): Promise<readonly EventfulBlock[]> {
  const node = await TestNode.open(t)
  const blocks: EventfulBlock[] = []
  const { deliver } = node.app
  node.app.deliver = async (block) => {
    const result = await deliver.call(node.app, block)
    blocks.push({ block, result })
    return result
  }
  await node.block(transaction(alice, transfer(bob, 5)), transaction(bob, sending('echo', 1n)))
  const good = await node.install(await kernelBytes(), 'kernel')
  const bad = await node.install(await shapedKernel(1, ...defects.cannotRun('poison')), 'kernel')
  const done = async (...messages: readonly JsonValue[]): Promise<void> =>
    assert.equal((await node.vote(...messages))['state'], 'done')
  const probe = { kind: 'probe', name: 'ask', to: { '@root': 'mirror' }, method: 'version', answer: 1 }
  await done({ kind: 'kernel/run-plan', plan: { id: 'look', about: 'a probe', steps: [probe] } })
  await done({ kind: 'kernel/upgrade', kernel: bad })
  await node.block(transaction(alice, transfer(carol, 7)))
  await node.block(transaction(alice, sending('echo', 'poison')), transaction(alice, transfer(carol, 7)))
  await node.block(transaction(alice, transfer(carol, 7)))
  await done({ kind: 'kernel/retry' })
  await done({ kind: 'kernel/upgrade', kernel: good })
  await node.block(transaction(carol, sending('pay', alice.address, 1n)))
  await node.block()
  return blocks
}

/** What nodes agree on: no texts for people. */
export const agreed = ({ results, appHash }: BlockResult) => ({
  appHash,
  results: results.map(({ hash, number, gas, data }) => ({ hash, number, gas, data })),
})
