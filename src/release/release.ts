/**
 * The code of this release as bytes: kernel, supervisor, loader and workers.
 *
 * A store runs the code it names, not the code on disk; this code is for new stores and for upgrades. Kernel
 * and supervisor are never imported.
 *
 * Rl1. The package contains this code as files built once, at packing, with their hashes in `code.json`. So
 *      every installation of a version has the same ids, wherever npm puts a library.
 * Rl2. The working tree builds the same files (`build.ts`) when its sources change (`workingTree.ts`).
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import zlib from 'node:zlib'
import { assert } from '../base/errors.ts'
import { bundleId, type BundleId, type WorkerId } from '../base/ids.ts'
import { refuse } from '../protocol/codes.ts'
import { sha256 } from '../hashing/sha256.ts'
import { engineFile, hashesFile, imageFile, scriptFiles, type CodeHashes, type Script } from './files.ts'
import { engineNames, type EngineName } from '../protocol/worker/engineNames.ts'
import type { WorkerCode } from '../protocol/worker/workerCode.ts'
import { workerIdOf } from './workerIdOf.ts'

/** The version of this release, as in its package. */
export function releaseVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    readonly version: string
  }
  return version
}

/** A script whose completion value is `{ makeKernel, tablesVersion }`. */
export const kernelBytes = (): Promise<Uint8Array> => scriptBytes('kernel')

/** A strict script that defines `globalThis.hostEntries`. */
export const supervisorBytes = (): Promise<Uint8Array> => scriptBytes('supervisor')

/** A script whose completion value is `{ load }`, which links the modules of an archive in a vat. */
export const loaderBytes = (): Promise<Uint8Array> => scriptBytes('loader')

/** An engine with this release's supervisor and the image of both. */
export async function workerCode(engine: EngineName): Promise<WorkerCode> {
  const code = await shippedCode()
  return {
    supervisor: code.read(scriptFiles.supervisor),
    engine: code.read(engineFile(engine)),
    image: zlib.zstdDecompressSync(code.read(imageFile(engine))),
  }
}

/** The id that code has in a store. */
export const codeId = (bytes: Uint8Array): BundleId => bundleId(sha256(bytes))

/** The ids of the kernel and the supervisor of this release. */
export async function ownCode(): Promise<readonly BundleId[]> {
  const bytes = await Promise.all([kernelBytes(), supervisorBytes()])
  return bytes.map(codeId)
}

/** The ids of this code in a store: the same in every installation of this version. */
export interface ReleasedIds {
  readonly kernel: BundleId
  readonly supervisor: BundleId
  readonly workers: Readonly<Record<string, WorkerId>>
}

export async function releasedIds(): Promise<ReleasedIds> {
  const [kernel, supervisor] = await ownCode()
  assert(kernel !== undefined && supervisor !== undefined, 'a release has a kernel and a supervisor')
  const code = await shippedCode()
  const workers = engineNames.map(
    (name) => [name, workerIdOf(codeId(code.read(engineFile(name))), supervisor)] as const,
  )
  return { kernel, supervisor, workers: Object.fromEntries(workers) }
}

/** The code files, checked against their hashes when read. */
class ShippedCode {
  readonly #directory: string
  readonly #hashes: CodeHashes

  constructor(directory: string) {
    this.#directory = directory
    this.#hashes = JSON.parse(readFileSync(join(directory, hashesFile), 'utf8')) as CodeHashes
  }

  read(name: string): Uint8Array {
    const path = join(this.#directory, name)
    const bytes = readFileSync(path)
    if (sha256(bytes) !== this.#hashes[name])
      refuse('release/damaged', `${path} differs from the published file`, { path })
    return bytes
  }
}

const scripts = new Map<Script, Promise<Uint8Array>>()

/** Read once: every audit needs the kernel. */
function scriptBytes(script: Script): Promise<Uint8Array> {
  const known = scripts.get(script)
  if (known !== undefined) return known
  const bytes = shippedCode().then((code) => code.read(scriptFiles[script]))
  scripts.set(script, bytes)
  return bytes
}

let shipped: Promise<ShippedCode> | undefined

const shippedCode = (): Promise<ShippedCode> =>
  (shipped ??= directoryOfCode().then((directory) => new ShippedCode(directory)))

/** The entry of the kernel's sources; null in the package, which has the built code alone. */
export const kernelEntry: string | null = import.meta.filename.endsWith('.ts')
  ? join(import.meta.dirname, '..', 'kernel', 'main.ts')
  : null

/** Only TypeScript sources run in the working tree; the package has JavaScript. */
const isWorkingTree = kernelEntry !== null

async function directoryOfCode(): Promise<string> {
  if (!isWorkingTree) return join(import.meta.dirname, '..', 'code')
  const { builtCode } = await import('./workingTree.ts')
  return builtCode()
}
