/**
 * Rot: what a disk does to the files of a store whose process has died. The log is torn, or rots.
 *
 * Ro1. What is left is refused with a code of the store, or opened at the last block that was committed. A
 *      block
 *      whose commit had not returned when the process died may be there or not.
 * Ro2. It is tried on a copy; the world goes on with the files as they were.
 */
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CodedError } from '../../base/errors.ts'
import { readRecord } from '../../store/files/commitRecord.ts'
import { openStore } from '../../store/store.ts'
import { blocksOf } from './blocks.ts'
import type { Dice } from '../program/dice.ts'

const damages = ['flip', 'flip', 'flip', 'tear', 'zeros', 'empty'] as const
const blockBytes = 4_096

/**
 * Damages a copy of the files in `place` and opens it. Returns what came of it that Ro1 does not allow, or
 * nothing.
 */
export function tryRotten(directory: string, place: string, dice: Dice): string | undefined {
  cpSync(directory, place, { recursive: true })
  try {
    const allowed = blocksThatMayBeLast(place)
    const damage = dice.pick(damages)
    damageLog(join(place, 'heirloom.sqlite-wal'), damage, dice)
    const last = opened(place)
    if (last === undefined || allowed.includes(last)) return undefined
    return `a store whose log had ${damage} opens at ${last}, and was at ${allowed.join(' or ')}`
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
}

/** The one that is recorded, and one after it. */
function blocksThatMayBeLast(place: string): readonly string[] {
  const last = blocksOf(place).at(-1)
  const found = readRecord(place)
  // Read by SQLite, the log has an index now that knows nothing of what comes.
  rmSync(join(place, 'heirloom.sqlite-shm'), { force: true })
  const recorded = found.kind === 'found' ? [`${found.record.height} ${found.record.activityHash}`] : []
  return [...recorded, ...(last === undefined ? [] : [`${last.height} ${last.hash}`])]
}

/** The block at which it opens, or undefined when it is refused. Whatever else is thrown is told as it is. */
function opened(place: string): string | undefined {
  try {
    const store = openStore(place, { verify: 'all' })
    const { height, activityHash } = store.blocks.last()
    store.close()
    return `${height} ${activityHash}`
  } catch (error) {
    if (error instanceof CodedError && error.code.startsWith('store/')) return undefined
    return error instanceof Error ? `no block, but ${error.stack ?? error.message}` : String(error)
  }
}

function damageLog(path: string, damage: (typeof damages)[number], dice: Dice): void {
  const bytes = readLogFile(path)
  const at = dice.roll(Math.max(1, bytes.length))
  if (damage === 'flip' && bytes.length > 0) bytes[at] = (bytes[at] ?? 0) ^ (1 << dice.roll(8))
  if (damage === 'zeros') bytes.subarray(at - (at % blockBytes), at - (at % blockBytes) + blockBytes).fill(0)
  const length = { flip: bytes.length, zeros: bytes.length, tear: at, empty: 0 }[damage]
  writeFileSync(path, bytes.subarray(0, length))
}

function readLogFile(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch {
    return Buffer.alloc(0)
  }
}
