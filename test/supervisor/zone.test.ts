/** What an incarnation puts into a zone, its heir finds by saying the same again. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answerOf, openWorld } from '../kit/world.ts'

const bank = (version: number): string => `
import { durableZone } from 'heirloom/vat'
export const buildRootObject = (_powers, _parameters, baggage) => {
  const zone = durableZone(baggage)
  const makeAccount = zone.kind('Account', (owner) => ({ owner, balance: 0n }), {
    add: ({ state }, amount) => (state.balance += amount),
    show: ({ state }) => harden([${version}, state.owner, state.balance]),
  })
  const pair = zone.kindMulti('Pair', () => ({ n: 0n }), { writer: { add: ({ state }) => (state.n += 1n) }, reader: { read: ({ state }) => state.n } })
  const accounts = zone.mapStore('accounts')
  const { writer, reader } = zone.once('pair', () => pair())
  const inner = zone.subZone('inner').mapStore('accounts')
  return Far('bank', {
    open: (owner) => { accounts.init(owner, makeAccount(owner)); inner.init(owner, 'inner ' + owner) },
    add: (owner, amount) => accounts.get(owner).add(amount),
    show: (owner) => harden([accounts.get(owner).show(), inner.get(owner), writer.add(), reader.read()]),
    twice: () => zone.mapStore('accounts'),
  })
}`

test('kinds, stores, what was made once and zones in zones are found by the heir', async (t) => {
  const world = await openWorld(t, { vats: { bank: { source: bank(1) } } })
  await world.ask('bank', 'open', 'ada')
  assert.equal(await world.ask('bank', 'add', 'ada', 5n), 5n)
  assert.deepEqual(await world.ask('bank', 'show', 'ada'), [[1, 'ada', 5n], 'inner ada', 1n, 1n])
  answerOf(await world.upgrade('bank', { source: bank(2) }))
  assert.deepEqual(await world.ask('bank', 'show', 'ada'), [[2, 'ada', 5n], 'inner ada', 2n, 2n])
})

test('a label is used once in each incarnation', async (t) => {
  const world = await openWorld(t, { vats: { bank: { source: bank(1) } } })
  assert.match(String(await world.refusal('bank', 'twice')), /has "store accounts" already/)
})
