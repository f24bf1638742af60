/** Copies of the sources of the kernel, to be changed and built elsewhere. */
import { cpSync } from 'node:fs'
import { join } from 'node:path'

const repository = join(import.meta.dirname, '..', '..')

/** Copies the kernel, and what it imports, into the folder. Returns the path of the entry. */
export function copyOfKernel(folder: string): string {
  for (const name of ['base', 'protocol', 'codec', 'kernel'])
    cpSync(join(repository, 'src', name), join(folder, 'src', name), { recursive: true })
  cpSync(join(repository, 'package.json'), join(folder, 'package.json'))
  return join(folder, 'src', 'kernel', 'main.ts')
}
