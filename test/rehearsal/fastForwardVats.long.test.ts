/** Fast-forwards: answers that take longer, vats that were replaced or have no name, and items of ports. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { forkStore, type Remote } from '../../src/host/index.ts'
import { rehearse } from '../../src/rehearsal/index.ts'
import { openWorld, temporaryDirectory } from '../kit/world.ts'
import { counter, forwardOf, ready } from './forwarded.ts'

/** A desk that answers later, when it is told to, and one that asks another vat first. */
const desk = (version: 1 | 2): { readonly source: string } => ({
  source: `
export const buildRootObject = (powers, parameters, baggage) => {
  const waiting = []
  const hello = (name) => 'hello ' + name
  return Far('root', {
    wait: () => new Promise((resolve) => waiting.push(resolve)),
    ready: () => waiting.splice(0).forEach((resolve) => resolve('at last')),
    meet: (other) => void baggage.init('other', other),
    say: hello,
    hello: (name) => ${version === 1 ? 'hello(name)' : "E(E(baggage.get('other')).box()).say(name)"},
    box: () => Far('teller', { say: hello }),
    listen: (port) => E(port).onReceive(Far('ear', { receive: (item) => { if (item === 'no') throw Error('no') } })),
  })
}
`,
})

// Ans1, Ans2, Giv3.
test('answers that take longer, or were waited for before, are compared when they are there', async (t) => {
  const world = await openWorld(t, { vats: { one: desk(1), two: desk(1) } })
  const { controller } = world
  await world.ask('one', 'meet', await world.root('two'))
  const before = await controller.send('one', 'wait', [])
  await controller.run()
  const next = await world.install(desk(2))
  await controller.commit()
  const copy = join(temporaryDirectory(t), 'copy')
  forkStore(world.directory, copy)
  const names = ['ann', 'ben', 'cem', 'dov', 'eli', 'fay']
  for (const name of names) {
    const asked = await controller.send('one', 'hello', [name])
    // Not at rest at the end of the block.
    await controller.run({ cranks: 1 })
    await controller.commit()
    if (name === 'cem') {
      await controller.run()
      await controller.forget(asked)
    }
  }
  await controller.run()
  await controller.commit()
  const after = await controller.send('one', 'wait', [])
  await controller.run()
  await controller.commit()
  await world.ask('one', 'ready')
  await controller.commit()
  const steps = [{ kind: 'vat', name: 'next', vat: 'one', bundle: next }]
  const plan = { id: 'desk', onFailure: 'stop', steps }
  const report = await rehearse({ directory: world.directory, plan, fastForward: true, from: copy })
  const forward = forwardOf(report)
  assert.deepEqual(forward.differences.map(({ request, store }) => [request, store]), [
    [before.sequence, 'fulfilled #"at last"'],
  ])
  assert.match(forward.differences[0]?.fork ?? '', /rejected .*vatUpgraded/)
  // Each of the names, the one that waits, its answer, and the one from before.
  assert.equal(forward.answers, names.length + 3, `${after.sequence}`)
})

// Giv1, Nam2.
test('a vat that the plan puts in the place of another has its messages, and items of ports keep their order', async (t) => {
  const world = await openWorld(t, { vats: { one: desk(1), two: desk(1) } })
  const { controller } = world
  await controller.openPort('in')
  await world.ask('two', 'listen', await controller.port('in').remote())
  await controller.port('in').deliver('first')
  await controller.run()
  const next = await world.install(desk(1))
  await controller.commit()
  const copy = join(temporaryDirectory(t), 'copy')
  forkStore(world.directory, copy)
  await world.ask('one', 'hello', 'you')
  await controller.port('in').deliver('no')
  await controller.port('in').deliver('second')
  await controller.run()
  await controller.commit()
  for (const { number } of await controller.port('in').failures()) await controller.port('in').dismissFailures(number)
  await world.ask('one', 'say', 'it')
  await controller.commit()
  const steps = [
    { kind: 'terminate', name: 'away', vat: 'one' },
    { kind: 'create', name: 'again', vat: 'one', bundle: next },
  ]
  const plan = { id: 'other', onFailure: 'stop', steps }
  const report = await rehearse({ directory: world.directory, plan, fastForward: true, from: copy })
  const forward = forwardOf(report)
  assert.deepEqual(forward.differences, [])
  assert.equal(forward.answers, 2)
})

// Nam2, Vst1.
test('vats without names are counted, although the kernel names them after their ids', async (t) => {
  const { world, rehearseFrom } = await ready(t, 2)
  const { controller } = world
  const admin = await controller.vatAdmin()
  const bundle = await world.install(counter(1))
  const made: { readonly root: Remote; readonly adminNode: Remote }[] = []
  for (let count = 0; count < 2; count += 1) {
    made.push((await world.ask(admin, 'createVat', bundle)) as (typeof made)[number])
    await controller.commit()
  }
  const [first, second] = made
  assert.ok(first !== undefined && second !== undefined)
  await world.ask(first.adminNode, 'suspend', 'for a while')
  await controller.sendOnly(second.root, 'die', [])
  await controller.run()
  await controller.commit()
  const [vat] = (await controller.vats()).filter(({ status }) => status.kind === 'suspended')
  await controller.resumeVat(vat?.vat ?? '')
  await controller.run()
  await world.ask(first.root, 'add')
  await controller.commit()
  const forward = forwardOf(await rehearseFrom())
  assert.deepEqual(forward.differences, [])
  assert.equal(forward.requests, 7)
})

/** Sends items, each with an object, to a port; the second version leaves out, adds and changes one. */
const talker = (version: 1 | 2): { readonly source: string } => ({
  source: `
export const buildRootObject = (powers, parameters, baggage) => {
  const said = { a: ['a'], b: ${version === 1 ? "['b']" : '[]'}, d: ['d'${version === 1 ? '' : ", 'x'"}], f: ['${version === 1 ? 'f' : 'F'}'] }
  const say = (item) => E(baggage.get('port')).send({ item, by: Far('talker', { again: () => item }) })
  return Far('root', {
    use: (port) => baggage.init('port', port),
    tell: (items) => { for (const one of items) for (const item of said[one] ?? [one]) say(item) },
    later: () => harden({ when: new Promise(() => {}), talker: Far('talker', { again: () => 'later' }) }),
  })
}
`,
})

// Pit1, Nam1.
test('an item of a port that is missing, one that is new and one that differs are one difference each', async (t) => {
  const world = await openWorld(t, { vats: { one: talker(1) } })
  const { controller } = world
  await controller.openPort('out')
  await world.ask('one', 'use', await controller.port('out').remote())
  const next = await world.install(talker(2))
  await controller.commit()
  const copy = join(temporaryDirectory(t), 'copy')
  forkStore(world.directory, copy)
  for (const items of [['a', 'b', 'c', 'd', 'e', 'f', 'g'], ['a', 'c'], ['b'], ['c', 'c', 'd', 'd', 'c']]) {
    await world.ask('one', 'tell', items)
    await controller.commit()
    const got = await controller.port('out').receive()
    const { item, number } = got.at(-1) as unknown as { item: { by: Remote }; number: number }
    await world.ask(item.by, 'again')
    await controller.port('out').acknowledge(number)
    await controller.commit()
  }
  const { talker: later } = (await world.ask('one', 'later')) as { talker: Remote }
  await world.ask(later, 'again')
  await controller.commit()
  const plan = { id: 'talk', onFailure: 'stop', steps: [{ kind: 'vat', name: 'next', vat: 'one', bundle: next }] }
  const forward = forwardOf(await rehearse({ directory: world.directory, plan, fastForward: true, from: copy }))
  const { from, differences } = forward
  const itemIn = (text: string): string => /"item":"(.)"/.exec(text)?.[1] ?? text
  assert.deepEqual(
    differences.map(({ vat, block, store, fork }) => [vat, block - from, itemIn(store), itemIn(fork)]),
    [
      ['one', 1, 'b', 'nothing'],
      ['one', 1, 'nothing', 'x'],
      ['one', 1, 'f', 'F'],
      ['one', 5, 'b', 'nothing'],
      ['one', 7, 'nothing', 'x'],
      ['one', 7, 'nothing', 'x'],
    ],
  )
  assert.equal(forward.items, 15)
  // The object of an item that the fork never sent cannot be asked there.
  assert.deepEqual(forward.administration.map(({ what, block }) => [what, block - forward.from]), [['send', 6]])
})
