/** Ports: items between the host and vats, both ways, with what goes wrong. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isRejection, Remote, type Port } from '../../src/host/index.ts'
import { malloryStore } from '../kit/mallory.ts'
import { forTheFile, openWorld, puppet, type VatRecipe, type World } from '../kit/world.ts'

/** A vat whose root receives, and notes what it got. */
const clerk: VatRecipe = {
  source: `
  export const buildRootObject = (_powers, _parameters, baggage) => {
    const make = defineKind(baggage, 'Ledger', () => ({ got: [] }), {
      receive: ({ state }, data, number) => {
        state.got = [...state.got, number]
        if (data === 'no') throw RangeError('not this one')
        if (data === 'spin') for (;;);
        if (data === 'never') return new Promise(() => {})
        return data
      },
      read: ({ state }) => state.got,
    })
    const ledger = provide(baggage, 'ledger', make)
    let heap = []
    const ephemeral = Far('ephemeral', { receive: (_data, number) => { heap = [...heap, number] } })
    return Far('clerk', {
      receive: (data, number) => ledger.receive(data, number),
      durable: (port) => E(port).onReceive(ledger),
      fleeting: (port) => E(port).onReceive(ephemeral),
      deaf: (port) => E(port).onReceive(Far('deaf', {})),
      hang: (other) => { E(other).echo().then(() => { for (;;); }) },
      stop: (port) => E(port).onReceive(undefined),
      send: (port, data) => E(port).send(data),
      read: () => ledger.read(),
      heap: () => heap,
    })
  }`,
}

async function opened(
  t: { after(end: () => void | Promise<void>): void },
  name = 'bank',
): Promise<{ world: World; port: Port; remote: Remote }> {
  const world = await openWorld(t, {
    vats: { clerk: { ...clerk, computronsPerDelivery: 2_000_000n }, vat: puppet },
  })
  const port = await world.controller.openPort(name)
  return { world, port, remote: await port.remote() }
}
const deliverAll = async (port: Port, items: readonly unknown[]): Promise<void> => {
  for (const item of items) await port.deliver(item)
}
const numbers = (count: number, from = 1): number[] =>
  Array.from({ length: count }, (_, index) => from + index)
const status = async (port: Port): Promise<Record<string, unknown>> => ({ ...(await port.status()) })

const shared = await openWorld(forTheFile, { vats: { vat: puppet } })
const sharedPort = await shared.controller.openPort('shared')
const sharedRemote = await sharedPort.remote()

// Ch1.
test('what a vat sends is numbered, seen once it is committed, and stays until it is acknowledged', async (t) => {
  const { world, port, remote } = await opened(t)
  assert.equal(await world.ask('clerk', 'send', remote, { pay: 5n }), 1)
  assert.equal(await world.ask('clerk', 'send', remote, undefined), 2)
  assert.deepEqual(await port.receive(), [])
  assert.equal((await port.status()).lastNumber, 0)
  await assert.rejects(port.acknowledge(1), { code: 'port/not-sent' })
  await world.reopen()
  const again = world.controller.port('bank')
  const both = [{ number: 1, item: { pay: 5n } }, { number: 2, item: undefined }]
  assert.deepEqual(await again.receive(), both)
  assert.deepEqual(await again.receive({ limit: 1 }), both.slice(0, 1))
  assert.deepEqual(await again.receive({ after: 1 }), both.slice(1))
  await again.acknowledge(1)
  await again.acknowledge(1)
  assert.deepEqual(await again.receive(), both.slice(1))
  await world.restart()
  const undone = world.controller.port('bank')
  assert.deepEqual(await undone.receive(), both, 'the acknowledgement was not committed')
  await undone.acknowledge(2)
  await world.reopen()
  assert.deepEqual(await world.controller.port('bank').receive(), [])
  assert.equal(await world.ask('clerk', 'send', await world.controller.port('bank').remote(), 'third'), 3)
})

test('ports count by themselves, and one that the host neglects holds up no other', async (t) => {
  const { world, port, remote } = await opened(t)
  const other = await world.controller.openPort('mail')
  await world.ask('clerk', 'send', remote, 'a')
  await world.ask('clerk', 'send', await other.remote(), 'b')
  await world.ask('clerk', 'send', remote, 'c')
  await world.controller.commit()
  await other.acknowledge(1)
  assert.deepEqual(await other.receive(), [])
  assert.deepEqual((await port.receive()).map(({ item }) => item), ['a', 'c'])
  await world.controller.commit()
  assert.deepEqual((await port.receive()).map(({ number }) => number), [1, 2])
  assert.deepEqual(await world.controller.ports(), ['bank', 'mail'])
})

test('an object in an item for the host lives until the item is acknowledged', async (t) => {
  const { world, port, remote } = await opened(t)
  await world.run(
    'vat',
    'return E(args[0]).send({ thing: Far("thing", { hello: () => "still here" }) })',
    remote,
  )
  await world.forgetAll()
  await world.reopen()
  const again = world.controller.port('bank')
  const [sent] = await again.receive()
  const { thing } = sent?.item as { thing: Remote }
  assert.equal(await world.ask(thing, 'hello'), 'still here')
  await again.acknowledge(1)
  await world.forgetAll()
  await world.controller.run()
  assert.ok(isRejection(await world.refusal(thing, 'hello')))
  assert.equal(port.name, 'bank')
})

// Pt3.
test('items are received in order, with their numbers, and by nobody before there is a handler', async (t) => {
  const { world, port, remote } = await opened(t)
  await deliverAll(port, ['a', 'b', 'c'])
  await world.controller.run()
  const before = {
    name: 'bank',
    handler: 'none',
    delivered: 3,
    waiting: 3,
    unsettled: 0,
    failed: 0,
    lastNumber: 0,
    acknowledged: 0,
  }
  assert.deepEqual(await status(port), before)
  await world.reopen({ eviction: 'after-each-crank' })
  const again = world.controller.port('bank')
  assert.deepEqual(await status(again), before)
  await world.ask('clerk', 'durable', remote)
  assert.deepEqual(await world.ask('clerk', 'read'), [1, 2, 3])
  await deliverAll(again, ['d', 'e'])
  await world.controller.run()
  assert.deepEqual(await world.ask('clerk', 'read'), numbers(5))
  assert.deepEqual(await status(again), { ...before, handler: 'set', delivered: 5, waiting: 0 })
})

// Ch2.
test('an item that is delivered again under its number is taken once, over a restart too', async (t) => {
  const { world, port, remote } = await opened(t)
  await world.ask('clerk', 'durable', remote)
  assert.deepEqual(await port.deliver('a', { number: 1 }), { number: 1, outcome: 'taken' })
  assert.deepEqual(await port.deliver('a', { number: 1 }), { number: 1, outcome: 'duplicate' })
  assert.deepEqual(await port.deliver('b'), { number: 2, outcome: 'taken' })
  await world.controller.run()
  await world.reopen()
  const again = world.controller.port('bank')
  assert.deepEqual(await again.deliver('b', { number: 2 }), { number: 2, outcome: 'duplicate' })
  await assert.rejects(again.deliver('d', { number: 4 }), {
    code: 'port/gap',
    detail: { port: 'bank', number: 4, next: 3 },
  })
  await world.controller.run()
  assert.deepEqual(await world.ask('clerk', 'read'), [1, 2])
  await again.deliver('lost', { number: 3 })
  await world.restart()
  assert.equal((await world.controller.port('bank').status()).delivered, 2, 'it was not committed')
})

test('an item that the handler rejects is listed and holds up nothing', async (t) => {
  const { world, port, remote } = await opened(t)
  await world.ask('clerk', 'durable', remote)
  await deliverAll(port, ['a', 'no', 'c', 'spin', 'e', 'no'])
  await world.controller.run()
  assert.deepEqual(
    await world.ask('clerk', 'read'),
    [1, 2, 3, 5, 6],
    'what was undone is as if it had not been',
  )
  const failures = await port.failures()
  assert.deepEqual(failures.map(({ number }) => number), [2, 4, 6])
  assert.match(String(failures[0]?.reason), /not this one/)
  assert.equal((failures[1]?.reason as { code: string }).code, 'computrons-exhausted')
  assert.deepEqual((await port.failures({ after: 2, limit: 1 })).map(({ number }) => number), [4])
  await port.dismissFailures(4)
  await port.dismissFailures(4)
  await world.reopen()
  assert.deepEqual((await world.controller.port('bank').failures()).map(({ number }) => number), [6])
  assert.equal((await world.controller.port('bank').status()).failed, 3)
})

test('a handler without the method fails each item', async (t) => {
  const { world, port, remote } = await opened(t)
  await world.ask('clerk', 'deaf', remote)
  await deliverAll(port, ['a', 'b'])
  await world.controller.run()
  assert.deepEqual((await port.failures()).map(({ number }) => number), [1, 2])
})

test('an item with an object that is gone fails by itself', async (t) => {
  const { world, port, remote } = await opened(t)
  await world.ask('clerk', 'durable', remote)
  await deliverAll(port, ['a', { gone: new Remote('ko999' as Remote['kref']) }, await world.root('vat')])
  await world.controller.run()
  assert.deepEqual(await world.ask('clerk', 'read'), [1, 3])
  assert.equal(((await port.failures())[0]?.reason as { code: string }).code, 'object-unknown')
})

// Pt4.
test('a durable handler goes on over an upgrade; one of the heap ends, and items wait for the next', async (t) => {
  const { world, port, remote } = await opened(t)
  await world.ask('clerk', 'durable', remote)
  await deliverAll(port, ['a'])
  await world.controller.upgradeVat('clerk', await world.install(clerk))
  await deliverAll(port, ['b'])
  await world.controller.run()
  assert.deepEqual(await world.ask('clerk', 'read'), [1, 2])

  await world.ask('clerk', 'fleeting', remote)
  await deliverAll(port, ['c'])
  await world.controller.run()
  assert.deepEqual(await world.ask('clerk', 'heap'), [3])
  await world.controller.upgradeVat('clerk', await world.install(clerk))
  await deliverAll(port, ['d', 'e'])
  await world.controller.run()
  const { handler, waiting } = await port.status()
  assert.deepEqual([handler, waiting], ['none', 2])
  await world.ask('clerk', 'fleeting', remote)
  assert.deepEqual(await world.ask('clerk', 'heap'), [4, 5])
  assert.deepEqual(await port.failures(), [])
})

test('an item that was received by an incarnation that ended before it answered is a failure, not a second delivery', async (t) => {
  const { world, port, remote } = await opened(t)
  await world.ask('clerk', 'durable', remote)
  await deliverAll(port, ['never', 'b'])
  await world.controller.run()
  assert.equal((await port.status()).unsettled, 1)
  await world.controller.upgradeVat('clerk', await world.install(clerk))
  await world.controller.run()
  assert.deepEqual(await world.ask('clerk', 'read'), [1, 2])
  const [failure] = await port.failures()
  assert.deepEqual([failure?.number, (failure?.reason as { name: string }).name], [1, 'vatUpgraded'])
  assert.equal((await port.status()).unsettled, 0)
})

// Pt3.
test('items for a vat that is suspended wait, and are received in order when it runs again', async (t) => {
  const { world, port, remote } = await opened(t)
  await world.ask('clerk', 'durable', remote)
  await deliverAll(port, ['a'])
  await world.ask('clerk', 'hang', await world.root('vat'))
  assert.equal((await world.controller.vat('clerk')).status.kind, 'suspended')
  await deliverAll(port, ['b', 'c'])
  await world.controller.run()
  await deliverAll(port, ['d'])
  await world.controller.run()
  assert.equal((await world.controller.vat('clerk')).parked, 2, 'the notification, and one that receives')
  assert.deepEqual([(await port.status()).waiting, await port.failures()], [3, []])
  await world.reopen()
  await world.upgrade('clerk', clerk)
  assert.deepEqual(await world.ask('clerk', 'read'), [1, 2, 3, 4])
})

test('a handler that is replaced gets nothing more, and undefined lets go of it', async (t) => {
  const { world, port, remote } = await opened(t)
  await world.ask('clerk', 'durable', remote)
  await deliverAll(port, ['a', 'b'])
  await world.controller.run({ cranks: 1 })
  await world.ask('clerk', 'stop', remote)
  await deliverAll(port, ['c'])
  await world.controller.run()
  const got = (await world.ask('clerk', 'read')) as number[]
  const { waiting, handler } = await port.status()
  assert.equal(handler, 'none')
  assert.equal(got.length + waiting, 3)
  await world.ask('clerk', 'fleeting', remote)
  assert.deepEqual([...got, ...((await world.ask('clerk', 'heap')) as number[])], [1, 2, 3])
})

/** What vats ask of a port and are refused. */
const refusals: Readonly<Record<string, readonly [call: string, message: RegExp]>> = {
  'send without data': ['send()', /one argument/],
  'send with two arguments': ['send(1, 2)', /one argument/],
  'send of a promise': ['send(Promise.resolve(5))', /promise/],
  'send of a promise in a record': ['send({ p: Promise.resolve(5) })', /promise/],
  'send of too much': ['send("x".repeat(1_100_000))', /limits/],
  'send of too many references': ['send(Array.from({ length: 1001 }, () => Far("x", {})))', /limits/],
  'onReceive of data': ['onReceive(5n)', /handler is an object/],
  'onReceive of null': ['onReceive(null)', /handler is an object/],
  'onReceive of a promise': ['onReceive(Promise.resolve(Far("x", {})))', /handler is an object/],
  'onReceive of the port itself': ['onReceive(args[0])', /object of the kernel/],
  'a method that there is not': ['close()', /no method "close"/],
}
for (const [name, [call, message]] of Object.entries(refusals)) {
  test(`${name} is refused to a vat`, async () => {
    const reason = (await shared.run(
      'vat',
      `return E(args[0]).${call}.then(() => 'taken', (reason) => reason)`,
      sharedRemote,
    )) as { code: string; message: string }
    assert.equal(reason.code, 'service-refused')
    assert.match(reason.message, message)
    const { handler, lastNumber } = await sharedPort.status()
    assert.deepEqual([handler, lastNumber], ['none', 0])
  })
}

const garbage = <Type>(value: unknown): Type => value as Type

/** What the host asks and is refused. */
const hostRefusals: Readonly<
  Record<string, readonly [code: string, call: (port: Port) => Promise<unknown>]>
> = {
  'opening a port without a name': ['api/bad-argument', () => shared.controller.openPort('')],
  'opening a port with a name that is none': ['port/name-invalid', () => shared.controller.openPort('a b')],
  'opening a port with a number': ['api/bad-argument', () => shared.controller.openPort(garbage(5))],
  'a port that is not open': ['port/unknown', () => shared.controller.port('nobody').status()],
  'delivering to a port that is not open': [
    'port/unknown',
    () => shared.controller.port('nobody').deliver(1),
  ],
  'receiving from a port that is not open': [
    'port/unknown',
    () => shared.controller.port('nobody').receive(),
  ],
  'delivering with a gap': ['port/gap', (port) => port.deliver(1, { number: 2 })],
  'delivering under the number 0': ['api/bad-argument', (port) => port.deliver(1, { number: 0 })],
  'delivering under a text': ['api/bad-argument', (port) => port.deliver(1, { number: garbage('1') })],
  'delivering with null for options': ['api/bad-argument', (port) => port.deliver(1, garbage(null))],
  'delivering a function': ['value/not-passable', (port) => port.deliver(() => 1)],
  'delivering too much': ['port/too-large', (port) => port.deliver('x'.repeat(1_100_000))],
  'delivering far too much': ['value/too-large', (port) => port.deliver('x'.repeat(17_000_000))],
  'receiving after a text': ['api/bad-argument', (port) => port.receive({ after: garbage('1') })],
  'receiving none': ['api/bad-argument', (port) => port.receive({ limit: 0 })],
  'receiving too many at once': ['api/bad-argument', (port) => port.receive({ limit: 1_001 })],
  'acknowledging what was not sent': ['port/not-sent', (port) => port.acknowledge(1)],
  'acknowledging a fraction': ['api/bad-argument', (port) => port.acknowledge(0.5)],
  'failures after a bigint': ['api/bad-argument', (port) => port.failures({ after: garbage(1n) })],
  'dismissing nothing': ['api/bad-argument', (port) => port.dismissFailures(garbage(undefined))],
}
for (const [name, [code, call]] of Object.entries(hostRefusals)) {
  test(`${name} is refused to the host`, async () => {
    const before = await shared.activityHash()
    await assert.rejects(call(sharedPort), { code })
    assert.equal(await shared.activityHash(), before)
  })
}

test('opening a port again, and dismissing no failures, changes nothing', async () => {
  const before = await shared.activityHash()
  await shared.controller.openPort('shared')
  await sharedPort.dismissFailures(7)
  assert.equal(await shared.activityHash(), before)
})

test('items for a handler whose vat ends wait for the next handler, in order, those that were parked for it too', async (t) => {
  const { world, port, remote } = await opened(t)
  await world.ask('clerk', 'durable', remote)
  await deliverAll(port, ['a', 'b'])
  await world.controller.run()
  await world.controller.suspendVat('clerk', 'for a while')
  await deliverAll(port, ['c', 'd'])
  await world.controller.run()
  await world.controller.terminateVat('clerk', 'for ever')
  await deliverAll(port, ['e'])
  await world.controller.run()
  await world.reopen()
  const again = await world.controller.openPort('bank')
  assert.deepEqual([(await status(again))['waiting'], (await status(again))['handler']], [3, 'none'])
  await world.run(
    'vat',
    'me.got = []; return E(args[0]).onReceive(Far("next", { receive: (data, number) => { me.got.push([data, number]) } }))',
    await again.remote(),
  )
  await world.controller.run()
  assert.deepEqual(await world.run('vat', 'return me.got'), [['c', 3], ['d', 4], ['e', 5]])
  assert.equal((await status(again))['failed'], 0)
})

test('an item whose handler ends its vat was received when the vat completes, and is a failure when it fails', async (t) => {
  const { world, port, remote } = await opened(t)
  const handler = (end: string): string =>
    `return E(args[0]).onReceive(Far("leaver", { receive: (data) => vatPowers.${end}(data) }))`
  await world.create('failing')
  await world.create('completing')
  await world.run('failing', handler('exitVatWithFailure'), remote)
  await deliverAll(port, ['one', 'two'])
  await world.controller.run()
  await world.controller.sendOnly('completing', 'run', [handler('exitVat'), remote])
  await world.controller.run()
  const failures = await port.failures()
  assert.deepEqual(
    [failures, (await status(port))['waiting'], (await status(port))['unsettled']],
    [[{ number: 1, reason: 'one', by: 'vat' }], 0, 0],
  )
})

test('the host is told of a failure whose reason is garbage, and of those beside it', async (t) => {
  const { directory, worker } = await malloryStore(t)
  const world = await openWorld(t, { from: directory, vats: { mallory: { worker } } })
  const port = await world.controller.openPort('bank')
  await world.ask(await port.remote(), 'onReceive', await world.root('mallory'))
  const reject = JSON.stringify({
    batch: [
      {
        kind: 'resolve',
        resolutions: [{ promise: 'p-2', outcome: 'rejected', data: { body: 'garbage', slots: [] } }],
      },
    ],
    result: { kind: 'ok' },
  })
  await world.ask('mallory', 'arm', 'message', reject)
  await deliverAll(port, ['one', 'two'])
  await world.controller.run()
  const [first, second, ...others] = await port.failures()
  assert.deepEqual([first?.number, second?.number, others], [1, 2, []])
  assert.match(String(first?.reason), /a reason that does not decode/)
})
