/**
 * The code of this release as bytes: kernel, supervisor and engines.
 *
 * A store runs what it names, not what happens to be on disk; from here comes what a new store is
 * given, and what is offered for an upgrade. Kernel and supervisor are never imported.
 */
import { readFileSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build as bundleModules } from 'esbuild'
import type { BuildOptions } from 'esbuild'
import { assert } from '../base/errors.ts'
import { bundleId } from '../base/ids.ts'
import type { BundleId } from '../base/ids.ts'
import { entryPoints, ModuleGraph } from './bundler/moduleGraph.ts'
import { hashOf } from './hashing.ts'

/** The engines that come with this release; the first is the default. */
export const engineNames = ['quickjs-wasi-3.6.2', 'quickjs-wasi-3.5.0'] as const
export type EngineName = (typeof engineNames)[number]

export const isEngineName = (text: string): text is EngineName => engineNames.some((name) => name === text)

const sources = realpathSync(join(import.meta.dirname, '..'))

/** The engine as its package has it, not metered yet. */
export function engineBytes(name: EngineName): Uint8Array {
  return readFileSync(fileURLToPath(import.meta.resolve(`${name}/quickjs.wasm`)))
}

/** A script whose completion value is `{ makeKernel, tablesVersion }`. */
export function kernelBytes(): Promise<Uint8Array> {
  return bundle(join(sources, 'kernel', 'main.ts'), 'value')
}

/** A strict script that leaves `globalThis.hostEntries`. */
export function supervisorBytes(): Promise<Uint8Array> {
  return bundle(join(sources, 'supervisor', 'main.ts'), 'none')
}

/** A script whose completion value is `{ load }`: what links the modules of an archive in a vat. */
export function loaderBytes(): Promise<Uint8Array> {
  return bundle(join(sources, 'loader', 'main.ts'), 'value')
}

/** The ids of the kernel and the supervisor of these sources. */
export async function ownCode(): Promise<readonly BundleId[]> {
  const bytes = await Promise.all([kernelBytes(), supervisorBytes()])
  return bytes.map((each) => bundleId(hashOf(each)))
}

const throwable = join(sources, 'supervisor', 'kinds', 'throwable.ts')

/** The libraries of the supervisor get `@endo/pass-style` by way of a file of ours. */
const ownPassStyle = (specifier: string, importer: string): string | undefined =>
  specifier === '@endo/pass-style' && importer !== throwable ? throwable : undefined

const built = new Map<string, Promise<Uint8Array>>()

/** Once in a process. */
function bundle(entry: string, completion: 'value' | 'none'): Promise<Uint8Array> {
  const known = built.get(entry)
  if (known !== undefined) return known
  const bytes = build(entry, completion)
  built.set(entry, bytes)
  return bytes
}

/** The same bytes wherever this release and its libraries lie, and whatever stands above them (Mg1, Mg2). */
async function build(entry: string, completion: 'value' | 'none'): Promise<Uint8Array> {
  const graph = new ModuleGraph(entry, { root: join(sources, '..'), loaders: {}, redirect: ownPassStyle })
  const options = {
    entryPoints: [...entryPoints],
    absWorkingDir: sources,
    outfile: join(sources, 'bundle.js'),
    bundle: true,
    write: false,
    metafile: true,
    format: 'iife',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    target: 'es2023',
    charset: 'utf8',
    legalComments: 'none',
    logLevel: 'silent',
    plugins: [graph.plugin],
    tsconfigRaw: '{}',
    nodePaths: [],
    banner: { js: '"use strict";' },
    ...(completion === 'value' ? { globalName: 'bundleExports', footer: { js: 'bundleExports' } } : {}),
  } as const satisfies BuildOptions
  graph.number((await bundleModules(options)).metafile)
  const [file] = (await bundleModules(options)).outputFiles
  assert(file !== undefined, `esbuild wrote nothing for ${entry}`)
  return file.contents
}
