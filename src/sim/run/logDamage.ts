/**
 * Damages the write-ahead log of a store whose process has died, as a disk could.
 *
 * Ro1. The damaged store is refused with a code of the store, or opens at the last committed block. A block
 *      whose commit had not returned when the process died may be present or absent.
 * Ro2. A copy is damaged; the run continues with the undamaged files.
 */
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { assert, CodedError } from '../../base/errors.ts'
import { readRecord } from '../../store/files/commitRecord.ts'
import { openStore } from '../../store/store.ts'
import { blocksOf } from './blocks.ts'
import type { Random } from '../program/random.ts'

const damages = ['flip', 'flip', 'flip', 'tear', 'zeros', 'empty'] as const
const blockBytes = 4_096

/** Damages a copy of the files and opens it. Returns a result that violates Ro1, or undefined. */
export function tryDamaged(directory: string, copy: string, random: Random): string | undefined {
  cpSync(directory, copy, { recursive: true })
  try {
    const allowed = allowedLastBlocks(copy)
    assert(allowed.length > 0, 'the store has a block before the damage')
    const damage = random.pick(damages)
    damageLog(join(copy, 'heirloom.sqlite-wal'), damage, random)
    const last = openedAt(copy)
    if (last === undefined || allowed.includes(last)) return undefined
    return `a store whose log had ${damage} opens at ${last}, and was at ${allowed.join(' or ')}`
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}

/** The recorded block, and the one after it. */
function allowedLastBlocks(directory: string): readonly string[] {
  const last = blocksOf(directory).at(-1)
  const found = readRecord(directory)
  // Reading created an index of the log; the damage would make it stale.
  rmSync(join(directory, 'heirloom.sqlite-shm'), { force: true })
  const recorded = found.kind === 'found' ? [`${found.record.height} ${found.record.activityHash}`] : []
  return [...recorded, ...(last === undefined ? [] : [`${last.height} ${last.hash}`])]
}

/** The block at which the store opens; undefined when it is refused. Another error is returned as text. */
function openedAt(directory: string): string | undefined {
  try {
    const store = openStore(directory, { verify: 'all' })
    const { height, activityHash } = store.blocks.last()
    store.close()
    return `${height} ${activityHash}`
  } catch (error) {
    if (error instanceof CodedError && error.code.startsWith('store/')) return undefined
    return error instanceof Error ? `no block, but ${error.stack ?? error.message}` : String(error)
  }
}

function damageLog(path: string, damage: (typeof damages)[number], random: Random): void {
  const bytes = readLogFile(path)
  const at = random.below(Math.max(1, bytes.length))
  if (damage === 'flip' && bytes.length > 0) bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8))
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
