/** Durable kinds: identity and state across cranks, evictions, snapshots, restarts and upgrades. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Remote } from '../../src/host/index.ts'
import { passages } from '../kit/passages.ts'
import { answerOf, forTheFile, openWorld, reasonOf, rejectionOf } from '../kit/world.ts'

const counters = `
  const methods = {
    add: ({ state }, by) => (state.count += by),
    read: ({ state }) => harden({ count: state.count, friend: state.friend }),
    set: ({ state }, name, value) => { state[name] = value },
    me: ({ self }) => self,
    stateOf: ({ state }) => { me.state = state },
  }
  const makeCounter = defineKind(baggage, 'Counter', (count) => ({ count, friend: undefined }), methods)
  const makeOther = defineKind(baggage, 'Other', () => ({ count: 100n }), { read: ({ state }) => state.count })
  me.makeCounter = makeCounter; me.makeOther = makeOther
`
const world = await openWorld(forTheFile, {
  vats: { home: { setup: counters }, guest: {} },
  config: { snapshotInterval: 3 },
})
const inHome = (code: string, ...args: unknown[]): Promise<unknown> => world.run('home', code, ...args)

const passed: Readonly<Record<string, () => Promise<unknown>>> = {
  ...passages(world, 'home'),
  'an upgrade': async () => answerOf(await world.upgrade('home', { setup: counters })),
  'an upgrade, closing and opening': async () => {
    answerOf(await world.upgrade('home', { setup: counters }))
    await world.reopen()
  },
}

for (const [name, pass] of Object.entries(passed)) {
  test(`a durable object keeps its identity and state over ${name}`, async () => {
    const counter = (await inHome(
      'const c = me.makeCounter(5n); baggage.init("the counter", c); return c',
    )) as Remote
    assert.equal(await world.ask(counter, 'add', 2n), 7n)
    await pass()
    assert.equal(await world.ask(counter, 'add', 1n), 8n)
    const same = await inHome(
      'const c = baggage.get("the counter"); baggage.delete("the counter"); return harden([c === args[0], c.me() === c, c.read()])',
      counter,
    )
    assert.deepEqual(same, [true, true, { count: 8n, friend: undefined }])
  })
}

test('a durable object refers to another, to an object of another vat, and to itself', async () => {
  const guest = await world.root('guest')
  const code = `const a = me.makeCounter(1n), b = me.makeCounter(2n)
    a.set('friend', harden({ b, guest: args[0], a })); return a`
  const a = (await inHome(code, guest)) as Remote
  await world.controller.evictWorkers()
  const found =
    'const { friend } = args[0].read(); return harden([friend.a === args[0], friend.guest === args[1], friend.b.read().count])'
  assert.deepEqual(await inHome(found, a, guest), [true, true, 2n])
})

/** What durable state cannot hold; each is refused where it is assigned. */
const notDurable: Readonly<Record<string, readonly [value: string, message: RegExp]>> = {
  'an ephemeral object': ['Far("gone tomorrow", {})', /durable data cannot refer to Alleged: gone tomorrow/],
  'an ephemeral object deep inside': [
    '({ a: [Far("deep", {})] })',
    /durable data cannot refer to Alleged: deep/,
  ],
  'a promise': ['Promise.resolve(1n)', /durable data cannot refer to a promise/],
  'the answer to a message': ['E(args[0]).echo()', /durable data cannot refer to a promise/],
  'a function': ['(() => 1)', /./],
}

for (const [name, [value, message]] of Object.entries(notDurable)) {
  // Rcd2.
  test(`${name} is refused by the state, and the assignment has not happened`, async () => {
    const guest = await world.root('guest')
    const code = `const c = me.makeCounter(1n); c.set('friend', 'before'); try { c.set('friend', ${value}); return 'taken' } catch (error) { return harden([error.message, c.read().friend]) }`
    const [text, kept] = (await inHome(code, guest)) as [string, string]
    assert.match(text, message)
    assert.match(text, /^(value for "friend" is not durable: slot 0 of )?Counter\.state\.friend: /)
    assert.equal(kept, 'before')
  })

  test(`${name} is refused by the baggage, which is as it was`, async () => {
    const code = `try { baggage.init('bad', ${value}); return 'taken' } catch (error) { return harden([error.message, baggage.has('bad')]) }`
    const [text, has] = (await inHome(code, await world.root('guest'))) as [string, boolean]
    assert.match(text, message)
    assert.equal(has, false)
  })
}

test('a refused value in the first state makes no object', async () => {
  const code = `try { me.makeCounter(Far('x', {})); return 'made' } catch (error) { return error.message }`
  assert.match(
    String(await inHome(code)),
    /^value for "count" is not durable: slot 0 of Counter\.state\.count: /,
  )
})

test('what is assigned is frozen, and later changes of the original are not possible', async () => {
  assert.equal(
    await inHome(
      'const c = me.makeCounter(1n); const list = [1n]; c.set("friend", list); try { list.push(2n) } catch {} return c.read().friend.length',
    ),
    1,
  )
})

test('a field that the kind does not have cannot be assigned', async () => {
  assert.match(
    String(
      await inHome(
        'try { me.makeCounter(1n).set("colour", "red"); return "taken" } catch (error) { return error.name }',
      ),
    ),
    /TypeError/,
  )
})

test('a field named __proto__ is a field like others', async (t) => {
  const setup = `${counters}; me.makeOdd = defineKind(baggage, 'Odd', () => ({ ['__proto__']: 7n, n: 1n }), { read: ({ state }) => harden([state['__proto__'], state.n]) })`
  const odd = await openWorld(t, { vats: { odd: { setup } } })
  const object = (await odd.run('odd', 'return me.makeOdd()')) as Remote
  assert.deepEqual(await odd.ask(object, 'read'), [7n, 1n])
  await odd.controller.evictWorkers()
  assert.deepEqual(await odd.ask(object, 'read'), [7n, 1n])
})

test('a change made before the crank fails is not there afterwards', async () => {
  const counter = (await inHome('return me.makeCounter(1n)')) as Remote
  const reason = reasonOf(
    await world.outcome('home', 'run', 'args[0].add(5n); throw Error("but it goes on")', counter),
  )
  assert.equal((reason as Error).message, 'but it goes on')
  assert.equal(await world.ask(counter, 'add', 0n), 6n, 'an exception ends no crank')
})

// --- nobody else's state

const intruders: Readonly<Record<string, string>> = {
  'a method of a kind called on an object of another kind':
    'const other = me.makeOther(); return args[0].add.call(other, 1n)',
  'a method called on a plain object': 'return args[0].add.call({}, 1n)',
  'a method called on an heir of the object': 'return args[0].add.call(Object.create(args[0]), 1n)',
  'a method called on a proxy of the object': 'return args[0].add.call(new Proxy(args[0], {}), 1n)',
  'an accessor of the state called on a plain object':
    'args[0].stateOf(); const { get } = Object.getOwnPropertyDescriptor(me.state, "count"); return get.call({})',
  'an accessor of the state called on the object':
    'args[0].stateOf(); const { get } = Object.getOwnPropertyDescriptor(me.state, "count"); return get.call(args[0])',
  'a new property of the object': 'args[0].extra = 1; return "set"',
  'a new method of the kind': 'Object.getPrototypeOf(args[0]).read = () => "mine"; return "set"',
  'another prototype': 'Object.setPrototypeOf(args[0], { read: () => "mine" }); return "set"',
  'another property of the state': 'args[0].stateOf(); me.state.extra = 1; return "set"',
  'a redefined accessor of the state':
    'args[0].stateOf(); Object.defineProperty(me.state, "count", { get: () => 0n }); return "set"',
  'a field of the method': 'args[0].add.count = 1; return "set"',
}

for (const [name, code] of Object.entries(intruders)) {
  test(`${name} is refused`, async () => {
    const counter = (await inHome('return me.makeCounter(5n)')) as Remote
    const reason = reasonOf(await world.outcome('home', 'run', code, counter))
    assert.ok(reason instanceof Error, String(reason))
    assert.equal(await world.ask(counter, 'add', 0n), 5n)
  })
}

test('an object that has the state has it only as long as its method lets it', async () => {
  const code =
    'args[0].stateOf(); const kept = me.state; const b = me.makeCounter(9n); b.stateOf(); return harden([kept.count, me.state.count, kept === me.state])'
  assert.deepEqual(await inHome(code, await inHome('return me.makeCounter(5n)')), [5n, 9n, false])
})

// Beh2.
test('a behaviour that is changed after the kind was defined changes nothing', async (t) => {
  const setup = `const methods = { read: ({ state }) => state.n }
    const make = defineKind(baggage, 'K', () => ({ n: 1n }), methods)
    try { methods.read = () => 666n } catch {}
    me.object = make()`
  const tampered = await openWorld(t, { vats: { vat: { setup } } })
  assert.equal(await tampered.run('vat', 'return me.object.read()'), 1n)
})

// --- defining

test('a kind is defined once in each incarnation', async (t) => {
  const setup =
    "const handle = makeKindHandle('Twice'); baggage.init('handle', handle); defineDurableKind(handle, () => ({}), {}); try { defineDurableKind(handle, () => ({}), {}) } catch (error) { me.error = error.message }"
  const twice = await openWorld(t, { vats: { vat: { setup } } })
  assert.equal(await twice.run('vat', 'return me.error'), 'redefinition of durable kind "Twice"')
})

test('an object of a kind that is not defined yet names the kind', async () => {
  const setup =
    'try { baggage.get("the counter"); me.error = "found" } catch (error) { me.error = error.message }; ' +
    counters
  await inHome('baggage.init("the counter", me.makeCounter(1n))')
  answerOf(await world.upgrade('home', { setup }))
  assert.match(String(await inHome('return me.error')), /durable kind "Counter" is not defined/)
  assert.equal(
    await inHome(
      'const { count } = baggage.get("the counter").read(); baggage.delete("the counter"); return count',
    ),
    1n,
  )
})

/** What is no handle of a kind. */
for (const garbage of ['undefined', '5', '{}', 'args[0]', 'Far("x", {})', 'me.makeCounter(1n)']) {
  test(`${garbage} is no handle of a kind`, async () => {
    const code = `try { defineDurableKind(${garbage}, () => ({}), {}); return 'defined' } catch (error) { return error.name + ': ' + error.message }`
    assert.match(
      String(await inHome(code, await world.root('guest'))),
      /^Error: unknown handle .*: the first argument is not a kind handle$/,
    )
  })
}

test('a member of a behaviour that is not a function is named', async (t) => {
  const scratch = await openWorld(t)
  const setup =
    "try { defineDurableKind(makeKindHandle('Broken'), () => ({}), { data: 5 }) } catch (error) { console.log(error.message); throw error }"
  const { reason } = rejectionOf(await scratch.tryCreate('vat', { setup }), 'start-refused')
  assert.match(reason?.message ?? '', /Broken\.data is not a function/)
})

test('finish is called with the new object, and may pass it on', async (t) => {
  const setup =
    "me.seen = []; me.make = defineKind(baggage, 'F', (n) => ({ n }), { read: ({ state }) => state.n }, { finish: ({ state, self }) => { state.n += 1n; me.seen.push(self.read()) } })"
  const finished = await openWorld(t, { vats: { vat: { setup } } })
  assert.deepEqual(
    await finished.run('vat', 'const o = me.make(1n); return harden([o.read(), ...me.seen])'),
    [2n, 2n],
  )
})

// --- weak collections

test('an entry under a durable object is found again after the object was collected', async () => {
  await inHome(
    'me.weak = new WeakMap(); me.set = new WeakSet(); const c = me.makeCounter(3n); baggage.init("key", c); me.weak.set(c, "value"); me.set.add(c)',
  )
  await inHome('return 1n')
  assert.deepEqual(
    await inHome(
      'const c = baggage.get("key"); return harden([me.weak.get(c), me.set.has(c), me.weak.delete(c), me.weak.has(c)])',
    ),
    ['value', true, true, false],
  )
})

// Sl3.
test('an entry under an object of another vat is found when the object comes again', async () => {
  const thing = (await world.run('guest', 'return (me.thing = Far("thing", {}))')) as Remote
  await inHome('me.weak = new WeakMap([[args[0], "value"]])', thing)
  assert.equal(await inHome('return me.weak.get(args[0])', thing), 'value')
})

test('a key of a weak collection is an object', async () => {
  for (const key of ['1', '"text"', 'undefined', 'null']) {
    assert.equal(
      await inHome(`try { new WeakMap().set(${key}, 1); return 'set' } catch (error) { return error.name }`),
      'TypeError',
    )
    assert.equal(await inHome(`return new WeakMap().has(${key})`), false)
  }
})
