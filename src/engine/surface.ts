/**
 * The surface of an engine: the required exports and the allowed imports of a module.
 *
 * Signatures are written as parameters, colon, results, with `i` for i32 and `l` for i64. A pointer
 * of the guest is an `i`; a JavaScript value of the guest is an `l` (the engine boxes values in NaNs).
 */
import type { WasmGlobal, WasmMemory } from './host.ts'

export const requiredFunctions = {
  _initialize: ':',
  qjs_init: ':i',
  qjs_set_max_stack_size: 'i:',
  qjs_get_context_ptr: ':i',
  qjs_get_runtime_ptr: ':i',
  qjs_new_host_function: 'iii:i',
  qjs_free_value: 'i:',
  wasm_malloc: 'i:i',
  wasm_free: 'i:',
  JS_Eval: 'iiiii:l',
  JS_Call: 'illii:l',
  JS_FreeValue: 'il:',
  JS_IsFunction: 'il:i',
  JS_GetException: 'i:l',
  JS_GetGlobalObject: 'i:l',
  JS_GetPropertyStr: 'ili:l',
  JS_SetPropertyStr: 'ilil:i',
  JS_NewStringLen: 'iii:l',
  JS_ToCStringLen2: 'iili:i',
  JS_FreeCString: 'ii:',
  JS_ExecutePendingJob: 'ii:i',
  JS_RunGC: 'i:',
} as const satisfies Record<string, string>

export type RequiredFunction = keyof typeof requiredFunctions

export const memoryExport = 'memory'

/** The meter's exports. The names cannot collide with those of an engine, which come from C. */
export const meterExports = {
  /** i64: computrons left. */
  gas: 'meter.gas',
  /** i32: limit of the memory in pages of 64 KiB. */
  heapLimit: 'meter.heapLimit',
  /** i32: why the meter trapped, see `trapCause`. */
  cause: 'meter.cause',
} as const

export const trapCause = { none: 0, computrons: 1, heap: 2, stack: 3, hostMemory: 4 } as const

/** The names under which the mutable globals of the engine itself are exported: `global.0`, … */
export const globalExport = (index: number): string => `global.${index}`
export const isGlobalExport = (name: string): boolean => name.startsWith('global.')

export const allowedImports = {
  env: {
    host_get_timezone_offset: 'ii:i',
    host_interrupt: ':i',
    host_promise_rejection: 'iii:',
    host_module_normalize: 'ii:i',
    host_module_load: 'ii:i',
    host_call: 'iiiii:i',
  },
  wasi_snapshot_preview1: {
    clock_time_get: 'ili:i',
    fd_close: 'i:i',
    fd_fdstat_get: 'ii:i',
    fd_seek: 'ilii:i',
    fd_write: 'iiii:i',
    random_get: 'ii:i',
  },
} as const satisfies Record<string, Record<string, string>>

type Parameters<Text extends string> = Text extends `i${infer Rest}`
  ? [number, ...Parameters<Rest>]
  : Text extends `l${infer Rest}`
    ? [bigint, ...Parameters<Rest>]
    : []
type Result<Text extends string> = Text extends 'i' ? number : Text extends 'l' ? bigint : undefined
type Signature<Text extends string> = Text extends `${infer From}:${infer To}`
  ? (...parameters: Parameters<From>) => Result<To>
  : never

/** The exports of a metered engine, as TypeScript types. */
export type EngineExports = {
  readonly [name in RequiredFunction]: Signature<(typeof requiredFunctions)[name]>
} & {
  readonly memory: WasmMemory
  readonly 'meter.gas': WasmGlobal<bigint>
  readonly 'meter.heapLimit': WasmGlobal<number>
  readonly 'meter.cause': WasmGlobal<number>
}

/** The allowed imports of an engine, as TypeScript types. */
export type World = {
  readonly [module in keyof typeof allowedImports]: {
    readonly [
      name in keyof (typeof allowedImports)[module]
    ]: (typeof allowedImports)[module][name] extends infer Text
      ? Text extends string
        ? Signature<Text>
        : never
      : never
  }
}
