/** Reads the engine and the supervisor of a worker version to install. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { isBundleId } from '../../base/ids.ts'
import { didYouMean } from '../../base/nearest.ts'
import { engineNames, type EngineSource, type SupervisorSource } from '../../host/index.ts'
import { isEngineName } from '../../protocol/worker/engineNames.ts'
import { refuseUsage } from '../args/arguments.ts'

/**
 * An engine of this release by name, one of the store by id, a WebAssembly file, or a directory that contains
 * exactly one.
 */
export function readEngine(source: string): EngineSource {
  if (isEngineName(source) || isBundleId(source)) return source
  const found = statSync(source, { throwIfNoEntry: false })
  if (found === undefined)
    return refuseUsage(
      `--engine: there is no file ${source}, and no engine of this release has that name${didYouMean(source, engineNames)} (${engineNames.join(', ')})`,
    )
  return read(found.isDirectory() ? soleModule(source) : source, '--engine')
}

/** A script, or a supervisor of the store by id. */
export const readSupervisor = (source: string): SupervisorSource =>
  isBundleId(source) ? source : read(source, '--supervisor')

/** Modules of the package's own dependencies are not its engine. */
function soleModule(directory: string): string {
  const modules = modulesIn(directory)
  const [module, more] = modules
  if (module === undefined) return refuseUsage(`--engine: there is no .wasm file in ${directory}`)
  if (more !== undefined)
    refuseUsage(
      `--engine: ${directory} has several .wasm files; name one of ${modules.map((path) => relative(directory, path)).join(', ')}`,
    )
  return module
}

const modulesIn = (directory: string): readonly string[] =>
  readdirSync(directory, { withFileTypes: true })
    .filter(({ name }) => name !== 'node_modules')
    .flatMap((entry) => {
      const path = join(directory, entry.name)
      if (entry.isDirectory()) return modulesIn(path)
      return entry.name.endsWith('.wasm') ? [path] : []
    })
    .sort()

function read(path: string, option: string): Uint8Array {
  try {
    return readFileSync(path)
  } catch (error) {
    return refuseUsage(
      `${option}: ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
}
