/** A chain that stood still while many timers came due: no block is held up, and the order is kept. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bundleSource } from '../kit/bundles.ts'
import { alice, bob, sending, TestNode, transaction, transfer } from './kit.ts'

const timers = Number(process.env['HEIRLOOM_TIMERS'] ?? 2_000)

const sleeper = `
export const buildRootObject = () => {
  let timer
  let [woken, inOrder, last] = [0, true, -1]
  return Far('sleeper', {
    bootstrap: ({ timer: given }) => { timer = given },
    version: () => 1,
    set: async (from, count, at) => {
      for (let index = from; index < from + count; index += 1) {
        const wake = () => { inOrder &&= index > last; last = index; woken += 1 }
        await E(timer).setWakeup(at + BigInt(index), Far('waker', { wake }))
      }
    },
    seen: () => [woken, inOrder],
  })
}`

test('after a standstill the work of timers is spread over blocks, and all else goes on in between', async (t) => {
  const { source } = await bundleSource(sleeper)
  const node = await TestNode.open(t, {
    genesis: {
      parameters: { 'kernel.computrons': 5_000_000, 'block.ahead': 1_000_000_000 },
      kernel: { bootstrap: 'mirror', vats: { mirror: { bundleName: 'mirror' } } },
      bundles: { mirror: { source } },
    },
  })
  const due = 1_000_000_000n
  for (let from = 0; from < timers; from += 500) await node.block(transaction(alice, sending('set', from, 500, due)))
  while (node.app.hasWork) await node.block()
  const { height, time } = node.app.info
  const leap = { height: height + 1, time: time + 999_000_000, transactions: [transaction(alice, transfer(bob, 1))] }
  assert.equal((await node.app.deliver(leap)).results[0]?.code, 'ok')
  await node.app.commit()
  await node.app.deliver({ ...node.next(), time: Number(due) + timers * 2 })
  await node.app.commit()
  const status = () => node.query('kernel/status') as { readonly queued: number }
  let blocks = 0
  for (; status().queued > 0; blocks += 1) {
    assert.equal((await node.block(transaction(bob, transfer(alice, 1)))).results[0]?.code, 'ok')
    assert.ok(blocks < 1_000, 'it comes to an end')
  }
  assert.ok(blocks >= 3, `no block has done all of it, and there were ${blocks}`)
  assert.deepEqual((await node.ask('seen'))['value'], [timers, true])
})
