/** Objects of the heap that keep their identity over an upgrade, because they have a label. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Remote } from '../../src/host/index.ts'
import { openWorld, rejectionOf } from '../kit/world.ts'

/** A vat whose root gives its clock; `connect` says what `buildRootObject` does about the label. */
const vat = (connect: string, reading: string): string => `
export const buildRootObject = (powers, _parameters, baggage) => {
  const clock = Far('clock', { read: () => ${JSON.stringify(reading)} })
  ${connect}
  return Far('root', {
    clock: () => clock,
    release: () => powers.releaseExport('clock'),
    nameAgain: () => powers.nameExport('clock', Far('other', {})),
    nameLate: () => { const late = Far('late', {}); return { late, later: () => powers.nameExport('late', late) } },
    nameExported: (echo) => { const late = Far('late', {}); return E(echo).take(late).then(() => powers.nameExport('late', late)) },
    nameData: () => powers.nameExport('data', harden({})),
    reconnectUnknown: () => powers.reconnectExport('nobody', Far('x', {})),
    keep: () => { baggage.init('clock', clock) },
    kept: () => baggage.get('clock'),
  })
}`
const named = vat(`powers.nameExport('clock', clock)`, 'v1')
const reconnected = vat(`powers.reconnectExport('clock', clock)`, 'v2')
const forgetful = vat('', 'v2')
const releasing = vat(`powers.releaseExport('clock')`, 'v2')

const holder = `
let held
export const buildRootObject = () => Far('holder', { hold: (object) => { held = object }, read: () => E(held).read(), take: () => {} })`

test('a named export that the heir reconnects is the same object to all who hold it', async (t) => {
  const world = await openWorld(t, { vats: { shop: { source: named }, holder: { source: holder } } })
  const clock = (await world.ask('shop', 'clock')) as Remote
  await world.ask('holder', 'hold', clock)
  await world.ask('shop', 'keep')
  assert.equal((await world.upgrade('shop', { source: reconnected })).kind, 'fulfilled')
  assert.equal(await world.ask('holder', 'read'), 'v2')
  assert.equal(await world.ask(clock, 'read'), 'v2')
  assert.equal(((await world.ask('shop', 'kept')) as Remote).kref, clock.kref, 'durable data may refer to it')
  assert.equal((await world.upgrade('shop', { source: `${reconnected}\n` })).kind, 'fulfilled')
  await world.reopen()
  assert.equal(await world.ask('holder', 'read'), 'v2')
})

// Ne2.
test('an heir that forgets a named export is refused, and the label is told', async (t) => {
  const world = await openWorld(t, { vats: { shop: { source: named } } })
  const { reason } = rejectionOf(await world.upgrade('shop', { source: forgetful }), 'upgrade-refused')
  assert.deepEqual([reason?.code, reason?.names], ['start/exports-missing', ['clock']])
  const clock = (await world.ask('shop', 'clock')) as Remote
  assert.equal(await world.ask(clock, 'read'), 'v1')
})

// Ne3.
test('a named export that was released is abandoned, and its holder lives', async (t) => {
  const world = await openWorld(t, { vats: { shop: { source: named }, holder: { source: holder } } })
  await world.ask('holder', 'hold', await world.ask('shop', 'clock'))
  assert.equal((await world.upgrade('shop', { source: releasing })).kind, 'fulfilled')
  rejectionOf(await world.outcome('holder', 'read'), 'object-abandoned')
  assert.equal(await world.ask('holder', 'take'), undefined)
})

test('a named export that nobody was given can be released', async (t) => {
  const world = await openWorld(t, { vats: { shop: { source: named } } })
  await world.ask('shop', 'release')
  assert.equal((await world.upgrade('shop', { source: forgetful })).kind, 'fulfilled')
})

const refusals: readonly (readonly [string, string, RegExp])[] = [
  ['a label that is taken', 'nameAgain', /names an export already/],
  ['a label that does not exist', 'reconnectUnknown', /no export named "nobody"/],
  ['data', 'nameData', /must be a remotable/],
]
test('labels are refused for what they cannot name', async (t) => {
  const world = await openWorld(t, { vats: { shop: { source: named }, holder: { source: holder } } })
  for (const [what, method, message] of refusals) {
    const reason = await world.refusal('shop', method)
    assert.match(String(reason), message, what)
  }
  const late = await world.refusal('shop', 'nameExported', await world.controller.root('holder'))
  assert.match(String(late), /was exported before/)
})
