/** Kernels of each interface level behind their adapters, and bundles that keep to none. */
import assert from 'node:assert/strict'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { isRecord } from '../../src/base/guards.ts'
import * as exportsOfKernel from '../../src/kernel/main.ts'
import { readerNames } from '../../src/machine/kernel/adapters/level2.ts'
import type { AdaptedKernel } from '../../src/machine/kernel/adapters/adapted.ts'
import { evaluateKernel } from '../../src/machine/kernel/kernelContext.ts'
import { kernelLabel } from '../../src/machine/opening/opening.ts'
import { Trace } from '../../src/machine/trace/trace.ts'
import { interfaceLevel, type KernelBundle } from '../../src/protocol/kernel/bundle.ts'
import type { PlatformWorkers } from '../../src/protocol/kernel/platform.ts'
import { kernelBytes } from '../../src/release/release.ts'
import { openStore } from '../../src/store/store.ts'
import { unpackStore } from '../../tools/golden/store.ts'
import { temporaryDirectory } from '../kit/world.ts'

test('the exports of the kernel are a kernel bundle of the present level', async () => {
  const bundle: KernelBundle = exportsOfKernel
  assert.equal(bundle.interfaceLevel, interfaceLevel)
  const manifest: unknown = JSON.parse(readFileSync(join(import.meta.dirname, '..', '..', 'package.json'), 'utf8'))
  assert.ok(isRecord(manifest))
  assert.equal(bundle.version, manifest['version'])
  const source = Buffer.from(await kernelBytes()).toString('utf8')
  assert.equal(evaluateKernel('x', source).interfaceLevel, interfaceLevel)
})

const noWorker = (): never => assert.fail('reading needs no worker')
const workers: PlatformWorkers = {
  start: noWorker,
  deliver: noWorker,
  replay: noWorker,
  build: noWorker,
  salvage: noWorker,
  discard: noWorker,
  forget: noWorker,
  snapshot: noWorker,
}

test('the kernel of release 0.1.0 has every member of a kernel (Ad1), and refuses what it cannot do (Ad2)', (t) => {
  const directory = temporaryDirectory(t)
  rmSync(directory, { recursive: true })
  unpackStore('0.1.0', directory)
  const store = openStore(directory, { verify: 'lazy' })
  t.after(() => store.close())
  const id = store.bundles.named(kernelLabel)
  assert.ok(id !== undefined)
  const bundle = evaluateKernel(id, Buffer.from(store.bundles.get(id, 'kernel')).toString('utf8'))
  assert.deepEqual([bundle.interfaceLevel, bundle.audit, bundle.findCycles], [0, null, null])
  const { state, transcripts, bundles, outbox } = store
  const trace = new Trace(null)
  const kernel: AdaptedKernel = bundle.makeKernel({
    state,
    transcripts,
    bundles,
    outbox,
    workers,
    tracing: trace.tracing,
    trace: () => {},
  })
  assert.deepEqual(Object.keys(kernel.read).sort(), [...readerNames].sort())
  const { read } = kernel
  const [view] = read.vats()
  assert.ok(view !== undefined)
  assert.deepEqual(read.vat(view.vat), view)
  assert.deepEqual(read.vatNamed('counters'), view)
  assert.equal(read.vat('v99' as typeof view.vat), undefined)
  assert.deepEqual(
    [read.paused(), read.cleanups(), read.ports(), read.pins(), read.bootstrap()],
    [undefined, 0, [], [], undefined],
  )
  const empty = { body: '#"#undefined"', slots: [] }
  for (const [act, needed] of [
    [() => read.history(view.vat), 'history'],
    [() => read.defaultWorker(), 'rehearse'],
    [() => read.replayLimits(view.vat), 'replayLimits'],
    [
      () => kernel.dryRun({ kind: 'start', bundle: view.bundle, parameters: empty, probe: false }, 1),
      'rehearse',
    ],
    [
      () => kernel.salvage({ vat: view.vat, bundle: view.bundle, computrons: null, heapLimitPages: null }),
      'salvage',
    ],
  ] as const)
    assert.throws(act, { code: 'kernel/too-old', detail: { needed } })
  assert.deepEqual(kernel.step({ kind: 'crank', crank: 1, cleaning: 'do' }), { kind: 'idle' })
  assert.deepEqual([kernel.idleSteps, kernel.endBlock()], ['sealed', { kind: 'idle' }])
})

const members = 'step() {}, dryRun() {}, salvage() {}'
const reader = `Object.fromEntries(${JSON.stringify(readerNames)}.map((name) => [name, () => undefined]))`
const bundleOf = (
  kernel: string,
  exported = 'audit() {}, findCycles() {}, migrationsOf() {}',
  level: unknown = interfaceLevel,
): string =>
  `({ interfaceLevel: ${String(level)}, version: 'test', workerWires: [1], tablesVersion: 1, oldestTables: 1, ${exported}${exported === '' ? '' : ','} makeKernel: () => (${kernel}) })`

test('a bundle of a level that the host does not know is refused', () => {
  const newer = bundleOf(`{ ${members}, read: ${reader} }`, undefined, interfaceLevel + 1)
  assert.throws(() => evaluateKernel('x', newer), {
    code: 'kernel/too-new',
    message: /of release test has the interface level 3; this release supports levels up to 2/,
  })
  for (const level of [1.5, -1, 'NaN', '"1"', '{}'])
    assert.throws(() => evaluateKernel('x', bundleOf(`{ ${members}, read: ${reader} }`, undefined, level)), {
      code: 'kernel/broken-bundle',
      message: /interface level/,
    })
})

test('a kernel of the present level that lacks a member is refused', () => {
  const platform = {} as Parameters<KernelBundle['makeKernel']>[0]
  for (const [source, missing] of [
    [bundleOf(`{ ${members}, read: ${reader} }`, 'findCycles() {}, migrationsOf() {}'), /does not export audit/],
    [bundleOf(`{ ${members}, read: ${reader} }`, 'audit() {}, migrationsOf() {}'), /does not export findCycles/],
    [bundleOf(`{ ${members} }`), /has no read$/],
    [bundleOf(`{ ${members}, read: {} }`), /has no read\.vats/],
    [bundleOf(`{ ${members.replace('dryRun', 'rehearse')}, read: ${reader} }`), /has no dryRun/],
  ] as const)
    assert.throws(() => evaluateKernel('x', source).makeKernel(platform), {
      code: 'kernel/broken-bundle',
      message: missing,
    })
})
