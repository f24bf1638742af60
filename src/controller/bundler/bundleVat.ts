/**
 * Bundling code for vats: its entry and all it imports become one script.
 *
 * | what       | the entry exports  | what is made of it                                                   |
 * |------------|--------------------|----------------------------------------------------------------------|
 * | a vat      | `buildRootObject`  | a vat                                                                |
 * | a function | `default`          | a function of vats that live (`replaceable`), which read it by its cap |
 * | a salvage  | `salvage`          | what looks through a copy of a vat's heap for its heir               |
 *
 * B1. The completion value of the script is the object of the entry's exports; it has what is in the table.
 * B2. The same tree of files gives the same bytes, wherever the tree stands: every path esbuild sees is
 *     relative to the entry's folder, and no configuration outside the sources is read.
 * B3. SES takes the script in its strictest mode (`sesSafe.ts`).
 * B4. What cannot be bundled is refused with a `bundle/…` code, the place and the line.
 */
import { stat } from 'node:fs/promises'
import { SourceMap } from 'node:module'
import { basename, dirname, resolve } from 'node:path'
import { build, type BuildFailure, type BuildOptions, type BuildResult, type OutputFile, type Plugin } from 'esbuild'
import { assert } from '../../base/errors.ts'
import { refuse } from '../../protocol/codes.ts'
import { dynamicImport, refuseProblem } from './problems.ts'
import { makeSesSafe, type SafeScript } from './sesSafe.ts'

export interface BundledVat {
  /** A script whose completion value is the exports object. */
  readonly source: string
  /** `source`, encoded. The bundle's id is their hash. */
  readonly bytes: Uint8Array
  /** The files it was made of, relative to the entry's folder, sorted. */
  readonly inputs: readonly string[]
}

export interface BundleOptions {
  readonly limitBytes?: number
}

export const defaultBundleLimitBytes = 10 * 1024 * 1024

/** The variable that esbuild gives the exports; it does not survive into the script. */
const exportsVariable = 'heirloomVatExports'

/** An export that the entry must have. */
interface Needed {
  readonly name: string
  readonly code: 'bundle/no-build-root-object' | 'bundle/no-default-export' | 'bundle/no-salvage'
}

export const bundleVat = (entry: string, options: BundleOptions = {}): Promise<BundledVat> =>
  bundleEntry(entry, { name: 'buildRootObject', code: 'bundle/no-build-root-object' }, options)

/** Whether what is exported is a function shows when it is evaluated. */
export const bundleFunction = (entry: string, options: BundleOptions = {}): Promise<BundledVat> =>
  bundleEntry(entry, { name: 'default', code: 'bundle/no-default-export' }, options)

export const bundleSalvage = (entry: string, options: BundleOptions = {}): Promise<BundledVat> =>
  bundleEntry(entry, { name: 'salvage', code: 'bundle/no-salvage' }, options)

async function bundleEntry(entry: string, needed: Needed, options: BundleOptions): Promise<BundledVat> {
  if (typeof entry !== 'string' || entry === '') refuse('api/bad-argument', 'the entry of a vat is a path that is not empty', { argument: 'entry' })
  if (typeof options !== 'object' || options === null) refuse('api/bad-argument', 'options is a record', { argument: 'options' })
  const path = resolve(entry)
  await assertFile(path, entry)
  const inputs = await inspect(path, needed)
  const script = await makeScript(path)
  const source = asExpression(script)
  const bytes = new TextEncoder().encode(source)
  const limitBytes = options.limitBytes ?? defaultBundleLimitBytes
  if (bytes.length > limitBytes) {
    refuse('bundle/too-large', `${basename(path)}: the bundle has ${bytes.length} bytes; the limit is ${limitBytes}.`, {
      file: basename(path),
      bytes: bytes.length,
      limitBytes,
    })
  }
  return { source, bytes, inputs }
}

async function assertFile(path: string, entry: string): Promise<void> {
  const found = await stat(path).catch(() => undefined)
  if (found?.isFile() !== true) refuse('bundle/entry-not-found', `There is no file ${entry}.`, { file: entry })
}

/** Bundles as a module, of which esbuild tells the names of the exports (of a script it does not). */
async function inspect(path: string, { name, code }: Needed): Promise<readonly string[]> {
  const { metafile } = await run({ ...settings(path), format: 'esm', metafile: true })
  const [output] = Object.values(metafile.outputs)
  if (output?.exports.includes(name) !== true) {
    const exported = output?.exports.length ? `it exports ${output.exports.join(', ')}` : 'it exports nothing'
    refuse(code, `${basename(path)} has no export ${name}; ${exported}.`, {
      file: basename(path),
      exports: output?.exports ?? [],
    })
  }
  return Object.keys(metafile.inputs).sort()
}

async function makeScript(path: string): Promise<string> {
  const script = await bundleScript(path, {})
  if (script.kind === 'safe') return script.code
  // Text in a tagged template cannot be written in another way: its tag sees how it is written.
  // esbuild can turn all templates into strings, which can.
  const lowered = await bundleScript(path, { supported: { 'template-literal': false } })
  if (lowered.kind === 'safe') return lowered.code
  return refuse('bundle/syntax', `${basename(path)}: a tagged template holds text that SES rejects.`, { file: basename(path) })
}

async function bundleScript(path: string, more: BuildOptions): Promise<SafeScript> {
  const { outputFiles } = await run({
    ...settings(path),
    format: 'iife',
    globalName: exportsVariable,
    sourcemap: 'external',
    sourcesContent: false,
    metafile: true,
    ...more,
  })
  const code = fileOf(outputFiles, '.js')
  const script = makeSesSafe(code)
  if (script.kind === 'dynamic-import') refuseComputedImport(fileOf(outputFiles, '.map'), script)
  return script
}

/** An import of a computed name is found in the bundle; the source map tells where it came from. */
function refuseComputedImport(map: string, at: { readonly line: number; readonly column: number; readonly text: string }): never {
  const origin = new SourceMap(JSON.parse(map)).findEntry(at.line - 1, at.column)
  const known = 'originalSource' in origin
  return refuseProblem('bundle/dynamic-import', dynamicImport, {
    file: known ? origin.originalSource : 'bundle',
    line: known ? origin.originalLine + 1 : at.line,
    column: known ? origin.originalColumn : at.column,
    lineText: at.text,
  })
}

const settings = (path: string): BuildOptions => ({
  entryPoints: [path],
  absWorkingDir: dirname(path),
  outfile: resolve(dirname(path), 'heirloom-vat.js'),
  bundle: true,
  platform: 'neutral',
  mainFields: ['module', 'main'],
  conditions: ['import', 'default'],
  target: 'es2023',
  charset: 'ascii',
  legalComments: 'none',
  plugins: [refuseDynamicImports],
  // B2: neither a tsconfig.json above the sources nor the environment may change the bundle.
  tsconfigRaw: '{}',
  nodePaths: [],
})

/** An import of a literal name at run time would be bundled in silence; the vat's author must know. */
const refuseDynamicImports: Plugin = {
  name: 'heirloom',
  setup: ({ onResolve }) =>
    onResolve({ filter: /.*/ }, ({ kind }) =>
      kind === 'dynamic-import' ? { errors: [{ text: dynamicImport }] } : undefined,
    ),
}

type Built = BuildResult<{ write: false; metafile: true }>

async function run(options: BuildOptions): Promise<Built> {
  return await build({ ...options, write: false, metafile: true, logLevel: 'silent' }).catch(refuseFailure)
}

function refuseFailure(failure: Pick<BuildFailure, 'errors'>): never {
  const [first] = failure.errors ?? []
  if (first === undefined) throw failure
  return refuseProblem(undefined, first.text, first.location)
}

function fileOf(files: readonly OutputFile[], extension: string): string {
  return files.find((file) => file.path.endsWith(extension))?.text ?? ''
}

/** The exports as the value of the script, and no variable in its scope (B1). */
function asExpression(code: string): string {
  const declaration = `var ${exportsVariable} = `
  const at = code.indexOf(declaration)
  assert(at >= 0, 'esbuild did not name the exports')
  return code.slice(0, at) + code.slice(at + declaration.length)
}
