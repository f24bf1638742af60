/** The location of a test's store: a new directory, in memory where the machine has such a place. */
import { assert } from '../base/errors.ts'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'

/** Linux's in-memory file system. */
const memory = '/dev/shm'

/** Creates an empty directory; the caller removes it. */
export function makeWorkplace(storage: 'memory' | 'disk'): string {
  const parent = storage === 'memory' && existsSync(memory) ? memory : tmpdir()
  return mkdtempSync(join(parent, 'heirloom-'))
}

/** Deletes it with everything in it. */
export function removeWorkplace(directory: string): void {
  assert(basename(directory).startsWith('heirloom-'), 'only a workplace is deleted')
  rmSync(directory, { recursive: true, force: true })
}

/** The store of a workplace. */
export const storeIn = (workplace: string): string => join(workplace, 'store')
