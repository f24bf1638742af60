/**
 * The estate: what an heir may change about the durable kinds that it takes over, and what refuses its start.
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Remote } from '../../src/host/index.ts'
import { answerOf, openWorld, rejectionOf, type Scope, type World } from '../kit/world.ts'

const file = join(import.meta.dirname, 'fixtures', 'patterned.ts')

/** A definition of the kind `K`, under which an object `baggage.k` was made. */
const define = (facets: string, options = '{}'): string => `
  const { M } = vatPowers
  const handle = provide(baggage, 'kind K', () => makeKindHandle('K'))
  const read = ({ state }) => state.n
  const init = (more) => ({ n: 1n, ...more })
  const make = VatData.${facets.startsWith('{') ? 'defineDurableKindMulti' : 'defineDurableKind'}(handle, init, ${facets.startsWith('{') ? facets : `{ ${facets} }`}, ${options})
  if (!baggage.has('k')) { const made = make(); baggage.init('k', made.b ?? made); baggage.init('a', made.a ?? made) }
  me.make = make
`

interface Succession {
  readonly before: string
  readonly after: string
}

async function upgradeOf(
  scope: Scope,
  { before, after }: Succession,
): Promise<{ readonly world: World; readonly status: Awaited<ReturnType<World['upgrade']>> }> {
  const world = await openWorld(scope, { vats: { vat: { file, setup: before } } })
  return { world, status: await world.upgrade('vat', { file, setup: after }) }
}

const shape = (text: string, more = ''): string => `{ stateShape: ${text}${more} }`

const accepted: Readonly<Record<string, Succession>> = {
  'the same facets in another order': {
    before: define('{ a: { read }, b: { read } }'),
    after: define('{ b: { read }, a: { read } }'),
  },
  'a facet that comes first by its name': {
    before: define('{ a: { read }, b: { read } }'),
    after: define('{ _: {}, b: { read }, a: { read } }'),
  },
  'other methods': { before: define('read'), after: define('read, more: () => 5n') },
  'the same shape': {
    before: define('read', shape('{ n: M.bigint(), m: M.any() }')),
    after: define('read', shape('{ n: M.bigint(), m: M.any() }')),
  },
  'a shape in another order': {
    before: define('read', shape('{ n: M.bigint(), m: M.any() }')),
    after: define('read', shape('{ m: M.any(), n: M.bigint() }')),
  },
  'a new field that may be undefined': {
    before: define('read', shape('{ n: M.bigint() }')),
    after: define('read', shape('{ n: M.bigint(), m: M.opt(M.string()) }')),
  },
  'another shape of a new state version': {
    before: define('read', shape('{ n: M.bigint() }')),
    after: define(
      'read',
      shape(
        '{ n: M.bigint(), m: M.string() }',
        ', stateVersion: 2, migrate: { 1: (s) => ({ ...s, m: "new" }) }',
      ),
    ),
  },
  'a shape where there was none, of a new state version': {
    before: define('read'),
    after: define(
      'read',
      shape('{ n: M.bigint(), m: M.any() }', ', stateVersion: 2, migrate: { 1: (s) => s }'),
    ),
  },
}

for (const [name, succession] of Object.entries(accepted)) {
  test(`an heir may bring ${name}`, async (t) => {
    const { world, status } = await upgradeOf(t, succession)
    answerOf(status)
    assert.equal(await world.run('vat', 'return baggage.get("k").read()'), 1n)
    assert.equal(await world.run('vat', 'const k = me.make({ m: "text" }); return (k.b ?? k).read()'), 1n)
  })
}

const refused: Readonly<
  Record<
    string,
    Succession & { readonly code: string; readonly names: readonly string[]; readonly message: RegExp }
  >
> = {
  'a facet less': {
    before: define('{ a: { read }, b: { read } }'),
    after: define('{ b: { read }, c: { read } }'),
    code: 'start/facets-missing',
    names: ['K.a'],
    message: /the durable kind "K" is defined without its facets "a"/,
  },
  'several facets where there was one': {
    before: define('read'),
    after: define('{ b: { read } }'),
    code: 'start/facets-changed',
    names: ['K'],
    message: /the durable kind "K" was defined with a single facet and is now defined with several facets/,
  },
  'a single facet where there were several': {
    before: define('{ a: { read }, b: { read } }'),
    after: define('read'),
    code: 'start/facets-changed',
    names: ['K'],
    message: /was defined with several facets and is now defined with a single facet/,
  },
  'a shape without a field': {
    before: define('read', shape('{ n: M.bigint(), m: M.any() }')),
    after: define('read', shape('{ n: M.bigint() }')),
    code: 'start/shape-changed',
    names: ['K.m'],
    message: /the stateShape of the durable kind "K" differs in "m"/,
  },
  'a shape with another pattern': {
    before: define('read', shape('{ n: M.bigint() }')), after: define('read', shape('{ n: M.nat() }')),
    code: 'start/shape-changed', names: ['K.n'], message: /differs in "n"/,
  },
  'a new field that must be there': {
    before: define('read', shape('{ n: M.bigint() }')),
    after: define('read', shape('{ n: M.bigint(), m: M.string() }')),
    code: 'start/shape-changed',
    names: ['K.m'],
    message: /add only optional fields/,
  },
  'a shape where there was none': {
    before: define('read'), after: define('read', shape('{ n: M.bigint() }')),
    code: 'start/shape-changed', names: ['K'], message: /has a stateShape that it did not have/,
  },
  'no shape where there was one': {
    before: define('read', shape('{ n: M.bigint() }')), after: define('read'),
    code: 'start/shape-changed', names: ['K'], message: /has lost its stateShape/,
  },
  'an older state version': {
    before: define('read', '{ stateVersion: 3 }'),
    after: define('read', '{ stateVersion: 2, migrate: { 1: (s) => s } }'),
    code: 'start/migration-missing',
    names: ['K'],
    message: /has records of state version 3, and the code is of version 2/,
  },
  'a new state version without a migration': {
    before: define('read'),
    after: define('read', '{ stateVersion: 2 }'),
    code: 'start/migration-missing',
    names: ['K'],
    message: /the durable kind "K" has no migration from state version 1 to 2/,
  },
  'a gap in its migrations': {
    before: define('read'),
    after: define('read', '{ stateVersion: 4, migrate: { 1: (s) => s, 3: (s) => s } }'),
    code: 'start/migration-missing',
    names: ['K'],
    message: /no migration from state version 2 to 3/,
  },
}

for (const [name, { code, names, message, ...succession }] of Object.entries(refused)) {
  for (const catches of [false, true]) {
    test(`an heir with ${name} is refused${catches ? ', also when its code catches the error' : ''}`, async (t) => {
      const after = catches ? `try { ${succession.after} } catch {}` : succession.after
      const { world, status } = await upgradeOf(t, { ...succession, after })
      const { reason } = rejectionOf(status, 'upgrade-refused')
      assert.deepEqual([reason?.code, reason?.names], [code, names])
      assert.match(reason?.message ?? '', message)
      assert.equal(
        await world.run('vat', 'return baggage.get("k").read()'),
        1n,
        'the old incarnation goes on',
      )
      answerOf(await world.upgrade('vat', { file, setup: succession.before }))
    })
  }
}

// Es1.
test('a facet keeps its number when facets are added before it', async (t) => {
  const world = await openWorld(t, {
    vats: { vat: { file, setup: define('{ b: { is: () => "b", read }, c: { is: () => "c", read } }') } },
  })
  const { b, c } = (await world.run('vat', 'return me.make()')) as { b: Remote; c: Remote }
  answerOf(
    await world.upgrade('vat', {
      file,
      setup: define('{ a: { is: () => "a" }, b: { is: () => "b" }, c: { is: () => "c" } }'),
    }),
  )
  assert.deepEqual([await world.ask(b, 'is'), await world.ask(c, 'is')], ['b', 'c'])
  answerOf(
    await world.upgrade('vat', {
      file,
      setup: define(
        '{ _: {}, a: { is: () => "a", all: ({ facets }) => harden(Object.keys(facets)) }, b: { is: () => "b" }, c: { is: () => "c" } }',
      ),
    }),
  )
  assert.deepEqual([await world.ask(b, 'is'), await world.ask(c, 'is')], ['b', 'c'])
  assert.deepEqual(await world.run('vat', 'return Object.keys(me.make())'), ['b', 'c', 'a', '_'])
})

test('a facet that an heir added is there on the objects of the estate too', async (t) => {
  const after = define('{ a: { read }, b: { read, whole: ({ facets }) => facets.c }, c: { read } }')
  const { world, status } = await upgradeOf(t, { before: define('{ a: { read }, b: { read } }'), after })
  answerOf(status)
  const c = (await world.run('vat', 'return baggage.get("k").whole()')) as Remote
  await world.controller.evictWorkers()
  assert.equal(await world.ask(c, 'read'), 1n)
})

test('two handles of one tag are two kinds, and both are to be defined', async (t) => {
  const both =
    "for (const name of ['one', 'two']) { const h = provide(baggage, name, () => makeKindHandle('Same')); me[name] = VatData.defineDurableKind(h, () => ({}), { is: () => name }) }"
  const world = await openWorld(t, { vats: { vat: { setup: both } } })
  assert.deepEqual(await world.run('vat', 'return harden([me.one().is(), me.two().is()])'), ['one', 'two'])
  await world.run('vat', 'baggage.init("first", me.one()); baggage.init("second", me.two())')
  const { reason } = rejectionOf(
    await world.upgrade('vat', { setup: both.replace("['one', 'two']", "['one']") }),
    'upgrade-refused',
  )
  assert.deepEqual([reason?.code, reason?.names], ['start/kinds-missing', ['Same']])
})

test('a multi-facet kind that is defined twice is refused', async (t) => {
  const setup =
    "const h = makeKindHandle('T'); VatData.defineDurableKindMulti(h, () => ({}), { a: {} }); try { VatData.defineDurableKindMulti(h, () => ({}), { a: {} }) } catch (error) { me.error = error.message }"
  const world = await openWorld(t, { vats: { vat: { setup } } })
  assert.equal(await world.run('vat', 'return me.error'), 'redefinition of durable kind "T"')
})

test('a version or a migration that makes no sense is refused where the kind is defined', async (t) => {
  const world = await openWorld(t, { vats: { vat: {} } })
  const options: Readonly<Record<string, RegExp>> = {
    '{ stateVersion: 0 }': /K: stateVersion is a whole number from 1 on/,
    '{ stateVersion: 1.5 }': /stateVersion is a whole number/,
    '{ stateVersion: "2" }': /stateVersion is a whole number/,
    '{ stateVersion: 2, migrate: { 2: (s) => s } }': /version 2 is not older than the stateVersion 2/,
    '{ stateVersion: 2, migrate: { one: (s) => s } }': /"one" is no version/,
    '{ stateVersion: 2, migrate: { "01": (s) => s } }': /"01" is no version/,
    '{ stateVersion: 2, migrate: { 1: 5 } }': /K\.migrate\[1\] is not a function/,
  }
  for (const [text, message] of Object.entries(options)) {
    const { reason } = rejectionOf(
      await world.tryCreate('bad', {
        setup: `VatData.defineDurableKind(makeKindHandle('K'), () => ({}), {}, ${text})`,
      }),
      'start-refused',
    )
    assert.match(reason?.message ?? '', message)
  }
})

test('a shape that refers to objects holds them, and lets them go when it changes', async (t) => {
  const setup = (pattern: string, version: number): string => `
    const { M } = vatPowers
    const other = VatData.defineDurableKind(provide(baggage, 'other', () => makeKindHandle('Other')), () => ({}), {})
    const the = provide(baggage, 'the', () => other())
    VatData.defineDurableKind(provide(baggage, 'K', () => makeKindHandle('K')), () => ({}), {}, { stateShape: { x: ${pattern} }, stateVersion: ${version}, migrate: { 1: (s) => s } })`
  const world = await openWorld(t, { vats: { vat: { file, setup: setup('M.or(the, undefined)', 2) } } })
  const counts = async (): Promise<unknown> =>
    [...(await world.rows('vat/v1'))].find(([key]) => key.startsWith('count.o+d10/'))?.[1]
  assert.equal(await counts(), '2')
  answerOf(await world.upgrade('vat', { file, setup: setup('M.or(the, undefined)', 2) }))
  assert.equal(await counts(), '2')
  answerOf(
    await world.upgrade('vat', { file, setup: setup('M.any()', 3).replace('1: (s) => s', '2: (s) => s') }),
  )
  assert.equal(await counts(), '1')
})
