/**
 * Bundles of `@endo/bundle-source` at their installation: what is one, what is none, and that nothing is left
 * of what is refused.
 */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { crc32 } from 'node:zlib'
import { CodedError, readEndoBundle, type EndoBundle } from '../../src/host/index.ts'
import type { Code } from '../../src/protocol/codes.ts'
import { forTheFile, openWorld, temporaryDirectory } from '../kit/world.ts'

const world = await openWorld(forTheFile)
const directory = temporaryDirectory(forTheFile)

/** A zip archive of files that are stored, as `@endo/zip` writes them. */
function zip(files: Readonly<Record<string, string>>): string {
  const parts: Buffer[] = []
  const entries: Buffer[] = []
  let at = 0
  for (const [path, text] of Object.entries(files)) {
    const [name, bytes] = [Buffer.from(path), Buffer.from(text)]
    const header = Buffer.alloc(30)
    header.writeUInt32LE(0x04034b50, 0)
    header.writeUInt32LE(crc32(bytes), 14)
    header.writeUInt32LE(bytes.length, 18)
    header.writeUInt32LE(bytes.length, 22)
    header.writeUInt16LE(name.length, 26)
    const entry = Buffer.alloc(46)
    entry.writeUInt32LE(0x02014b50, 0)
    entry.writeUInt32LE(crc32(bytes), 16)
    entry.writeUInt32LE(bytes.length, 20)
    entry.writeUInt32LE(bytes.length, 24)
    entry.writeUInt16LE(name.length, 28)
    entry.writeUInt32LE(at, 42)
    parts.push(header, name, bytes)
    entries.push(entry, name)
    at += header.length + name.length + bytes.length
  }
  const directory = Buffer.concat(entries)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(Object.keys(files).length, 10)
  end.writeUInt32LE(directory.length, 12)
  end.writeUInt32LE(at, 16)
  return Buffer.concat([...parts, directory, end]).toString('base64')
}

const sha512 = (text: string): string => createHash('sha512').update(text).digest('hex')

/** A package of one module that exports nothing. */
const module = JSON.stringify({
  imports: [],
  exports: [],
  reexports: [],
  __syncModuleProgram__: '() => {}',
  __liveExportMap__: {},
  __fixedExportMap__: {},
  __reexportMap__: {},
})
const mapWith = (entry: object): string =>
  JSON.stringify({
    entry: { compartment: 'p', module: './main.js' },
    compartments: { p: { name: 'p', location: 'p-v1', modules: { './main.js': entry } } },
  })
const map = mapWith({ location: 'main.js', parser: 'pre-mjs-json', sha512: sha512(module) })
const archive = zip({ 'compartment-map.json': map, 'p-v1/main.js': module })
const script = { moduleFormat: 'getExport', source: '() => ({})' } as const

/** The same with its fields in the other order. */
const reversed = (bundle: EndoBundle): EndoBundle =>
  Object.fromEntries(Object.entries(bundle).reverse()) as EndoBundle

const good: Readonly<Record<string, EndoBundle>> = {
  'an archive': { moduleFormat: 'endoZipBase64', endoZipBase64: archive },
  'an archive with its hash': {
    moduleFormat: 'endoZipBase64',
    endoZipBase64: archive,
    endoZipBase64Sha512: sha512(map),
  },
  'a getExport': script,
  'a getExport with a source map': { ...script, sourceMap: '//# sourceMappingURL=x' },
  'a nestedEvaluate': { ...script, moduleFormat: 'nestedEvaluate' },
  'a script': { moduleFormat: 'endoScript', source: '({})' },
}
for (const [name, bundle] of Object.entries(good)) {
  // Eb1, Eb2.
  test(`${name} is installed, twice under one id, whatever the order of its fields`, async () => {
    const { id } = await world.controller.installBundle(bundle)
    assert.equal((await world.controller.installBundle(reversed(bundle))).id, id)
    const file = join(directory, 'bundle.json')
    await writeFile(file, JSON.stringify(bundle))
    assert.deepEqual(await readEndoBundle(file), bundle)
    const cap = await world.ask(await world.controller.vatAdmin(), 'getBundleCap', id)
    assert.ok(cap !== undefined)
  })
}

const bad: Readonly<Record<string, readonly [bundle: unknown, code: Code, message: RegExp]>> = {
  'nothing': [undefined, 'api/bad-argument', /must be a result of bundleVat/],
  'a text': ['() => 1', 'api/bad-argument', /must be a result of bundleVat/],
  'a list': [[], 'api/bad-argument', /must be a result of bundleVat/],
  'an empty record': [{}, 'api/bad-argument', /must be a result of bundleVat/],
  'a format that there is not': [
    { moduleFormat: 'zip', source: '1' },
    'bundle/format-unknown',
    /moduleFormat is "zip"; it can be endoZipBase64/,
  ],
  'a format that records have by birth': [
    { moduleFormat: 'toString' },
    'bundle/format-unknown',
    /"toString"/,
  ],
  'a format that is a number': [{ moduleFormat: 5 }, 'bundle/format-unknown', /a number/],
  'the format of tests, which is no data': [{ moduleFormat: 'test' }, 'bundle/format-unknown', /"test"/],
  'an archive that is not there': [
    { moduleFormat: 'endoZipBase64' },
    'bundle/malformed',
    /has endoZipBase64/,
  ],
  'an archive that is empty': [
    { moduleFormat: 'endoZipBase64', endoZipBase64: '' },
    'bundle/malformed',
    /not empty/,
  ],
  'an archive that is not base64': [
    { moduleFormat: 'endoZipBase64', endoZipBase64: 'AA?A' },
    'bundle/malformed',
    /not base64/,
  ],
  'an archive that is cut off': [
    { moduleFormat: 'endoZipBase64', endoZipBase64: archive.slice(0, 40) },
    'bundle/malformed',
    /not a zip archive/,
  ],
  'an archive of something else': [
    { moduleFormat: 'endoZipBase64', endoZipBase64: Buffer.from('hello world!').toString('base64') },
    'bundle/malformed',
    /not a zip archive/,
  ],
  'an archive without a map': [
    { moduleFormat: 'endoZipBase64', endoZipBase64: zip({ 'p-v1/main.js': module }) },
    'bundle/malformed',
    /no compartment-map\.json/,
  ],
  'an archive whose map is no JSON': [
    {
      moduleFormat: 'endoZipBase64',
      endoZipBase64: zip({ 'compartment-map.json': '{', 'p-v1/main.js': module }),
    },
    'bundle/malformed',
    /not JSON/,
  ],
  'an archive whose map has no entry': [
    { moduleFormat: 'endoZipBase64', endoZipBase64: zip({ 'compartment-map.json': '{"compartments":{}}' }) },
    'bundle/malformed',
    /entry/,
  ],
  'an archive that lacks a module': [
    { moduleFormat: 'endoZipBase64', endoZipBase64: zip({ 'compartment-map.json': map }) },
    'bundle/malformed',
    /no file "p-v1\/main\.js"/,
  ],
  'an archive with a file that its map does not name': [
    {
      moduleFormat: 'endoZipBase64',
      endoZipBase64: zip({ 'compartment-map.json': map, 'p-v1/main.js': module, 'p-v1/more.js': module }),
    },
    'bundle/malformed',
    /"p-v1\/more\.js"/,
  ],
  'an archive with another module than its map says': [
    {
      moduleFormat: 'endoZipBase64',
      endoZipBase64: zip({ 'compartment-map.json': map, 'p-v1/main.js': `${module} ` }),
    },
    'bundle/hash-mismatch',
    /another SHA-512/,
  ],
  'an archive with another map than the bundle says': [
    { moduleFormat: 'endoZipBase64', endoZipBase64: archive, endoZipBase64Sha512: sha512('x') },
    'bundle/hash-mismatch',
    /endoZipBase64Sha512 is/,
  ],
  'an archive with a broken file': [
    {
      moduleFormat: 'endoZipBase64',
      endoZipBase64: Buffer.from(
        Buffer.from(archive, 'base64').toString('latin1').replace('imports', 'exports'),
        'latin1',
      ).toString('base64'),
    },
    'bundle/malformed',
    /checksum/,
  ],
  'a source that is a number': [{ moduleFormat: 'getExport', source: 5 }, 'bundle/malformed', /has source/],
  'a source that does not parse': [
    { moduleFormat: 'getExport', source: '() => {' },
    'bundle/syntax',
    /does not parse/,
  ],
  'a source that closes what is put around it': [
    { moduleFormat: 'getExport', source: '1)(2' },
    'bundle/syntax',
    /does not parse/,
  ],
  'a script that does not parse': [
    { moduleFormat: 'endoScript', source: 'import x from "y"' },
    'bundle/syntax',
    /does not parse/,
  ],
  'a source nested without end': [
    { moduleFormat: 'getExport', source: '('.repeat(100_000) },
    'bundle/syntax',
    /does not parse/,
  ],
  'a field that its format does not know': [
    { ...script, endoZipBase64: archive },
    'bundle/malformed',
    /"endoZipBase64", which its format does not know/,
  ],
  'a source map that is no text': [
    { ...script, sourceMap: null },
    'bundle/malformed',
    /sourceMap is not a well-formed text/,
  ],
  'half of a character': [
    { ...script, source: '() => "\uD800"' },
    'bundle/malformed',
    /source is not a well-formed text/,
  ],
  'eleven megabytes': [
    { ...script, source: `() => "${'x'.repeat(11 * 1024 * 1024)}"` },
    'bundle/too-large',
    /the limit is/,
  ],
  'bytes that begin like a bundle and are none': [
    { bytes: new TextEncoder().encode('{"moduleFormat":'), source: '', inputs: [] },
    'bundle/malformed',
    /begins like a record/,
  ],
  'bytes that are a bundle of an unknown format': [
    { bytes: new TextEncoder().encode('{"moduleFormat":"zip"}'), source: '', inputs: [] },
    'bundle/format-unknown',
    /"zip"/,
  ],
}
for (const [name, [bundle, code, message]] of Object.entries(bad)) {
  test(`${name} is refused with ${code}, and nothing of it is installed`, async () => {
    const before = await world.activityHash()
    await assert.rejects(
      world.controller.installBundle(bundle as EndoBundle, 'refused'),
      (error: unknown) => {
        assert.ok(error instanceof CodedError, String(error))
        assert.equal(error.code, code, error.message)
        assert.match(error.message, message)
        return true
      },
    )
    assert.equal(await world.activityHash(), before)
    await assert.rejects(world.controller.bundleNamed('refused'), { code: 'bundle/unknown' })
  })
}

test('a file that is none, or no JSON, or no bundle, is refused', async () => {
  await assert.rejects(readEndoBundle(join(directory, 'none.json')), { code: 'bundle/entry-not-found' })
  for (const text of ['{', '[]', '5', '{}']) {
    const file = join(directory, 'bad.json')
    await writeFile(file, text)
    await assert.rejects(readEndoBundle(file), { code: 'bundle/malformed' })
  }
})

test('a vat cannot be made of or upgraded to a bundle whose modules have to be compiled; the refusal says what to do', async () => {
  const source = 'export {}'
  const raw = zip({
    'compartment-map.json': mapWith({ location: 'main.js', parser: 'mjs', sha512: sha512(source) }),
    'p-v1/main.js': source,
  })
  const { id } = await world.controller.installBundle(
    { moduleFormat: 'endoZipBase64', endoZipBase64: raw },
    'readable',
  )
  await world.create('vat')
  for (const ask of [
    () => world.controller.createVat('other', 'readable'),
    () => world.controller.createVat('other', id),
    () => world.controller.upgradeVat('vat', 'readable'),
  ]) {
    await assert.rejects(
      ask,
      (error: CodedError) => error.code === 'bundle/wrong-kind' && /noTransforms/.test(error.message),
    )
  }
})
