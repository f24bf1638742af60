/**
 * Types of the part of the host's WebAssembly interface that the engines use.
 *
 * The compiler's own types of it come with those of a whole browser.
 */

/** A callable export. Pointers are numbers, JavaScript values of the guest are bigints. */
export type WasmFunction = (...args: (number | bigint)[]) => number | bigint | undefined

export interface WasmMemory {
  /** Detached, with length 0, as soon as the memory grows. */
  readonly buffer: ArrayBuffer
  grow(pages: number): number
}

export interface WasmGlobal<Value extends number | bigint = number | bigint> {
  value: Value
}

export interface WasmModule {
  readonly wasmModule: unique symbol
}

export interface WasmInstance {
  readonly exports: Readonly<Record<string, WasmFunction | WasmMemory | WasmGlobal>>
}

export interface WasmPort {
  readonly name: string
  readonly kind: string
}

/** The host's imports for a module. The module's own signatures define what is passed. */
export type WasmImports = Readonly<
  Record<string, Readonly<Record<string, (...args: never[]) => number | bigint | undefined>>>
>

interface WasmHost {
  readonly Module: {
    new (bytes: Uint8Array): WasmModule
    imports(module: WasmModule): (WasmPort & { readonly module: string })[]
    exports(module: WasmModule): WasmPort[]
  }
  readonly Instance: new (module: WasmModule, imports: WasmImports) => WasmInstance
  readonly RuntimeError: new () => Error
  validate(bytes: Uint8Array): boolean
}

declare const WebAssembly: WasmHost

export const wasm: WasmHost = WebAssembly
