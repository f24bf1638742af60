/** What a first state may be, and that `state` behaves as a record of what is stored. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forTheFile, openWorld } from '../kit/world.ts'

const setup = `
  const methods = {
    copy: ({ state }) => ({ ...state }),
    rest: ({ state }) => { const { b, ...others } = state; return others },
    keys: ({ state }) => [Object.keys(state), Reflect.ownKeys(state), Object.entries(state).map(([name]) => name), (() => { const names = []; for (const name in state) names.push(name); return names })()],
    values: ({ state }) => Object.values(state),
    assign: ({ state }) => Object.assign({}, state),
    json: ({ state }) => JSON.stringify(state),
    has: ({ state }, name) => [name in state, Object.hasOwn(state, name), state.propertyIsEnumerable(name)],
    remove: ({ state }, name) => delete state[name],
    add: ({ state }, name) => { state[name] = 1 },
    define: ({ state }, name) => Object.defineProperty(state, name, { value: 1 }),
    inherit: ({ state }) => Object.setPrototypeOf(state, {}),
    borrow: ({ state }, other) => { const getter = Object.getOwnPropertyDescriptor(state, 'a').get; return Reflect.apply(getter, other, []) },
    put: ({ state }, make) => { state.a = make(); return [state.a, state.a === state.a] },
    get: ({ state }) => state.a,
    is: ({ state }, value) => Object.is(state.a, value),
  }
  const any = { b: undefined, a: undefined }
  const pattern = harden(Object.create(Object.prototype, { [Symbol.for('passStyle')]: { value: 'tagged' }, [Symbol.toStringTag]: { value: 'match:any' }, payload: { value: undefined, enumerable: true } }))
  const stateShape = { c: pattern, b: pattern, a: pattern }
  const multi = { up: methods, down: methods }
  me.methods = methods
  me.define = {
    virtual: (init, options) => VatData.defineKind('K', init, methods, options),
    durable: (init, options) => VatData.defineDurableKind(VatData.makeKindHandle('K'), init, methods, options),
    virtualFacets: (init, options) => { const make = VatData.defineKindMulti('K', init, multi, options); return (...args) => make(...args).up },
    durableFacets: (init, options) => { const make = VatData.defineDurableKindMulti(VatData.makeKindHandle('K'), init, multi, options); return (...args) => make(...args).up },
  }
  me.stateShape = stateShape
  me.said = (act) => { try { return act() } catch (error) { return error.name + ': ' + error.message } }
`
const world = await openWorld(forTheFile, { vats: { home: { setup } } })
const inHome = (code: string, ...args: unknown[]): Promise<unknown> => world.run('home', code, ...args)
const ways = ['virtual', 'durable', 'virtualFacets', 'durableFacets']

/** What `init` returns → why it is refused. */
const refused: Readonly<Record<string, readonly [init: string, why: RegExp]>> = {
  'a promise': [
    'async () => ({ a: 1 })',
    /K: init must return .*: a promise is not a record; init is synchronous/,
  ],
  nothing: ['() => {}', /K: init must return .*: undefined is not a record/],
  null: ['() => null', /K: .*null is not a record/],
  'a function': ['() => () => {}', /K: .*function is not a record/],
  'a map': ['() => new Map([["a", 1]])', /K: .*inherits from something else/],
  'a set': ['() => new Set()', /K: .*inherits from something else/],
  'a date': ['() => new Date(5)', /K: .*inherits from something else/],
  'an error': ['() => Error("a")', /K: .*an error is not a record/],
  'an array': ['() => [1]', /K: .*an array is not a record/],
  'bytes': ['() => new Uint8Array(1)', /K: .*inherits from something else/],
  'a buffer': ['() => new ArrayBuffer(1)', /K: .*inherits from something else/],
  'a remotable': ['() => Far("x", {})', /K: .*inherits from something else/],
  'an instance with a private field': [
    '() => new (class { a = 1; #b = 2; get c() { return this.#b } })()',
    /K: .*inherits from something else/,
  ],
  'inherited fields': ['() => Object.create({ a: 1 })', /K: .*inherits from something else/],
  'a symbol as a key': [
    '() => ({ a: 1, [Symbol.for("note")]: 2 })',
    /K: .*Symbol\(note\) is not a field: the name of a field is a string/,
  ],
  'a hidden property': [
    '() => Object.defineProperty({ a: 1 }, "b", { value: 2 })',
    /K: .*"b" is not a field: it is not enumerable/,
  ],
  'a hidden symbol': [
    '() => Object.defineProperty({ a: 1 }, Symbol.for("b"), { value: 2 })',
    /K: .*Symbol\(b\) is not a field/,
  ],
  'a tagged value': ['() => me.stateShape.a', /K: .*is not a field/],
  'a getter': ['() => ({ get a() { return 1 } })', /K: .*"a" is not a field: it is an accessor/],
  'a setter': ['() => ({ set a(value) {} })', /K: .*"a" is not a field: it is an accessor/],
  'a proxy of an array': ['() => new Proxy([1], {})', /K: .*is not a record/],
}

for (const [what, [init, why]] of Object.entries(refused)) {
  test(`a first state that is ${what} is refused in every kind`, async () => {
    for (const way of ways)
      assert.match(
        String(await inHome(`const make = me.define.${way}(${init}); return me.said(() => make())`)),
        why,
        way,
      )
  })
}

test('a first state is a record, frozen or not, with or without a prototype', async () => {
  for (const init of [
    '() => ({ a: 1 })',
    '() => harden({ a: 1 })',
    '() => Object.assign(Object.create(null), { a: 1 })',
    '() => new Proxy({ a: 1 }, {})',
  ]) {
    for (const way of ways)
      assert.deepEqual(await inHome(`return harden(me.define.${way}(${init})().copy())`), { a: 1 }, way)
  }
  for (const way of ways)
    assert.deepEqual(
      await inHome(`return harden(me.define.${way}(undefined)().keys())`),
      [[], [], [], []],
      way,
    )
})

for (const way of ways) {
  // Sob3.
  test(`the state of a ${way} kind is listed, copied, spread and written as a record`, async () => {
    const object = await inHome(`return me.define.${way}(() => ({ b: 'tea', a: 5 }))()`)
    for (const pass of [() => {}, () => world.controller.evictWorkers()]) {
      await pass()
      assert.deepEqual(
        await inHome(
          'const [o] = args; return harden([o.copy(), o.rest(), o.values(), o.assign(), o.json()])',
          object,
        ),
        [{ a: 5, b: 'tea' }, { a: 5 }, ['tea', 5], { a: 5, b: 'tea' }, '{"b":"tea","a":5}'],
      )
      assert.deepEqual(await inHome('return harden(args[0].keys())', object), [
        ['b', 'a'],
        ['b', 'a'],
        ['b', 'a'],
        ['b', 'a'],
      ])
      assert.deepEqual(
        await inHome('return harden([args[0].has("a"), args[0].has("c"), args[0].has("toString")])', object),
        [
          [true, true, true],
          [false, false, false],
          [true, false, false],
        ],
      )
    }
  })

  test(`fields of a ${way} kind are neither deleted nor added, and the prototype stays`, async () => {
    const object = await inHome(`return me.define.${way}(() => ({ b: 'tea', a: 5 }))()`)
    const code =
      'const [o] = args; return harden([() => o.remove("a"), () => o.add("c"), () => o.add("toString"), () => o.define("a"), () => o.define("c"), () => o.inherit()].map((act) => me.said(act)))'
    for (const said of (await inHome(code, object)) as string[]) assert.match(said, /^TypeError: /)
    assert.deepEqual(await inHome('return harden(args[0].copy())', object), { b: 'tea', a: 5 })
  })

  // Sob2.
  test(`with a shape, the fields of a ${way} kind are in the order of the shape`, async () => {
    const object = await inHome(
      `return me.define.${way}(() => ({ b: 1, a: 2 }), { stateShape: me.stateShape })()`,
    )
    assert.deepEqual(await inHome('return harden([args[0].keys()[0], args[0].copy()])', object), [
      ['c', 'b', 'a'],
      { c: undefined, b: 1, a: 2 },
    ])
  })
}

test('an accessor serves the state of its own object, whatever it is called on', async () => {
  const code =
    'const make = me.define.virtual(() => ({ a: 1 })); const one = make(); return harden([{}, 5, undefined, { a: 1 }, one].map((other) => me.said(() => one.borrow(other))))'
  for (const said of (await inHome(code)) as string[])
    assert.equal(said, 'Error: state accessors can only be applied to state: this is not the state of a K')
})

/** Values → what they read as, in the crank in which they are assigned and later. */
const copies: Readonly<Record<string, readonly [make: string, shown: unknown]>> = {
  '-0': ['() => -0', [0, true, 'number']],
  'NaN': ['() => NaN', [NaN, true, 'number']],
  'a list': ['() => [1, [2]]', [[1, [2]], true, 'object']],
  'a symbol': ['() => Symbol.iterator', [Symbol.iterator, true, 'symbol']],
  'null': ['() => null', [null, true, 'object']],
}
for (const [what, [make, shown]] of Object.entries(copies)) {
  test(`${what} reads as the copy that is stored`, async () => {
    const object = await inHome('return me.define.durable(() => ({ a: 1 }))()')
    const code = `const [value, same] = args[0].put(${make}); return harden([value, same || Object.is(value, NaN), typeof value])`
    assert.deepEqual(await inHome(code, object), shown)
    if (what === '-0') assert.equal(await inHome('return args[0].is(0)', object), true)
  })
}

test('a record, an error and a first state read in the crank as they do in the next', async () => {
  const show = `const show = (value) => (value instanceof Error ? [value.name, value.message, 'cause' in value, 'details' in value] : [JSON.stringify(value), Object.is(value.z, -0)])`
  const values = [
    'harden({ z: -0, y: 1 })',
    'harden(Error("x", { cause: Error("inner") }))',
    'harden(Object.assign(RangeError("x"), { details: 5 }))',
    'harden(Error("x", { cause: Far("of the heap", {}) }))',
  ]
  for (const value of values) {
    for (const act of [
      `const o = me.define.durable(() => ({ a: 1 }))(); o.put(() => ${value})`,
      `const o = me.define.durable(() => ({ a: ${value} }))()`,
    ]) {
      const [now, object] = (await inHome(`${show}; ${act}; return harden([show(o.get()), o])`)) as [
        unknown,
        unknown,
      ]
      assert.deepEqual(now, await inHome(`${show}; return harden(show(args[0].get()))`, object), `${act}`)
    }
  }
})

// Coh1.
test('objects keep their identity when they are read back at once', async () => {
  const code = `const far = Far('far', {}); const thing = me.define.durable(() => ({ a: 1 }))(); const o = me.define.virtual(() => ({ a: far }))(); const first = o.get() === far
    return harden([first, ...[far, thing, args[0], harden([far])].map((value) => { const [read] = o.put(() => value); return Array.isArray(value) ? read[0] === far && read !== value : read === value })])`
  assert.deepEqual(await inHome(code, await world.root('home')), [true, true, true, true, true])
})
