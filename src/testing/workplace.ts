/** Where the store of a test is: a directory of its own, in memory where the machine has such a place. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** On Linux a file system in memory. */
const memory = '/dev/shm'

/** Makes an empty directory; whoever makes it removes it. */
export function makeWorkplace(storage: 'memory' | 'disk'): string {
  const parent = storage === 'memory' && existsSync(memory) ? memory : tmpdir()
  return mkdtempSync(join(parent, 'heirloom-'))
}

export const removeWorkplace = (directory: string): void => rmSync(directory, { recursive: true, force: true })

/** The store of a workplace. */
export const storeIn = (workplace: string): string => join(workplace, 'store')
