/**
 * A kernel has no way out of its context: neither through a port, nor through a result, an error, a stack or
 * a frame.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { CodedError } from '../../src/host/index.ts'
import { evaluateKernel } from '../../src/machine/kernel/kernelContext.ts'
import { KernelFault } from '../../src/machine/kernel/kernelFault.ts'
import { Machine } from '../../src/machine/machine.ts'
import { kernelLabel } from '../../src/machine/opening/opening.ts'
import { kernelBytes } from '../../src/release/release.ts'
import type { KernelPlatform } from '../../src/protocol/kernel/platform.ts'
import { openStore } from '../../src/store/store.ts'
import { anyEvent, emptyPorts, kernelThat, smallId, stepOf } from '../kit/smallKernels.ts'
import { openWorld, puppet } from '../kit/world.ts'

const real = Buffer.from(await kernelBytes()).toString('utf8')
const all = {
  computrons: null,
  cranks: null,
  deliveries: null,
  vatsCreated: null,
  cleanups: null,
  onCrank: 'nothing',
} as const
// Kc2, Mb1, Mb4, Mb5.
test('a hostile kernel that walks all it can reach finds nothing that is not of its own realm', async (t) => {
  const world = await openWorld(t, { vats: { vat: puppet, other: puppet }, config: { snapshotInterval: 3 } })
  await world.controller.commit()
  await world.controller.shutdown()
  world.state = 'ended'
  const hostile = real + readFileSync(join(import.meta.dirname, 'fixtures', 'walker.js'), 'utf8')
  const store = openStore(world.directory)
  const hostileId = store.bundles.put('kernel', Buffer.from(hostile))
  store.bundles.name(kernelLabel, hostileId)
  store.commit()
  store.close()
  const machine = Machine.open({
    directory: world.directory,
    access: 'write',
    make: 'never',
    verify: 'live',
    trust: [hostileId],
    residentWorkers: 2,
    residentBytes: 1e9,
    eviction: 'after-each-crank',
    genesis: null,
    trace: { file: join(world.directory, 'trace'), kinds: null, rotateBytes: null, keep: 1 },
  })
  t.after(() => machine.close())
  const { bundle } = machine.vat('vat')
  for (const methargs of [
    '#["echo",[1]]',
    '#["run",["vatPowers.none()"]]',
    '#["run",["baggage.init(\'n\', 5n)"]]',
    '#["missing",[]]',
  ]) {
    machine.requests.send({ kind: 'root', vat: 'vat' }, { body: methargs, slots: [] }, 'keep', 'log')
  }
  machine.run(all)
  machine.requests.upgradeVat(
    'other',
    bundle,
    { body: '#"#undefined"', slots: [] },
    { upgradeMessage: 'x', mode: 'auto' },
    null,
  )
  machine.run(all)
  machine.commit()
  machine.dryRuns.checkUpgrade(
    'vat',
    bundle,
    { body: '#"#undefined"', slots: [] },
    { upgradeMessage: 'x', mode: 'durable' },
    null,
  )
  machine.audit('all', Buffer.from(hostile))
  machine.run(all)
  machine.requests.pauseKernel('to have its report written')
  const { found, counts } = JSON.parse(machine.hostState.get('found') ?? '') as {
    found: string[]
    counts: Record<string, number>
  }
  assert.deepEqual(found, [])
  for (const [what, least] of Object.entries({ objects: 500, errors: 500, events: 20 }))
    assert.ok(counts[what]! >= least, `${what}: ${counts[what]}`)
  assert.equal('polluted' in {}, false)
})

// Kc1.
test('a script that could make a promise or load a module is refused', () => {
  const scripts = [
    `import('node:fs').catch(() => {}); bundleExports`,
    `import/* x */('node:fs'); bundleExports`,
    `const f = async () => 1; bundleExports`,
    `({ async f() {} }); bundleExports`,
    `class A extends import('x') {}`,
    `(async function* () {})(); bundleExports`,
    `[...import('x')]`,
    `import\n('x')`,
    `import(\`x\`)`,
  ]
  for (const script of scripts) {
    assert.throws(
      () => evaluateKernel(smallId, `${real}\n${script}`),
      { code: 'kernel/broken-bundle', message: /async|import/ },
      script,
    )
  }
  for (const harmless of [
    '"async function"',
    '({ import(x) { return x } })',
    '/import(x)/',
    '// import(x)\n1',
  ]) {
    assert.equal(
      evaluateKernel(smallId, real.replace(/bundleExports;?\s*$/, `;${harmless}; bundleExports`)).tablesVersion >
        0,
      true,
      harmless,
    )
  }
})

// Kc3.
test('an error that the kernel throws comes out as an error of the host', () => {
  const odd = [
    'throw new TypeError("mine")',
    'throw "mine"',
    'throw null',
    'throw undefined',
    'throw Symbol("mine")',
    'throw { get stack() { throw 1 } }',
    'throw { get stack() { return {} }, toString() { throw 2 } }',
    'throw new Proxy({}, { get() { throw 3 }, getPrototypeOf() { throw 4 } })',
    'throw new Proxy(() => {}, {})',
    'throw Object.assign(new Error("mine"), { code: "store/corrupt-page", detail: {} })',
  ]
  for (const step of odd) {
    assert.throws(
      () => stepOf(kernelThat(step)),
      (error: unknown) =>
        error instanceof KernelFault && typeof error.stack === 'string' && !(error instanceof CodedError),
      step,
    )
  }
  // Kc4.
  for (const [step, code] of [
    ['const deep = () => deep(); deep()', 'kernel/stack'],
    ['new ArrayBuffer(2 ** 50)', 'engine/host-memory'],
  ] as const)
    assert.throws(() => stepOf(kernelThat(step)), { code }, step)
  assert.throws(() => evaluateKernel(smallId, 'throw new Error("at once")'), {
    code: 'kernel/broken-bundle',
    message: /at once/,
  })
  assert.throws(() => evaluateKernel(smallId, 'throw { get stack() { throw 1 } }'), {
    code: 'kernel/broken-bundle',
  })
  for (const bundle of [
    '1',
    'null',
    '({})',
    '({ makeKernel: 1 })',
    '({ makeKernel() {} })',
    '({ makeKernel() {}, tablesVersion: {} })',
    'new Proxy({}, { get() { throw 1 } })',
    'does not parse',
  ]) {
    assert.throws(
      () => evaluateKernel(smallId, bundle),
      (error: unknown) =>
        error instanceof KernelFault ||
        (error instanceof CodedError && error.code === 'kernel/broken-bundle'),
      bundle,
    )
  }
})

// Pg2, Pg3.
test('an error of a port is an error of the context with its code, and the same error when it comes out again', () => {
  const refusal = new CodedError('store/corrupt-state', 'the row is damaged', { space: 'kernel', list: [1] })
  const { state, ...rest } = emptyPorts()
  const ports: KernelPlatform = { ...rest, state: { ...state, get: () => { throw refusal } } }
  const look = `try { ports.state.get('kernel', 'x') } catch (error) {
    const { code, message, detail } = error
    if (!(error instanceof Error) || !(detail.list instanceof Array)) throw 'not of the context'
    if (code + message + JSON.stringify(detail) !== 'store/corrupt-statethe row is damaged{"space":"kernel","list":[1]}') throw 'not whole'
    throw error
  }`
  assert.throws(
    () => evaluateKernel(smallId, kernelThat(look)).makeKernel(ports).step(anyEvent),
    (error) => error === refusal,
  )
})

// Pg5.
test('a kernel that catches what its machine could not do has failed all the same', () => {
  const failed = new CodedError('store/write-failed', 'the disk is full')
  const { state, ...rest } = emptyPorts()
  const ports: KernelPlatform = { ...rest, state: { ...state, get: () => { throw failed } } }
  const step = `try { ports.state.get('kernel', 'x') } catch {} return { kind: 'idle' }`
  assert.throws(
    () => evaluateKernel(smallId, kernelThat(step)).makeKernel(ports).step(anyEvent),
    (error) => error === failed,
  )
})

// Mb3.
test('where the stack is nearly full, what a port throws is still of the context', () => {
  // Arguments lie on the stack: at each depth it is tried with several numbers of bytes left.
  // The step fails in any case (Pg5); the next one tells what was caught in it.
  const dive = `if (globalThis.found !== undefined) return globalThis.found
    const caught = []
    const pads = Array.from({ length: 24 }, (_none, length) => new Array(length).fill(0))
    let left = 500
    const dive = (port) => {
      const padded = (..._pad) => port()
      const deeper = () => {
        try { deeper() } catch (error) { caught.push(error) }
        if (left-- <= 0) return
        for (let index = 0; index < pads.length; index += 1) try { padded(...pads[index]) } catch (error) { caught.push(error) }
      }
      deeper()
    }
    dive(() => ports.state.get('kernel', 'none'))
    left = 500
    dive(() => ports.workers.snapshot('v1', { deep: [[[[{}]]]] }))
    const foreign = caught.filter((error) => !(error instanceof Error)).length
    globalThis.found = { kind: 'idle', caught: caught.length, foreign }
    return globalThis.found`
  const kernel = evaluateKernel(smallId, kernelThat(dive)).makeKernel(emptyPorts())
  assert.throws(() => kernel.step(anyEvent), { code: 'kernel/stack' })
  const { caught, foreign } = kernel.step(anyEvent) as unknown as {
    readonly caught: number
    readonly foreign: number
  }
  assert.ok(caught > 1_000, String(caught))
  assert.equal(foreign, 0)
})

// Mb2, Pg1.
test('what a kernel hands out is copied, and a function in it is a fault', () => {
  assert.deepEqual(stepOf(kernelThat('return { kind: "idle", list: [1, { n: 2n }], nothing: undefined }')), {
    kind: 'idle',
    list: [1, { n: 2n }],
    nothing: undefined,
  })
  const report = stepOf(kernelThat('return JSON.parse(\'{"__proto__":{"polluted":true}}\')')) as object
  assert.deepEqual(Object.keys(report), ['__proto__'])
  assert.equal('polluted' in report, false)
  for (const result of [
    '{ then() {} }',
    '[() => {}]',
    'Symbol("x")',
    'new Proxy([], { get: () => 2 ** 60 })',
    '(() => { const list = []; list.push(list); return list })()',
  ]) {
    assert.throws(() => stepOf(kernelThat(`return ${result}`)), Error, result)
  }
})

// Pg4.
test('a step that never stops calling its ports is stopped as a fault of the kernel, also where it catches errors', () => {
  for (const step of [
    "for (;;) ports.state.get('kernel', 'x')",
    "for (let n = 0; n < 2000; n += 1) try { ports.state.get('kernel', 'x') } catch (error) { throw error }",
  ]) {
    const kernel = evaluateKernel(smallId, kernelThat(step), 1_000).makeKernel(emptyPorts())
    for (let round = 0; round < 2; round += 1)
      assert.throws(
        () => kernel.step(anyEvent),
        (error: unknown) => error instanceof KernelFault && /1000 calls/.test(error.message),
      )
  }
  const busy = kernelThat("for (let n = 0; n < 999; n += 1) ports.state.get('kernel', 'x'); return { kind: 'idle' }")
  const kernel = evaluateKernel(smallId, busy, 1_000).makeKernel(emptyPorts())
  for (let round = 0; round < 3; round += 1) assert.deepEqual(kernel.step(anyEvent), { kind: 'idle' })
})
