/**
 * Vats made of bundles of `@endo/bundle-source`: by their published ids, with the modules meaning what they
 * mean there.
 */
import { published } from '../kit/published.ts'
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { makeArchive } from '@endo/compartment-mapper/archive.js'
import {
  CodedError,
  exportStore,
  importStore,
  openController,
  type EndoBundle,
  type Remote,
} from '../../src/host/index.ts'
import { answerOf, forTheFile, openWorld, temporaryDirectory } from '../kit/world.ts'

const world = await openWorld(forTheFile, { vats: { home: {} } })
const importer: string = '@endo/import-bundle'

type Archive = Extract<EndoBundle, { moduleFormat: 'endoZipBase64' }>

const plainRoot = `const root = (methods) => Object.freeze(Object.setPrototypeOf(methods, Object.create(Object.prototype, {
  [Symbol.for('passStyle')]: { value: 'remotable' }, [Symbol.toStringTag]: { value: 'Alleged: root' } })))\n`

/** Modules of every sort that a bundle has, which import each other in every way. */
const files = {
  'main.js': `import { count, increment } from './counter.js'
    import * as counter from './counter.js'
    import { evenOf } from './even.js'
    import cjs, { named, later } from 'common'
    import data from './data.json' with { type: 'json' }
    import * as all from './all.js'
    ${plainRoot}
    export const buildRootObject = (powers, parameters, baggage) => root({
      live: () => { const before = count; increment(); return Object.freeze([before, count, counter.count]) },
      circle: () => Object.freeze([evenOf(10), evenOf(7)]),
      common: () => Object.freeze([cjs.named, named, later, cjs.required, cjs.esm, typeof cjs.self]),
      json: () => data.list[1],
      star: () => Object.freeze(Object.keys(all).join()),
      frozen: () => { try { all.one = 5; return 'changed' } catch (error) { return error.name } },
      globals: () => Object.freeze([typeof console.log, typeof assert, typeof VatData.makeScalarBigMapStore, typeof harden, typeof HandledPromise, typeof Compartment, typeof process].join()),
      apart: () => Object.freeze([cjs.scope === globalThis, cjs.scope.VatData === VatData, cjs.scope.Object === Object]),
      parameters: () => parameters,
      keep: (value) => { baggage.has('kept') ? baggage.set('kept', value) : baggage.init('kept', value) },
      kept: () => baggage.get('kept'),
      version: () => 'one',
      words: () => 'this says import( and <!-- and -->',
    })`,
  'counter.js': 'export let count = 0\nexport const increment = () => { count += 1 }',
  'even.js': "import { oddOf } from './odd.js'\nexport const evenOf = (n) => n === 0 || oddOf(n - 1)",
  'odd.js': "import { evenOf } from './even.js'\nexport const oddOf = (n) => n !== 0 && evenOf(n - 1)",
  'all.js':
    "export * from './one.js'\nexport * from './counter.js'\nexport { evenOf as even } from './even.js'\nexport default 'not of a star'",
  'one.js': "export const one = 1\nexport default 'left out'",
  'data.json': '{ "list": [1, "two"] }',
  'node_modules/common/package.json':
    '{ "name": "common", "version": "1.0.0", "main": "index.cjs", "dependencies": { "modern": "*" } }',
  'node_modules/common/index.cjs': `exports.named = 'named'; const part = require('./part.cjs'); exports.required = part.value + part.seen
    Object.defineProperty(exports, 'later', { enumerable: true, get: function () { return part.later } }); exports.esm = require('modern').modern; exports.self = require; exports.scope = globalThis`,
  'node_modules/common/part.cjs':
    "module.exports = { value: 'part of ', later: 'later', seen: require('./index.cjs').named }",
  'node_modules/modern/package.json':
    '{ "name": "modern", "version": "1.0.0", "type": "module", "main": "index.js" }',
  'node_modules/modern/index.js': "export const modern = 'modern'",
} as const

const archive = (await published(forTheFile, files)) as Archive
const heir = (await published(forTheFile, {
  ...files,
  'main.js': files['main.js'].replace("'one'", "'two'"),
})) as Archive
const publishedId = `b1-${archive.endoZipBase64Sha512}`

async function create(name: string, bundle: string, parameters: unknown): Promise<void> {
  const result = await world.controller.createVat(name, bundle, { parameters })
  await world.controller.run()
  answerOf(await world.take(result))
}

/** What the root of a vat of the bundle answers. */
const answers: Readonly<Record<string, unknown>> = {
  live: [0, 1, 1],
  circle: [true, false],
  common: ['named', 'named', 'later', 'part of named', 'modern', 'function'],
  json: 'two',
  star: 'count,default,even,increment,one',
  frozen: 'TypeError',
  // Ld1.
  globals: 'function,function,function,function,function,function,undefined',
  apart: [false, true, true],
  words: 'this says import( and <!-- and -->',
  parameters: 7n,
  version: 'one',
}

// Ar1, Eb3.
test('an archive is installed by the id under which it is published, and a vat of it runs its modules', async () => {
  const { id } = await world.controller.installBundle(archive, 'published')
  assert.equal(id, publishedId)
  assert.equal((await world.controller.installBundle(archive)).id, publishedId, 'twice is the same')
  assert.equal(await world.controller.bundleNamed('published'), publishedId)
  await create('modules', 'published', 7n)
  assert.equal((await world.controller.vat('modules')).bundle, publishedId)
  for (const [method, answer] of Object.entries(answers))
    assert.deepEqual(await world.ask('modules', method), answer, method)
})

// Cj1, Cj2, Ld2.
test('the modules mean what they mean to @endo/import-bundle', async () => {
  const { importBundle } = (await import(importer)) as {
    importBundle: (
      bundle: unknown,
      options: object,
    ) => Promise<{ buildRootObject: (...args: unknown[]) => Record<string, () => unknown> }>
  }
  const { buildRootObject } = await importBundle(archive, {
    endowments: { console, assert: globalThis.assert, VatData: { makeScalarBigMapStore() {} } },
  })
  const root = buildRootObject({}, 7n, {})
  // The globals are those of another place.
  const { globals: _globals, ...compared } = answers
  for (const [method, answer] of Object.entries(compared)) assert.deepEqual(root[method]?.(), answer, method)
})

// Bc1.
test('a vat of an archive comes back from its transcript alone', async () => {
  await world.controller.evictWorkers()
  assert.deepEqual(await world.ask('modules', 'live'), [1, 2, 2])
})

test('a vat of an archive is upgraded to another, and from and to scripts, and keeps its estate', async () => {
  await world.ask('modules', 'keep', 5n)
  const { id } = await world.controller.installBundle(heir)
  await world.controller.upgradeVat('modules', id)
  await world.controller.run()
  assert.deepEqual([await world.ask('modules', 'version'), await world.ask('modules', 'kept')], ['two', 5n])
  assert.equal((await world.controller.vat('modules')).bundle, id)
})

test('vatAdmin makes vats of published bundles, by their ids and caps', async () => {
  const code = `const [admin, id] = args; const cap = await E(admin).getBundleCap(id)
    const { root, adminNode } = await E(admin).createVat(cap, { vatParameters: 7n }); const first = await E(root).version()
    await E(adminNode).upgrade(await E(admin).getBundleCap(id)); return harden([first, await E(root).version(), vatPowers.D(cap).getBundleID(), await E(admin).getBundleIDByName('published')])`
  assert.deepEqual(await world.run('home', code, await world.controller.vatAdmin(), publishedId), [
    'one',
    'one',
    publishedId,
    publishedId,
  ])
})

test('who waits for a published id is told when the bundle is there', async () => {
  const other = (await published(forTheFile, {
    'main.js': `${plainRoot} export const buildRootObject = () => root({ hello: () => 'waited for' })`,
  })) as Archive
  const id = `b1-${other.endoZipBase64Sha512}`
  const code =
    'const [admin, id] = args; me.waited = E(admin).waitForBundleCap(id).then((cap) => E(E.get ? E(admin).createVat(cap, {}) : E(admin).createVat(cap, {}))); return 0n'
  await world.run(
    'home',
    code.replace(/\.then\(.*\); return/, '; return'),
    await world.controller.vatAdmin(),
    id,
  )
  assert.equal((await world.controller.installBundle(other)).id, id)
  const made =
    'const [admin] = args; const { root } = await E(admin).createVat(await me.waited, {}); return E(root).hello()'
  assert.equal(await world.run('home', made, await world.controller.vatAdmin()), 'waited for')
})

test('a vat reads the bundle as it was installed', async () => {
  const code = 'const [admin, id] = args; return vatPowers.D(await E(admin).getBundleCap(id)).getBundle()'
  assert.deepEqual(await world.run('home', code, await world.controller.vatAdmin(), publishedId), archive)
})

for (const format of ['nestedEvaluate', 'getExport', 'endoScript'] as const) {
  test(`a vat is made of a bundle of the format ${format}`, async () => {
    const source = {
      'main.js': `import { two } from './two.js'\n${plainRoot} export const buildRootObject = (_powers, parameters) => root({ sum: () => parameters + two, words: () => 'import( -->' })`,
      'two.js': 'export const two = 2n',
    }
    const { id } = await world.controller.installBundle(await published(forTheFile, source, format))
    await create(format, id, 5n)
    assert.deepEqual([await world.ask(format, 'sum'), await world.ask(format, 'words')], [7n, 'import( -->'])
  })
}

test('a published bundle goes into exports, and its id means the same where it is imported', async (t) => {
  const source = await openWorld(t)
  const { id } = await source.controller.installBundle(archive, 'published')
  await source.controller.createVat('modules', id, { parameters: 7n })
  await source.controller.run()
  await source.controller.commit()
  const parent = temporaryDirectory(t)
  await exportStore(source.directory, join(parent, 'export'), { mode: 'replay' })
  await importStore(join(parent, 'export'), join(parent, 'store'))
  const imported = await openController({ directory: join(parent, 'store') })
  try {
    const root = await imported.root('modules')
    const asked = await imported.send(root, 'star')
    await imported.run()
    assert.deepEqual(await imported.status(asked), { kind: 'fulfilled', value: answers['star'] })
    assert.equal(await imported.bundleNamed('published'), publishedId)
    assert.equal((await imported.installBundle(archive)).id, publishedId)
    assert.deepEqual((await imported.audit()).deviations, [])
  } finally {
    await imported.shutdown()
  }
})

// --- what is refused

const withBytes = (change: (bytes: Buffer) => void): Archive => {
  const bytes = Buffer.from(archive.endoZipBase64, 'base64')
  change(bytes)
  return { ...archive, endoZipBase64: bytes.toString('base64') }
}
/**
 * Another character in the place of one, in every copy of a text in the archive, and the checksums of the
 * files made right.
 */
const tampered: Readonly<Record<string, readonly [EndoBundle, string]>> = {
  'says another hash': [
    { ...archive, endoZipBase64Sha512: createHash('sha512').update('x').digest('hex') },
    'bundle/hash-mismatch',
  ],
  'says the hash of another archive': [
    { ...archive, endoZipBase64Sha512: heir.endoZipBase64Sha512 ?? '' },
    'bundle/hash-mismatch',
  ],
  'has a broken module': [
    withBytes((bytes) => {
      bytes[bytes.indexOf('export let') + 1] = 0x20
      bytes[bytes.indexOf('increment')] = 0x4a
    }),
    'bundle/malformed',
  ],
}
for (const [what, [bundle, code]] of Object.entries(tampered)) {
  // Ar1, Ar2.
  test(`a bundle that ${what} is refused with ${code}`, async () => {
    await assert.rejects(
      world.controller.installBundle(bundle),
      (error: unknown) => error instanceof CodedError && error.code === code,
    )
  })
}

// Bc2.
test('modules that were not compiled are for reading only, and the refusal says what to do', async () => {
  const raw = await published(
    forTheFile,
    { 'main.js': 'export const buildRootObject = () => {}' },
    'endoZipBase64',
    { noTransforms: true },
  )
  const { id } = await world.controller.installBundle(raw)
  await assert.rejects(
    world.controller.createVat('raw', id),
    (error: CodedError) => error.code === 'bundle/wrong-kind' && /noTransforms/.test(error.message),
  )
  const cap = await world.ask(await world.controller.vatAdmin(), 'getBundleCap', id)
  assert.ok((cap as Remote).kref)
})

test('an archive whose map lacks the hashes of modules is installed by the hash of its bytes, which a changed module changes', async (t) => {
  const root = temporaryDirectory(t)
  writeFileSync(join(root, 'package.json'), JSON.stringify({ name: 'unnamed', type: 'module' }))
  const unnamed = async (answer: number): Promise<EndoBundle> => {
    writeFileSync(join(root, 'main.js'), `export const answer = ${answer}`)
    const archive = await makeArchive(
      (location: string) => readFile(new URL(location)),
      pathToFileURL(join(root, 'main.js')).href,
      {},
    )
    return { moduleFormat: 'endoZipBase64', endoZipBase64: Buffer.from(archive).toString('base64') }
  }
  const ids = [await unnamed(1), await unnamed(2)].map(
    async (bundle) => (await world.controller.installBundle(bundle)).id,
  )
  const [one = '', two = ''] = await Promise.all(ids)
  assert.match(one, /^b1-[0-9a-f]{64}$/)
  assert.notEqual(one, two)
})
