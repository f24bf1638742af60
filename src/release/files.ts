/** Names of the files that hold a release's code. */
import type { EngineName } from '../protocol/worker/engineNames.ts'

export type Script = 'kernel' | 'supervisor' | 'loader'

export const scriptFiles: Readonly<Record<Script, string>> = {
  kernel: 'kernel.js',
  supervisor: 'supervisor.js',
  loader: 'loader.js',
}

/** The engine with metering added. */
export const engineFile = (name: EngineName): string => `${name}.wasm`

/** The image of the engine with the supervisor, compressed by zstd to a quarter. */
export const imageFile = (name: EngineName): string => `${name}.image.zst`

/** SHA-256 of every file, in hexadecimal digits, by its name. */
export type CodeHashes = Readonly<Record<string, string>>

export const hashesFile = 'code.json'
