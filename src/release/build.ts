/** Builds the code of a release from its sources. The package contains the result and never runs this. */
import { readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { constants, zstdCompressSync } from 'node:zlib'
import { assert } from '../base/errors.ts'
import { bundleScript } from '../bundler/bundleScript.ts'
import { sha256 } from '../hashing/sha256.ts'
import { engineNames, type EngineName } from '../protocol/worker/engineNames.ts'
import { engineFile, hashesFile, imageFile, scriptFiles, type Script } from './files.ts'
import { buildWorker } from './worker.ts'

export const sources: string = realpathSync(join(import.meta.dirname, '..'))
export const root: string = join(sources, '..')

/** Takes a third of a second per image; higher levels take seconds for little gain. */
const compression = { params: { [constants.ZSTD_c_compressionLevel]: 12 } }

/** Whether the script has a completion value. */
const completions: Readonly<Record<Script, 'value' | 'none'>> = {
  kernel: 'value',
  supervisor: 'none',
  loader: 'value',
}

/** Builds all files and writes them into the directory, with the hashes. */
export async function buildCode(directory: string): Promise<void> {
  const [kernel, supervisor, loader] = await Promise.all([
    buildScript('kernel'),
    buildScript('supervisor'),
    buildScript('loader'),
  ])
  const files = new Map([
    [scriptFiles.kernel, kernel],
    [scriptFiles.supervisor, supervisor],
    [scriptFiles.loader, loader],
  ])
  for (const name of engineNames) {
    const { engine, image } = buildWorker(packagedEngine(name), supervisor)
    files.set(engineFile(name), engine).set(imageFile(name), zstdCompressSync(image, compression))
  }
  assert(files.size === 3 + 2 * engineNames.length, 'a release has three scripts, and two files per engine')
  for (const [name, bytes] of files) writeFileSync(join(directory, name), bytes)
  const hashes = Object.fromEntries([...files].map(([name, bytes]) => [name, sha256(bytes)]))
  writeFileSync(join(directory, hashesFile), `${JSON.stringify(hashes, null, 2)}\n`)
}

/** The engine as in its package, without metering. */
export function packagedEngine(name: EngineName): Uint8Array {
  return readFileSync(fileURLToPath(import.meta.resolve(`${name}/quickjs.wasm`)))
}

const throwable = join(sources, 'supervisor', 'realm', 'throwable.ts')

/** Redirects the supervisor's libraries from `@endo/pass-style` to a file of ours. */
const ownPassStyle = (specifier: string, importer: string): string | undefined =>
  specifier === '@endo/pass-style' && importer !== throwable ? throwable : undefined

/** Returns the same bytes wherever this release and its libraries are installed. */
export const buildScript = (script: Script): Promise<Uint8Array> =>
  bundleScript(join(sources, script, 'main.ts'), {
    root,
    redirect: ownPassStyle,
    completion: completions[script],
  })
