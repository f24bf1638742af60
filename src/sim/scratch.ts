/**
 * Scratch directories, in memory where the machine has such a file system, since what they hold is temporary.
 *
 * Sc1. The name has the id of the process. A start removes the directories of processes that no longer exist,
 *      and no others: a process that is killed leaves its own until then.
 */
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { assert } from '../base/errors.ts'

/** Linux's in-memory file system. */
const memory = '/dev/shm'
const named = /^heirloom-(?:sim|crash|founding|damage)-(\d+)-[A-Za-z0-9]{6}$/

/** What the directory is for. */
export type ScratchUse = 'sim' | 'crash' | 'founding' | 'damage'

/** Creates an empty directory, and removes those that killed processes have left (Sc1). */
export function makeScratch(use: ScratchUse): string {
  const parent = scratchParent()
  removeScratch((owner) => !isAlive(owner))
  const directory = mkdtempSync(join(parent, `heirloom-${use}-${process.pid}-`))
  assert(ownerOf(directory.slice(parent.length + 1)) === process.pid, 'the name has the process (Sc1)')
  return directory
}

/** SIGINT and SIGTERM end the process and remove its directories. Call it in the main thread. */
export function removeScratchOnSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      // A thread may still write; what it leaves is removed by the next start.
      try {
        removeScratch((owner) => owner === process.pid)
      } finally {
        process.exit(128 + constants.signals[signal])
      }
    })
}

const scratchParent = (): string => (existsSync(memory) ? memory : tmpdir())

function removeScratch(isRemoved: (owner: number) => boolean): void {
  const parent = scratchParent()
  for (const name of readdirSync(parent).sort()) {
    const owner = ownerOf(name)
    if (owner !== undefined && isRemoved(owner)) rmSync(join(parent, name), { recursive: true, force: true })
  }
}

function ownerOf(name: string): number | undefined {
  const owner = named.exec(name)?.[1]
  return owner === undefined ? undefined : Number(owner)
}

/** A process of another user exists too, although it takes no signal from this one. */
function isAlive(owner: number): boolean {
  try {
    process.kill(owner, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}
