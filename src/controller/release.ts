/**
 * The code of this release as bytes: kernel, supervisor and engines.
 *
 * A store runs what it names, not what happens to be on disk; from here comes what a new store is
 * given, and what is offered for an upgrade. Kernel and supervisor are never imported.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { Plugin } from 'esbuild'
import { assert } from '../base/errors.ts'

/** The engines that come with this release; the first is the default. */
export const engineNames = ['quickjs-wasi-3.6.2', 'quickjs-wasi-3.5.0'] as const
export type EngineName = (typeof engineNames)[number]

export const isEngineName = (text: string): text is EngineName => engineNames.some((name) => name === text)

const sources = join(import.meta.dirname, '..')

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

const throwable = join(sources, 'supervisor', 'kinds', 'throwable.ts')

/** The libraries of the supervisor get `@endo/pass-style` by way of a file of ours. */
const ownPassStyle: Plugin = {
  name: 'own-pass-style',
  setup: ({ onResolve }) =>
    onResolve({ filter: /^@endo\/pass-style$/ }, ({ importer }) => (importer === throwable ? undefined : { path: throwable })),
}

async function bundle(entry: string, completion: 'value' | 'none'): Promise<Uint8Array> {
  const result = await build({
    entryPoints: [entry],
    absWorkingDir: join(sources, '..'),
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    target: 'es2023',
    charset: 'utf8',
    legalComments: 'none',
    logLevel: 'silent',
    plugins: [ownPassStyle],
    ...(completion === 'value' ? { globalName: 'bundleExports', footer: { js: 'bundleExports' } } : {}),
  })
  const [file] = result.outputFiles
  assert(file !== undefined, `esbuild gave nothing for ${entry}`)
  return file.contents
}
