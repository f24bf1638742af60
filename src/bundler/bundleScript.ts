/**
 * Bundles scripts that are not code of vats: kernels, supervisors and loaders.
 *
 * Bs1. The same sources result in the same bytes, wherever they and their libraries are (Mg1, Mg2).
 */
import { dirname, join } from 'node:path'
import { build, type BuildFailure, type BuildOptions, type OutputFile } from 'esbuild'
import { assert } from '../base/errors.ts'
import { entryPoints, type ModuleGraph } from './modules/moduleGraph.ts'
import { Places, readableMap } from './places.ts'
import { refuseError } from './problems.ts'

export interface BundledScript {
  readonly bytes: Uint8Array
  /** The exports of the entry. */
  readonly exports: readonly string[]
  /** The files it was made of, relative to the entry's folder, sorted. */
  readonly inputs: readonly string[]
  readonly places: Places
}

/** `completion`: whether the script has the entry's exports as its value. */
export async function bundleScript(
  graph: ModuleGraph,
  completion: 'value' | 'none',
): Promise<BundledScript> {
  // esbuild lists the exports of modules, and not those of scripts.
  const found = await run(graph, { format: 'esm' })
  const inputs = [...new Set(graph.number(found.metafile).map(({ display }) => display))].sort()
  const [output] = Object.values(found.metafile.outputs)
  const { outputFiles } = await run(graph, {
    format: 'iife',
    sourcemap: 'external',
    sourcesContent: false,
    banner: { js: '"use strict";' },
    ...(completion === 'value' ? { globalName: 'bundleExports', footer: { js: 'bundleExports' } } : {}),
  })
  const map = readableMap(fileOf(outputFiles, '.map').text, graph)
  return {
    bytes: fileOf(outputFiles, '.js').contents,
    exports: output?.exports ?? [],
    inputs,
    places: new Places(map, graph),
  }
}

function run(graph: ModuleGraph, more: BuildOptions) {
  const folder = dirname(graph.entry.path)
  const options = {
    entryPoints: [...entryPoints],
    absWorkingDir: folder,
    outfile: join(folder, 'bundle.js'),
    bundle: true,
    platform: 'neutral',
    mainFields: ['module', 'main'],
    target: 'es2023',
    charset: 'utf8',
    legalComments: 'none',
    logLevel: 'silent',
    plugins: [graph.plugin],
    tsconfigRaw: '{}',
    nodePaths: [],
    ...more,
    write: false,
    metafile: true,
  } as const satisfies BuildOptions
  return build(options).catch((failure: BuildFailure) => {
    const [first] = failure.errors ?? []
    if (first === undefined) throw failure
    return refuseError(first, graph, 'kernel')
  })
}

function fileOf(files: readonly OutputFile[], extension: string): OutputFile {
  const found = files.find((file) => file.path.endsWith(extension))
  assert(found !== undefined, 'esbuild wrote the script and its map')
  return found
}
