/**
 * The code of a store or an export is run only when a release shipped it, the host installed it, or somebody
 * named its hash.
 */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { dispatch } from '../../src/cli/dispatch.ts'
import { bundleId, type Hash } from '../../src/base/ids.ts'
import { CodedError, exportStore, forkStore, importStore, openController } from '../../src/host/index.ts'
import { engineNames } from '../../src/protocol/worker/engineNames.ts'
import { kernelLabel } from '../../src/machine/opening/opening.ts'
import { packagedEngine } from '../../src/release/build.ts'
import { supervisorBytes, workerCode } from '../../src/release/release.ts'
import { isShipped } from '../../src/release/shipped.ts'
import { buildWorker } from '../../src/release/worker.ts'
import type { BundleKind } from '../../src/protocol/bundle/bundle.ts'
import { openStore } from '../../src/store/store.ts'
import { forgeBundle } from '../kit/forge.ts'
import { query, tamper } from '../kit/rows.ts'
import { forTheFile, openWorld, puppet, temporaryDirectory } from '../kit/world.ts'

/** A closed store with a vat, made by this host, and an export of it. */
const store = await (async () => {
  const world = await openWorld(forTheFile, { vats: { vat: puppet } })
  await world.controller.commit()
  await world.controller.shutdown()
  world.state = 'ended'
  const copy = join(temporaryDirectory(forTheFile), 'store')
  forkStore(world.directory, copy)
  return copy
})()
const exported = join(temporaryDirectory(forTheFile), 'export')
await exportStore(store, exported, { mode: 'replay' })

const place = (scope: Parameters<typeof temporaryDirectory>[0]): string =>
  join(temporaryDirectory(scope), 'store')

function copyOf(directory: string, scope: Parameters<typeof temporaryDirectory>[0]): string {
  const copy = place(scope)
  cpSync(directory, copy, { recursive: true })
  return copy
}

async function refused(call: () => Promise<unknown>): Promise<CodedError> {
  try {
    await call()
  } catch (error) {
    assert.ok(error instanceof CodedError, String(error))
    return error
  }
  return assert.fail('it was not refused')
}

async function assertOpens(directory: string, trust: readonly string[] = []): Promise<void> {
  const controller = await openController({ directory, make: 'never', trust })
  assert.equal((await controller.vats()).length, 1)
  await controller.shutdown()
}

const untrustedOf = ({ code, detail }: CodedError): unknown => {
  assert.equal(code, 'store/untrusted-code')
  return detail['untrusted']
}

const told = (kind: BundleKind, bundle: string): unknown => [
  { kind, bundle, hash: bundle.slice('b1-'.length) },
]
const withSpace = (source: string): string => `${source} `

test('the engines of this release are those that it says it ships', async () => {
  for (const name of engineNames) {
    const id = bundleId(createHash('sha256').update((await workerCode(name)).engine).digest('hex') as Hash)
    assert.ok(isShipped(id), `${name} is ${id} now; add it to src/release/shipped.ts`)
  }
})

test('an export whose kernel nobody knows is not imported, and leaves nothing (Imp4)', async (t) => {
  const forged = copyOf(exported, t)
  const mark = join(temporaryDirectory(t), 'ran')
  const evil = forgeBundle(forged, 'kernel', (source) =>
    source.replace(
      'function makeKernel(ports) {',
      `function makeKernel(ports) { try { ports.trace.constructor('return process')().getBuiltinModule('fs').writeFileSync(${JSON.stringify(mark)}, '') } catch {}`,
    ),
  )
  const to = place(t)
  const error = await refused(() => importStore(forged, to))
  assert.deepEqual(untrustedOf(error), told('kernel', evil))
  assert.match(error.message, new RegExp(`--trust ${evil}`))
  assert.deepEqual(existsSync(to) ? readdirSync(to).filter((name) => name !== 'heirloom.lock') : [], [])
  assert.deepEqual(
    untrustedOf(await refused(() => importStore(forged, to, { trust: [`b1-${'0'.repeat(64)}`] }))),
    told('kernel', evil),
  )
  // Whoever trusts it has it run, and it finds no way out.
  await importStore(forged, to, { trust: [evil.slice(3)] })
  await assertOpens(to)
  assert.equal(existsSync(mark), false)
})

// Tu4.
test('what was trusted at an import is asked for again by the next one', async (t) => {
  const [forged, first, again] = [copyOf(exported, t), place(t), place(t)]
  const other = forgeBundle(forged, 'kernel', withSpace)
  await importStore(forged, first, { trust: [other] })
  await exportStore(first, again, { mode: 'operational' })
  assert.deepEqual(untrustedOf(await refused(() => importStore(again, place(t)))), told('kernel', other))
})

/** Puts a kernel into the store as a host would not: with a hand of its own. */
function plant(directory: string): string {
  const planted = openStore(directory, { verify: 'lazy' })
  const id = planted.bundles.named(kernelLabel)!
  const other = planted.bundles.put(
    'kernel',
    Buffer.concat([planted.bundles.get(id, 'kernel'), Buffer.from(' ')]),
  )
  planted.bundles.name(kernelLabel, other)
  planted.commit()
  planted.close()
  return other
}

// Tu1.
test('a store with a kernel that nobody installed is not opened; named once, it is', async (t) => {
  const [directory, fork] = [copyOf(store, t), place(t)]
  const other = plant(directory)
  for (const make of ['never', 'if-missing'] as const)
    assert.deepEqual(
      untrustedOf(await refused(() => openController({ directory, make }))),
      told('kernel', other),
    )
  await assertOpens(directory, [other])
  await assertOpens(directory)
  forkStore(directory, fork)
  await assertOpens(fork)
})

// Tu2.
test('all code of a store is judged, also what nothing uses', async (t) => {
  const directory = copyOf(store, t)
  const planted = openStore(directory, { verify: 'lazy' })
  const ids = (['engine', 'kernel', 'supervisor'] as const).map((kind) =>
    planted.bundles.put(kind, Buffer.from(`other ${kind}`)),
  )
  planted.bundles.put('vat', Buffer.from('other vat'))
  planted.commit()
  planted.close()
  assert.deepEqual(
    (
      untrustedOf(await refused(() => openController({ directory, make: 'never' }))) as { bundle: string }[]
    ).map(({ bundle }) => bundle),
    ids,
  )
  await assertOpens(directory, ids)
})

// Tu3.
test('a base image is trusted when it is what engine and supervisor give, and else by its hash', async (t) => {
  const directory = copyOf(store, t)
  const own = `${Buffer.from(await supervisorBytes()).toString('utf8')} `
  const code = buildWorker(packagedEngine(engineNames[0]), Buffer.from(own))
  const made = openStore(directory, { verify: 'lazy' })
  const supervisor = made.bundles.put('supervisor', code.supervisor)
  const rebuilt = made.bundles.put('image', code.image)
  made.commit()
  made.close()
  assert.deepEqual([isShipped(supervisor), isShipped(rebuilt)], [false, false])
  assert.deepEqual(
    untrustedOf(await refused(() => openController({ directory, make: 'never' }))),
    told('supervisor', supervisor),
  )
  await assertOpens(directory, [supervisor])
  assert.deepEqual(query(directory, `SELECT reason FROM trusted WHERE bundle = '${rebuilt}'`), [
    { reason: 'rebuilt' },
  ])
  const planted = openStore(directory, { verify: 'lazy' })
  const image = planted.bundles.put('image', Buffer.from('another heap'))
  planted.commit()
  planted.close()
  assert.deepEqual(
    untrustedOf(await refused(() => openController({ directory, make: 'never' }))),
    told('image', image),
  )
  await assertOpens(directory, [image])
})

test('what a host installs is trusted in its own store, and a store that forgot it trusts what these sources make (Tru2)', async (t) => {
  const directory = copyOf(store, t)
  const controller = await openController({ directory, make: 'never' })
  await controller.installWorker(engineNames[1])
  await controller.commit()
  await controller.shutdown()
  const trusted = (): string[] =>
    query<{ bundle: string }>(directory, 'SELECT bundle FROM trusted ORDER BY bundle').map(({ bundle }) => bundle)
  assert.ok(trusted().length >= 5)
  await assertOpens(directory)
  tamper(directory, (database) => database.exec('DELETE FROM trusted'))
  await assertOpens(directory)
  const opened = openStore(directory, { verify: 'lazy' })
  const code = opened.bundles.hostCode().map(({ id }) => id)
  opened.close()
  assert.deepEqual(trusted(), code.filter((id) => !isShipped(id)).sort(), 'what no release has')
})

test('an export whose store does not add up is not imported', async (t) => {
  const [directory, damaged, to] = [copyOf(store, t), place(t), place(t)]
  const written = openStore(directory, { verify: 'lazy' })
  const key = 'object.ko1'
  assert.equal(written.state.get('kernel', key), 'kernel 1 1')
  written.state.set('kernel', key, 'kernel 7 7')
  written.sealCrank()
  written.commit()
  written.close()
  await exportStore(directory, damaged, { mode: 'replay' })
  const { code, message, detail } = await refused(() => importStore(damaged, to))
  assert.equal(code, 'export/deviates', message)
  assert.match(message, /ko1/)
  assert.ok(Array.isArray(detail['deviations']) && detail['deviations'].length > 0)
  assert.deepEqual(existsSync(to) ? readdirSync(to).filter((name) => name !== 'heirloom.lock') : [], [])
})

test('trust is a list of hashes (Tru1)', async (t) => {
  for (const trust of ['b1-x', 7, [7], ['x'], [`b1-${'g'.repeat(64)}`], {}]) {
    const options = { trust: trust as readonly string[] }
    assert.equal((await refused(() => importStore(exported, place(t), options))).code, 'api/bad-argument')
    assert.equal(
      (await refused(() => openController({ directory: store, make: 'never', ...options }))).code,
      'api/bad-argument',
    )
  }
})

async function said(words: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', '']
  const io = {
    out: (text: string) => void (out += text),
    err: (text: string) => void (err += text),
    progress: 'hidden',
    env: {},
  } as const
  return { code: await dispatch(words, io), out, err }
}

test('the command line says what to trust, and takes it as often as it is given', async (t) => {
  const [forged, to] = [copyOf(exported, t), place(t)]
  const kernel = forgeBundle(forged, 'kernel', withSpace)
  const unrelated = 'f'.repeat(64)
  const { code, err } = await said(['import', forged, to])
  assert.equal(code !== 0, true)
  assert.match(err, new RegExp(`heirloom: store/untrusted-code: .*--trust ${kernel}`))
  assert.equal((await said(['import', forged, to, '--trust', unrelated, '--trust', kernel])).code, 0)
  assert.equal((await said(['status', '--store', to])).code, 0)
  const planted = plant(to)
  assert.match((await said(['vats', '--store', to])).err, new RegExp(`--trust ${planted}`))
  assert.equal((await said(['vats', '--store', to, '--trust', planted.slice(3)])).code, 0)
  assert.equal((await said(['vats', '--store', to])).code, 0)
  assert.match((await said(['vats', '--store', to, '--trust', 'nothing'])).err, /api\/bad-argument/)
  rmSync(to, { recursive: true })
})
