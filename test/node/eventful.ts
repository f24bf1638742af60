/** Blocks in which everything happens, and what nodes must agree on about them. */
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { Block, BlockResult } from '../../src/node/index.ts'
import type { JsonValue } from '../../src/protocol/node/fields.ts'
import { portAccount } from '../../src/node/modules/ledger/ledger.ts'
import { kernelBytes } from '../../src/release/release.ts'
import { bundleSource } from '../kit/bundles.ts'
import { defects, shapedKernel } from '../kit/shapedKernels.ts'
import { alice, bob, carol, sending, TestNode, transaction, transfer } from './kit.ts'

/** A function that has the mirror ask the ledger for a transfer, and waits for the answer. */
export const payer = () =>
  bundleSource(`
export const buildRootObject = () => Far('root', {
  evaluate: async ({ roots: { mirror } }, to) => {
    const number = await E(mirror).pay(to, 7n)
    return E(mirror).settled(number)
  },
})`)

/** A plan that is done only when the ledger has answered, blocks later. */
export const paying = (to: string): JsonValue => ({
  id: 'paying',
  about: 'a transfer in a plan',
  steps: [{ kind: 'evaluate', name: 'pay', bundle: 'payer', powers: { roots: ['mirror'] }, parameters: to }],
})

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
  // The deposits of the votes that follow are paid in and returned in blocks that tests interrupt.
  await done({ kind: 'parameters/set', name: 'governance.deposit', value: 100 })
  const probe = { kind: 'probe', name: 'ask', to: { '@root': 'mirror' }, method: 'version', answer: 1 }
  await done({ kind: 'kernel/run-plan', plan: { id: 'look', about: 'a probe', steps: [probe] } })
  await node.install((await payer()).bytes, 'vat', 'payer')
  await node.block(transaction(alice, transfer({ ...alice, address: portAccount }, 100)))
  await done({ kind: 'kernel/run-plan', plan: paying(bob.address) })
  // It fails in the block in which it was put in place, and is taken back.
  const poison = transaction(alice, sending('echo', 'poison'))
  await node.voteWith([{ kind: 'kernel/upgrade', kernel: bad }], poison)
  assert.equal((node.query('kernel/status') as { kernel: string }).kernel === bad, false)
  await node.block()
  // A plan whose kernel fails in its trial stands, and is abandoned.
  const put = { kind: 'kernel', name: 'put', bundle: bad }
  const provoke = { kind: 'probe', name: 'provoke', to: { '@root': 'mirror' }, method: 'echo', args: ['poison'] }
  const plan = { id: 'trial', about: 'a kernel that fails', steps: [put, provoke] }
  assert.equal((await node.voteWith([{ kind: 'kernel/run-plan', plan }]))['reason'], 'kernel/returned')
  await done({ kind: 'kernel/abandon-plan', reason: 'its kernel failed' })
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
