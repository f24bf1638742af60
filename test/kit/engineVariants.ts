/**
 * Engines that are no release's, for tests of worker versions: some behave differently, some are refused.
 *
 * All are modules as a package has them, without metering, as `buildWorker` takes them. They are made from
 * the engine of a release by changing bytes in place, so that everything else about them is real.
 */
import assert from 'node:assert/strict'
import { bundleId, type BundleId } from '../../src/base/ids.ts'
import type { ByteReader } from '../../src/engine/binary.ts'
import { compileEngine } from '../../src/engine/engine.ts'
import { meterModule } from '../../src/engine/meter.ts'
import { open, readFacts, readSections, sectionId } from '../../src/engine/module.ts'
import { sha256 } from '../../src/hashing/sha256.ts'
import { EngineCache } from '../../src/machine/engines/engines.ts'
import type { Code } from '../../src/protocol/codes.ts'
import { engineNames, type EngineName } from '../../src/protocol/worker/engineNames.ts'
import { packagedEngine } from '../../src/release/build.ts'
import { tinyEngine } from '../engine/tiny.ts'

const usual = engineNames[0]

// --- engines that behave differently

/**
 * Computes other sines: `Math.sin(0.5)` is about 10⁻⁶ off. A constant in the code is changed, so the base
 * image has the same memory as that of the real engine, and a vat has the same heap until it computes a sine.
 */
export function engineOfOtherSines(name: EngineName = usual): Uint8Array {
  const coefficient = (value: number): Uint8Array => {
    const instruction = Buffer.from([f64Const, 0, 0, 0, 0, 0, 0, 0, 0])
    instruction.writeDoubleLE(value, 1)
    return instruction
  }
  return replaced(packagedEngine(name), coefficient(-1.66666666666666324348e-1), coefficient(-1.6666e-1))
}

/**
 * Words one error differently: `cannot find property 'x' of undefined` instead of `cannot read …`. The text
 * is in the module's data, so the base image differs from that of the real engine in three bytes.
 */
export const engineOfOtherWords = (name: EngineName = usual): Uint8Array =>
  replaced(
    packagedEngine(name),
    Buffer.from("cannot read property '%s' of undefined"),
    Buffer.from("cannot find property '%s' of undefined"),
  )

/**
 * The engines of a machine that is out of order: it has the engine of this name under its own id, but
 * computes other sines. Given to `Machine.open`, it lets a store run with the same code as elsewhere and end
 * differently.
 */
export function faultyEngineCache(name: EngineName = usual): EngineCache {
  const cache = new EngineCache()
  const id = meteredId(packagedEngine(name))
  cache.engines.set(id, compileEngine(meterModule(engineOfOtherSines(name)), id))
  return cache
}

const meteredId = (engine: Uint8Array): BundleId => bundleId(sha256(meterModule(engine)))

// --- engines that are refused

export interface RefusedEngine {
  readonly bytes: () => Uint8Array
  /** The refusal of `buildWorker`. */
  readonly code: Code
}

/** By what is wrong with them. The first four are refused by the meter, the last when its image is built. */
export const refusedEngines = {
  'garbage': { bytes: () => new Uint8Array(5_000).fill(0xa5), code: 'engine/not-wasm' },
  'cut off in the middle': {
    bytes: () => packagedEngine(usual).subarray(0, packagedEngine(usual).length >> 1),
    code: 'engine/not-wasm',
  },
  'without an export that every worker calls': {
    bytes: () => replaced(packagedEngine(usual), named('JS_RunGC'), named('JS_RunGX')),
    code: 'engine/not-an-engine',
  },
  'with an import that no vat has': {
    bytes: () => tinyEngine({ extraImport: [...named('env'), ...named('fetch'), 0, 0] }),
    code: 'engine/not-an-engine',
  },
  'that traps when it starts': { bytes: () => engineThatTraps('qjs_init'), code: 'engine/supervisor-broken' },
} as const satisfies Readonly<Record<string, RefusedEngine>>

/** Traps in the first instruction of the exported function; the rest of it is never reached. */
export function engineThatTraps(exported: string, name: EngineName = usual): Uint8Array {
  const engine = Uint8Array.from(packagedEngine(name))
  const body = bodyOf(engine, exported)
  engine.fill(nop, body.offset, body.end)
  engine.set([noLocals, unreachable], body.offset)
  engine[body.end - 1] = end
  return engine
}

// --- bytes

const [noLocals, unreachable, nop, end, f64Const] = [0x00, 0x00, 0x01, 0x0b, 0x44] as const

/** A name as a module has it. */
const named = (text: string): Uint8Array => Buffer.from([text.length, ...Buffer.from(text)])

/** Replaces bytes that occur exactly once by as many others. */
function replaced(bytes: Uint8Array, before: Uint8Array, after: Uint8Array): Uint8Array {
  assert.equal(after.length, before.length, 'a module is patched in place')
  const copy = Buffer.from(bytes)
  const offset = copy.indexOf(before)
  assert.ok(offset >= 0, 'the engine has what is to be changed')
  assert.equal(copy.indexOf(before, offset + 1), -1, 'the engine has it once')
  copy.set(after, offset)
  return copy
}

/** The body of an exported function, from its locals to its end. */
function bodyOf(bytes: Uint8Array, exported: string): ByteReader {
  const sections = readSections(bytes)
  const { imports, exports } = readFacts(sections)
  const index = exports.get(exported)?.index
  assert.ok(index !== undefined && index >= imports.length, `the engine defines ${exported}`)
  const code = open(sections, sectionId.code)
  code.u32()
  for (let before = imports.length; before < index; before += 1) code.part(code.u32())
  return code.part(code.u32())
}
