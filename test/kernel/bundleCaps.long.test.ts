/**
 * Bundle caps: how vats come by them, what they read with them, and what becomes of that when workers or the
 * store go.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { forkStore, openController, type EndoBundle, type Remote } from '../../src/host/index.ts'
import { Machine } from '../../src/machine/machine.ts'
import { unpackStore } from '../../tools/golden/store.ts'
import { bundleFile, bundleSource, puppetFile, withSpace } from '../kit/bundles.ts'
import { malloryStore } from '../kit/mallory.ts'
import {
  answerOf,
  forTheFile,
  openWorld,
  preparedStore,
  puppet,
  rejectionOf,
  temporaryDirectory,
  type World,
} from '../kit/world.ts'

const { directory, worker } = await malloryStore()
const world = await openWorld(forTheFile, {
  from: directory,
  vats: { alice: puppet, bob: puppet, mallory: { worker } },
})
const vatAdmin = await world.controller.vatAdmin()
const own = await bundleFile(puppetFile)
const puppetId = await world.install()

const endo: EndoBundle = {
  moduleFormat: 'getExport',
  source: 'function getExport() { return { answer: () => 42 } }',
  sourceMap: '//# sourceMappingURL=none',
}
const { id: endoId } = await world.controller.installBundle(endo, 'the answer')
const run = (code: string, ...args: unknown[]): Promise<unknown> =>
  world.run('alice', `const [vatAdmin, ...more] = args; const { D } = vatPowers; ${code}`, vatAdmin, ...args)
const capOf = (id: string, on: World = world): Promise<unknown> => on.ask(vatAdmin, 'getBundleCap', id)

// --- reading

test('a vat reads a bundle of bundle-source as it was installed, and its id', async () => {
  assert.deepEqual(
    await run('const cap = await E(vatAdmin).getBundleCap(more[0]); return D(cap).getBundle()', endoId),
    endo,
  )
  assert.equal(
    await run('const cap = await E(vatAdmin).getBundleCap(more[0]); return D(cap).getBundleID()', endoId),
    endoId,
  )
})

test('what is read is hardened, and read anew each time', async () => {
  const code =
    'const cap = await E(vatAdmin).getBundleCap(more[0]); const one = D(cap).getBundle(); return [Object.isFrozen(one), one === D(cap).getBundle()]'
  assert.deepEqual(await run(code, endoId), [true, false])
})

test('a vat reads the bundle of a vat as one whose exports it can evaluate', async () => {
  const { id } = await world.controller.installBundle(
    await bundleSource('export const buildRootObject = () => Far("r", {}); export const three = () => 3'),
  )
  const code =
    'const cap = await E(vatAdmin).getBundleCap(more[0]); const { moduleFormat, source } = D(cap).getBundle(); const c = new Compartment({ globals: { VatData, assert }, __options__: true }); return harden([moduleFormat, c.evaluate(`(${source})`)("x").three()])'
  assert.deepEqual(await run(code, id), ['getExport', 3])
})

test('the transcript has the id of what was read and not its text', async () => {
  await run('const cap = await E(vatAdmin).getBundleCap(more[0]); D(cap).getBundle(); return 1', puppetId)
  const entries = (await world.transcript('alice')).slice(-2)
  const read = entries.flatMap(({ syscalls }) => syscalls).filter(({ kind }) => kind === 'getBundle')
  assert.deepEqual(read.map((one) => ('answer' in one ? one.answer : undefined)), [puppetId])
  assert.ok(JSON.stringify(entries).length < own.bytes.byteLength / 2)
})

/** What `D` is given, or asked for, and what is said. */
const misuses: Readonly<Record<string, readonly [code: string, message: RegExp]>> = {
  nothing: ['D()', /D takes a bundle cap/],
  null: ['D(null)', /D takes a bundle cap/],
  'an id': ['D(more[0])', /D takes a bundle cap/],
  'a record': ['D({})', /D takes a bundle cap/],
  'a function': ['D(() => {})', /D takes a bundle cap/],
  'a proxy': ['D(new Proxy({}, {}))', /D takes a bundle cap/],
  'a remotable of its own': ['D(Far("x", {}))', /D takes a bundle cap/],
  'a promise for a cap': ['D(E(vatAdmin).getBundleCap(more[0]))', /D takes a bundle cap/],
  'an object of the kernel that is no cap': ['D(vatAdmin).getBundle()', /D takes a bundle cap/],
  'an object of another vat': ['D(more[1]).getBundleID()', /D takes a bundle cap/],
  'a method that there is not': [
    'D(await E(vatAdmin).getBundleCap(more[0])).setBundle()',
    /no method setBundle: it has getBundle and getBundleID/,
  ],
}
for (const [name, [code, message]] of Object.entries(misuses)) {
  test(`D of ${name} is a TypeError that says so`, async () => {
    const said = (await run(
      `try { ${code}; return 'taken' } catch (error) { return await harden([error.name, error.message]) }`,
      endoId,
      await world.root('bob'),
    )) as [string, string]
    assert.equal(said[0], 'TypeError')
    assert.match(said[1], message)
  })
}

/** What only a malicious supervisor asks. */
const illegal: Readonly<Record<string, readonly [fields: string, cause: RegExp]>> = {
  'of an import that it never had': ['"cap":"o-99","part":"id"', /o-99 was never given/],
  'of an export': ['"cap":"o+0","part":"id"', /not an import/],
  'of a name of the kernel': ['"cap":"ko1","part":"id"', /not an import/],
  'of nothing': ['"part":"id"', /not an import/],
  'of a promise': ['"cap":"p-1","part":"id"', /not an import/],
  'a part that there is not': ['"cap":"o-1","part":"size"', /not a part of a bundle/],
  'no part': ['"cap":"o-1"', /not a part of a bundle/],
}
for (const [name, [fields, cause]] of Object.entries(illegal)) {
  test(`a supervisor that asks for the bundle ${name} is undone`, async () => {
    const cap = await capOf(endoId)
    assert.match(
      rejectionOf(
        await world.outcome('mallory', 'ask', `[{"kind":"getBundle",${fields}}]`, cap),
        'illegal-syscall',
      ).message,
      cause,
    )
  })
}

// --- caps

test('there is one cap for a bundle, for all vats and for the host', async () => {
  const cap = (await capOf(endoId)) as Remote
  assert.deepEqual(await capOf(endoId), cap)
  assert.equal(
    await run(
      'const [one, two] = await Promise.all([E(vatAdmin).getBundleCap(more[0]), E(vatAdmin).waitForBundleCap(more[0])]); return one === two && one === more[1]',
      endoId,
      cap,
    ),
    true,
  )
  assert.deepEqual(await world.ask('bob', 'echo', cap), [cap])
})

test('a cap that nobody refers to is collected, and asked for again it is there', async (t) => {
  const other = await openWorld(t, { vats: { vat: puppet } })
  const { id } = await other.controller.installBundle(endo)
  const first = (await other.ask(await other.controller.vatAdmin(), 'getBundleCap', id)) as Remote
  assert.equal((await other.rows('kernel')).get(`bundleCap.${id}`), first.kref)
  await other.forgetAll()
  const rows = await other.rows('kernel')
  assert.deepEqual(
    [...rows.keys()].filter((key) => key.startsWith('bundleCap.') || key.endsWith(`.${first.kref}`)),
    [],
  )
  assert.notEqual(
    ((await other.ask(await other.controller.vatAdmin(), 'getBundleCap', id)) as Remote).kref,
    first.kref,
  )
})

test('a cap in durable data outlives an upgrade of its vat, and reads the same', async (t) => {
  const other = await openWorld(t, { vats: { vat: puppet } })
  const { id } = await other.controller.installBundle(endo)
  await other.run(
    'vat',
    'const cap = await E(args[0]).getBundleCap(args[1]); baggage.init("cap", cap)',
    await other.controller.vatAdmin(),
    id,
  )
  answerOf(await other.upgrade('vat'))
  await other.reopen()
  assert.deepEqual(await other.run('vat', 'return vatPowers.D(baggage.get("cap")).getBundle()'), endo)
})

// --- names and waiting

test('a name leads to the bundle that had it last', async () => {
  const { id: first } = await world.controller.installBundle(endo, 'moving')
  const second = (await world.controller.installBundle({ ...endo, source: `${endo.source} ` }, 'moving')).id
  assert.notEqual(first, second)
  assert.equal(await run('return E(vatAdmin).getBundleIDByName("moving")'), second)
  assert.equal(
    await run('const cap = await E(vatAdmin).getNamedBundleCap("moving"); return D(cap).getBundleID()'),
    second,
  )
})

test('a name of a hundred characters of any writing is a name', async () => {
  const name = '名😀'.repeat(33)
  const { id } = await world.controller.installBundle(endo, name)
  assert.equal(await run('return E(vatAdmin).getBundleIDByName(more[0])', name), id)
})

/** What is asked, and what it is refused with. */
const refusals: Readonly<Record<string, readonly [call: string, message: RegExp]>> = {
  'a bundle that is not installed': [
    'getBundleCap(`b1-${"0".repeat(64)}`)',
    /^bundleID not yet installed: b1-0+$/,
  ],
  'a bundle by nothing': ['getBundleCap()', /^undefined is not the id of a bundle/],
  'a bundle by its name': ['getBundleCap("the answer")', /not the id of a bundle/],
  'a bundle by a bigint': ['getBundleCap(5n)', /not the id of a bundle/],
  'a bundle by an object': ['getBundleCap(vatAdmin)', /not the id of a bundle/],
  'waiting for what can never be': ['waitForBundleCap("b1-0")', /not the id of a bundle/],
  'waiting for nothing': ['waitForBundleCap()', /not the id of a bundle/],
  'an unknown name': [
    'getNamedBundleCap("nobody")',
    /^unknown bundle name "nobody": that is not the name of a bundle/,
  ],
  'a name that objects have by birth': ['getNamedBundleCap("constructor")', /not the name of a bundle/],
  'no name': ['getBundleIDByName()', /not the name of a bundle/],
  'a record as a name': ['getBundleIDByName(harden({}))', /not the name of a bundle/],
  'a megabyte as a name': ['getBundleIDByName("x".repeat(1_000_000))', /not the name of a bundle/],
  'a vat by an unknown name': ['createVatByName("nobody", {})', /not the name of a bundle/],
  'a vat of an object that is no cap': ['createVat(vatAdmin)', /neither a bundle cap nor the id/],
}
/** It can be read all the same. */
for (const call of ['createVat(more[0])', 'createVatByName("the answer")']) {
  test(`${call}: a vat of a bundle that exports no buildRootObject does not start`, async () => {
    const reason = (await run(
      `return E(vatAdmin).${call}.then(() => 'taken', (reason) => reason)`,
      endoId,
    )) as { code: string; message: string }
    assert.equal(reason.code, 'start-refused')
    assert.match(reason.message, /does not export a function buildRootObject/)
  })
}

for (const [name, [call, message]] of Object.entries(refusals)) {
  test(`${name} is refused`, async () => {
    const reason = (await run(
      `return E(vatAdmin).${call}.then(() => 'taken', (reason) => reason)`,
      endoId,
    )) as { code: string; message: string }
    assert.equal(reason.code, 'service-refused')
    assert.match(reason.message, message)
  })
}

test('a message to a cap is refused', async () => {
  assert.match(
    rejectionOf(await world.outcome((await capOf(endoId)) as Remote, 'getBundle'), 'service-refused').message,
    /bundleCap has no method "getBundle"/,
  )
})

test('who waits for a bundle gets its cap when it is installed, after a restart too, all who wait the same', async (t) => {
  const other = await openWorld(t, { vats: { vat: puppet } })
  const admin = await other.controller.vatAdmin()
  const coming = withSpace(
    await bundleSource('export const buildRootObject = () => Far("r", { hi: () => "hi" })'),
  )
  const elsewhere = await openWorld(t)
  const { id } = await elsewhere.controller.installBundle(coming)
  await other.run(
    'vat',
    'me.told = []; for (const n of [1n, 2n]) { E(args[0]).waitForBundleCap(args[1]).then((cap) => { me.told.push(cap) }) }',
    admin,
    id,
  )
  await other.run('vat', 'E.sendOnly(args[0]).waitForBundleCap(args[1])', admin, id)
  const asked = await other.controller.send(admin, 'waitForBundleCap', [id])
  await other.controller.run()
  await other.reopen()
  assert.deepEqual(
    [await other.controller.status(asked), await other.run('vat', 'return me.told.length')],
    [{ kind: 'pending' }, 0],
  )
  await other.controller.installBundle(coming)
  const cap = answerOf(await other.settle(asked)) as Remote
  assert.deepEqual(
    await other.run(
      'vat',
      'return harden([me.told.length, me.told[0] === me.told[1], me.told[0] === args[0]])',
      cap,
    ),
    [2, true, true],
  )
  const { root } = (await other.ask(admin, 'createVat', cap)) as { root: Remote }
  assert.equal(await other.ask(root, 'hi'), 'hi')
  assert.deepEqual(
    [...(await other.rows('kernel')).keys()].filter((key) => key.startsWith('bundleWait.')),
    [],
  )
})

test('a bundle whose installation was not committed is not installed after a restart, and who waited waits on', async (t) => {
  const other = await openWorld(t, { vats: { vat: puppet } })
  const asked = await other.controller.send(await other.controller.vatAdmin(), 'waitForBundleCap', [endoId])
  await other.controller.run()
  await other.controller.commit()
  assert.equal((await other.controller.installBundle(endo, 'lost')).id, endoId)
  await other.restart()
  assert.deepEqual(await other.controller.status(asked), { kind: 'pending' })
  await assert.rejects(other.controller.bundleNamed('lost'), { code: 'bundle/unknown' })
  await other.controller.installBundle(endo)
  assert.equal((await other.take(asked)).kind, 'fulfilled')
})

// --- vats by caps

/** A vat whose root says which version it is, in the formats that a message can hold. */
const sourceOf = (version: number): Readonly<Record<string, string>> => ({
  getExport: `() => ({ buildRootObject: () => harden({ __proto__: { [Symbol.toStringTag]: 'Alleged: root', [Symbol.for('passStyle')]: 'remotable' }, version: () => ${version} }) })`,
  nestedEvaluate: `function getExport() { return nestedEvaluate('(() => ({ buildRootObject: () => harden({ __proto__: { [Symbol.toStringTag]: "Alleged: root", [Symbol.for("passStyle")]: "remotable" }, version: () => ${version} }) }))')() }`,
  endoScript: `({ buildRootObject: () => harden({ __proto__: { [Symbol.toStringTag]: 'Alleged: root', [Symbol.for('passStyle')]: 'remotable' }, version: () => ${version} }) })`,
})

// Bn4.
test('the script that came with the first installation of a bundle stays', async (t) => {
  const parent = temporaryDirectory(t)
  const made = join(parent, 'store')
  forkStore(await preparedStore(), made)
  const machine = Machine.open({
    directory: made,
    access: 'write',
    make: 'never',
    verify: 'lazy',
    residentWorkers: 2,
    residentBytes: 1024 ** 3,
    eviction: 'when-needed',
    trace: null,
    genesis: null,
  })
  const installed = [1, 2].map((version) =>
    machine.installBundle('vat', Buffer.from('{"moduleFormat":"getExport"}'), 'twice', null, {
      published: null,
      code: Buffer.from(sourceOf(version)['endoScript'] ?? ''),
    }),
  )
  machine.commit()
  machine.close()
  assert.equal(installed[0]?.id, installed[1]?.id)
  const other = await openWorld(t, { from: made })
  answerOf(await other.settle(await other.controller.createVat('vat', 'twice')))
  assert.equal(await other.ask('vat', 'version'), 1)
})

const countInstalled = async (): Promise<number> =>
  [...(await world.rows('kernel')).keys()].filter((key) => key.startsWith('bundle.')).length

for (const [moduleFormat, source] of Object.entries(sourceOf(1))) {
  // Bn5.
  test(`a vat is made and upgraded by a bundle of the format ${moduleFormat} in the message, and is there after a restart`, async () => {
    const next = { moduleFormat, source: sourceOf(2)[moduleFormat] }
    const before = await countInstalled()
    assert.equal(
      await run('me.raw = await E(vatAdmin).createVat(more[0]); return E(me.raw.root).version()', {
        moduleFormat,
        source,
      }),
      1,
    )
    assert.deepEqual(await run('return E(me.raw.adminNode).upgrade(more[0])', next), { incarnationNumber: 1 })
    assert.equal(await run('return E(me.raw.root).version()'), 2)
    await world.reopen()
    assert.equal(await run('return E(me.raw.root).version()'), 2)
    assert.equal(
      await run('me.raw = await E(vatAdmin).createVat(more[0]); return E(me.raw.root).version()', {
        moduleFormat,
        source,
      }),
      1,
      'the same bundle once more',
    )
    assert.equal(await countInstalled(), before + 2, 'the same script of the same bundle')
  })
}

const unfit: Readonly<Record<string, readonly [bundle: unknown, message: RegExp]>> = {
  'an archive in a message': [
    { moduleFormat: 'endoZipBase64', endoZipBase64: '' },
    /requires a bundlecap: a bundle of the format "endoZipBase64" is installed by the host; give its bundle cap/,
  ],
  'a bundle without a source': [
    { moduleFormat: 'getExport' },
    /the source of a bundle of the format getExport is a text/,
  ],
  'a bundle of a million characters': [
    { moduleFormat: 'getExport', source: 'x'.repeat(1_000_001) },
    /1000001 characters; over 1000000 the host installs it/,
  ],
  'a source that is no code': [
    { moduleFormat: 'getExport', source: 'no code at all' },
    /^Vat Creation Error: SyntaxError/,
  ],
  'a source that exports nothing': [
    { moduleFormat: 'getExport', source: '() => ({})' },
    /^Vat Creation Error: .*buildRootObject/,
  ],
}

for (const [name, [bundle, message]] of Object.entries(unfit)) {
  test(`${name} makes no vat, and whoever asked is told why`, async () => {
    assert.match(
      String(
        await run(
          'return E(vatAdmin).createVat(more[0]).then(() => "made", (error) => error.message)',
          bundle,
        ),
      ),
      message,
    )
  })
}

test('a vat is made and upgraded by caps, with references in its parameters', async () => {
  const code = `
    const cap = await E(vatAdmin).getBundleCap(more[0])
    const { promise, resolve } = Promise.withResolvers()
    const vatParameters = harden({ setup: 'me.n = 1n', cap, friend: more[1], later: promise })
    me.kit = await E(vatAdmin).createVat(cap, { name: 'by-cap', vatParameters })
    resolve(7n)
    return me.kit.adminNode`
  await run(code, puppetId, await world.root('bob'))
  const [delivery] = (await world.transcript('by-cap')).map((entry) => entry.delivery)
  assert.equal(delivery?.kind, 'startVat')
  assert.match(
    JSON.stringify(delivery),
    /"cap\\":\\"\$0\.Alleged: bundleCap\\",\\"friend\\":\\"\$1\.Alleged: root\\",\\"later\\":\\"&2\\".*"slots":\["o-1","o-2","p-1"\]/,
  )
  const upgraded = await run(
    'return E(me.kit.adminNode).upgrade(await E(vatAdmin).getBundleCap(more[0]), { vatParameters: { setup: "me.n = 2n" } })',
    puppetId,
  )
  assert.equal((upgraded as { incarnationNumber: number }).incarnationNumber, 1)
  assert.equal(await run('return E(me.kit.root).run("return me.n")'), 2n)
})

test('a vat that reads bundles is the same whether its worker stays or is brought back after every crank', async (t) => {
  const live = async (eviction: 'when-needed' | 'after-each-crank'): Promise<string> => {
    const one = await openWorld(t, { vats: { vat: puppet }, open: { eviction } })
    const { id } = await one.controller.installBundle(endo)
    await one.run(
      'vat',
      'me.cap = await E(args[0]).getBundleCap(args[1])',
      await one.controller.vatAdmin(),
      id,
    )
    await one.run('vat', 'me.read = [vatPowers.D(me.cap).getBundle(), vatPowers.D(me.cap).getBundleID()]')
    assert.equal(await one.run('vat', 'return me.read[0].source.length'), endo.source.length)
    await one.controller.commit()
    return JSON.stringify([
      await one.activityHash(),
      await one.controller.heapHash('vat'),
      (await one.transcript('vat')).map(({ computrons }) => computrons),
    ])
  }
  assert.equal(await live('after-each-crank'), await live('when-needed'))
})

// --- stores of older kernels

test('in the store of release 0.1.0 vat bundles are installed as they were then, and others are refused', async (t) => {
  const old = mkdtempSync(join(tmpdir(), 'heirloom-old-'))
  t.after(() => rmSync(old, { recursive: true, force: true }))
  unpackStore('0.1.0', old)
  const controller = await openController({ directory: old, make: 'never' })
  t.after(() => controller.shutdown())
  await assert.rejects(controller.installBundle(endo, 'endo'), { code: 'kernel/too-old' })
  await assert.rejects(controller.bundleNamed('endo'), { code: 'bundle/unknown' })
  const before = await controller.storeStatus()
  const { id } = await controller.installBundle(own, 'own')
  assert.equal((await controller.storeStatus()).cranks, before.cranks, 'it is no input of that kernel')
  assert.equal(await controller.bundleNamed('own'), id)
  const made = await controller.createVat('newcomer', 'own', { parameters: {} })
  await controller.run()
  assert.equal((await controller.status(made)).kind, 'fulfilled')
})
