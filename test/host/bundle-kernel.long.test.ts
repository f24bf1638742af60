/** Kernels from sources: the same bytes wherever they are, errors with places, and the way into a store. */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { chdir, cwd } from 'node:process'
import { test } from 'node:test'
import { bundleKernel, CodedError, openController, setKernelBundleID } from '../../src/host/index.ts'
import { kernelBytes } from '../../src/release/release.ts'
import { copyOfKernel } from '../kit/kernelSources.ts'
import { openWorld, temporaryDirectory } from '../kit/world.ts'
import { plant, under } from '../kit/trees.ts'

const own = await bundleKernel()

// Bk1.
test('the kernel of the release comes from its sources', async () => {
  assert.deepEqual(Buffer.from(own.bytes), Buffer.from(await kernelBytes()))
  assert.deepEqual([own.kind, own.from], ['kernel', 'sources'])
  assert.ok(own.inputs.includes('main.ts') && own.inputs.includes('../codec/smallcaps.ts'), own.inputs.join())
})

// Bk1, Bs1.
test('the same sources are the same kernel in any folder, from any working directory, by any path', async (t) => {
  const before = cwd()
  t.after(() => chdir(before))
  for (const place of ['one', 'another/deeper/index']) {
    const root = join(temporaryDirectory(t), place)
    const entry = copyOfKernel(root)
    for (const [directory, path] of [
      [before, entry],
      [root, 'src/kernel/main.ts'],
      [dirname(entry), './main.ts'],
    ] as const) {
      chdir(directory)
      assert.equal((await bundleKernel(path)).id, own.id, `${place} from ${directory}`)
    }
  }
})

test('another byte in a source is another kernel; a comment is not', async (t) => {
  const entry = copyOfKernel(temporaryDirectory(t))
  const text = readFileSync(entry, 'utf8')
  writeFileSync(entry, `${text}\n// nothing`)
  assert.equal((await bundleKernel(entry)).id, own.id)
  writeFileSync(entry, `${text}\nexport const more = 1`)
  assert.notEqual((await bundleKernel(entry)).id, own.id)
})

// Bk2.
test('what cannot be a kernel is refused, with the file and the line', async () => {
  const kernel = 'export const makeKernel = () => ({})\n'
  const trees = plant({
    ...under('kernel', {
    'package.json': '{ "name": "kernels", "type": "module" }',
    'syntax.ts': 'export const makeKernel = (\n  ] => 1',
    'lost.ts': `${kernel}import './nowhere.ts'`,
    'node.ts': `${kernel}import 'node:fs'`,
    'dynamic.ts': `${kernel}\nexport const more = () => import('./other.ts')`,
    'waits.ts': `${kernel}export const more = await 1`,
    'meta.ts': `${kernel}export const more = import.meta.url`,
    'async.ts': `${kernel}import { wait } from './lib.ts'\nexport const more = wait`,
    'lib.ts': '// A library.\n\nexport async function wait(): Promise<void> {}',
    'outside.ts': `${kernel}import '../beside.ts'`,
    'none.ts': 'export const make = 1',
    'little.ts': kernel,
    'throws.ts': `${kernel}throw new Error('at once')`,
    }),
    'beside.ts': '',
  })
  const folder = join(trees, 'kernel')
  for (const [file, code, place] of [
    ['syntax.ts', 'bundle/syntax', { file: 'syntax.ts', line: 2 }],
    ['lost.ts', 'bundle/missing-import', { file: 'lost.ts', line: 2 }],
    ['node.ts', 'bundle/missing-import', { file: 'node.ts', line: 2 }],
    ['dynamic.ts', 'bundle/dynamic-import', { file: 'dynamic.ts', line: 3 }],
    ['waits.ts', 'bundle/top-level-await', { file: 'waits.ts', line: 2 }],
    ['async.ts', 'bundle/asynchronous', { file: 'lib.ts', line: 3 }],
    ['outside.ts', 'bundle/outside-root', { file: 'outside.ts', line: 2 }],
    ['none.ts', 'bundle/not-a-kernel', { file: 'none.ts' }],
    ['little.ts', 'bundle/not-a-kernel', {}],
    ['throws.ts', 'bundle/not-a-kernel', {}],
    ['missing.ts', 'bundle/entry-not-found', {}],
  ] as const) {
    await assert.rejects(bundleKernel(join(folder, file)), (error) => {
      assert.ok(error instanceof CodedError)
      assert.equal(error.code, code, `${file}: ${error.message}`)
      assert.deepEqual({ ...error.detail, ...place }, error.detail, file)
      assert.doesNotMatch(error.message, /\bvat\b/, file)
      return true
    })
  }
  await assert.rejects(bundleKernel(''), { code: 'api/bad-argument' })
  const options = { root: join(folder, 'none') }
  await assert.rejects(bundleKernel(join(folder, 'little.ts'), options), { code: 'api/bad-argument' })
})

test('the four calls, each by itself: build and install, shut down, set the kernel, start', async (t) => {
  const world = await openWorld(t, { vats: { one: { setup: 'me.count = 0n' } } })
  assert.equal(await world.run('one', 'return ++me.count'), 1n)
  const { kernel: before } = await world.controller.storeStatus()
  const entry = copyOfKernel(temporaryDirectory(t))
  writeFileSync(entry, `${readFileSync(entry, 'utf8')}\nexport const more = 1`)
  const kernel = await bundleKernel(entry)
  const { id, size } = await world.controller.installBundle(kernel)
  assert.deepEqual([id, size], [kernel.id, kernel.bytes.byteLength])
  assert.deepEqual(await world.controller.installKernel(kernel.bytes), { id, size })
  await assert.rejects(world.controller.installBundle(kernel, 'label'), { code: 'api/bad-argument' })
  assert.equal((await world.controller.storeStatus()).kernel, before)
  await world.controller.commit()
  await world.controller.shutdown()
  const report = await setKernelBundleID(world.directory, id)
  assert.deepEqual([report.from, report.to], [before, id])
  const controller = await openController({ directory: world.directory, make: 'never' })
  assert.equal((await controller.storeStatus()).kernel, id)
  await controller.shutdown()
  await world.open()
  assert.equal(await world.run('one', 'return ++me.count'), 2n)
})
