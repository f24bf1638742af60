/**
 * Draining a vat before its upgrade: it gets its answers, messages to it wait, and the upgrade comes,
 * whatever happens.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DurableUpgrade } from '../../src/protocol/results.ts'
import type { ResultHandle } from '../../src/host/index.ts'
import { answerOf, forTheFile, openWorld, puppet, reasonOf, rejectionOf, type World } from '../kit/world.ts'

const world = await openWorld(forTheFile, { vats: { friend: puppet, wall: puppet } })
const bundle = await world.install()
const friend = await world.root('friend')
const wall = await world.root('wall')

let next = 1
/** A vat that writes down what it hears in its baggage, which its heir shows. */
async function newVat(from: World = world, options: object = {}): Promise<string> {
  const name = `vat${next++}`
  await from.create(name, { setup: logging, ...options })
  return name
}
const logging = `if (!baggage.has('log')) baggage.init('log', harden([]))
  me.log = (text) => baggage.set('log', harden([...baggage.get('log'), text]))`
const logOf = (vat: string): Promise<unknown> => world.run(vat, 'return baggage.get("log")')

/** Asks for the upgrade, and runs until the vat drains. */
async function drain(vat: string, maxCranks = 1_000, setup = logging): Promise<ResultHandle> {
  const request = await world.controller.upgradeVat(vat, bundle, {
    parameters: { setup },
    drain: { maxCranks },
  })
  while ((await stateOf(vat)) === 'running')
    assert.equal((await world.controller.run({ cranks: 1 })).cranks, 1)
  return request
}
const hears = (vat: string, text: string): Promise<void> =>
  world.controller.sendOnly(vat, 'run', [`me.log(${JSON.stringify(text)})`])
const stateOf = async (vat: string): Promise<string> => (await world.controller.vat(vat)).status.kind

/** The friend answers after so many turns with another vat, of two cranks each. */
const slowly = (turns: number): string =>
  `let left = ${turns}; for (; left > 0; left -= 1) await E(args[0]).echo(left); return 'answer'`

const asks = (vat: string, turns: number): Promise<unknown> =>
  world.controller.sendOnly(vat, 'run', [
    `E(args[0]).run(args[1], args[2]).then((answer) => me.log(answer), (reason) => me.log('rejected'))`,
    friend,
    slowly(turns),
    wall,
  ])

// Dr1.
test('the old code gets its answer, messages wait meanwhile, and the heir gets them in order', async () => {
  const vat = await newVat()
  await asks(vat, 5)
  await world.controller.run({ cranks: 2 })
  const request = await drain(vat)
  assert.equal(await stateOf(vat), 'draining')
  for (const text of ['one', 'two']) await hears(vat, text)
  await world.controller.run({ cranks: 4 })
  const { status, parked } = await world.controller.vat(vat)
  assert.deepEqual(
    [status.kind, status.kind === 'draining' && status.maxCranks, parked],
    ['draining', 1_000, 2],
  )
  await world.audit()
  await world.reopen()
  await hears(vat, 'three')
  const { incarnationNumber, disconnectedPromises } = answerOf(await world.settle(request)) as DurableUpgrade
  assert.deepEqual([incarnationNumber, disconnectedPromises], [1, 0])
  assert.deepEqual(await logOf(vat), ['answer', 'one', 'two', 'three'])
  assert.equal(await stateOf(vat), 'running')
})

test('without draining the same answer is lost', async () => {
  const vat = await newVat()
  await asks(vat, 5)
  await world.controller.run({ cranks: 2 })
  answerOf(await world.upgrade(vat, { setup: logging }))
  assert.deepEqual(await logOf(vat), [])
})

// Dr2.
test('a vat that awaits nothing is upgraded in the crank that follows', async () => {
  const vat = await newVat()
  const request = await drain(vat)
  const busy = await world.controller.send('friend', 'run', [slowly(20), wall])
  await world.controller.run({ cranks: 1 })
  answerOf(await world.take(request))
  answerOf(await world.settle(busy))
})

// Dr2.
test('notifications that are on their way when the drain begins are delivered', async () => {
  const vat = await newVat()
  const settles =
    'E(args[0]).run("return new Promise((yes) => { me.yes = yes })").then((text) => me.log(text))'
  await world.run(vat, settles, friend)
  const request = await world.controller.upgradeVat(vat, bundle, {
    parameters: { setup: logging },
    drain: { maxCranks: 100 },
  })
  await world.controller.sendOnly('friend', 'run', ['me.yes("late")'])
  answerOf(await world.settle(request))
  assert.deepEqual(await logOf(vat), ['late'])
})
// Dr3.
test('at the limit of cranks the upgrade comes all the same, counted from the crank that began the drain', async () => {
  for (const most of [1, 2, 7]) {
    const vat = await newVat()
    await asks(vat, 50)
    await world.controller.run({ cranks: 2 })
    const request = await drain(vat, most)
    await world.controller.run({ cranks: most })
    assert.equal(await stateOf(vat), 'draining', `${most} cranks`)
    await world.controller.run({ cranks: 1 })
    assert.equal((answerOf(await world.take(request)) as DurableUpgrade).incarnationNumber, 1)
    await world.controller.run()
    assert.deepEqual(await logOf(vat), [])
  }
})

// Dr3.
test('a promise that nobody is about to settle does not hold up the upgrade when nothing else is to be done', async () => {
  const vat = await newVat()
  await world.run(vat, 'E(args[0]).run("return new Promise(() => {})").catch(() => {})', friend)
  const before = (await world.controller.storeStatus()).cranks
  answerOf(await world.settle(await drain(vat, 1_000_000)))
  assert.ok((await world.controller.storeStatus()).cranks - before < 10)
})

// Dr2.
test('what a durable watcher waits for is not awaited: the heir is told', async () => {
  const vat = await newVat()
  await world.run(vat, `E(args[0]).run('return new Promise((yes) => { me.yes = yes })').then(() => {})
    const make = defineKind(baggage, 'Watcher', () => ({}), { onFulfilled: (_context, text) => { me.log(text) } })
    VatData.watchPromise(E(args[0]).run('return me.watched ??= new Promise((yes) => { me.settle = yes })'), make())`,
    friend,
  )
  await world.run('friend', 'me.yes(1n)')
  const busy = await world.controller.send('friend', 'run', [slowly(20), wall])
  const request = await drain(
    vat,
    1_000,
    `${logging}; defineKind(baggage, 'Watcher', () => ({}), { onFulfilled: (_context, text) => { me.log(text) } })`,
  )
  await world.controller.run({ cranks: 2 })
  answerOf(await world.take(request))
  await world.controller.run()
  answerOf(await world.take(busy))
  await world.run('friend', 'me.settle("watched")')
  assert.deepEqual(await logOf(vat), ['watched'])
})

// Dr4.
test('an heir that cannot start leaves the old code, which gets what waited', async () => {
  const vat = await newVat()
  await asks(vat, 3)
  await world.controller.run({ cranks: 2 })
  const request = await drain(vat, 100, 'throw Error("no")')
  await hears(vat, 'waited')
  rejectionOf(await world.settle(request), 'upgrade-refused')
  assert.deepEqual([await stateOf(vat), (await world.controller.vat(vat)).incarnation], ['running', 0])
  assert.deepEqual(await logOf(vat), ['answer', 'waited'])
})

// Dr4.
test('with onFailure suspend what waited goes on waiting', async () => {
  const vat = await newVat()
  await asks(vat, 3)
  await world.controller.run({ cranks: 2 })
  const request = await world.controller.upgradeVat(vat, bundle, {
    parameters: { setup: 'throw 1' },
    drain: { maxCranks: 100 },
    onFailure: 'suspend',
  })
  await world.controller.run({ cranks: 1 })
  await hears(vat, 'waited')
  while ((await world.controller.status(request)).kind === 'pending')
    await world.controller.run({ cranks: 1 })
  rejectionOf(await world.take(request), 'upgrade-refused')
  const { status, parked } = await world.controller.vat(vat)
  assert.deepEqual([status.kind, parked], ['suspended', 1])
  answerOf(await world.upgrade(vat, { setup: logging }))
  assert.deepEqual(await logOf(vat), ['answer', 'waited'])
})

// Dr3, Su2.
test('a vat that is suspended while it drains is upgraded next, and runs', async () => {
  const vat = await newVat()
  await asks(vat, 50)
  await world.controller.run({ cranks: 2 })
  const request = await drain(vat)
  await hears(vat, 'waited')
  await world.controller.run({ cranks: 1 })
  assert.equal(
    (answerOf(await world.take(await world.controller.suspendVat(vat, 'tea'))) as { outcome: string })
      .outcome,
    'suspended',
  )
  await world.audit()
  await world.controller.run({ cranks: 1 })
  assert.match(String((answerOf(await world.take(request)) as DurableUpgrade).collectionSkipped), /tea/)
  await world.controller.run()
  assert.deepEqual([await stateOf(vat), await logOf(vat)], ['running', ['waited']])
})

test('resuming a vat that drains says that it was running', async () => {
  const vat = await newVat()
  await asks(vat, 50)
  await world.controller.run({ cranks: 2 })
  const request = await drain(vat, 3)
  assert.deepEqual(answerOf(await world.take(await world.controller.resumeVat(vat))), {
    outcome: 'was-running',
    released: 0,
  })
  assert.equal(await stateOf(vat), 'draining')
  answerOf(await world.settle(request))
})

// Dr3.
test('a vat that ends while it drains rejects the upgrade and what waited', async () => {
  const vat = await newVat()
  await asks(vat, 50)
  await world.controller.run({ cranks: 2 })
  const request = await drain(vat)
  const waited = await world.controller.send(vat, 'echo')
  await world.controller.run({ cranks: 1 })
  await world.controller.terminateVat(vat, 'the end')
  await world.audit()
  rejectionOf(await world.settle(request), 'vat-terminated')
  rejectionOf(await world.take(waited), 'vat-terminated')
})

// Dr3.
test('a second upgrade ends the drain: the first is done next, then the second', async () => {
  const vat = await newVat()
  await asks(vat, 50)
  await world.controller.run({ cranks: 2 })
  const first = await drain(vat)
  const second = await world.controller.upgradeVat(vat, bundle, { parameters: { setup: logging } })
  const third = await world.controller.upgradeVat(vat, bundle, {
    parameters: { setup: logging },
    drain: { maxCranks: 5 },
  })
  await hears(vat, 'waited')
  await world.controller.run()
  const numbers = []
  for (const request of [first, second, third])
    numbers.push((answerOf(await world.take(request)) as DurableUpgrade).incarnationNumber)
  assert.deepEqual(numbers, [1, 2, 3])
  assert.deepEqual(await logOf(vat), ['waited'])
})

test('two vats drain at once, and each is upgraded in its time', async () => {
  const [quick, slow] = [await newVat(), await newVat()]
  await asks(quick, 2)
  await asks(slow, 10)
  await world.controller.run({ cranks: 4 })
  const requests = [await drain(slow), await drain(quick)]
  await world.audit()
  await world.controller.run()
  for (const request of requests) answerOf(await world.take(request))
  assert.deepEqual([await logOf(quick), await logOf(slow)], [['answer'], ['answer']])
})

test('a fault while it drains suspends the vat with the delivery first; the upgrade comes next, refused or not', async () => {
  for (const [setup, after] of [['throw Error("no")', 'suspended'], [logging, 'running']] as const) {
    const vat = await newVat(world, { computronsPerDelivery: 20_000_000n })
    await world.run(
      vat,
      'E(args[0]).run("return new Promise((yes) => { me.yes = yes })").then(() => { for (;;); })',
      friend,
    )
    const request = await world.controller.upgradeVat(vat, bundle, {
      parameters: { setup },
      drain: { maxCranks: 100 },
    })
    await hears(vat, 'waited')
    await world.controller.sendOnly('friend', 'run', ['me.yes(1n)'])
    await world.controller.run()
    const { vat: id, status, parked } = await world.controller.vat(vat)
    assert.equal(status.kind, after)
    const kinds = [...(await world.rows('kernel'))]
      .filter(([key]) => key.startsWith(`parked.${id}.`))
      .map(([, item]) => (JSON.parse(item) as { kind: string }).kind)
    if (after === 'running') assert.deepEqual([parked, await logOf(vat)], [0, ['waited']])
    else
      assert.deepEqual(
        [status.kind === 'suspended' && status.cause, kinds],
        ['computrons-exhausted', ['notify', 'send']],
      )
    assert.equal((await world.take(request)).kind, after === 'running' ? 'fulfilled' : 'rejected')
  }
})

test('past the number that may wait messages to a vat that drains are rejected', async () => {
  const vat = await newVat()
  await asks(vat, 50)
  await world.controller.run({ cranks: 2 })
  const request = await drain(vat)
  const long = 'x'.repeat(12 * 1024 * 1024)
  const sent = []
  for (let times = 0; times < 3; times += 1) sent.push(await world.controller.send(vat, 'same', [long]))
  answerOf(await world.settle(request))
  assert.match(rejectionOf(await world.take(sent[2]!), 'vat-suspended').message, /drains/)
  for (const each of sent.slice(0, 2)) answerOf(await world.take(each))
  await world.forgetAll()
})

test('a message that the vat sends itself while it drains waits, and does not hold up the upgrade for ever', async () => {
  const vat = await newVat()
  await world.run(
    vat,
    'me.self = args[0]; me.ask = () => E(args[1]).run("return E(args[0]).echo(`back`)", me.self)',
    await world.root(vat),
    friend,
  )
  const answer = await world.controller.send(vat, 'run', ['return me.ask()'])
  await world.controller.run({ cranks: 1 })
  answerOf(await world.settle(await drain(vat)))
  assert.equal((reasonOf(await world.take(answer)) as { name: string }).name, 'vatUpgraded')
})

test('an item of a port waits like a message, and the heir receives it', async () => {
  const vat = await newVat()
  const port = await world.controller.openPort('bank')
  const receives = `${logging}; me.make = defineKind(baggage, 'Handler', () => ({}), { receive: (_context, data) => me.log(data) })`
  await world.run(vat, `${receives}; E.sendOnly(args[0]).onReceive(me.make())`, await port.remote())
  await asks(vat, 20)
  await world.controller.run({ cranks: 2 })
  const request = await drain(vat, 1_000, receives)
  await port.deliver('item')
  await world.controller.run({ cranks: 4 })
  assert.deepEqual([await stateOf(vat), (await world.controller.vat(vat)).parked], ['draining', 1])
  answerOf(await world.settle(request))
  assert.deepEqual(await logOf(vat), ['answer', 'item'])
})

test('two worlds that drain the same come to the same', async (t) => {
  const hashes = []
  for (const eviction of ['when-needed', 'after-each-crank'] as const) {
    const one = await openWorld(t, {
      vats: { friend: puppet, wall: puppet, v: { setup: logging } },
      open: { eviction },
    })
    await one.controller.sendOnly('v', 'run', [
      'E(args[0]).run(args[1], args[2]).then((answer) => me.log(answer))',
      await one.root('friend'),
      slowly(9),
      await one.root('wall'),
    ])
    await one.controller.run({ cranks: 2 })
    const request = await one.controller.upgradeVat('v', await one.install(), {
      parameters: { setup: logging },
      drain: { maxCranks: 12 },
    })
    await one.controller.sendOnly('v', 'echo')
    answerOf(await one.settle(request))
    hashes.push(await one.activityHash())
  }
  assert.equal(hashes[0], hashes[1])
})
