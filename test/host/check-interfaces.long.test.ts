/** What a check says of methods and guards that an upgrade changes, and of the calls that were recorded. */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { openController, type CheckOptions, type UpgradeCheck } from '../../src/host/index.ts'
import { rehearse } from '../../src/rehearsal/index.ts'
import { unpackStore } from '../../tools/golden/store.ts'
import { heirloom } from '../cli/support.ts'
import { bundleSource } from '../kit/bundles.ts'
import { answerOf, openWorld, puppet, temporaryDirectory, type World } from '../kit/world.ts'

interface Code {
  /** Methods of the root. */
  readonly root?: string
  /** Methods of the kind `Book`, and its guard. */
  readonly book?: string
  readonly guard?: string
  /** Methods of the facets of the kind `Shelf`. */
  readonly shelf?: string
}

const source = ({ root = '', book = 'title: () => 1', guard = '', shelf = 'reader: {}' }: Code): string => `
export const buildRootObject = (_powers, _parameters, baggage) => {
  const { M, defineDurableKindMulti } = VatData
  const bookHandle = provide(baggage, 'book handle', () => makeKindHandle('Book'))
  const makeBook = defineDurableKind(bookHandle, () => ({}), { ${book} }, { ${guard} })
  const shelfHandle = provide(baggage, 'shelf handle', () => makeKindHandle('Shelf'))
  const makeShelf = defineDurableKindMulti(shelfHandle, () => ({}), { ${shelf} })
  const book = provide(baggage, 'book', () => makeBook())
  const shelf = provide(baggage, 'shelf', () => makeShelf())
  return Far('library', { book: () => book, shelf: () => shelf, ${root} })
}`

async function library(t: TestContext, code: Code): Promise<World> {
  return openWorld(t, { vats: { library: { source: source(code) }, reader: puppet } })
}

async function check(world: World, code: Code, options: CheckOptions = {}): Promise<UpgradeCheck> {
  return world.controller.checkUpgrade('library', await world.install({ source: source(code) }), options)
}

const found = ({ warnings }: UpgradeCheck): unknown =>
  warnings.filter(({ code }) => code.startsWith('interface/')).map(({ code, message }) => `${code}: ${message}`)

const guardOf = (methods: string): string => `interfaceGuard: M.interface('Book', { ${methods} })`

// Ifc1.
test('code with the same methods and guards has nothing to say, and more methods neither', async (t) => {
  const world = await library(t, { root: 'one: () => 1' })
  assert.deepEqual(found(await check(world, { root: 'one: () => 2' })), [])
  const more = { root: 'one: () => 1, two: () => 2', book: 'title: () => 1, pages: () => 2', shelf: 'reader: { read: () => 1 }' }
  assert.deepEqual(found(await check(world, more)), [])
})

test('methods that are gone are named, of the root, of a kind and of a facet', async (t) => {
  const world = await library(t, {
    root: 'one: () => 1, two: () => 2',
    book: 'title: () => 1, pages: () => 2',
    shelf: 'reader: { read: () => 1 }, owner: { read: () => 1, burn: () => 2 }',
  })
  const seen = await check(world, { shelf: 'reader: {}, owner: { read: () => 1 }' })
  assert.deepEqual(found(seen), [
    'interface/method-removed: root no longer has one, two',
    'interface/method-removed: Book no longer has pages',
    'interface/method-removed: Shelf.owner no longer has burn',
    'interface/method-removed: Shelf.reader no longer has read',
  ])
  const first = seen.warnings.find(({ code }) => code === 'interface/method-removed')
  assert.deepEqual(first?.names, ['root.one', 'root.two'])
})

test('a method that is gone and was called is named with how often, and with the last delivery', async (t) => {
  const world = await library(t, {
    root: 'one: () => 1, two: () => 2',
    book: 'title: () => 1, pages: () => 2',
    shelf: 'reader: { read: () => 1 }, owner: { read: () => 1, burn: () => 2 }',
  })
  const root = await world.root('library')
  const read = `
    const [library] = args
    await E(library).one()
    const book = await E(library).book()
    await E(book).pages(); await E(book).pages(); await E(book).pages()
    const { owner } = await E(library).shelf()
    await E(owner).burn()
    return 1`
  await world.run('reader', read, root)
  await world.ask('library', 'two')
  const gone = found(await check(world, { shelf: 'reader: { read: () => 1 }, owner: { read: () => 1 }' })) as string[]
  assert.equal(gone.length, 4)
  assert.match(gone[0]!, /^interface\/called-method-removed: root\.one no longer exists, and was called 1 time since .* in delivery \d+$/)
  assert.match(gone[1]!, /root\.two no longer exists/)
  assert.match(gone[2]!, /Book\.pages no longer exists, and was called 3 times/)
  assert.match(gone[3]!, /Shelf\.owner\.burn no longer exists, and was called 1 time/)
  const shelf = 'reader: {}, owner: {}'
  const later = source({ root: 'one: () => 1', book: 'title: () => 1, pages: () => 2', shelf })
  answerOf(await world.upgrade('library', { source: later }))
  const next = found(await check(world, { shelf }))
  assert.deepEqual(next, [
    'interface/method-removed: root no longer has one',
    'interface/method-removed: Book no longer has pages',
  ], 'only calls of this incarnation count')
})

const calls: readonly (readonly [what: string, old: string, young: string, expected: readonly string[]])[] = [
  ['that is the same', 'M.call(M.string()).optional(M.number()).returns(M.any())', 'M.call(M.string()).optional(M.number()).returns(M.any())', []],
  ['that needs more', 'M.call().returns(M.any())', 'M.call(M.string()).returns(M.any())', ['interface/arity-changed: Book.title takes 1 argument; it took 0 arguments']],
  ['that may be given less', 'M.call().optional(M.number()).returns(M.any())', 'M.call().returns(M.any())', ['interface/arity-changed: Book.title takes 0 arguments; it took 0 to 1 arguments']],
  ['that may be given more', 'M.call().returns(M.any())', 'M.call().optional(M.number()).returns(M.any())', []],
  ['without the rest', 'M.call().rest(M.any()).returns(M.any())', 'M.call().returns(M.any())', ['interface/arity-changed: Book.title takes 0 arguments; it took 0 arguments or more']],
  ['that waits', 'M.call(M.string()).returns(M.any())', 'M.callWhen(M.string()).returns(M.any())', ['interface/call-kind-changed: the guard of Book.title is async; it was sync']],
  ['of another argument', 'M.call(M.string()).returns(M.any())', 'M.call(M.or(M.string(), M.nat())).returns(M.any())', ['interface/guard-changed: the guard of Book.title changes argument 1 from M.string() to M.or(M.string(), M.nat())']],
  ['of another result', "M.call().returns(M.any())", "M.call().returns('open')", ['interface/guard-changed: the guard of Book.title changes the result from M.any() to "open"']],
]

for (const [what, old, young, expected] of calls)
  test(`a guard ${what}: ${expected.length === 0 ? 'nothing' : expected.join('; ')}`, async (t) => {
    const world = await library(t, { guard: guardOf(`title: ${old}`) })
    assert.deepEqual(found(await check(world, { guard: guardOf(`title: ${young}`) })), expected)
  })

// Ifc2.
test('a guard where there was none is named, and one that is no longer there is not', async (t) => {
  const guard = guardOf('title: M.call(M.string()).returns(M.any())')
  const world = await library(t, {})
  assert.deepEqual(found(await check(world, { guard })), [
    'interface/guard-changed: Book.title has a guard now: sync, (M.string()), returns M.any()',
  ])
  await world.upgrade('library', { source: source({ guard }) })
  assert.deepEqual(found(await check(world, {})), [])
})

test('nothing is said of an upgrade that is refused, and a check leaves nothing behind', async (t) => {
  const world = await library(t, { root: 'one: () => 1' })
  await world.controller.commit()
  const before = await world.activityHash()
  const broken = await world.controller.checkUpgrade('library', await world.install(puppet))
  assert.equal(broken.kind, 'refused')
  assert.deepEqual(found(broken), [])
  await world.controller.commit()
  const seen = await world.activityHash()
  await check(world, {})
  assert.equal(await world.ask('library', 'one'), 1)
  assert.notEqual(before, '')
  assert.notEqual(seen, '')
})

test('interfaces are compared for an heir that a drain precedes, and not for a replay', async (t) => {
  const world = await library(t, { root: 'one: () => 1' })
  const drained = await check(world, {}, { drain: { maxCranks: 5 } })
  assert.deepEqual(found(drained), ['interface/method-removed: root no longer has one'])
  const replayed = await check(world, { root: '' }, { mode: 'replay' })
  assert.equal(replayed.kind, 'accepted')
  assert.deepEqual(found(replayed), [])
})

test('a named export is compared, under its label', async (t) => {
  const named = (methods: string): { readonly source: string } => ({
    source: `export const buildRootObject = (vatPowers, _parameters, baggage) => {
      const thing = Far('thing', { ${methods} })
      if (baggage.has('begun')) vatPowers.reconnectExport('thing', thing)
      else vatPowers.nameExport('thing', thing)
      if (!baggage.has('begun')) baggage.init('begun', true)
      return Far('root', { thing: () => thing })
    }`,
  })
  const world = await openWorld(t, { vats: { keeper: named('read: () => 1, write: () => 2'), reader: puppet } })
  const read = 'const thing = await E(args[0]).thing(); await E(thing).write(); return 1'
  await world.run('reader', read, await world.root('keeper'))
  const seen = await world.controller.checkUpgrade('keeper', await world.install(named('')))
  assert.equal(seen.kind, 'accepted', JSON.stringify(seen, (_, value: unknown) => String(value)))
  const [called, other] = found(seen) as string[]
  assert.match(called ?? '', /^interface\/called-method-removed: the export thing\.write no longer exists, and was called 1 time/)
  assert.equal(other, 'interface/method-removed: the export thing no longer has read')
})

// Ifs2.
test('a guard that an author invents is not known, and one that never answers is left', async (t) => {
  for (const invented of ['5', '({ payload: 5 })', '({ payload: { methodGuards: { title: 7 } } })', '{ for (;;); }']) {
    const book = `title: () => 1, pages: () => 2, __getInterfaceGuard__: () => ${invented}`
    const world = await library(t, { book })
    assert.deepEqual(found(await check(world, {})), ['interface/method-removed: Book no longer has pages'], invented)
  }
})

// Ifs2.
test('methods of an author that throw, guards that lie, and a root of many methods are no trouble', async (t) => {
  const many = Array.from({ length: 300 }, (_, at) => `'m-${at}': () => { throw Error('no') }`).join(', ')
  const odd = `${many}, '!bang': () => 1, '#hash': () => 1, 'constructor_': () => 1`
  const world = await library(t, { root: odd, book: "title: () => 1, __getInterfaceGuard__: () => { throw Error('no') }" })
  const seen = await check(world, { root: "'#hash': () => 1" })
  const [first] = found(seen) as string[]
  assert.match(first ?? '', /^interface\/method-removed: root no longer has !bang, constructor_, m-0, m-1, /)
})

// Ifs1.
test('vats of an older release are compared, on their own kernel and workers', async (t) => {
  const directory = temporaryDirectory(t)
  unpackStore('0.2.0', directory)
  const controller = await openController({ directory, make: 'never', verify: 'lazy' })
  t.after(() => controller.shutdown())
  const { id } = await controller.installBundle(await bundleSource("export const buildRootObject = () => Far('root', {})"))
  const seen = found(await controller.checkUpgrade('guest', id)) as string[]
  assert.match(seen[0] ?? '', /^interface\/called-method-removed: root\.arrive no longer exists, and was called 4 times/)
  assert.equal(seen.at(-1), 'interface/method-removed: root no longer has kept')
})

test('a rehearsal and the command line show what a check has found', async (t) => {
  const world = await library(t, { root: 'one: () => 1' })
  const bundle = await world.install({ source: source({}) })
  await world.controller.commit()
  const plan = { id: 'p', steps: [{ kind: 'vat', name: 'library', vat: 'library', bundle }] }
  const { checks } = await rehearse({ directory: world.directory, plan })
  assert.ok(checks[0]?.notes.includes('root no longer has one (root.one)'), JSON.stringify(checks))
  await world.controller.shutdown()
  const { out } = await heirloom(['upgrade', '--check', 'library', bundle], { store: world.directory })
  assert.match(out, /\n {2}warning: interface\/method-removed: root no longer has one\n/)
  await world.open()
})
