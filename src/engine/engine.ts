/**
 * An engine: a metered module, compiled once and shared by all its workers.
 */
import type { BundleId } from '../base/ids.ts'
import { CodedError } from '../base/errors.ts'
import { refuse } from '../protocol/codes.ts'
import { wasm, type WasmInstance, type WasmModule } from './host.ts'
import { withMemory } from './hostMemory.ts'
import {
  allowedImports,
  isGlobalExport,
  memoryExport,
  meterExports,
  requiredFunctions,
  type EngineExports,
} from './surface.ts'
import { makeWorld, type Inhabitant } from './world.ts'

export interface Engine {
  readonly id: BundleId
  readonly module: WasmModule
  /** The exported names of its own mutable globals, in order. */
  readonly globalNames: readonly string[]
}

/** Compiles a result of `meterModule`. The caller should keep it: this takes some time. */
export function compileEngine(meteredBytes: Uint8Array, id: BundleId): Engine {
  const module = compile(meteredBytes)
  const names = wasm.Module.exports(module).map(({ name }) => name)
  const required = [memoryExport, ...Object.keys(requiredFunctions), ...Object.values(meterExports)]
  const missing = required.filter((name) => !names.includes(name))
  if (missing.length > 0) {
    refuse(
      'engine/not-an-engine',
      `the module does not export ${missing.join(', ')} as a metered engine must`,
      { missing },
    )
  }
  const foreign = foreignImports(module)
  if (foreign.length > 0) {
    refuse('engine/not-an-engine', `the module imports ${foreign.join(', ')}, which vats do not have`, {
      foreign,
    })
  }
  return { id, module, globalNames: names.filter(isGlobalExport) }
}

/** A fresh instance in the fixed world, before any of its code has run. */
export function instantiate(engine: Engine, inhabitant: Inhabitant): EngineExports {
  const instance: WasmInstance = new wasm.Instance(engine.module, makeWorld(inhabitant))
  return instance.exports as EngineExports
}

function compile(bytes: Uint8Array): WasmModule {
  try {
    return withMemory(() => new wasm.Module(bytes))
  } catch (error) {
    if (error instanceof CodedError) throw error
    refuse(
      'engine/not-wasm',
      `the module does not compile: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
}

function foreignImports(module: WasmModule): string[] {
  const world: Readonly<Record<string, Readonly<Record<string, string>>>> = allowedImports
  return wasm.Module.imports(module)
    .filter(
      ({ module: from, name, kind }) =>
        kind !== 'function' || !Object.hasOwn(world, from) || !Object.hasOwn(world[from]!, name),
    )
    .map(({ module: from, name }) => `${from}.${name}`)
}
