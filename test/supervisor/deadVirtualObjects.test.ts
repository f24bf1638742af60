/** Virtual data of an incarnation that has ended goes, and with it what it alone held. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answerOf, openWorld, puppet } from '../kit/world.ts'

// Dvo2.
test('virtual objects of an earlier incarnation are deleted after an upgrade, with all that they held', async (t) => {
  const one = await openWorld(t, { vats: { home: puppet, guest: puppet }, config: { collectionInterval: 2 } })
  await one.run('guest', 'me.thing = Far("thing", {})')
  await one.run(
    'home',
    'const make = VatData.defineKind("Box", (thing) => ({ thing }), { open: ({ state }) => state.thing }); me.make = make; me.boxes = []',
  )
  await one.run(
    'guest',
    'return E(args[0]).run("for (let n = 0; n < 5; n += 1) me.boxes.push(me.make(args[0]))", me.thing)',
    await one.root('home'),
  )
  const space = `vat/${(await one.controller.vat('home')).vat}`
  const virtual = async (): Promise<string[]> =>
    [...(await one.rows(space)).keys()].filter((key) => /o\+v|count\.o-/.test(key))
  assert.equal((await virtual()).filter((key) => key.startsWith('object.o+v')).length, 5)
  answerOf(await one.upgrade('home', { setup: '' }))
  for (let n = 0; n < 6; n += 1) for (const vat of ['home', 'guest']) await one.ask(vat, 'echo')
  assert.deepEqual(await virtual(), [])
})

test('what a vat catches cannot be changed for those who throw it', async (t) => {
  const one = await openWorld(t, { vats: { home: puppet } })
  const attack = `try { baggage.init('p', Promise.resolve()) } catch (error) {
    const prototypes = []
    for (let at = error; at !== null; at = Object.getPrototypeOf(at)) prototypes.push(Object.isFrozen(at) || at === error)
    return prototypes
  }`
  const frozen = (await one.run('home', attack)) as boolean[]
  assert.ok(frozen.length > 1 && frozen.every(Boolean), String(frozen))
})
