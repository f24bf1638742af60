/**
 * The guarantees of a commit beyond SQLite's: that the open store is the one on the disk, and that the block
 * is on record.
 *
 * Com1. Before a commit the open files are verified to be those at the paths of the store (`openFiles.ts`).
 * Com2. A commit returns when its block is in the log, synced, and then its height and activity hash, and the
 *       log's length, are in the commit record, synced. So the record is never ahead of the store; a process
 *       that dies between the two leaves the store one block ahead.
 * Com3. Before pages of the log go into the file the record says `merging`; once all are there, `merged`.
 *       Only then does SQLite restart the log. So the required content of the log is known at any instant.
 * Com4. Every opening merges the log into the file, and so does every commit that leaves at least `logPages`
 *       pages in it. Pages that a reader uses stay in place: while one reads, the log grows by later commits.
 */
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { assert, CodedError } from '../../base/errors.ts'
import { refuse } from '../../protocol/codes.ts'
import type { BlockRecord } from '../../protocol/store/views.ts'
import {
  CommitRecordFile,
  completeRecord,
  placeRecord,
  readRecord,
  recordPath,
  writeTemporaryRecord,
  type LogState,
} from '../files/commitRecord.ts'
import { statIfPresent, onDisk } from '../files/fileSystem.ts'
import { readIdentity } from './identity.ts'
import { logPath, positionOf } from '../files/log.ts'
import { OpenFiles } from '../files/openFiles.ts'
import type { SqlFile } from '../sql/sql.ts'

export class Commits {
  readonly #directory: string
  readonly #sql: SqlFile
  readonly #logPages: number
  readonly #pageBytes: number
  /** The log; closing it releases no lock (Wal2). */
  #log: number | undefined
  #record: CommitRecordFile | undefined
  #files: OpenFiles | undefined

  constructor(directory: string, sql: SqlFile, logPages: number) {
    this.#directory = directory
    this.#sql = sql
    this.#logPages = logPages
    this.#pageBytes = sql.pragmaNumber('page_size')
    // A log that has outgrown its bound is truncated when it is restarted.
    sql.pragmaNumber(`journal_size_limit = ${logPages * this.#pageBytes}`)
  }

  /** Records that the store was checked and is at this block. */
  begin(last: BlockRecord): void {
    assert(this.#record === undefined, 'commits begin once')
    const isOnRecord = this.#findRecord(last)
    this.#log = openIfPresent(logPath(this.#sql.path))
    const { log: before } = this.#openRecord.record
    const log = this.#currentLog(before)
    if (!isOnRecord || JSON.stringify(log) !== JSON.stringify(before)) this.#write(last, log)
    this.#tryMerge('TRUNCATE')
    this.#files = new OpenFiles([this.#directory, ...fileNames.map((name) => join(this.#directory, name))])
  }

  /** Com1. */
  assertInPlace(): void {
    this.#files?.assertInPlace()
  }

  /** Com2: called when the block was committed. */
  record(block: BlockRecord): void {
    const log = this.#currentLog(this.#openRecord.record.log)
    try {
      this.#write(block, log)
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      const said = `Block ${block.height} is in the file, and could not be recorded: ${why}. Commit again once it can be`
      refuse('store/write-failed', said, { path: recordPath(this.#directory), height: block.height })
    }
    if (log.kind !== 'none' && log.position.frame >= this.#logPages) this.#tryMerge('PASSIVE')
  }

  /** Com3. With `TRUNCATE` the log is also emptied, unless a reader needs it. */
  merge(mode: 'PASSIVE' | 'TRUNCATE'): void {
    if (this.#record === undefined) return
    const { log } = this.#record.record
    if (log.kind === 'apart') this.#record.updateLog({ ...log, kind: 'merging' })
    const { isComplete } = this.#sql.checkpoint('PASSIVE')
    const now = this.#record.record.log
    if (isComplete && now.kind === 'merging') this.#record.updateLog({ ...now, kind: 'merged' })
    if (isComplete && mode === 'TRUNCATE') this.#sql.checkpoint('TRUNCATE')
  }

  close(): void {
    this.#record?.close()
    if (this.#log !== undefined) closeSync(this.#log)
    this.#record = undefined
    this.#log = undefined
  }

  get #openRecord(): CommitRecordFile {
    assert(this.#record !== undefined, 'commits are recorded after they have begun')
    return this.#record
  }

  /** Opens the record, and replaces one of another store. Returns whether it has the block. */
  #findRecord({ height, activityHash }: BlockRecord): boolean {
    completeRecord(this.#directory)
    const found = readRecord(this.#directory)
    const store = readIdentity(this.#sql)
    const isOurs = found.kind === 'found' && found.record.store === store && found.record.height <= height
    if (!isOurs) {
      writeTemporaryRecord(this.#directory, { store, height, activityHash, log: { kind: 'none' } })
      placeRecord(this.#directory)
    }
    this.#record = new CommitRecordFile(this.#directory)
    const { record } = this.#record
    return !(isOurs && found.isDoubtful) && record.height === height && record.activityHash === activityHash
  }

  /** An unmerged log does no harm: the next commit tries again. */
  #tryMerge(mode: 'PASSIVE' | 'TRUNCATE'): void {
    try {
      this.merge(mode)
    } catch (error) {
      if (!(error instanceof CodedError)) throw error
    }
  }

  #write({ height, activityHash }: BlockRecord, log: LogState): void {
    this.#openRecord.write({ store: this.#openRecord.record.store, height, activityHash, log })
  }

  /** The present length of the log, and whether the file may have pages of it. */
  #currentLog(before: LogState): LogState {
    const { frames } = this.#sql.checkpoint('NOOP')
    if (frames === 0 || this.#log === undefined) return before.kind === 'merged' ? before : { kind: 'none' }
    const position = positionOf(this.#log, frames, this.#pageBytes)
    if (before.kind === 'none' || before.position.salt !== position.salt) return { kind: 'apart', position }
    if (before.position.frame === position.frame) return before
    return { kind: before.kind === 'apart' ? 'apart' : 'merging', position }
  }
}

/** Files of an open store. */
const fileNames = [
  'heirloom.sqlite',
  'heirloom.sqlite-wal',
  'heirloom.sqlite-shm',
  'heirloom.lock',
  'heirloom.last',
] as const

const openIfPresent = (path: string): number | undefined =>
  statIfPresent(path) === undefined ? undefined : onDisk(path, 'read', () => openSync(path, 'r'))
