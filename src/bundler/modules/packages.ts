/**
 * Packages on disk: where a package begins, which files an import { assert } from '../../base/errors.ts'
import may reach, and the kind of each module.
 *
 * Pk1. A relative import stays inside the root of its package, with links resolved. An import by package name
 *      reaches the folder of this name in `node_modules`, and from there the same rule holds.
 * Pk2. The root of a file is the folder that its package has in `node_modules`, else that of the nearest
 *      package.json above it. A package.json with only `type` or `sideEffects` marks a folder inside a
 *      package and is not a root.
 */
import { readFileSync, realpathSync, statSync } from 'node:fs'
import { dirname, isAbsolute, join, relative, sep } from 'node:path'
import { assert } from '../../base/errors.ts'

/** Node's classification of a file; the content decides about `unknown`. */
export type ModuleType = 'esm' | 'commonjs' | 'unknown'

type Fields = Readonly<Record<string, unknown>>

export class Packages {
  readonly #fields = new Map<string, Fields | undefined>()

  /**
   * The root of the package that a file belongs to (Pk2); its own folder when there is no package.json above.
   */
  rootOf(file: string): string {
    assert(isAbsolute(file), 'files have absolute paths')
    const installed = installedFolder(file)
    if (installed !== undefined) return installed
    for (const folder of foldersAbove(file)) {
      const fields = this.#read(folder)
      if (fields !== undefined && Object.keys(fields).some((key) => key !== 'type' && key !== 'sideEffects'))
        return folder
    }
    return dirname(file)
  }

  /** From the file's extension, else from `type` in the nearest package.json. */
  typeOf(file: string): ModuleType {
    if (/\.m[jt]s$/.test(file)) return 'esm'
    if (/\.c[jt]s$/.test(file)) return 'commonjs'
    for (const folder of foldersAbove(file)) {
      if (folder.endsWith(`${sep}node_modules`)) return 'unknown'
      const fields = this.#read(folder)
      if (fields === undefined) continue
      const { type } = fields
      return type === 'module' ? 'esm' : type === 'commonjs' ? 'commonjs' : 'unknown'
    }
    return 'unknown'
  }

  /**
   * Whether `importer` may import the file that this specifier resolved to (Pk1). All paths are real paths.
   */
  mayReach(
    specifier: string,
    importer: { readonly path: string; readonly root: string },
    file: string,
  ): boolean {
    if (isInside(importer.root, file)) return true
    if (isRelative(specifier)) return false
    return this.#isInstalled(
      specifier.startsWith('#') ? this.#nameOf(file) : packageName(specifier),
      importer.path,
      file,
    )
  }

  /** Whether a folder `node_modules/<name>` above the importer holds the file. */
  #isInstalled(name: string, importer: string, file: string): boolean {
    if (name === '') return false
    for (const folder of foldersAbove(importer)) {
      const root = realPathOf(join(folder, 'node_modules', name))
      if (root !== undefined && isInside(root, file)) return true
    }
    return false
  }

  #nameOf(file: string): string {
    const name = this.#read(this.rootOf(file))?.['name']
    return typeof name === 'string' ? packageName(name) : ''
  }

  #read(folder: string): Fields | undefined {
    if (!this.#fields.has(folder)) this.#fields.set(folder, readPackage(join(folder, 'package.json')))
    return this.#fields.get(folder)
  }
}

function readPackage(path: string): Fields | undefined {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return undefined
  try {
    const fields: unknown = JSON.parse(readFileSync(path, 'utf8'))
    return typeof fields === 'object' && fields !== null ? (fields as Fields) : {}
  } catch {
    // esbuild reports a package.json that does not parse, with its place.
    return {}
  }
}

function* foldersAbove(file: string): Generator<string> {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    yield folder
    if (folder === dirname(folder)) return
  }
}

/** The folder of a package below the last `node_modules` of a path. */
function installedFolder(file: string): string | undefined {
  const parts = file.split(sep)
  const at = parts.lastIndexOf('node_modules')
  const end = at + (parts[at + 1]?.startsWith('@') === true ? 3 : 2)
  return at === -1 || end >= parts.length ? undefined : parts.slice(0, end).join(sep)
}

export function isInside(folder: string, file: string): boolean {
  const path = relative(folder, file)
  return path !== '..' && !path.startsWith(`..${sep}`) && path !== file
}

const isRelative = (specifier: string): boolean => /^(?:\.{0,2}\/|\.{1,2}$|[A-Za-z]:[\\/])/.test(specifier)

/** `@scope/name` or `name`; empty for anything else, such as `..` in the place of a name. */
const packageName = (specifier: string): string =>
  /^(?:@(?!\.)[^/\\]+\/)?(?!\.)[^@/\\][^/\\]*/.exec(specifier)?.[0] ?? ''

/** The path with every link resolved; undefined when it does not exist. */
export function realPathOf(path: string): string | undefined {
  try {
    return realpathSync(path)
  } catch {
    return undefined
  }
}
