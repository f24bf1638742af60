/**
 * What code in a vat can reach: nothing that differs between two nodes, nothing of the host, nothing shared
 * that changes.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { reachOf, recordEnvironment } from '../../tools/golden/environment.ts'
import { forTheFile, openWorld, show, type World } from '../kit/world.ts'

const golden = join(import.meta.dirname, '..', '..', 'golden', 'environment.txt')

// Env1.
test('a vat reaches what the golden page says', async (t) => {
  const reached = (await recordEnvironment(t)).split('\n')
  const said = readFileSync(golden, 'utf8').split('\n')
  const [have, want] = [new Set(reached), new Set(said)]
  const differences = [
    ...reached.filter((line) => !want.has(line)).map((line) => `+ ${line}`),
    ...said.filter((line) => !have.has(line)).map((line) => `- ${line}`),
  ]
  assert.deepEqual(differences, [], 'if this change is meant, `npm run bless` and read the difference')
  assert.deepEqual(reached, said)
})

for (const which of ['vat', 'child'] as const) {
  // Env2.
  test(`nothing that a ${which === 'vat' ? 'vat' : 'compartment in a vat'} shares with others can be changed`, async (t) => {
    assert.deepEqual((await reachOf(t, which)).mutable, [])
  })
}

// Env3.
test('a compartment in a vat has no global that the vat has not', async (t) => {
  const globalsOf = async (which: 'vat' | 'child'): Promise<string[]> =>
    (await reachOf(t, which)).lines
      .filter((line) => /^[\w$]+ /.test(line) || line.startsWith('globalThis['))
      .map((line) => line.split(' ')[0] ?? '')
  const vat = new Set(await globalsOf('vat'))
  assert.deepEqual((await globalsOf('child')).filter((name) => !vat.has(name)), [])
})

/** Evaluates in the vat's own compartment. */
const direct = `export function buildRootObject(powers, parameters, baggage) {
  return Far('root', { evaluate: (code) => {
    try { const value = eval(code); return harden(typeof value === 'function' ? 'a function' : value) }
    catch (error) { return 'throws ' + error.name }
  }, wait: async (code) => {
    try { return harden(await eval(code)) } catch (error) { return 'throws ' + error.name }
  } })
}`

const world: World = await openWorld(forTheFile, { vats: { direct: { source: direct }, guest: {} } })
const evaluate = (code: string): Promise<unknown> => world.ask('direct', 'evaluate', code)

/** Ways to what a vat must not see → what is there instead. */
const ways: Readonly<Record<string, unknown>> = {
  // time
  'Date.now()': 'throws TypeError',
  'new Date()': 'throws TypeError',
  'Date()': 'throws TypeError',
  'Reflect.construct(Date, [])': 'throws TypeError',
  'new (class extends Date {})()': 'throws TypeError',
  'new Date(0).constructor.now()': 'throws TypeError',
  'new Date(2020, 0, 1).getTime()': 1_577_836_800_000,
  'new Date(0).getTimezoneOffset()': 0,
  'new Date(0).toString()': 'Thu Jan 01 1970 00:00:00 GMT+0000',
  'Date.parse("1 Jul 2020 10:00")': 1_593_597_600_000,
  'typeof performance': 'undefined',
  'typeof setTimeout': 'undefined',
  'typeof queueMicrotask': 'undefined',
  'typeof Temporal': 'undefined',
  // the machine, by the bits of a NaN (Env4)
  'typeof new Compartment().globalThis.Float64Array': 'function',
  'new BigUint64Array(Float64Array.of(0 / 0, Math.sqrt(-1), Infinity - Infinity, -NaN, Number("x"), NaN ** 2).buffer).every((bits) => bits === 0x7ff8000000000000n)': true,
  'new Uint32Array(Float32Array.of(0 / 0, Math.sqrt(-1), -NaN).buffer).every((bits) => bits === 0x7fc00000)': true,
  'new BigUint64Array(Float64Array.from(new Float64Array(BigUint64Array.of(0xfff8000000000001n).buffer)).buffer)[0] === 0x7ff8000000000000n': true,
  // chance
  'Math.random()': 'throws TypeError',
  'typeof crypto': 'undefined',
  // the place
  'typeof Intl': 'undefined',
  'new Date(0).toLocaleString()': 'Thu Jan 01 1970 00:00:00 GMT+0000',
  'new Date(0).toLocaleDateString("de")': 'Thu Jan 01 1970',
  '(1234567.5).toLocaleString("de")': '1234567.5',
  '(10n ** 6n).toLocaleString("de")': '1000000',
  '(-5n).toLocaleString(2)': '-5',
  '[1n, 2n].toLocaleString()': '1,2',
  'new BigInt64Array(2).toLocaleString()': '0,0',
  'Object.isFrozen((5n).toLocaleString)': true,
  'Object.isFrozen(BigInt.prototype)': true,
  'BigInt.prototype.toLocaleString.call("5")': 'throws TypeError',
  '"\\u00e4".localeCompare("z")': 1,
  '"a".localeCompare("b", "de", {})': -1,
  '"I".toLocaleLowerCase("tr")': 'i',
  '["ä", "z", "a"].sort().join("")': 'azä',
  'typeof navigator': 'undefined',
  'typeof process': 'undefined',
  // memory
  'typeof WeakRef': 'undefined',
  'typeof FinalizationRegistry': 'undefined',
  'typeof gc': 'undefined',
  'typeof structuredClone': 'undefined',
  'new Compartment().evaluate("typeof WeakRef")': 'undefined',
  'new Compartment().globalThis.WeakMap === WeakMap': true,
  'new Compartment().globalThis.WeakSet === WeakSet': true,
  'new (new Compartment().globalThis.Compartment)().globalThis.WeakMap === WeakMap': true,
  'new Compartment({}, {}, {}).globalThis.WeakMap === WeakMap': true,
  'new Compartment({ globals: {}, __options__: true }).globalThis.WeakMap === WeakMap': true,
  'new (class extends Compartment {})().globalThis.WeakMap === WeakMap': true,
  'let n = 0; const c = new Compartment({ __options__: true, get globals() { return n++ ? {} : { WeakMap: 1 } } }); [1, WeakMap].includes(c.globalThis.WeakMap)': true,
  'Reflect.construct(Compartment, [], Object).globalThis': undefined,
  'Compartment()': 'throws TypeError',
  'new Compartment.prototype.constructor()': 'throws TypeError',
  // other threads, other machines
  'typeof SharedArrayBuffer': 'undefined',
  'typeof Atomics': 'undefined',
  'typeof WebAssembly': 'undefined',
  // stacks
  'Error("x").stack': '',
  'const o = {}; Error.captureStackTrace(o); o.stack': '',
  'Error.prepareStackTrace = () => "mine"; Error("x").stack': '',
  'Error.stackTraceLimit = 3; Error.stackTraceLimit': undefined,
  'try { null.x } catch (error) { error.stack }': '',
  'typeof getStackString': 'undefined',
  'Object.getOwnPropertyNames(Error("x")).sort().join()': 'message,stack',
  // code
  'eval("typeof hostEntries + typeof hostSyscall")': 'undefinedundefined',
  'Function("return typeof hostEntries + typeof hostSyscall")()': 'undefinedundefined',
  '(0, eval)("this") === globalThis': true,
  'Function("return this")()': undefined,
  '(function () { return this })()': undefined,
  '(() => {}).constructor("return 1")': 'throws TypeError',
  '(function* () {}).constructor("yield 1")': 'throws TypeError',
  '(async () => {}).constructor("return 1")': 'throws TypeError',
  '(async function* () {}).constructor("yield 1")': 'throws TypeError',
  'Function.prototype.constructor("return 1")': 'throws TypeError',
  'eval("im" + "port(\'x\')")': 'throws SyntaxError',
  'eval("<!" + "-- x")': 'throws SyntaxError',
  'typeof lockdown': 'undefined',
  'new Compartment().evaluate("typeof lockdown")': 'undefined',
  'typeof require + typeof module + typeof print': 'undefinedundefinedundefined',
  '(function () { return arguments.callee })()': 'throws TypeError',
  '(function f() { return f.caller })()': undefined,
  'Array.prototype.map.toString().includes("[native code]")': true,
  // what the last expression left behind
  '/(a)/.test("a"); RegExp.$1': undefined,
  '/(a)/.test("a"); RegExp.lastMatch': undefined,
  'RegExp.prototype.compile': undefined,
  // shared and changeable
  'Array.prototype.mine = 1': 'throws TypeError',
  'Object.prototype.mine = 1': 'throws TypeError',
  'Promise.prototype.then = 1': 'throws TypeError',
  'globalThis.VatData = 1': 'throws TypeError',
  'delete globalThis.harden': 'throws TypeError',
  'console.log = 1': 'throws TypeError',
  'TextEncoder.prototype.encode = 1': 'throws TypeError',
  'globalThis[Symbol.for("@endo passStyleOf")] = 1': 'throws TypeError',
  'globalThis.mine = 1; mine': 1,
  // order
  'Object.keys({ b: 1, 2: 1, a: 1, 1: 1 }).join()': '1,2,b,a',
  '[...new Set([3, 1, 2])].join()': '3,1,2',
  'JSON.stringify([{ v: 1, k: 2 }, { v: 1, k: 1 }].sort((a, b) => a.v - b.v).map(({ k }) => k))': '[2,1]',
  'const seen = []; const p = new Proxy({ b: 1, a: 2 }, { ownKeys: (t) => (seen.push("keys"), Reflect.ownKeys(t)), getOwnPropertyDescriptor: (t, k) => (seen.push(k), Reflect.getOwnPropertyDescriptor(t, k)), get: (t, k) => (seen.push("get " + k), t[k]) }); ({ ...p }); seen.join()':
    'keys,b,get b,a,get a',
  // what there is
  'new TextDecoder().decode(new TextEncoder().encode("ä😀"))': 'ä😀',
  'globalThis[Symbol.for("@endo passStyleOf")](harden([1]))': 'copyArray',
  'typeof HandledPromise.applyMethod': 'function',
  'Object.getPrototypeOf(HandledPromise) === Promise': true,
  'new Compartment().evaluate("HandledPromise") === HandledPromise': true,
  'new Compartment().evaluate("new Compartment().globalThis.HandledPromise") === HandledPromise': true,
  'new Compartment().evaluate("harden") === harden': true,
  'new Compartment({ globals: { HandledPromise: 1 }, __options__: true }).evaluate("HandledPromise")': 1,
  'typeof new Compartment().globalThis.VatData': 'undefined',
  'Reflect.ownKeys(VatData).sort().join()':
    'canBeDurable,defineDurableKind,defineDurableKindMulti,defineKind,defineKindMulti,makeKindHandle,makeScalarBigMapStore,makeScalarBigSetStore,makeScalarBigWeakMapStore,makeScalarBigWeakSetStore,providePromiseWatcher,watchPromise',
  'typeof VatData.findKindHandle + typeof VatData.patched': 'functionfunction',
  'typeof assert.fail + typeof assert.details': 'functionfunction',
}

for (const [code, expected] of Object.entries(ways)) {
  test(code.slice(0, 90), async () => {
    const value = await evaluate(code)
    assert.deepEqual(value, expected, show(value))
  })
}

test('Array.fromAsync and asynchronous iteration take the same turns each time', async () => {
  const code = `(async () => { const order = []; const note = (n) => order.push(n)
    const all = Array.fromAsync([Promise.resolve(1), 2, (async () => 3)()]).then(() => note('all'))
    for (const n of [1, 2, 3, 4, 5, 6, 7, 8]) await null, note(n)
    await all; return order.join() })()`
  const first = await world.ask('direct', 'wait', code)
  assert.equal(await world.ask('direct', 'wait', code), first)
  await world.controller.evictWorkers()
  assert.equal(await world.ask('direct', 'wait', code), first)
})
