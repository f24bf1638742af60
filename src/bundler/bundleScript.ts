/** Bundles a program of several modules to one script: a kernel, a supervisor, a loader. */
import { dirname, join } from 'node:path'
import { build as bundleModules, type BuildOptions } from 'esbuild'
import { assert } from '../base/errors.ts'
import { entryPoints, ModuleGraph, type GraphOptions } from './modules/moduleGraph.ts'

export interface ScriptOptions extends Pick<GraphOptions, 'root' | 'redirect'> {
  /** Whether the value of the script is what its entry exports. */
  readonly completion: 'value' | 'none'
}

/** Returns the same bytes wherever the sources and their libraries are (Mg1, Mg2). */
export async function bundleScript(
  entry: string,
  { completion, ...graphOptions }: ScriptOptions,
): Promise<Uint8Array> {
  const graph = new ModuleGraph(entry, { loaders: {}, ...graphOptions })
  const folder = dirname(entry)
  const options = {
    entryPoints: [...entryPoints],
    absWorkingDir: folder,
    outfile: join(folder, 'bundle.js'),
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
