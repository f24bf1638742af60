/** Kernels from sources, and stores brought up to the release, through the command line. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setKernelBundleID, type KernelUpgradeReport } from '../../src/host/index.ts'
import { kernelBytes, releasedIds } from '../../src/release/release.ts'
import { unpackStore } from '../../tools/golden/store.ts'
import { copyOfKernel } from '../kit/kernelSources.ts'
import { plant } from '../kit/trees.ts'
import { prepareStore, takeSteps, temporaryDirectory, well } from './support.ts'

test('a kernel is built from sources into a file, which is installed and put in place', async (t) => {
  const { store, directory } = await prepareStore(temporaryDirectory(t))
  const [file, own] = [join(directory, 'kernel.js'), join(directory, 'own.js')]
  const entry = copyOfKernel(directory)
  const broken = join(plant({ 'kernel.ts': 'export const makeKernel = (\n  ] => 1' }), 'kernel.ts')
  await takeSteps(
    [
      [['kernel', 'build', '--to', file], 0, /^b1-[0-9a-f]{64} \([\d,]+ bytes from \d+ files\) is in .*kernel\.js\n$/],
      [['kernel', 'build', '--to', file], 2, /^$/, /kernel\.js cannot be written: EEXIST/],
      [['kernel', 'build', entry], 2, /^$/, /kernel build needs --to FILE/],
      [['kernel', 'build', entry, entry, '--to', own], 2, /^$/, /takes one entry/],
      [['kernel', 'build', broken, '--to', own], 3, /^$/, /bundle\/syntax: kernel\.ts:2:3: /],
      [['kernel', 'install', file], 0, /was installed before/],
    ],
    store,
  )
  assert.deepEqual(readFileSync(file), Buffer.from(await kernelBytes()))
  assert.ok(!existsSync(own))
  writeFileSync(entry, `${readFileSync(entry, 'utf8')}\nexport const more = 1`)
  const built = JSON.parse(await well(['kernel', 'build', entry, '--to', own, '--json'], { store })) as {
    readonly kernel: string
    readonly from: string
    readonly inputs: readonly string[]
  }
  assert.deepEqual([built.from, built.inputs.includes('main.ts')], ['sources', true])
  await takeSteps(
    [
      [['kernel', 'install', own], 0, new RegExp(`^${built.kernel} is installed`)],
      [['kernel', 'check', built.kernel], 0, /could take over: version 0\.3\.0, interface level 2, tables of version .*, worker wires 0, 1\n(?: {2}.*\n)*$/],
      [['kernel', 'upgrade', built.kernel], 0, /is in place since block/],
      [['kernel', 'show'], 0, /\nversion +0\.3\.0\nof this release +no, .*\n(?:.*\n)*worker wires +0, 1\n/],
      [['kernel', 'list'], 0, /^ID +USE +VERSION +INTERFACE +TABLES +WIRES +FROM\n/],
      [['send', 'counters', 'increment', '1n'], 0, /^6n\n$/],
    ],
    store,
  )
})

test('a store of release 0.1.0 is brought up to this release, once', async (t) => {
  const store = join(temporaryDirectory(t), 'store')
  unpackStore('0.1.0', store)
  const { kernel, supervisor, workers } = await releasedIds()
  const worker = workers['quickjs-wasi-3.7.0']
  const report = JSON.parse(await well(['reinitialize', '--json'], { store })) as Record<string, unknown>
  const { upgrade, ...rest } = report
  assert.ok((upgrade as KernelUpgradeReport).migrated.length > 0)
  assert.deepEqual(rest, {
    change: 'upgraded',
    kernel: { from: 'b1-eb7c20bf44387c9e32ec460d426394cf0fbc87e260672703c0dc94b2c765a564', to: kernel },
    supervisor: { from: 'b1-0fbde1a6d31ebcbdf644462bac486ac2075bf145b8ce6d680b8f7b9f97e3b312', to: supervisor },
    worker: { from: (rest['worker'] as { from: string }).from, to: worker },
  })
  await takeSteps(
    [
      [['reinitialize'], 0, /^the store has the kernel and the worker of this release; nothing was done\n$/],
      [['kernel', 'show'], 0, /\nof this release +yes\n/],
      [['kernel', 'history'], 0, / done\n$/],
      [['worker', 'list'], 0, /default/],
    ],
    store,
  )
  const again = JSON.parse(await well(['reinitialize', '--json'], { store })) as Record<string, unknown>
  assert.deepEqual([again['change'], again['upgrade']], ['none', null])
})

test('a store with another kernel or another default worker gets only what it lacks', async (t) => {
  const { store, directory } = await prepareStore(temporaryDirectory(t))
  const own = join(directory, 'own.js')
  writeFileSync(own, Buffer.concat([await kernelBytes(), Buffer.from('\n')]))
  const { kernel: other } = JSON.parse(await well(['kernel', 'install', own, '--json'], { store })) as { kernel: string }
  assert.equal((await setKernelBundleID(store, other)).to, other)
  await takeSteps(
    [
      [['reinitialize'], 0, /^PART +BEFORE +NOW\nkernel +b1-\w{12} +b1-\w{12}\nsupervisor +b1-\w{12} +the same\nworker +w1-\w{12} +the same\n$/],
      [['worker', 'install', '--engine', 'quickjs-wasi-3.6.2', '--use', 'default'], 0, /is installed/],
      [['reinitialize'], 0, /\nkernel +b1-\w{12} +the same\nsupervisor +b1-\w{12} +the same\nworker +w1-\w{12} +w1-\w{12}\n$/],
      [['send', 'counters', 'increment', '1n'], 0, /^6n\n$/],
    ],
    store,
  )
})
