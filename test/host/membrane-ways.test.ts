/**
 * Ways out of a kernel's context that the language has, one by one: each is closed. `membrane.test.ts` has
 * the kernel that looks into everything it can reach.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { CodedError } from '../../src/base/errors.ts'
import { evaluateKernel } from '../../src/machine/kernel/kernelContext.ts'
import { KernelFault } from '../../src/machine/kernel/kernelFault.ts'
import { PortGates } from '../../src/machine/kernel/portGates.ts'
import type { KernelPlatform } from '../../src/protocol/kernel/platform.ts'
import { anyEvent, emptyPorts, kernelThat, smallId, stepOf } from '../kit/smallKernels.ts'

/** Before each script: what is wrong is collected by `leak`. */
const looking = `
  const leaks = []
  const leak = (what) => void leaks.push(String(what))
  const isOwn = (value) => {
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return true
    let top = value
    for (let next = Object.getPrototypeOf(top); next !== null; next = Object.getPrototypeOf(top)) top = next
    return top === Object.prototype || top === value
  }
  const own = (value, what) => { if (!isOwn(value)) leak(what + ' is of another realm') }
  const thrownBy = (act) => { try { act() } catch (error) { return error } }
`

/** A step that fills the stack has failed (Pg5); the next one tells what was found in it. */
function found(script: string, ports = emptyPorts()): unknown {
  const step = `if (globalThis.found !== undefined) return globalThis.found
    ${looking}
    globalThis.found = { kind: 'idle', leaks }
    ${script}
    return globalThis.found`
  const kernel = evaluateKernel(smallId, kernelThat(step)).makeKernel(ports)
  try {
    kernel.step(anyEvent)
  } catch (error) {
    if (!(error instanceof CodedError) || error.code !== 'kernel/stack') throw error
  }
  return (kernel.step(anyEvent) as unknown as { readonly leaks: unknown }).leaks
}

/** By the way that is tried. */
const ways: Readonly<Record<string, string>> = {
  'a promise of Promise.prototype.finally': `
    let closure
    const fake = { constructor: undefined, then(done) { closure = done } }
    for (const name of ['then', 'catch', 'finally']) {
      const method = Promise.prototype[name]
      if (method === undefined) continue
      try { method.call(fake, () => 1) } catch {}
    }
    if (closure !== undefined) leak('a promise: ' + closure(1))`,
  'every static of Promise': `
    for (const name of Reflect.ownKeys(Promise)) if (typeof Promise[name] === 'function')
      for (const receiver of [Promise, Object, class { constructor(run) { run(() => {}, () => {}) } }])
        try { if (Object.prototype.toString.call(Promise[name].call(receiver, [])) === '[object Promise]') leak(name) } catch {}`,
  'a call site that is converted to a text': `
    Object.prototype[Symbol.toPrimitive] = function () { if (typeof this?.getThis === 'function') leak('a call site'); return 'x' }
    Object.prototype.valueOf = Object.prototype.toString = function () { if (typeof this?.getThis === 'function') leak('a call site'); return 'x' }
    void new Error('a').stack
    try { null.x } catch (error) { void error.stack }
    const target = {}
    Error.captureStackTrace(target)
    void target.stack`,
  'stacks of every sort of error, and of as many frames as there are': `
    Error.stackTraceLimit = Infinity
    const stacks = [new Error('a'), thrownBy(() => null.x), thrownBy(() => ports.state.get(1)), new AggregateError([], 'b')].map((each) => each.stack)
    const target = {}
    Error.captureStackTrace(target)
    for (const stack of [...stacks, target.stack]) if (typeof stack !== 'string' || /file:|node:|\\/|membrane/.test(stack)) leak(stack)`,
  'another formatter of stacks': `
    for (const act of [
      () => { 'use strict'; Error.prepareStackTrace = (_error, sites) => sites },
      () => Object.defineProperty(Error, 'prepareStackTrace', { get: () => (_error, sites) => sites }),
      () => { 'use strict'; delete Error.prepareStackTrace },
      () => Object.setPrototypeOf(Error, { prepareStackTrace: 1 }),
      () => { class Other extends Error { static prepareStackTrace(_error, sites) { return sites } }; own(new Other('x').stack, 'sites') },
    ]) thrownBy(act)
    if (typeof new Error('x').stack !== 'string') leak('sites')`,
  'the callers of functions': `
    const sloppy = new Array(1).fill(0).map(function inner() { return [inner.caller, inner.arguments, arguments.callee.caller] })
    for (const each of sloppy.flat()) own(each, 'a caller')
    const seen = []
    const look = function look() { seen.push(look.caller, look.arguments, arguments.callee) }
    Object.defineProperty(Object.prototype, 'swapped', { get: look, configurable: true })
    thrownBy(() => ports.state.get({ toString: look, get length() { look(); return 1 } }, 'x'))
    for (const each of seen) own(each, 'a caller')`,
  'getters and proxies as arguments of ports': `
    const seen = []
    const handler = new Proxy({}, { get: (_none, trap) => (...args) => { seen.push(trap, ...args); return Reflect[trap](...args) } })
    const spied = (value) => new Proxy(value, handler)
    for (const act of [
      () => ports.state.get(spied({}), 'x'),
      () => ports.trace(spied({ kind: 'x' })),
      () => ports.transcripts.append('v1', spied({ delivery: {}, syscalls: [], result: {}, computrons: '1' })),
      () => ports.workers.deliver('v1', spied({ version: spied({}) }), spied({}), spied({}), spied({ handle: spied(() => {}) })),
    ]) own(thrownBy(act), 'an error')
    for (const each of seen) own(each, 'what a trap was given')`,
  'a revoked proxy': `
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    for (const act of [() => ports.trace(proxy), () => ports.state.get(proxy), () => ports.workers.snapshot('v1', proxy), () => ports.transcripts.append('v1', [proxy])]) {
      const error = thrownBy(act)
      if (error === undefined) leak('taken')
      own(error, 'an error')
    }`,
  'species, iterators and converters': `
    let [looked, isLooking, bad] = [0, false, false]
    const spy = function (...args) {
      if (isLooking) return undefined
      isLooking = true
      looked += 1
      if (!isOwn(this)) bad = true
      for (let index = 0; index < args.length; index += 1) if (!isOwn(args[index])) bad = true
      isLooking = false
      return { next: () => ({ done: true }) }
    }
    const { defineProperty } = Object
    for (const owner of [Array, Map, Set, RegExp, ArrayBuffer]) Object.defineProperty(owner, Symbol.species, { get: spy, configurable: true })
    for (const prototype of [Array.prototype, String.prototype, Map.prototype, Set.prototype]) prototype[Symbol.iterator] = spy
    for (const name of ['toString', 'valueOf', 'toJSON', 'then', 'next', 'kind', 'constructor']) for (const prototype of [Object.prototype, Function.prototype])
      try { Object.defineProperty(prototype, name, { get: spy, set: spy, configurable: true }) } catch {}
    for (const index of [0, 1, 2, 3]) Object.defineProperty(Array.prototype, index, { set: spy, configurable: true })
    thrownBy(() => ports.state.get('kernel', 'x'))
    thrownBy(() => ports.workers.deliver('v1', { version: {} }, [[1], { a: [2] }], {}, { handle: () => ({}) }))
    const say = (what) => defineProperty(leaks, leaks.length, { value: what, writable: true, enumerable: true, configurable: true })
    if (bad) say('a hook got something of another realm')
    if (looked === 0) say('no hook was called')`,
  'prototypes of what ports return and throw': `
    const results = [ports.workers, ports.state, ports.tracing, ports.bundles, thrownBy(() => ports.workers.build(1, 2)), thrownBy(() => ports.workers.deliver('v1', {}, {}, {}, {}))]
    for (const result of results) for (let next = result; next !== null && next !== undefined; next = Object.getPrototypeOf(next)) {
      own(next, 'a prototype')
      for (const key of Reflect.ownKeys(next)) { const found = Reflect.getOwnPropertyDescriptor(next, key); for (const each of [found.value, found.get, found.set]) own(each, String(key)) }
    }`,
  'the entry of a delivery, made anew': `
    const Entry = thrownBy(() => { throw ports.workers.deliver }).constructor
    own(Entry, 'a constructor')`,
  'generators and their prototypes': `
    const made = function* () { yield ports }
    for (let next = made(); next !== null; next = Object.getPrototypeOf(next)) { own(next, 'a generator'); own(next.constructor, 'its constructor') }
    const error = thrownBy(() => made.constructor('return globalThis')())
    if (error === undefined) leak('code from text')
    own(error, 'an error')`,
  'code from text': `
    for (const act of [() => eval('1'), () => (0, eval)('1'), () => new Function('return 1'), () => (class {}).constructor('return 1'), () => Reflect.construct(Function, ['return 1'])]) {
      let result
      const error = thrownBy(() => { result = act() })
      if (error === undefined) leak('code from text: ' + String(result))
      own(error, 'an error')
    }`,
  'memory that is shared, WebAssembly, clocks, randomness, places': `
    const names = ['SharedArrayBuffer', 'Atomics', 'WebAssembly', 'Date', 'Intl', 'WeakRef', 'FinalizationRegistry', 'Temporal', 'structuredClone', 'fetch', 'process', 'require', 'module', 'global', 'navigator', 'queueMicrotask', 'setTimeout', 'setImmediate', 'URL', 'TextDecoder', 'crypto', 'performance', 'console', 'gc', 'AsyncDisposableStack', 'ShadowRealm']
    for (const name of names) if (name in globalThis) leak(name)
    for (const [owner, name] of [[Math, 'random'], [Array, 'fromAsync'], [Object.getPrototypeOf(Int8Array.prototype), 'toLocaleString'], [Array.prototype, 'toLocaleString'], [String.prototype, 'localeCompare']]) if (Object.hasOwn(owner, name)) leak(name)
    if ('toLocaleString' in new BigInt64Array(1)) leak('toLocaleString')`,
  'a stack that is full, inside of ports': `
    let deepest
    const dive = (act) => { try { dive(act); } catch (error) { deepest ??= error } try { act() } catch (error) { own(error, 'an error'); own(error.stack, 'a stack') } }
    let left = 200
    const few = (act) => () => { if (left-- > 0) act() }
    dive(few(() => ports.state.get('kernel', 'x')))
    left = 200
    dive(few(() => ports.workers.deliver('v1', { version: { id: 'w' } }, { a: [[[{}]]] }, {}, { handle: () => 1 })))
    own(deepest, 'the first error')`,
}

// Kc1, Kc2, Mb1, Mb3, Mb5.
for (const [way, script] of Object.entries(ways))
  test(`no way out: ${way}`, () => {
    assert.deepEqual(found(script), [])
  })

// Kc1.
test('nothing of a kernel runs after its step', async () => {
  let calls = 0
  const { state, ...rest } = emptyPorts()
  const ports: KernelPlatform = { ...rest, state: { ...state, get: () => void (calls += 1) as undefined } }
  const script = `
    let closure
    const later = () => ports.state.get('kernel', 'later')
    try {
      Promise.prototype.finally.call({ constructor: undefined, then(done) { closure = done } }, later)
      closure(1).then(later, later)
    } catch (error) { return { kind: 'idle', refused: error instanceof TypeError } }
    return { kind: 'idle', refused: false }`
  assert.deepEqual(stepOf(kernelThat(script), ports), { kind: 'idle', refused: true })
  await setTimeout(0)
  assert.equal(calls, 0)
})

// Pg6.
test('ports work in calls of the host alone: not while an error is described, nor for a function that was kept', () => {
  let calls = 0
  const { state, ...rest } = emptyPorts()
  const ports: KernelPlatform = { ...rest, state: { ...state, get: () => void (calls += 1) as undefined } }
  const script = "throw { get stack() { ports.state.get('kernel', 'x'); return 'described' } }"
  assert.throws(() => stepOf(kernelThat(script), ports), KernelFault)
  assert.equal(calls, 0)
  const gates = new PortGates()
  const { 'state.get': get } = gates.portsFor(ports)
  assert.equal(get('kernel', 'x'), gates.failed)
  gates.during(() => assert.equal(get('kernel', 'x'), undefined))
  assert.equal(get('kernel', 'x'), gates.failed)
  assert.equal(calls, 1)
})

// Mb1, Mb2.
test('what a worker sends is a copy of the context, whatever the kernel has done to its prototypes', () => {
  const { workers, ...rest } = emptyPorts()
  const deliver: KernelPlatform['workers']['deliver'] = (_vat, _worker, _delivery, _limits, sink) => {
    sink.handle({ kind: 'send', list: [{ deep: ['x'] }] } as never)
    throw new Error('ended')
  }
  const ports: KernelPlatform = { ...rest, workers: { ...workers, deliver } }
  const script = `
    const looked = []
    Object.defineProperty(Object.prototype, 'kind', { set(value) { looked.push(this, value) }, configurable: true })
    const version = { id: 'w', engine: 'e', supervisor: 's', image: 'i' }
    const handle = (syscall) => { for (let next = syscall; next !== null; next = Object.getPrototypeOf(next)) own(next, 'a syscall'); own(syscall.list, 'a list'); own(syscall.list[0].deep, 'a deep list'); return { kind: 'legal', answer: null } }
    const error = thrownBy(() => ports.workers.deliver('v1', { version, heapLimitPages: 1 }, {}, { computrons: 1n }, { handle }))
    if (error?.message !== 'ended') leak(error)
    own(error, 'an error')
    for (const each of looked) own(each, 'what a setter saw')`
  assert.deepEqual(found(script, ports), [])
})

test('data of odd sorts is copied or refused: raw JSON, lists of big integers, buffers, errors with causes', () => {
  const step = `return { kind: 'idle', raw: JSON.rawJSON('1'), big: new BigInt64Array(2), bytes: new Uint8Array([7]), map: new Map([[1, 2]]), error: new Error('x', { cause: 1 }) }`
  assert.deepEqual(stepOf(kernelThat(step)), {
    kind: 'idle',
    raw: { rawJSON: '1' },
    big: { 0: 0n, 1: 0n },
    bytes: { 0: 7 },
    map: {},
    error: {},
  })
  assert.throws(() => evaluateKernel(smallId, kernelThat('return ports')).makeKernel(emptyPorts()).step(anyEvent), Error)
})
