/** Locates the code that a configuration file names. */
import { existsSync } from 'node:fs'
import nodeModule from 'node:module'
import { dirname, isAbsolute, join, resolve } from 'node:path'

/**
 * The path of a source: a file, relative to the folder of the configuration, or a module of a package by the
 * name with which code in that folder would import it. A file precedes a package; any other name is returned
 * as a file path, for the reader to report as missing.
 */
export function locate(source: string, folder: string): string {
  const path = isAbsolute(source) ? source : resolve(folder, source)
  if (isAbsolute(source) || source.startsWith('.') || existsSync(path)) return path
  return moduleOf(source, join(folder, 'config.json')) ?? path
}

function moduleOf(name: string, importer: string): string | undefined {
  try {
    return nodeModule.createRequire(importer).resolve(name)
  } catch {
    return fileOf(name, importer)
  }
}

/** A file of a package that `require` does not resolve because it is for `import` only. */
function fileOf(name: string, importer: string): string | undefined {
  const [, inside] = /^(?:@[^/]+\/)?[^/]+\/(.+)$/.exec(name) ?? []
  try {
    const description = nodeModule.findPackageJSON(name, importer)
    const path =
      description === undefined || inside === undefined ? undefined : join(dirname(description), inside)
    return path !== undefined && existsSync(path) ? path : undefined
  } catch {
    return undefined
  }
}
