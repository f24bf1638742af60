/** Which of the transactions that wait are in a block. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forTheFile } from '../kit/world.ts'
import { accountOf, alice, bob, carol, dave, TestNode, transaction, transfer } from './kit.ts'

const node = await TestNode.open(forTheFile, { genesis: { parameters: { 'block.transactions': 10, 'fees.host': 5 } } })

test('votes come first, and within each sort the order is that of arrival', () => {
  const vote = (member: typeof alice) =>
    transaction(member, { kind: 'governance/vote', proposal: 1, choice: 'yes' })
  const [one, three] = [transaction(alice, transfer(bob, 1)), transaction(bob, transfer(bob, 1))]
  const [two, four] = [vote(bob), vote(carol)]
  assert.deepEqual(node.app.propose([one, two, three, four]), [two, four, one, three])
})

test('an account cannot fill a block with transactions that it cannot pay for', async () => {
  await node.block(transaction(alice, transfer(dave, 12)))
  const flood = Array.from({ length: 50 }, () => transaction(dave, transfer(dave, 0)))
  const { chosen, refused } = node.app.choose([...flood, transaction(bob, transfer(alice, 1))])
  assert.equal(chosen.length, 3, 'two fees of 5 out of 12, and the one of bob')
  assert.deepEqual(refused, [], 'the others may be able to pay later')
  const { results } = await node.block(...chosen)
  assert.ok(results.every(({ code }) => code === 'ok'))
})

test('what can never be executed again is named, and garbage is not chosen', async () => {
  const done = transaction(alice, transfer(bob, 1))
  await node.block(done)
  const poor = transaction(accountOf(77), transfer(bob, 1))
  const good = transaction(alice, transfer(bob, 1))
  const garbage = Uint8Array.of(1, 2, 3)
  const { chosen, refused } = node.app.choose([done, good, good, garbage, poor])
  assert.deepEqual(chosen, [good])
  assert.deepEqual(refused, [done, good, garbage])
  assert.deepEqual(node.app.propose([garbage]), [])
})

test('no more candidates are looked at than a block has room for', () => {
  let seen = 0
  function* endless(): Generator<Uint8Array> {
    for (;;) {
      seen += 1
      yield transaction(alice, transfer(bob, 1))
    }
  }
  assert.equal(node.app.choose(endless()).chosen.length, 10)
  assert.equal(seen, 11)
})
