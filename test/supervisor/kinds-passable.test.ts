/** Objects of kinds are remotables also to the `@endo` packages that a vat bundles. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forTheFile, openWorld } from '../kit/world.ts'

const source = `
  import { passStyleOf, getInterfaceOf } from '@endo/pass-style'
  import { M, matches, makeCopySet } from '@endo/patterns'
  export function buildRootObject(vatPowers, parameters, baggage) {
    const single = VatData.defineKind('Single', () => ({}), { hi: () => 'hi' })
    const pair = VatData.defineKindMulti('Pair', () => ({}), { a: { hi: () => 'hi' }, b: {} })
    const durable = VatData.defineDurableKind(provide(baggage, 'h', () => makeKindHandle('Durable')), () => ({}), { hi: () => 'hi' })
    const { a, b } = pair()
    const all = { single: single(), durable: durable(), a, b, handle: baggage.get('h') }
    return Far('root', {
      styles: () => harden(Object.values(all).map((each) => passStyleOf(each))),
      interfaces: () => harden(Object.values(all).map((each) => getInterfaceOf(each))),
      match: () => harden(Object.values(all).map((each) => matches(each, M.remotable()))),
      set: () => matches(makeCopySet(Object.values(all)), M.setOf(M.remotable())),
    })
  }`
const world = await openWorld(forTheFile, { vats: { vat: { source } } })

test('every object of a kind has the pass style of a remotable', async () => {
  assert.deepEqual(await world.ask('vat', 'styles'), Array.from({ length: 5 }, () => 'remotable'))
})

test('its interface says its kind and its facet', async () => {
  assert.deepEqual(await world.ask('vat', 'interfaces'), [
    'Alleged: Single',
    'Alleged: Durable',
    'Alleged: Pair a',
    'Alleged: Pair b',
    'Alleged: kind',
  ])
})

test('it matches the pattern of a remotable, and can be a key', async () => {
  assert.deepEqual(await world.ask('vat', 'match'), Array.from({ length: 5 }, () => true))
  assert.equal(await world.ask('vat', 'set'), true)
})
