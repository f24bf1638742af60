/** Kinds: virtual and multi-facet objects, contexts, and what nobody gets hold of. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Remote } from '../../src/host/index.ts'
import { passages } from '../kit/passages.ts'
import { answerOf, forTheFile, openWorld, reasonOf, rejectionOf } from '../kit/world.ts'

/** Each kind in all four ways; `make(name)` gives the thing, or the record of its facets. */
const kinds = `
  const single = {
    add: ({ state }, by) => (state.n += by),
    read: ({ state }) => state.n,
    keep: ({ state }, value) => { state.kept = value },
    kept: ({ state }) => state.kept,
    me: ({ self }) => self,
    leak: (context) => { me.context = context },
  }
  const multi = {
    up: { add: ({ state }, by) => (state.n += by), keep: ({ state }, value) => { state.kept = value }, other: ({ facets }) => facets.down, leak: (context) => { me.context = context } },
    down: { read: ({ state }) => state.n, kept: ({ state }) => state.kept, other: ({ facets }) => facets.up },
  }
  const init = (n) => ({ n, kept: undefined })
  me.virtual = VatData.defineKind('Virtual', init, single)
  me.other = VatData.defineKind('Other', init, single)
  me.pair = VatData.defineKindMulti('Pair', init, multi)
  const handle = (tag) => provide(baggage, 'kind ' + tag, () => makeKindHandle(tag))
  me.durable = VatData.defineDurableKind(handle('Durable'), init, single)
  me.durablePair = VatData.defineDurableKindMulti(handle('DurablePair'), init, multi)
`
const world = await openWorld(forTheFile, {
  vats: { home: { setup: kinds }, guest: {} },
  config: { snapshotInterval: 3 },
})
const inHome = (code: string, ...args: unknown[]): Promise<unknown> => world.run('home', code, ...args)

const upgrade = async (): Promise<void> => void answerOf(await world.upgrade('home', { setup: kinds }))

for (const [name, pass] of Object.entries(passages(world, 'home'))) {
  test(`a virtual object keeps its identity and state over ${name}`, async () => {
    const object = (await inHome('return me.virtual(5n)')) as Remote
    assert.equal(await world.ask(object, 'add', 2n), 7n)
    await pass()
    assert.equal(await world.ask(object, 'add', 1n), 8n)
    assert.deepEqual(await inHome('return harden([args[0] === args[0].me(), args[0].read()])', object), [
      true,
      8n,
    ])
  })
}

for (const [name, pass] of Object.entries({ ...passages, 'an upgrade': upgrade })) {
  for (const maker of name === 'an upgrade' ? ['durablePair'] : ['pair', 'durablePair']) {
    test(`the facets of a ${maker} share one state and know each other over ${name}`, async () => {
      const { up, down } = (await inHome(`return me.${maker}(5n)`)) as { up: Remote; down: Remote }
      assert.equal(await world.ask(up, 'add', 2n), 7n)
      await pass()
      assert.equal(await world.ask(down, 'read'), 7n)
      assert.deepEqual(
        await inHome(
          'const [up, down] = args; return harden([up.other() === down, down.other() === up, up === down])',
          up,
          down,
        ),
        [true, true, false],
      )
    })
  }
}

// Coh2.
test('a facet comes back alone, and brings the other', async () => {
  await inHome('baggage.init("down", me.durablePair(3n).down)')
  await upgrade()
  assert.deepEqual(
    await inHome(
      'const down = baggage.get("down"); const up = down.other(); up.add(4n); baggage.delete("down"); return harden([down.read(), up.other() === down])',
    ),
    [7n, true],
  )
})

test('an object of another vat sees facets as objects of their own', async () => {
  const { up, down } = (await inHome('return me.durablePair(1n)')) as { up: Remote; down: Remote }
  const code =
    'const [up, down] = args; const n = await E(up).add(1n); return [n, await E(down).read(), (await E(up).other()) === down]'
  assert.deepEqual(await world.run('guest', code, up, down), [2n, 2n, true])
})

test('virtual state refers to an object of this incarnation, and finds it again', async () => {
  const object = (await inHome(
    'me.thing = Far("thing", { hello: () => "hello" }); const v = me.virtual(1n); v.keep(harden({ thing: me.thing })); return v',
  )) as Remote
  await world.controller.evictWorkers()
  assert.deepEqual(
    await inHome(
      'const { thing } = args[0].kept(); return harden([thing === me.thing, thing.hello()])',
      object,
    ),
    [true, 'hello'],
  )
})

test('virtual state refers to virtual and durable objects', async () => {
  const code =
    'const v = me.virtual(1n); v.keep(harden([me.virtual(2n), me.durable(3n), me.pair(4n).down])); return v'
  const object = (await inHome(code)) as Remote
  await world.controller.evictWorkers()
  assert.deepEqual(await inHome('return harden(args[0].kept().map((each) => each.read()))', object), [
    2n,
    3n,
    4n,
  ])
})

/** What a state cannot hold: of which kind, what, and why. */
const refused: Readonly<Record<string, readonly [maker: string, value: string, message: RegExp]>> = {
  'a promise in durable state': [
    'durable',
    'Promise.resolve(1n)',
    /^value for "kept" is not durable: slot 0 of Durable\.state\.kept: durable data cannot refer to a promise/,
  ],
  'a promise in durable state behind what may be there': [
    'durablePair',
    'harden([me.durable(1n), Promise.resolve(1n)])',
    /^value for "kept" is not durable: slot 1 of DurablePair\.state\.kept: durable data cannot refer to a promise/,
  ],
  'an ephemeral object in durable state': [
    'durable',
    'Far("x", {})',
    /^value for "kept" is not durable: slot 0 of Durable\.state\.kept: durable data cannot refer to Alleged: x/,
  ],
  'a virtual object in durable state': [
    'durable',
    'me.virtual(1n)',
    /^value for "kept" is not durable: slot 0 of Durable\.state\.kept: durable data cannot refer to Alleged: Virtual/,
  ],
  'a facet of a virtual object in durable state': [
    'durablePair',
    'me.pair(1n).down',
    /^value for "kept" is not durable: slot 0 of DurablePair\.state\.kept: durable data cannot refer to Alleged: Pair down/,
  ],
  'a function in virtual state': ['virtual', '() => 1', /^Virtual\.state\.kept: /],
}

for (const [name, [maker, value, message]] of Object.entries(refused)) {
  test(`${name} is refused, and the assignment has not happened`, async () => {
    const code = `const made = me.${maker}(1n), to = made.up ?? made, from = made.down ?? made
      to.keep('before')
      try { to.keep(${value}); return 'taken' } catch (error) { return harden([error.message, from.kept()]) }`
    const [text, kept] = (await inHome(code)) as [string, unknown]
    assert.match(text, message)
    assert.equal(kept, 'before')
  })
}

// --- nobody else's context

const intruders: Readonly<Record<string, string>> = {
  'a method of one facet called on the other': 'const { up, down } = args[0]; return up.add.call(down, 1n)',
  'a method of a facet called on the record of facets': 'return args[0].up.add.call(args[0], 1n)',
  'a method of a facet called on an object of another kind': 'return args[0].up.add.call(me.virtual(1n), 1n)',
  'a method of a durable facet called on a virtual one':
    'return me.durablePair(1n).up.add.call(args[0].up, 1n)',
  'a method of a facet called on an heir of it': 'return args[0].up.add.call(Object.create(args[0].up), 1n)',
  'a method of a facet called on a proxy of it': 'return args[0].up.add.call(new Proxy(args[0].up, {}), 1n)',
  'a method of a facet called on nothing': 'const { add } = args[0].up; return add(1n)',
  'a method called on an object of another kind with the same methods':
    'return me.virtual(1n).add.call(me.other(1n), 1n)',
  'an accessor of the state called on the facet':
    'args[0].up.leak(); const { get } = Object.getOwnPropertyDescriptor(me.context.state, "n"); return get.call(args[0].up)',
  'an accessor of the state called on the state of another kind':
    'args[0].up.leak(); const { get } = Object.getOwnPropertyDescriptor(me.context.state, "n"); me.virtual(1n).leak(); return get.call(me.context.state)',
  'another facet in the record': 'args[0].up.leak(); me.context.facets.extra = 1; return "set"',
  'another property of the context': 'args[0].up.leak(); me.context.extra = 1; return "set"',
}

for (const [name, code] of Object.entries(intruders)) {
  test(`${name} is refused`, async () => {
    const reason = reasonOf(await world.outcome('home', 'run', `args = [me.pair(5n)]; ${code}`))
    assert.ok(reason instanceof Error, String(reason))
  })
}

// Coh3.
test('a facet leads to no other but by its own methods', async () => {
  const code = `const { up, down } = me.pair(1n)
    const reachable = new Set(); const visit = (o) => { if (Object(o) !== o || reachable.has(o)) return; reachable.add(o); visit(Object.getPrototypeOf(o)); for (const key of Reflect.ownKeys(o)) { const d = Object.getOwnPropertyDescriptor(o, key); visit(d.value); visit(d.get); visit(d.set) } }
    visit(down); return reachable.has(up)`
  assert.equal(await inHome(code), false)
})

// Sob1.
test('a state that is kept over cranks is good for its own object', async () => {
  await inHome('const v = me.virtual(5n); v.leak(); me.first = me.context.state')
  await inHome('const w = me.virtual(9n); w.leak(); me.first.n += 1n')
  assert.deepEqual(await inHome('return harden([me.first.n, me.context.state.n])'), [6n, 9n])
})

// Knd4.
test('a context is the same within a crank', async () => {
  assert.equal(
    await inHome(
      'const v = me.virtual(5n); v.leak(); const first = me.context; v.leak(); return first === me.context',
    ),
    true,
  )
})

// --- making

test('finish gets the context of a new pair', async (t) => {
  const setup =
    "me.make = VatData.defineKindMulti('F', () => ({ n: 1n }), { a: { read: ({ state }) => state.n }, b: {} }, { finish: ({ state, facets }) => { state.n += 1n; me.seen = facets.a.read() } })"
  const finished = await openWorld(t, { vats: { vat: { setup } } })
  assert.deepEqual(await finished.run('vat', 'const { a } = me.make(); return harden([a.read(), me.seen])'), [
    2n,
    2n,
  ])
})

test('a kind without a function for its first state has no fields', async (t) => {
  const setup =
    "me.make = VatData.defineKind('Empty', undefined, { fields: ({ state }) => Object.keys(state) })"
  const empty = await openWorld(t, { vats: { vat: { setup } } })
  assert.deepEqual(await empty.run('vat', 'return me.make().fields()'), [])
})

/** Definitions that are refused where they are made. */
const badDefinitions: Readonly<Record<string, readonly [code: string, message: RegExp]>> = {
  'no facets': [
    "VatData.defineKindMulti('K', () => ({}), {})",
    /K: a multi-facet kind has at least one facet/,
  ],
  'a facet that is no record': [
    "VatData.defineKindMulti('K', () => ({}), { a: () => 1 })",
    /K\.a is no record of methods/,
  ],
  'a method that is no function': [
    "VatData.defineKindMulti('K', () => ({}), { a: { b: 1 } })",
    /K a\.b is not a function/,
  ],
  'facets where methods should be': [
    "VatData.defineKind('K', () => ({}), { a: {} })",
    /K\.a is not a function/,
  ],
  'a tag that is no string': ['VatData.defineKind(5, () => ({}), {})', /the tag of a kind is a string/],
  'state versions of a virtual kind': [
    "VatData.defineKind('K', () => ({}), {}, { stateVersion: 2 })",
    /only a durable kind has state versions/,
  ],
  'an amplifier of a single facet': [
    "VatData.defineKind('K', () => ({}), {}, { receiveAmplifier: () => {} })",
    /only facets of a multi-facet kind can be amplified/,
  ],
  'a first state that is no record': [
    "VatData.defineKind('K', () => { n: 1 }, {})()",
    /K: init must return the first state as a plain record of fields: undefined is not a record/,
  ],
}

for (const [name, [code, message]] of Object.entries(badDefinitions)) {
  test(`a definition with ${name} is refused`, async () => {
    assert.match(
      String(await inHome(`try { ${code}; return 'defined' } catch (error) { return error.message }`)),
      message,
    )
  })
}

// Rcd4.
test('a first state that is refused in its second field lets go of its first', async (t) => {
  const setup =
    "me.bad = defineKind(baggage, 'Bad', (a, b) => ({ a, b }), {}); me.good = defineKind(baggage, 'Good', () => ({}), {})"
  const scratch = await openWorld(t, { vats: { vat: { setup } } })
  const before = [...(await scratch.rows('vat/v1'))].filter(([key]) => key.startsWith('count.')).length
  const code =
    'me.g = me.good(); try { me.bad(me.g, Far("x", {})); return "made" } catch (error) { return error.message }'
  assert.match(
    String(await scratch.run('vat', code)),
    /^value for "b" is not durable: slot 0 of Bad\.state\.b: /,
  )
  assert.equal([...(await scratch.rows('vat/v1'))].filter(([key]) => key.startsWith('count.')).length, before)
})

// --- tools

test('the amplifier takes either facet, and nothing else', async (t) => {
  const setup = `const options = { receiveAmplifier: (amplify) => { me.amplify = amplify }, receiveInstanceTester: (test) => { me.isInstance = test } }
    me.pair = VatData.defineKindMulti('Pair', () => ({}), { a: {}, b: {} }, options)
    me.other = VatData.defineKindMulti('Other', () => ({}), { a: {}, b: {} })
    me.single = VatData.defineKind('Single', () => ({}), {}, { receiveInstanceTester: (test) => { me.isSingle = test } })`
  const vat = await openWorld(t, { vats: { vat: { setup } } })
  assert.deepEqual(
    await vat.run(
      'vat',
      'const { a, b } = me.pair(); return harden([me.amplify(a).b === b, me.amplify(b).a === a, me.amplify(a) === me.amplify(b)])',
    ),
    [true, true, true],
  )
  for (const value of ['me.other().a', 'me.single()', 'me.pair()', '{}', 'undefined', '5']) {
    assert.match(
      String(
        await vat.run(
          'vat',
          `try { me.amplify(${value}); return 'amplified' } catch (error) { return error.message }`,
        ),
      ),
      /only a facet of a Pair can be amplified/,
      value,
    )
  }
  const tests =
    'const { a, b } = me.pair(); return harden([me.isInstance(a), me.isInstance(a, "a"), me.isInstance(a, "b"), me.isInstance(me.other().a), me.isInstance(5), me.isSingle(me.single()), me.isSingle(a)])'
  assert.deepEqual(await vat.run('vat', tests), [true, true, false, false, false, true, false])
  assert.match(
    String(
      await vat.run(
        'vat',
        'try { return me.isInstance(me.pair().a, "c") } catch (error) { return error.message }',
      ),
    ),
    /Pair has no facet "c"/,
  )
  assert.match(
    String(
      await vat.run(
        'vat',
        'try { return me.isSingle(me.single(), "a") } catch (error) { return error.message }',
      ),
    ),
    /Single has no facet "a"/,
  )
})

/** What could be durable, and what could not. */
const durability: Readonly<Record<string, boolean>> = {
  '5n': true,
  'harden({ a: ["text"] })': true,
  'me.durable(1n)': true,
  'me.durablePair(1n).up': true,
  'args[0]': true,
  'makeKindHandle("Spare")': true,
  'Far("x", {})': false,
  'harden([Far("x", {})])': false,
  'me.virtual(1n)': false,
  'me.pair(1n).up': false,
  'Promise.resolve()': false,
  'E(args[0]).echo()': false,
}

for (const [value, can] of Object.entries(durability)) {
  test(`${value} ${can ? 'can' : 'cannot'} be durable`, async (t) => {
    const fresh = await openWorld(t, { vats: { home: { setup: kinds }, guest: {} } })
    assert.equal(
      await fresh.run('home', `return VatData.canBeDurable(${value})`, await fresh.root('guest')),
      can,
    )
  })
}

test('what cannot even be passed is refused by canBeDurable', async () => {
  assert.equal(
    await inHome('try { return VatData.canBeDurable(() => 1) } catch { return "thrown" }'),
    'thrown',
  )
})

test('objects say what methods they have, and that they have no guard', async () => {
  const object = (await inHome('return me.virtual(1n)')) as Remote
  assert.equal(await world.ask(object, '__getInterfaceGuard__'), undefined)
  const names = (await world.ask(object, '__getMethodNames__')) as string[]
  assert.deepEqual(
    names.filter((name) => !name.startsWith('__')),
    ['add', 'keep', 'kept', 'leak', 'me', 'read'],
  )
})

// --- after an upgrade

test('a virtual object ends with its incarnation', async () => {
  const object = (await inHome('return me.virtual(1n)')) as Remote
  await upgrade()
  rejectionOf(await world.outcome(object, 'read'), 'object-abandoned')
})

test('virtual kinds of two incarnations never have the same name', async () => {
  const first = await inHome('return me.virtual(1n)')
  await upgrade()
  const second = await inHome('return me.virtual(2n)')
  assert.notDeepEqual(first, second)
  assert.equal(await world.ask(second as Remote, 'read'), 2n)
})
