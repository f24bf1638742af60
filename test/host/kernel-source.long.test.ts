/** A store whose kernel follows its sources, for the development of kernels. */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { openController } from '../../src/host/index.ts'
import { heirloom, well } from '../cli/support.ts'
import { copyOfKernel } from '../kit/kernelSources.ts'
import { openWorld, temporaryDirectory } from '../kit/world.ts'

interface Sources {
  readonly directory: string
  readonly entry: string
  /** Replaces a piece of the entry's text. */
  edit(piece: string, replacement: string): void
}

/** A closed store with one vat, and sources of its kernel. */
async function developed(t: TestContext): Promise<Sources> {
  const world = await openWorld(t, { vats: { one: { setup: 'me.count = 0n' } } })
  await world.controller.commit()
  await world.controller.shutdown()
  world.state = 'ended'
  const entry = copyOfKernel(temporaryDirectory(t))
  const edit = (piece: string, replacement: string): void => {
    const text = readFileSync(entry, 'utf8')
    assert.ok(text.includes(piece), piece)
    writeFileSync(entry, text.replace(piece, () => replacement))
  }
  return { directory: world.directory, entry, edit }
}

const kernelOf = async (directory: string): Promise<string> => {
  const controller = await openController({ directory, make: 'never' })
  const { kernel } = await controller.storeStatus()
  await controller.shutdown()
  return kernel
}

// Ks2.
test('the store gets the kernel of its sources when they have changed, and nothing happens otherwise', async (t) => {
  const { directory, entry, edit } = await developed(t)
  const open = async (): Promise<unknown> => {
    const controller = await openController({ directory, make: 'never', kernelSource: entry })
    const { kernel, height } = await controller.storeStatus()
    const { length } = await controller.kernelHistory()
    await controller.shutdown()
    return { kernel, height, length }
  }
  const before = await open()
  assert.deepEqual(await open(), before)
  edit('export { interfaceLevel }', 'export const more = 1\nexport { interfaceLevel }')
  const after = (await open()) as { readonly kernel: string; readonly length: number }
  assert.notEqual(after.kernel, (before as { readonly kernel: string }).kernel)
  assert.equal(after.length, 1)
  assert.deepEqual(await open(), after)
  assert.equal(await kernelOf(directory), after.kernel)
  assert.match(await well(['run', '--kernel-source', entry], { store: directory }), /no work|idle|0 cranks|nothing/i)
})

test('a new store follows the sources too', async (t) => {
  const { entry, edit } = await developed(t)
  edit('export { interfaceLevel }', 'export const more = 1\nexport { interfaceLevel }')
  const directory = join(temporaryDirectory(t), 'new')
  const controller = await openController({ directory, kernelSource: entry })
  t.after(() => controller.shutdown())
  assert.deepEqual(
    (await controller.kernels()).map(({ use }) => use).sort(),
    ['in-place', 'installed'],
  )
  assert.equal((await controller.kernelHistory()).length, 1)
})

// Ks1, Ks2.
test('sources that cannot be built, or whose kernel cannot take over, leave the store on its kernel, closed', async (t) => {
  const { directory, entry, edit } = await developed(t)
  const kernel = await kernelOf(directory)
  const file = join(directory, 'heirloom.sqlite')
  const good = readFileSync(entry, 'utf8')
  for (const [piece, replacement, code] of [
    ['export { makeKernel }', 'export { nothing }', 'bundle/not-a-kernel'],
    ['export { makeKernel }', 'throw new Error("at once")\nexport { makeKernel }', 'bundle/not-a-kernel'],
    ['export { oldestTables, tablesVersion }', 'export const [oldestTables, tablesVersion] = [7, 7] //', 'kernel/tables-differ'],
  ] as const) {
    edit(piece, replacement)
    const before = readFileSync(file)
    await assert.rejects(openController({ directory, make: 'never', kernelSource: entry }), { code }, code)
    assert.deepEqual(readFileSync(file), before, code)
    const { code: exit, err } = await heirloom(['run', '--kernel-source', entry], { store: directory })
    assert.equal(exit, code === 'kernel/tables-differ' ? 1 : 3, err)
    assert.equal(await kernelOf(directory), kernel)
    writeFileSync(entry, good)
  }
  edit("export { audit } from './audit/audit.ts'", 'export const audit = () => ({ deviations: [{ code: "x", where: "planted", message: "planted" }] })')
  await assert.rejects(openController({ directory, make: 'never', kernelSource: entry }), {
    code: 'kernel/upgrade-failed',
  })
  assert.equal(await kernelOf(directory), kernel)
})

test('a store that is opened for reading keeps its kernel', async (t) => {
  const { directory, entry } = await developed(t)
  await assert.rejects(openController({ directory, access: 'read', kernelSource: entry }), {
    code: 'api/bad-argument',
  })
  await assert.rejects(openController({ directory, kernelSource: '' }), { code: 'api/bad-argument' })
})
