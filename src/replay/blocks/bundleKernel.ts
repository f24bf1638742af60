/** Makes the bundle of a kernel from its sources, to replay blocks under it before it is released. */
import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { CodedError } from '../../base/errors.ts'
import { excerpt } from '../../base/text.ts'
import { bundleScript } from '../../bundler/bundleScript.ts'
import { refuse } from '../../protocol/codes.ts'

/**
 * `entry`: the module that exports what a kernel bundle exports, `src/kernel/main.ts` of a checkout. It may
 * import everything in its package.
 * @throws CodedError `kernel/broken-bundle` for sources that cannot be bundled
 */
export async function bundleKernel(entry: string): Promise<Uint8Array> {
  const path = resolve(entry)
  try {
    return await bundleScript(path, { root: packageOf(dirname(path)), completion: 'value' })
  } catch (error) {
    if (error instanceof CodedError) throw error
    const why = excerpt(error instanceof Error ? error.message : String(error), 1_000)
    return refuse('kernel/broken-bundle', `the kernel ${entry} cannot be bundled: ${why}`, { entry })
  }
}

/** The folder of the nearest `package.json`. */
function packageOf(folder: string): string {
  for (let at = folder; at !== dirname(at); at = dirname(at)) if (existsSync(join(at, 'package.json'))) return at
  return folder
}
