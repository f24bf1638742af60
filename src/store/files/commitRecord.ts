/**
 * The commit record (`heirloom.last`): height and activity hash of the last block whose commit returned, in a
 * separate file, so that damage to the store's file or log cannot roll back the store unnoticed.
 *
 * The file has two slots, at 0 and 4,096, in separate disk blocks. A slot holds the same text twice:
 *
 * ```
 * heirloom.last 1
 * store 0123456789abcdef0123456789abcdef
 * generation 12
 * height 11
 * activity-hash 94ee…
 * log merged 5f1e7b2c00000001 24 9f8e7d6c5b4a3928
 * sha256 …                                      of the lines above
 * ```
 *
 * Rec1. Generation `g` is written into slot `g % 2`, so that an interrupted write leaves the one before.
 * Rec2. A slot without a valid text may have held a later generation: a record with such a slot is
 *       `doubtful`.
 * Rec3. The log state of a generation may be updated in place (`updateLog`): an interrupted write leaves one
 *       of the two texts.
 * Rec4. A write returns when it is on the disk.
 */
import {
  closeSync,
  existsSync,
  fdatasyncSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { assert } from '../../base/errors.ts'
import type { Hash } from '../../base/ids.ts'
import { refuse } from '../../protocol/codes.ts'
import { openToWrite } from './directory.ts'
import { assertStoreFile, statIfPresent, onDisk } from './fileSystem.ts'
import { sha256 } from '../../hashing/sha256.ts'
import type { LogPosition } from './log.ts'

export const recordPath = (directory: string): string => join(directory, 'heirloom.last')

/**
 * Location of the last block's pages.
 *
 * | kind      | the pages that the log has up to the position                                          |
 * |-----------|----------------------------------------------------------------------------------------|
 * | `none`    | there is no log that matters: all are in the file                                      |
 * | `apart`   | none is in the file: with less of its log the store is whole, at an older block        |
 * | `merging` | some may be in the file: with less of its log the store is a mixture of blocks         |
 * | `merged`  | all are in the file and on the disk: the log may go, or be begun again                 |
 */
export type LogState =
  | { readonly kind: 'none' }
  | { readonly kind: 'apart' | 'merging' | 'merged'; readonly position: LogPosition }

export interface CommitRecord {
  /** The identity of the store: 32 hexadecimal digits. */
  readonly store: string
  readonly height: number
  readonly activityHash: Hash
  readonly log: LogState
}

/** The result of reading a record. */
export type RecordReading =
  | { readonly kind: 'missing' }
  | { readonly kind: 'damaged' }
  | {
      readonly kind: 'found'
      readonly record: CommitRecord
      readonly generation: number
      readonly isDoubtful: boolean
    }

const slotStarts = [0, 4_096] as const
const textBytes = 512
const fileBytes = 8_192

/** Reads the record of a directory; one that was written and not yet renamed counts (Fil2). */
export function readRecord(directory: string): RecordReading {
  const bytes = readIfPresent(recordPath(directory)) ?? readIfPresent(temporaryRecordPath(directory))
  if (bytes === undefined) return { kind: 'missing' }
  const slots = slotStarts.map((start) => readSlot(bytes, start)).filter((slot) => slot !== undefined)
  const newest = slots.toSorted((one, other) => other.generation - one.generation)[0]
  if (newest === undefined) return { kind: 'damaged' }
  return { kind: 'found', ...newest, isDoubtful: slots.length < slotStarts.length }
}

/** Writes the first record of a store under a temporary name, on the disk; `placeRecord` renames it. */
export function writeTemporaryRecord(directory: string, record: CommitRecord): void {
  const path = temporaryRecordPath(directory)
  const file = openToWrite(path, statIfPresent(join(directory, 'heirloom.sqlite')))
  try {
    const bytes = Buffer.alloc(fileBytes)
    slotStarts.forEach((start, generation) => slotOf(record, generation).copy(bytes, start))
    onDisk(path, 'write', () => {
      writeSync(file, bytes, 0, fileBytes, 0)
      fsyncSync(file)
    })
  } finally {
    closeSync(file)
  }
}

/** Renames the record from its temporary name. */
export function placeRecord(directory: string): void {
  onDisk(recordPath(directory), 'write', () => {
    renameSync(temporaryRecordPath(directory), recordPath(directory))
    const file = openSync(directory, 'r')
    try {
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
  })
}

/** Completes the creation of a store that was interrupted before its record was renamed. */
export function completeRecord(directory: string): void {
  if (!existsSync(recordPath(directory)) && existsSync(temporaryRecordPath(directory))) placeRecord(directory)
}

export const temporaryRecordPath = (directory: string): string => `${recordPath(directory)}.new`

/** The record of a store that is open for writing. */
export class CommitRecordFile {
  readonly #file: number
  readonly #path: string
  #record: CommitRecord
  #generation: number

  constructor(directory: string) {
    this.#path = recordPath(directory)
    const found = readRecord(directory)
    assert(found.kind === 'found', 'a store is opened with its record')
    this.#record = found.record
    this.#generation = found.generation
    this.#file = onDisk(this.#path, 'write', () => openSync(this.#path, 'r+'))
  }

  get record(): CommitRecord {
    return this.#record
  }

  /** The next generation (Rec1). */
  write(record: CommitRecord): void {
    assert(record.store === this.#record.store, 'a commit record stays with its store')
    assert(record.height >= this.#record.height, 'the height of a commit record only grows')
    this.#put(record, this.#generation + 1)
    this.#generation += 1
    this.#record = record
  }

  /** Rec3. */
  updateLog(log: LogState): void {
    const record = { ...this.#record, log }
    this.#put(record, this.#generation)
    this.#record = record
  }

  close(): void {
    closeSync(this.#file)
  }

  #put(record: CommitRecord, generation: number): void {
    const bytes = slotOf(record, generation)
    try {
      writeSync(this.#file, bytes, 0, bytes.length, slotStarts[generation % 2 === 0 ? 0 : 1])
      fdatasyncSync(this.#file)
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      refuse('store/write-failed', `${this.#path} cannot be written: ${why}`, { path: this.#path })
    }
  }
}

interface Slot {
  readonly record: CommitRecord
  readonly generation: number
}

function slotOf({ store, height, activityHash, log }: CommitRecord, generation: number): Buffer {
  const { position } = log.kind === 'none' ? { position: undefined } : log
  const logText =
    position === undefined ? 'none' : `${log.kind} ${position.salt} ${position.frame} ${position.checksum}`
  assert(generation >= 0 && height >= 0, 'generations and heights count from 0')
  const lines = [
    'heirloom.last 1',
    `store ${store}`,
    `generation ${generation}`,
    `height ${height}`,
    `activity-hash ${activityHash}`,
    `log ${logText}`,
  ]
  const said = `${lines.join('\n')}\n`
  const text = `${said}sha256 ${sha256(said)}\n`
  assert(text.length <= textBytes, 'a commit record fits its place')
  return Buffer.from(text.padEnd(textBytes, '\n').repeat(2), 'latin1')
}

/** The later of a slot's valid texts. */
function readSlot(bytes: Buffer, start: number): Slot | undefined {
  const texts = [0, textBytes].map((offset) =>
    bytes.toString('latin1', start + offset, start + offset + textBytes),
  )
  const [one, other] = texts.map(readText)
  if (one === undefined || other === undefined) return one ?? other
  return other.generation > one.generation ? other : one
}

const recordPattern =
  /^(heirloom\.last 1\nstore ([0-9a-f]{32})\ngeneration (\d{1,15})\nheight (\d{1,15})\nactivity-hash ([0-9a-f]{64})\nlog (?:none|(apart|merging|merged) ([0-9a-f]{16}) (\d{1,10}) ([0-9a-f]{16}))\n)sha256 ([0-9a-f]{64})\n+$/

function readText(text: string): Slot | undefined {
  const [, said = '', store = '', generation, height, hash = '', kind, salt = '', frame, checksum = '', sum] =
    recordPattern.exec(text) ?? []
  if (sum === undefined || sha256(said) !== sum) return undefined
  const position = { salt, frame: Number(frame), checksum }
  const log: LogState =
    kind === undefined ? { kind: 'none' } : { kind: kind as 'apart' | 'merging' | 'merged', position }
  return {
    generation: Number(generation),
    record: { store, height: Number(height), activityHash: hash as Hash, log },
  }
}

const readIfPresent = (path: string): Buffer | undefined =>
  assertStoreFile(path) === undefined ? undefined : onDisk(path, 'read', () => readFileSync(path))
