/** Makes the bundle of a kernel from its sources, to replay blocks under it before it is released. */
import { dirname, resolve } from 'node:path'
import { bundleScript } from '../../bundler/bundleScript.ts'

/** `entry`: the module that exports what a kernel bundle exports, `src/kernel/main.ts` of a checkout. */
export const bundleKernel = (entry: string): Promise<Uint8Array> =>
  bundleScript(resolve(entry), { root: dirname(resolve(entry)), completion: 'value' })
