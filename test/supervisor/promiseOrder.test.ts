/**
 * What one vat sends to one promise arrives in the order in which it was sent, whatever the promise turns out
 * to be and whenever that is known. Each situation is code of alice, who notes what arrives.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forTheFile, openWorld, puppet } from '../kit/world.ts'

const world = await openWorld(forTheFile, { vats: { alice: puppet, bob: puppet } })
const bob = await world.root('bob')

const object =
  'me.got = []; me.noter = Far("noter", { note: (n) => { me.got.push(n) }, self: () => me.noter });'

/**
 * `first` is sent while alice does not know what the promise is, `then` when she does; `late` is run in a
 * crank between the two.
 */
const situations: Readonly<Record<string, { readonly first: string; readonly late?: string }>> = {
  'an object of the sender, the first message on its way': {
    first: 'me.p = E(bob).same(me.noter)',
    late: 'E(me.p).note(1n)',
  },
  'an object of the sender, the first message without a result': {
    first: 'me.p = E(bob).same(me.noter)',
    late: 'E.sendOnly(me.p).note(1n)',
  },
  'an answer of the sender itself': { first: 'me.p = E(E(bob).same(me.noter)).self(); E(me.p).note(1n)' },
  'an object of the sender, the first message waiting in the kernel': {
    first: 'me.p = E(bob).same(me.noter); E(me.p).note(1n)',
  },
  'a local promise that follows one of another vat': {
    first: 'me.p = new HandledPromise((resolve) => resolve(E(bob).same(me.noter)))', late: 'E(me.p).note(1n)',
  },
}

for (const [situation, { first, late }] of Object.entries(situations)) {
  test(`the promise turns out to be ${situation}`, async () => {
    const after = 'me.p.then(() => { E(me.p).note(2n); E.sendOnly(me.p).note(3n) })'
    await world.controller.send('alice', 'run', [
      `const [bob] = args; ${object} ${first}; ${after}; return 0n`,
      bob,
    ])
    if (late !== undefined) {
      await world.controller.run({ cranks: 1 })
      await world.controller.send('alice', 'run', [`${late}; return 0n`])
    }
    await world.controller.run()
    assert.deepEqual(await world.run('alice', 'return harden(me.got)'), [1n, 2n, 3n])
  })
}

test('an object that others let go of in between is reached through the promise still', async () => {
  await world.run(
    'alice',
    `const [bob] = args; ${object} me.p = E(bob).same(me.noter); await E(me.p).note(1n); return 0n`,
    bob,
  )
  for (let round = 0; round < 3; round += 1) await world.controller.collectAll()
  await world.controller.run()
  assert.deepEqual(await world.run('alice', 'await E(me.p).note(2n); return harden(me.got)'), [1n, 2n])
})

test('a promise of the vat itself that followed one of another vat takes messages when both are settled', async () => {
  const code = `const [bob] = args; const p = new HandledPromise((resolve) => resolve(E(bob).same("data"))); await p
    return E(p).note(1n).catch((error) => error.message)`
  assert.match(String(await world.run('alice', code, bob)), /target has no method "note"/)
  const answer =
    'const [bob] = args; const p = new HandledPromise((resolve) => resolve(E(bob).same(bob))); await p; return E(p).add(1n, 2n)'
  assert.equal(await world.run('alice', answer, bob), 3n)
})

/**
 * The kernel's part: a message that waited is ahead of one that was sent later and is in the run-queue
 * already.
 */
test('a message that waited for a promise is ahead of a later one that did not have to wait', async () => {
  await world.run(
    'bob',
    'me.gate = new Promise((resolve) => { me.open = resolve }); me.got = []; me.noter = Far("noter", { note: (n) => { me.got.push(n) } })',
  )
  await world.controller.send('alice', 'run', [
    'const [bob] = args; me.p = E(bob).take("gate"); E(me.p).note(1n); return 0n',
    bob,
  ])
  await world.controller.run()
  await world.controller.send('bob', 'run', ['me.open(me.noter); return 0n'])
  await world.controller.send('alice', 'run', ['E(me.p).note(2n); return 0n'])
  await world.controller.run()
  assert.deepEqual(await world.run('bob', 'return harden(me.got)'), [1n, 2n])
})

