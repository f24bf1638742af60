/**
 * This release on stores of later ones: each way in which a store can be newer is refused with what it needs.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { CodedError, openController, reinitialize } from '../../src/host/index.ts'
import { kernelLabel } from '../../src/machine/opening/opening.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { heirloom } from '../cli/support.ts'
import { imageWithWire } from '../kit/images.ts'
import { kernelWithAll, sameKernel } from '../kit/kernelVariants.ts'
import { tamper } from '../kit/rows.ts'
import { openWorld } from '../kit/world.ts'

interface Newer {
  readonly code: string
  readonly message: RegExp
  readonly detail: Readonly<Record<string, unknown>>
  /** Whether the store can be opened, and only not be reinitialized. */
  readonly opens: boolean
}

const laterKernel = (...pieces: readonly (readonly [string, string])[]): Promise<Uint8Array> =>
  kernelWithAll([['version: () => version', 'version: () => "0.4.0"'], ...pieces])

/** A closed store with one vat and no open block. */
async function closedStore(t: TestContext): Promise<string> {
  const world = await openWorld(t, { vats: { one: { setup: 'me.count = 0n' } } })
  await world.controller.commit()
  await world.controller.shutdown()
  world.state = 'ended'
  return world.directory
}

function change(directory: string, act: (store: Store) => void): void {
  const store = openStore(directory)
  act(store)
  store.sealCrank()
  store.commit()
  store.close()
}

const put = (store: Store, kind: 'kernel' | 'image', bytes: Uint8Array) => {
  const id = store.bundles.put(kind, bytes)
  store.trust.add([id], 'installed')
  return id
}

async function setKernel(directory: string, bytes: Uint8Array): Promise<void> {
  change(directory, (store) => store.bundles.name(kernelLabel, put(store, 'kernel', bytes)))
}

/** By the real call: the kernel takes over here, and this release then meets what it left. */
async function upgradeTo(directory: string, bytes: Uint8Array): Promise<void> {
  const controller = await openController({ directory, make: 'never' })
  await controller.upgradeKernel((await controller.installKernel(bytes)).id)
  await controller.shutdown()
}

/** The store's worker version gets an image whose supervisor speaks another wire. */
function setWire(directory: string, wire: number): void {
  change(directory, (store) => {
    const image = store.bundles.list().find(({ kind }) => kind === 'image')
    assert.ok(image !== undefined)
    const id = put(store, 'image', imageWithWire(store.bundles.get(image.id, 'image'), wire))
    let rows = 0
    for (let key = store.state.nextKey('kernel', '', ''); key !== undefined; ) {
      const value = store.state.get('kernel', key) ?? ''
      if (value.includes(image.id)) {
        store.state.set('kernel', key, value.replaceAll(image.id, id))
        rows += 1
      }
      key = store.state.nextKey('kernel', '', key)
    }
    assert.ok(rows > 0, 'the version is in a row')
  })
}

const ways: Readonly<Record<string, readonly [(directory: string) => Promise<void>, Newer]>> = {
  'its format': [
    async (directory) => tamper(directory, (database) => database.exec('PRAGMA user_version = 99')),
    {
      code: 'store/newer-format',
      message: /has format 99; this release knows formats up to \d/,
      detail: { format: 99 },
      opens: false,
    },
  ],
  'the interface level of its kernel': [
    async (directory) =>
      setKernel(directory, await laterKernel(['interfaceLevel: () => interfaceLevel', 'interfaceLevel: () => 3'])),
    {
      code: 'kernel/too-new',
      message: /of release 0\.4\.0 has the interface level 3; this release supports levels up to 2/,
      detail: { version: '0.4.0', level: 3, known: 2 },
      opens: false,
    },
  ],
  'the version of its tables': [
    async (directory) =>
      upgradeTo(directory, await laterKernel(['tablesVersion: () => tablesVersion', 'tablesVersion: () => 9'])),
    {
      code: 'kernel/tables-differ',
      message: /needs release 0\.4\.0 or a later one, and this is 0\.3\.0: .*versions 1 to \d.* of the store have version 9/,
      detail: { needs: '0.4.0', has: '0.3.0', names: ['9'] },
      opens: true,
    },
  ],
  'a worker version': [
    async (directory) => {
      await setKernel(directory, await sameKernel())
      setWire(directory, 9)
    },
    {
      code: 'kernel/wire-unknown',
      message: /this is 0\.3\.0: .*speaks the worker wires 0, 1, and not .* w1-[0-9a-f]{64} \(wire 9\)/,
      detail: { has: '0.3.0' },
      opens: true,
    },
  ],
  'the release of its kernel alone': [
    async (directory) => upgradeTo(directory, await laterKernel()),
    {
      code: 'kernel/too-new',
      message: /of the store is of release 0\.4\.0, and this is 0\.3\.0/,
      detail: { needs: '0.4.0', has: '0.3.0' },
      opens: true,
    },
  ],
}

for (const [what, [make, { code, message, detail, opens }]] of Object.entries(ways)) {
  test(`a store that is newer by ${what} is refused with what it needs, and left as it was`, async (t) => {
    const directory = await closedStore(t)
    await make(directory)
    const file = join(directory, 'heirloom.sqlite')
    const before = readFileSync(file)
    await assert.rejects(reinitialize(directory), (error) => {
      assert.ok(error instanceof CodedError, String(error))
      assert.deepEqual([error.code, { ...error.detail, ...detail }], [code, error.detail])
      assert.match(error.message, message)
      return true
    })
    assert.deepEqual(readFileSync(file), before)
    const { code: exit, err } = await heirloom(['reinitialize'], { store: directory })
    assert.equal(exit, code === 'kernel/tables-differ' || code === 'kernel/wire-unknown' ? 1 : 3)
    assert.match(err, message)
    const opened = openController({ directory, make: 'never' })
    if (!opens) return assert.rejects(opened, { code })
    const controller = await opened
    assert.equal((await controller.vats()).length, 1)
    await controller.shutdown()
  })
}

test('a vat on a worker version of a later release does not run, and nothing of it is recorded', async (t) => {
  const directory = await closedStore(t)
  setWire(directory, 9)
  const controller = await openController({ directory, make: 'never' })
  t.after(() => controller.shutdown())
  await controller.send('one', 'run', ['return ++me.count'])
  await assert.rejects(controller.run(), (error) => {
    assert.ok(error instanceof CodedError)
    assert.match(error.message, /the supervisor speaks wire 9; this release speaks the wires 0, 1/)
    return true
  })
  assert.equal(await controller.fault(), undefined, 'no fault of the kernel')
})
