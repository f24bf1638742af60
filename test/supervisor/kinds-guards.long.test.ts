/** Interface guards and state shapes: what they let through, and what is refused where. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Remote } from '../../src/host/index.ts'
import { forTheFile, openWorld, reasonOf, rejectionOf } from '../kit/world.ts'

const file = join(import.meta.dirname, 'fixtures', 'patterned.ts')
const guarded = `
  const { M } = vatPowers; me.M = M
  const Counter = M.interface('Counter', {
    add: M.call(M.bigint()).returns(M.bigint()),
    later: M.callWhen(M.await(M.bigint())).returns(M.bigint()),
    lies: M.call().returns(M.string()),
    fails: M.call(M.string()).returns(M.any()),
    failsLater: M.callWhen(M.await(M.string())).returns(M.any()),
    open: M.call(M.raw()).returns(M.raw()),
    context: M.call().returns(M.any()),
  })
  me.fail = (how) => {
    if (how === 'ours') return VatData.makeScalarBigMapStore('m').init('x'.repeat(1000), 1)
    const error = RangeError('no', { cause: TypeError('why') })
    if (how !== 'without') Object.defineProperty(error, 'code', { value: 'its/own', enumerable: how === 'seen' })
    throw error
  }
  const methods = {
    add({ state }, by) { return (state.n += by) },
    later({ state }, by) { return (state.n += by) },
    lies() { return 5n },
    fails(_context, how) { return me.fail(how) },
    failsLater(_context, how) { return me.fail(how) },
    open(_context, value) { return value },
    context(context) { return Object.keys(context) },
  }
  const thisful = {
    add(by) { return (this.state.n += by) },
    later(by) { return (this.state.n += by) },
    lies() { return 5n },
    fails: (how) => me.fail(how),
    failsLater: (how) => me.fail(how),
    open(value) { return value },
    context() { return Object.keys(this) },
  }
  const init = (n) => ({ n })
  me.guard = Counter
  me.single = VatData.defineKind('Single', init, methods, { interfaceGuard: Counter })
  me.thisful = VatData.defineKind('Thisful', init, thisful, { interfaceGuard: Counter, thisfulMethods: true })
  me.durable = VatData.defineDurableKind(provide(baggage, 'durable', () => makeKindHandle('Durable')), init, thisful, { interfaceGuard: Counter, thisfulMethods: true })
  const kit = { up: Counter, down: M.interface('Down', { read: M.call().returns(M.bigint()) }) }
  const facets = { up: thisful, down: { read() { return this.state.n } } }
  me.kit = VatData.defineKindMulti('Kit', init, facets, { interfaceGuardKit: kit, thisfulMethods: true })
  me.oldKit = VatData.defineKindMulti('OldKit', init, facets, { interfaceGuard: kit, thisfulMethods: true })
  me.unguarded = VatData.defineKind('Unguarded', init, thisful, { thisfulMethods: true })
`
const world = await openWorld(forTheFile, { vats: { home: { file, setup: guarded }, guest: {} } })
const inHome = (code: string, ...args: unknown[]): Promise<unknown> => world.run('home', code, ...args)

/** How an object of each kind is made, and what its methods are called by. */
const makers: Readonly<Record<string, readonly [make: string, label: string]>> = {
  'a guarded kind': ['me.single(1n)', 'Single'],
  'a thisful kind': ['me.thisful(1n)', 'Thisful'],
  'a durable kind': ['me.durable(1n)', 'Durable'],
  'a facet': ['me.kit(1n).up', 'Kit up'],
  'a facet whose guards came as `interfaceGuard`': ['me.oldKit(1n).up', 'OldKit up'],
}

/** How a method fails → class, message and code of the error that comes out. */
const failures: Readonly<
  Record<string, readonly [maker: ErrorConstructor, message: RegExp, code: string | undefined]>
> = {
  'an error of ours': [Error, /characters when it is written down/, 'key/too-long'],
  'hidden': [RangeError, /^no$/, 'its/own'],
  'seen': [RangeError, /^no$/, 'its/own'],
  'without': [RangeError, /^no$/, undefined],
}

for (const [name, [make, label]] of Object.entries(makers)) {
  test(`an error that a method of ${name} throws keeps its code`, async () => {
    const object = (await inHome(`return ${make}`)) as Remote
    for (const method of ['fails', 'failsLater']) {
      for (const [how, [maker, message, code]] of Object.entries(failures)) {
        const error = (await world.refusal(
          object,
          method,
          how === 'an error of ours' ? 'ours' : how,
        )) as Error & { code?: string }
        assert.deepEqual(
          [Object.getPrototypeOf(error), error.code],
          [maker.prototype, code],
          `${method} ${how}`,
        )
        assert.match(error.message, message)
      }
    }
  })

  test(`the guard of ${name} lets through what fits`, async () => {
    const object = (await inHome(`return ${make}`)) as Remote
    assert.equal(await world.ask(object, 'add', 2n), 3n)
    assert.equal(await world.run('guest', 'return E(args[0]).later(Promise.resolve(4n))', object), 7n)
    await world.controller.evictWorkers()
    assert.equal(await world.ask(object, 'add', 1n), 8n)
  })

  test(`the guard of ${name} refuses an argument before the method runs`, async () => {
    const object = (await inHome(`return ${make}`)) as Remote
    const reason = reasonOf(await world.outcome(object, 'add', 'two')) as Error
    assert.match(
      reason.message,
      new RegExp(`In "add" method of \\(${label}\\): arg 0: string \\(a string\\) - Must be a bigint`),
    )
    assert.match(
      (reasonOf(await world.outcome(object, 'add')) as Error).message,
      /Expected at least 1 arguments/,
    )
    assert.match(
      (reasonOf(await world.outcome(object, 'add', 1n, 2n)) as Error).message,
      /accepts at most 1 arguments, not 2/,
    )
    assert.equal(await world.ask(object, 'add', 0n), 1n)
  })

  test(`the guard of ${name} refuses a result, and an argument that it awaited`, async () => {
    const object = (await inHome(`return ${make}`)) as Remote
    assert.match(
      (reasonOf(await world.outcome(object, 'lies')) as Error).message,
      /lies.*result.*Must be a string/,
    )
    assert.match(
      (
        reasonOf(
          await world.outcome('guest', 'run', 'return E(args[0]).later(Promise.resolve("x"))', object),
        ) as Error
      ).message,
      /Must be a bigint/,
    )
  })

  test(`${name} gives its guard, and a raw argument passes as it is`, async () => {
    assert.deepEqual(
      await inHome(
        `const o = ${make}, open = { open: true }; return harden([o.__getInterfaceGuard__() === me.guard, o.open(open) === open, Object.isFrozen(open)])`,
      ),
      [true, true, false],
    )
  })
}

// Beh1.
test('a method of a guarded kind runs only on its own', async () => {
  for (const other of [
    'me.thisful(1n)',
    'me.kit(1n).down',
    '{}',
    'Object.create(me.single(1n))',
    'undefined',
  ]) {
    assert.match(
      (reasonOf(await world.outcome('home', 'run', `return me.single(1n).add.call(${other}, 1n)`)) as Error)
        .message,
      /may only be applied to a valid instance|called without 'this' object/,
      other,
    )
  }
  assert.match(
    (
      reasonOf(
        await world.outcome('home', 'run', 'const { up, down } = me.kit(1n); return down.read.call(up)'),
      ) as Error
    ).message,
    /may only be applied to a valid instance/,
  )
})

test('thisful methods have the context as `this`', async () => {
  assert.deepEqual(
    await inHome(
      'return harden([me.thisful(1n).context(), me.kit(1n).up.context(), me.unguarded(1n).context()])',
    ),
    [
      ['state', 'self'],
      ['state', 'facets'],
      ['state', 'self'],
    ],
  )
})

test('an error that a guarded method throws is the one that the caller gets', async (t) => {
  const setup =
    "const { M } = vatPowers; me.make = VatData.defineKind('K', () => ({}), { fail() { throw RangeError('too far') } }, { interfaceGuard: M.interface('K', { fail: M.call().returns() }) })"
  const vat = await openWorld(t, { vats: { vat: { file, setup } } })
  assert.equal(
    await vat.run('vat', 'try { me.make().fail() } catch (error) { return error.name + error.message }'),
    'RangeErrortoo far',
  )
})

/** Guards that do not fit what they guard. */
const misfits: Readonly<Record<string, readonly [code: string, message: RegExp]>> = {
  'a method without a guard': [
    "VatData.defineKind('K', () => ({}), { a() {}, b() {} }, { interfaceGuard: M.interface('K', { a: M.call().returns() }) })",
    /not guarded by/,
  ],
  'a guard without a method': [
    "VatData.defineKind('K', () => ({}), {}, { interfaceGuard: M.interface('K', { a: M.call().returns() }) })",
    /not implemented by/,
  ],
  'a facet without a guard': [
    "VatData.defineKindMulti('K', () => ({}), { a: {}, b: {} }, { interfaceGuardKit: { a: M.interface('A', {}) } })",
    /interfaceGuardKit has no guard for b/,
  ],
  'a guard without a facet': [
    "VatData.defineKindMulti('K', () => ({}), { a: {} }, { interfaceGuardKit: { a: M.interface('A', {}), b: M.interface('B', {}) } })",
    /guards for b, which are no facets/,
  ],
  'a guard that is none': [
    "VatData.defineKind('K', () => ({}), {}, { interfaceGuard: harden({}) })",
    /guard:interfaceGuard|interfaceGuard/i,
  ],
  'a shape that is no record': [
    "VatData.defineKind('K', () => ({}), {}, { stateShape: M.any() })",
    /stateShape is a record of patterns/,
  ],
  'a shape that is no pattern': [
    "VatData.defineKind('K', () => ({}), {}, { stateShape: { a: Promise.resolve() } })",
    /./,
  ],
}

for (const [name, [code, message]] of Object.entries(misfits)) {
  test(`${name} is refused where the kind is defined`, async () => {
    assert.match(
      String(
        await inHome(
          `const { M } = me; try { ${code}; return 'defined' } catch (error) { return error.message }`,
        ),
      ),
      message,
    )
  })
}

// --- state shapes

const shaped = `
  const { M } = vatPowers
  const methods = { set: ({ state }, name, value) => { state[name] = value }, get: ({ state }, name) => state[name], names: ({ state }) => Object.keys(state) }
  const options = { stateShape: { n: M.bigint(), note: M.opt(M.string()), ['constructor']: M.any() } }
  me.virtual = VatData.defineKind('Virtual', (first) => first, methods, options)
  me.durable = VatData.defineDurableKind(provide(baggage, 'durable', () => makeKindHandle('Durable')), (first) => first, methods, options)
`
const shapes = await openWorld(forTheFile, { vats: { home: { file, setup: shaped } } })

for (const maker of ['virtual', 'durable']) {
  const label = maker === 'virtual' ? 'Virtual' : 'Durable'
  test(`the shape of a ${maker} kind is checked at each assignment`, async () => {
    const object = (await shapes.run('home', `return me.${maker}({ n: 1n })`)) as Remote
    await shapes.ask(object, 'set', 'n', 2n)
    await shapes.ask(object, 'set', 'note', 'a note')
    assert.match(
      (reasonOf(await shapes.outcome(object, 'set', 'n', 'two')) as Error).message,
      new RegExp(`^${label}\\.state\\.n: string \\(a string\\) - Must be a bigint`),
    )
    assert.match(
      (reasonOf(await shapes.outcome(object, 'set', 'note', 5n)) as Error).message,
      new RegExp(`^${label}\\.state\\.note: `),
    )
    await shapes.controller.evictWorkers()
    assert.deepEqual(
      [await shapes.ask(object, 'get', 'n'), await shapes.ask(object, 'get', 'note')],
      [2n, 'a note'],
    )
  })

  test(`a field that the first state of a ${maker} object left out is undefined, and can be assigned`, async () => {
    const object = (await shapes.run('home', `return me.${maker}({ n: 1n })`)) as Remote
    assert.equal(await shapes.ask(object, 'get', 'note'), undefined)
    assert.equal(await shapes.ask(object, 'get', 'constructor'), undefined)
    assert.deepEqual(await shapes.ask(object, 'names'), ['n', 'note', 'constructor'])
  })

  const firsts: Readonly<Record<string, readonly [first: string, message: RegExp]>> = {
    'with a wrong field': ['{ n: "one" }', /\.state\.n: string \(a string\) - Must be a bigint/],
    'with a field that the shape does not have': [
      '{ n: 1n, colour: "red" }',
      /\.state\.colour: the stateShape has no such field, but n, note, constructor/,
    ],
    'without a field that the shape wants': ['{}', /\.state\.n: there is no such field/],
  }
  for (const [name, [first, message]] of Object.entries(firsts)) {
    test(`a first state ${name} makes no ${maker} object`, async () => {
      assert.match(
        String(
          await shapes.run(
            'home',
            `try { me.${maker}(${first}); return 'made' } catch (error) { return error.message }`,
          ),
        ),
        message,
      )
    })
  }
}

test('a durable kind cannot have a shape that wants an ephemeral object', async (t) => {
  const scratch = await openWorld(t)
  const setup =
    "VatData.defineDurableKind(makeKindHandle('K'), () => ({}), {}, { stateShape: { x: Far('x', {}) } })"
  const { reason } = rejectionOf(await scratch.tryCreate('vat', { file, setup }), 'start-refused')
  assert.match(reason?.message ?? '', /durable data cannot refer to Alleged: x/)
})
