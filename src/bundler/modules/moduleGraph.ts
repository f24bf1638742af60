/**
 * The modules of a bundle as esbuild sees them: by number, never by their path on disk.
 *
 * esbuild writes paths into its output: as keys of wrapped CommonJS modules, in comments, and in the names of
 * variables (`require_rates`, for a folder `rates`). So this plugin resolves and reads the files, and passes
 * every module under a made-up path, `module:12/rates.mjs`.
 *
 * Mg1. The number of a module is its position in a walk of the import graph from the entry, with imports in
 *      source order. A first pass, which numbers modules as they are found, finds the graph.
 * Mg2. Only the last name of the real path is kept, and not for the entry or for `index`, where esbuild would
 *      use the name of the folder. The extension encodes the kind of module, as package.json and the real
 *      extension do: esbuild ignores package.json for modules of plugins.
 * Mg3. Every file is a regular file inside the root of its package (Pk1), with links resolved, and is read by
 *      a loader that the caller allows.
 * Mg4. A refused import is reported at its place.
 */
import { constants, readFileSync } from 'node:fs'
import { access, readFile, stat } from 'node:fs/promises'
import { basename, dirname, extname, isAbsolute, relative, sep } from 'node:path'
import type {
  Loader,
  Metafile,
  OnLoadArgs,
  OnLoadResult,
  OnResolveArgs,
  OnResolveResult,
  PartialMessage,
  Plugin,
  PluginBuild,
} from 'esbuild'
import { assert } from '../../base/errors.ts'
import { refuse, type Code } from '../../protocol/codes.ts'
import { isCode, loaderHint, loaderOf, type Loaders } from './loaders.ts'
import { isInside, Packages, realPathOf } from './packages.ts'

export interface Module {
  /** Its real path. */
  readonly path: string
  /** Its path relative to the folder of the entry, with slashes: for display. */
  readonly display: string
  /** The root of its package. */
  readonly root: string
  readonly loader: Loader
  /** Its name for esbuild, without its number (Mg2). */
  readonly name: string
}

export interface GraphOptions {
  /** Any module of the entry's package may import files below this folder. */
  readonly root: string
  readonly loaders: Loaders
  /** Replaces the module that an import names. */
  redirect?(specifier: string, importer: string): string | undefined
}

/** The largest file that is read, in bytes. */
export const maxSourceBytes = 64 * 1024 * 1024

const namespace = 'module'
const entrySpecifier = 'heirloom:entry'
const native = Symbol('resolved by esbuild itself')

export const entryPoints: readonly string[] = [entrySpecifier]

export class ModuleGraph {
  readonly entry: Module
  readonly #options: GraphOptions
  readonly #packages = new Packages()
  readonly #folder: string
  /** The modules found so far, by real path and loader: a file can be read in two ways. */
  readonly #modules = new Map<string, Module>()
  readonly #flaws = new Map<string, Promise<string | undefined>>()
  readonly #resolved = new Map<string, OnResolveResult>()
  /** Lines of the sources that were quoted. */
  readonly #lines = new Map<string, readonly string[]>()
  /** Module numbers in this pass. */
  #numbers = new Map<Module, number>()
  #named = new Map<string, Module>()
  #isNumbered = false

  /** `entry` is a real path. */
  constructor(entry: string, options: GraphOptions) {
    this.#options = options
    this.#folder = dirname(entry)
    this.entry = this.#module(entry, loaderOfEntry(entry))
  }

  readonly plugin: Plugin = {
    name: 'heirloom',
    setup: (build) => {
      build.onResolve({ filter: /.*/ }, (args) => this.#resolve(build, args))
      build.onLoad({ filter: /.*/, namespace }, (args) => this.#load(args))
    },
  }

  /**
   * Numbers the modules for later passes, from the graph that the first pass found (Mg1). Returns them in
   * this order.
   */
  number({ inputs, outputs }: Metafile): readonly Module[] {
    const entry = Object.values(outputs).find(({ entryPoint }) => entryPoint !== undefined)?.entryPoint
    assert(entry !== undefined, 'the bundle has an entry point')
    assert(!this.#isNumbered, 'modules are numbered once (Mg1)')
    const found = this.#named
    this.#numbers = new Map()
    this.#named = new Map()
    const open = [entry]
    const seen = new Set<string>()
    for (let path = open.pop(); path !== undefined; path = open.pop()) {
      if (seen.has(path)) continue
      seen.add(path)
      const module = found.get(withoutSuffix(path))
      if (module !== undefined) this.#numberOf(module)
      open.push(...(inputs[path]?.imports ?? []).map((imported) => imported.path).reverse())
    }
    assert(this.#numbers.size > 0, 'the graph has the entry (Mg1)')
    this.#isNumbered = true
    return [...this.#numbers.keys()]
  }

  /** The module that esbuild calls by this name, with or without its namespace. */
  moduleNamed(path: string): Module | undefined {
    return this.#named.get(withoutSuffix(path.startsWith(`${namespace}:`) ? path : `${namespace}:${path}`))
  }

  /** A line of a source, counted from 0; undefined when there is no such module or line. */
  lineOf(display: string, line: number): string | undefined {
    const known = this.#lines.get(display)
    if (known !== undefined) return known[line]
    const module = [...this.#modules.values()].find((one) => one.display === display && isCode(one.loader))
    const lines =
      module === undefined ? [] : readFileSync(module.path, 'utf8').split(/\r\n|[\n\r\u2028\u2029]/)
    this.#lines.set(display, lines)
    return lines[line]
  }

  /** Replaces esbuild's paths in a text with the display paths. */
  readable(text: string): string {
    return text.replace(/\bmodule:\d+\/[\w.$-]+/g, (path) => this.moduleNamed(path)?.display ?? path)
  }

  /** Whether the module is of the same package as the entry. */
  isOwn({ root }: Module): boolean {
    return root === this.#options.root
  }

  // --- resolving

  async #resolve(build: PluginBuild, args: OnResolveArgs): Promise<OnResolveResult | undefined> {
    if (args.pluginData === native) return undefined
    if (args.kind === 'entry-point') return this.#result(this.entry, {})
    if (args.kind === 'dynamic-import') return refused('bundle/dynamic-import')
    const importer = args.pluginData as Module | undefined
    // Resolves a module in a data: URL.
    if (importer === undefined)
      return refused('bundle/missing-import', `${args.path} can be imported by files only`)
    const key = JSON.stringify([importer.path, importer.loader, args.kind, args.path, args.with])
    const known = this.#resolved.get(key)
    if (known !== undefined) return this.#again(known)
    const result = await this.#find(build, args, importer)
    if (result !== undefined) this.#resolved.set(key, result)
    return result
  }

  async #find(
    build: PluginBuild,
    args: OnResolveArgs,
    importer: Module,
  ): Promise<OnResolveResult | undefined> {
    const { kind } = args
    assert(isAbsolute(importer.path), 'modules have absolute paths')
    const resolveDir = dirname(importer.path)
    const found = await build.resolve(this.#options.redirect?.(args.path, importer.path) ?? args.path, {
      kind,
      resolveDir,
      importer: importer.path,
      pluginData: native,
      with: args.with,
    })
    if (found.errors.length > 0)
      return {
        errors: found.errors.map(({ text, location }) => ({
          text,
          ...(location === null ? {} : { location }),
        })),
      }
    if (found.external)
      return refused(
        'bundle/missing-import',
        `${JSON.stringify(args.path)} is not in the bundle, and a vat imports nothing while it runs`,
      )
    // A data: URL contains its own text.
    if (found.namespace !== 'file') return undefined
    return this.#check(args, importer, found.path, { sideEffects: found.sideEffects, suffix: found.suffix })
  }

  /** Mg3. */
  async #check(
    { path: specifier, with: attributes }: OnResolveArgs,
    importer: Module,
    found: string,
    more: OnResolveResult,
  ): Promise<OnResolveResult> {
    const path = realPathOf(found) ?? found
    if (!this.#mayReach(specifier, importer, path))
      return refused(
        'bundle/outside-root',
        outside(specifier, this.#displayOf(path), importer, this.#displayOf(importer.root)),
      )
    const loader = loaderOf(path, attributes['type'], this.#options.loaders)
    if (typeof loader !== 'string')
      return refused('bundle/no-loader', `${loader.refused} (${this.#displayOf(path)}). ${loaderHint}`)
    const flaw = await this.#flawOf(path)
    if (flaw !== undefined) return refused('bundle/unreadable', `${this.#displayOf(path)} ${flaw}`)
    return this.#result(this.#module(path, loader), more)
  }

  #flawOf(path: string): Promise<string | undefined> {
    const known = this.#flaws.get(path)
    if (known !== undefined) return known
    const flaw = flawOf(path)
    this.#flaws.set(path, flaw)
    return flaw
  }

  #mayReach(specifier: string, importer: Module, path: string): boolean {
    return (
      this.#packages.mayReach(specifier, importer, path) ||
      this.#options.redirect?.(specifier, importer.path) !== undefined
    )
  }

  /** Files below the given root and outside its `node_modules` are in the entry's package. */
  #rootOf(path: string): string {
    const { root } = this.#options
    return isInside(root, path) && !relative(root, path).split(sep).includes('node_modules')
      ? root
      : this.#packages.rootOf(path)
  }

  #module(path: string, loader: Loader): Module {
    const key = JSON.stringify([path, loader])
    const known = this.#modules.get(key)
    if (known !== undefined) return known
    const module: Module = {
      path,
      root: this.#rootOf(path),
      loader,
      display: this.#displayOf(path),
      name: this.#nameOf(path, loader),
    }
    this.#modules.set(key, module)
    return module
  }

  /** Mg2. */
  #nameOf(path: string, loader: Loader): string {
    const extension = extname(path)
    const base = this.#modules.size === 0 ? 'entry' : basename(path, extension).replace(/[^\w.$-]/g, '_')
    const name = base === 'index' ? 'index_' : base
    if (!isCode(loader)) return `${name}${extension}`
    return `${name}${{ esm: '.mjs', commonjs: '.cjs', unknown: '.js' }[this.#packages.typeOf(path)]}`
  }

  #displayOf(path: string): string {
    return relative(this.#folder, path).split(sep).join('/') || '.'
  }

  #result(module: Module, more: OnResolveResult): OnResolveResult {
    return { ...more, path: `${this.#numberOf(module)}/${module.name}`, namespace, pluginData: module }
  }

  /** A resolution of another pass, with the number of this pass. */
  #again(result: OnResolveResult): OnResolveResult {
    return result.errors === undefined ? this.#result(result.pluginData as Module, result) : result
  }

  #numberOf(module: Module): number {
    const known = this.#numbers.get(module)
    if (known !== undefined) return known
    assert(!this.#isNumbered, `the first pass did not find ${module.display}`)
    const number = this.#numbers.size
    this.#numbers.set(module, number)
    this.#named.set(`${namespace}:${number}/${module.name}`, module)
    return number
  }

  // --- loading

  async #load(args: OnLoadArgs): Promise<OnLoadResult> {
    const module = args.pluginData as Module | undefined
    assert(module !== undefined, 'every loaded path was resolved by this plugin')
    const bytes = await readFile(module.path)
    // Without `resolveDir` esbuild ignores source maps that comments in the source name: they could be any
    // file.
    if (!isCode(module.loader)) return { contents: bytes, loader: module.loader, pluginData: module }
    if (isUtf16(bytes)) {
      const location = { file: module.display, line: 1, column: 0, lineText: '' }
      return {
        errors: [{ ...message('bundle/unreadable', 'The file is UTF-16 text. Save it as UTF-8.'), location }],
      }
    }
    return { contents: withoutShebang(bytes), loader: module.loader, pluginData: module }
  }
}

/** esbuild appends queries and import attributes to the path. */
const withoutSuffix = (path: string): string => /^module:\d+\/[\w.$-]+/.exec(path)?.[0] ?? path

/** A script without an extension is read as TypeScript, a superset of JavaScript. */
function loaderOfEntry(path: string): Loader {
  if (extname(path) === '') return 'ts'
  const loader = loaderOf(path, undefined, {})
  return typeof loader === 'string'
    ? loader
    : refuse('bundle/no-loader', `${basename(path)}: ${loader.refused}.`, { file: basename(path) })
}

/** The `detail` of an error of this plugin. */
export interface CodedDetail {
  readonly code: Code
}

const message = (code: Code, text: string): PartialMessage => ({
  text,
  detail: { code } satisfies CodedDetail,
})

const refused = (code: Code, text = ''): OnResolveResult => ({ errors: [message(code, text)] })

const outside = (specifier: string, path: string, importer: Module, root: string): string =>
  `${JSON.stringify(specifier)} is the file ${path}, outside of the package of ${importer.display} (its root is ${root}/). ` +
  'Import the other package by its name, or name a folder that holds both: the option root, or --root DIR.'

/** Why a file cannot be read; undefined when it can. */
export async function flawOf(path: string): Promise<string | undefined> {
  const found = await stat(path).catch(() => undefined)
  if (found === undefined)
    return 'cannot be read: there is no such file, or it is in a folder that cannot be opened'
  if (found.isDirectory()) return 'is a folder, not a file'
  if (!found.isFile()) return 'is not a regular file'
  if (found.size > maxSourceBytes)
    return `has ${found.size} bytes; the limit of a source is ${maxSourceBytes}`
  const readable = await access(path, constants.R_OK).then(
    () => true,
    () => false,
  )
  return readable ? undefined : 'cannot be read: permission is denied'
}

const isUtf16 = (bytes: Uint8Array): boolean =>
  (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)

/** Turns the shebang line into a comment, after the UTF-8 byte order mark if there is one. */
function withoutShebang(bytes: Uint8Array): Uint8Array {
  const start = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
  if (bytes[start] !== 0x23 || bytes[start + 1] !== 0x21) return bytes
  const copy = new Uint8Array(bytes)
  copy.set([0x2f, 0x2f], start)
  return copy
}
