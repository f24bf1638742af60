/** Copies of golden stores. */
import { join } from 'node:path'
import { openController, type Controller, type OpenOptions } from '../../src/host/index.ts'
import { unpackStore } from '../../tools/golden/store.ts'
import { temporaryDirectory, type Scope } from './world.ts'

/** The directory of a copy of the release's store. */
export function goldenCopy(scope: Scope, version: string): string {
  const directory = join(temporaryDirectory(scope), 'store')
  unpackStore(version, directory)
  return directory
}

/** A store that exists, open until the scope ends. */
export async function openCopy(
  scope: Scope,
  directory: string,
  options: Omit<OpenOptions, 'directory' | 'make'> = {},
): Promise<Controller> {
  const controller = await openController({ directory, make: 'never', ...options })
  scope.after(() => controller.shutdown())
  return controller
}
