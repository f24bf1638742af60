/**
 * Bundles code for vats: the entry and all its imports become one script.
 *
 * | what       | the entry exports  | result                                                               |
 * |------------|--------------------|----------------------------------------------------------------------|
 * | a vat      | `buildRootObject`  | a vat                                                                |
 * | a function | `default`          | a function of live vats (`replaceable`), read by its bundle cap |
 * | a salvage  | `salvage`          | what looks through a copy of a vat's heap for its heir               |
 *
 * Bv1. The completion value of the script is the object of the entry's exports, as listed in the table.
 * Bv2. The same sources result in the same bytes, wherever they are, whether linked, hoisted or named by
 *      another path: esbuild sees no path (`moduleGraph.ts`), and neither a tsconfig.json nor the environment
 *      is read.
 * Bv3. SES accepts the script in its strictest mode (`sesSafe.ts`).
 * Bv4. Code that cannot be bundled is refused with a `bundle/…` code, the place and the line. Code that may
 *      not work in a vat causes a warning with its place.
 * Bv5. The source map is stored beside the bundle; neither its bytes nor its id include it.
 */
import { basename, dirname, join } from 'node:path'
import { build, type BuildFailure, type BuildOptions, type BuildResult, type OutputFile } from 'esbuild'
import { assert } from '../base/errors.ts'
import { refuse } from '../protocol/codes.ts'
import { checkOptions } from '../api/optionNames.ts'
import { freeGlobals } from './freeGlobals.ts'
import { hostGlobals } from './hostGlobals.ts'
import { importMetaIn } from './importMeta.ts'
import { checkLoaders, type Loaders } from './modules/loaders.ts'
import { entryOf, rootOf } from './modules/entry.ts'
import { entryPoints, ModuleGraph } from './modules/moduleGraph.ts'
import { Places, readableMap } from './places.ts'
import { notStrict, refuseAlways, refuseAt, refuseError, warningOf } from './problems.ts'
import type { BundleWarning } from '../protocol/bundle/warning.ts'
import { makeSesSafe, type SafeScript } from './sesSafe.ts'

/** Bundled code, ready for `controller.installBundle`. */
export interface BundledVat {
  /** A script whose completion value is the exports object. */
  readonly source: string
  /** `source`, encoded. The bundle's id is their hash. */
  readonly bytes: Uint8Array
  /** The files it was made of, relative to the entry's folder, sorted. */
  readonly inputs: readonly string[]
  /** Code that may not work in a vat. */
  readonly warnings: readonly BundleWarning[]
  /** From places of `source` to places of `inputs`: a source map of version 3, as JSON. */
  readonly map: string
}

/** Options of a bundle. */
export interface BundleOptions {
  readonly limitBytes?: number
  /**
   * Folder whose files the sources may import by path; by default that of the nearest package.json above the
   * entry.
   */
  readonly root?: string
  /**
   * How to read files that are neither code nor JSON, by extension, such as `{ '.txt': 'text' }`; by default
   * they are refused.
   */
  readonly loaders?: Loaders
}

export const defaultBundleLimitBytes = 10 * 1024 * 1024

/** The variable to which esbuild assigns the exports; it is not in the final script. */
const exportsVariable = 'heirloomVatExports'

/** An export that the entry must have. */
interface Needed {
  readonly name: string
  readonly code: 'bundle/no-build-root-object' | 'bundle/no-default-export' | 'bundle/no-salvage'
}

/**
 * Bundles the code of a vat: an entry that exports `buildRootObject`, with all that it imports.
 *
 * ```ts
 * import { bundleVat, openController } from 'heirloom'
 *
 * const controller = await openController({ directory: 'store' }) const bundle = await
 * bundleVat('counter.ts') for (const { file, line, text } of bundle.warnings) console.warn(`${file}:${line}:
 * ${text}`) await controller.installBundle(bundle, 'counter')
 * ```
 *
 * @throws CodedError `bundle/…`, with the file and the line
 */
export const bundleVat = (entry: string, options: BundleOptions = {}): Promise<BundledVat> =>
  bundleEntry(entry, { name: 'buildRootObject', code: 'bundle/no-build-root-object' }, options)

/**
 * Bundles a function for `replaceable`: an entry with a default export. Whether that is a function is checked
 * when it is evaluated.
 */
export const bundleFunction = (entry: string, options: BundleOptions = {}): Promise<BundledVat> =>
  bundleEntry(entry, { name: 'default', code: 'bundle/no-default-export' }, options)

/** Bundles a salvage, which searches a copy of a vat's heap: an entry that exports `salvage`. */
export const bundleSalvage = (entry: string, options: BundleOptions = {}): Promise<BundledVat> =>
  bundleEntry(entry, { name: 'salvage', code: 'bundle/no-salvage' }, options)

async function bundleEntry(entry: string, needed: Needed, options: BundleOptions): Promise<BundledVat> {
  if (typeof entry !== 'string' || entry === '')
    refuse('api/bad-argument', 'the entry of a vat must be a path that is not empty', { argument: 'entry' })
  checkOptions(options, { limitBytes: true, root: true, loaders: true })
  const path = await entryOf(entry)
  const graph = new ModuleGraph(path, {
    root: await rootOf(path, entry, options.root),
    loaders: checkLoaders(options.loaders ?? {}),
  })
  const inputs = await inspect(graph, needed)
  const { script, map, warnings } = await makeScript(graph)
  assert(script.length > 0 && inputs.length > 0, 'a bundle has code and sources')
  const bytes = new TextEncoder().encode(script)
  const limitBytes = options.limitBytes ?? defaultBundleLimitBytes
  if (bytes.length > limitBytes) {
    refuse(
      'bundle/too-large',
      `${basename(path)}: the bundle has ${bytes.length} bytes; the limit is ${limitBytes}.`,
      {
        file: basename(path),
        bytes: bytes.length,
        limitBytes,
      },
    )
  }
  return { source: script, bytes, inputs, warnings, map }
}

/**
 * Bundles as a module, since esbuild lists export names for modules but not for scripts, and numbers the
 * modules.
 */
async function inspect(graph: ModuleGraph, { name, code }: Needed): Promise<readonly string[]> {
  const { metafile } = await run(graph, { format: 'esm' })
  const [output] = Object.values(metafile.outputs)
  if (output?.exports.includes(name) !== true) {
    const exported = output?.exports.length ? `it exports ${output.exports.join(', ')}` : 'it exports nothing'
    refuse(code, `${graph.entry.display} has no export ${name}; ${exported}.`, {
      file: graph.entry.display,
      exports: output?.exports ?? [],
    })
  }
  return [...new Set(graph.number(metafile).map(({ display }) => display))].sort()
}

interface Script {
  readonly script: string
  readonly map: string
  readonly warnings: readonly BundleWarning[]
}

async function makeScript(graph: ModuleGraph): Promise<Script> {
  const script = await bundleScript(graph, {})
  if (script !== 'tagged-template') return script
  // Text in a tagged template cannot be rewritten, since its tag sees the source text. esbuild can turn all
  // templates into strings, which can be rewritten.
  const lowered = await bundleScript(graph, { supported: { 'template-literal': false } })
  if (lowered !== 'tagged-template') return lowered
  const { display } = graph.entry
  return refuse('bundle/syntax', `${display}: a tagged template contains text that SES rejects.`, {
    file: display,
  })
}

async function bundleScript(graph: ModuleGraph, more: BuildOptions): Promise<Script | 'tagged-template'> {
  const built = await run(graph, { ...withMap, format: 'iife', globalName: exportsVariable, ...more })
  if (built.warnings.some(({ id }) => id === 'empty-import-meta')) await refuseImportMeta(graph)
  const map = readableMap(fileOf(built.outputFiles, '.map'), graph)
  const places = new Places(map, graph)
  const safe = makeSesSafe(fileOf(built.outputFiles, '.js'))
  switch (safe.kind) {
    case 'safe':
      return {
        script: asExpression(safe.code),
        map: JSON.stringify(map),
        warnings: [...ownWarnings(built, graph), ...globalWarnings(safe, places)],
      }
    case 'dynamic-import':
      return refuseAlways('bundle/dynamic-import', places.originOf(safe.place))
    case 'not-strict':
      return refuseAt('bundle/not-strict', notStrict(safe.why), places.originOf(safe.place))
    case 'tagged-template':
      return 'tagged-template'
  }
}

/** Unused code is dropped, and its `import.meta` with it. A remaining one shows in the bundle as a module. */
async function refuseImportMeta(graph: ModuleGraph): Promise<void> {
  const { outputFiles } = await run(graph, { ...withMap, format: 'esm' })
  const place = importMetaIn(fileOf(outputFiles, '.js'))
  if (place === undefined) return
  const places = new Places(readableMap(fileOf(outputFiles, '.map'), graph), graph)
  refuseAlways('bundle/import-meta', places.originOf(place))
}

/** esbuild's warnings about the entry's own package; the caller cannot fix the others. */
function ownWarnings({ warnings }: Built, graph: ModuleGraph): readonly BundleWarning[] {
  const own = warnings.filter(({ id, location }) => {
    const module = location === null ? undefined : graph.moduleNamed(location.file)
    return module !== undefined && graph.isOwn(module) && id !== 'empty-import-meta'
  })
  return own.flatMap((warning) => warningOf(warning, graph) ?? [])
}

/** The first use of each global in each file. */
function globalWarnings(
  { program, placeOf }: Extract<SafeScript, { kind: 'safe' }>,
  places: Places,
): readonly BundleWarning[] {
  const warnings = new Map<string, BundleWarning>()
  for (const { name, at } of freeGlobals(program)) {
    const { file, line, column, lineText } = places.originOf(placeOf(at))
    const key = JSON.stringify([name, file])
    if (warnings.has(key)) continue
    const text = `${hostGlobals.get(name)} Code that can do without it asks with typeof.`
    warnings.set(key, { file, line, column: column + 1, text, lineText: lineText.trim().slice(0, 200) })
  }
  return [...warnings.values()]
}

// --- esbuild

const withMap = { sourcemap: 'external', sourcesContent: false } as const satisfies BuildOptions

type Built = BuildResult<{ write: false; metafile: true }>

async function run(graph: ModuleGraph, more: BuildOptions): Promise<Built> {
  const folder = dirname(graph.entry.path)
  const options = {
    entryPoints: [...entryPoints],
    absWorkingDir: folder,
    outfile: join(folder, 'heirloom-vat.js'),
    bundle: true,
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: ['import', 'default'],
    target: 'es2023',
    charset: 'ascii',
    legalComments: 'none',
    // esbuild's own definition for browsers: packages test it, and a vat has no `process`.
    define: { 'process.env.NODE_ENV': '"production"' },
    plugins: [graph.plugin],
    // Bv2.
    tsconfigRaw: '{}',
    nodePaths: [],
    logLevel: 'silent',
    ...more,
    write: false,
    metafile: true,
  } as const satisfies BuildOptions
  return await build(options).catch((failure: BuildFailure) => {
    const [first] = failure.errors ?? []
    if (first === undefined) throw failure
    return refuseError(first, graph)
  })
}

function fileOf(files: readonly OutputFile[], extension: string): string {
  const found = files.find((file) => file.path.endsWith(extension))
  assert(found !== undefined, 'esbuild wrote the file')
  return found.text
}

/** Makes the exports the value of the script, with no variable in its scope (Bv1). */
function asExpression(code: string): string {
  const declaration = `var ${exportsVariable} = `
  const at = code.indexOf(declaration)
  assert(at >= 0, 'esbuild did not name the exports')
  return code.slice(0, at) + code.slice(at + declaration.length)
}
