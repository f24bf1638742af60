/**
 * Checks whether a store is where its last commit left it, before it is opened for writing or reading.
 *
 * Cnt1. Up to the position in the commit record, the log is as it was written. Pages of it may be in the file
 *       already, so a log that lacks some is not an older block but a mixture: `store/corrupt-log`.
 * Cnt2. At most one transaction follows that position: one whose commit did not return. It may be there
 *       whole, in part, or with holes, as a loss of power leaves it; it is not damage.
 * Cnt3. The last block of the store is that of the record or follows it; otherwise `store/rolled-back`.
 * Cnt4. A store without a record has a format before 3, and gets one. A store of format 3 whose record is
 *       missing, damaged or of another store is refused (`store/corrupt-record`): its losses are unknown.
 *
 * | the log has                   | `none`, `merged`                   | `apart`                       | `merging` |
 * |-------------------------------|------------------------------------|-------------------------------|-----------|
 * | no bytes, or no right header  | right                              | Cnt3 decides, when it has none | damage    |
 * | the salt of the position      | right up to the position, or damage | the same                     | the same  |
 * | another salt                  | right with at most one transaction | damage                        | damage    |
 */
import { CodedError } from '../../base/errors.ts'
import { refuse, type Code } from '../../protocol/codes.ts'
import type { BlockRecord, RolledBack } from '../../protocol/store/views.ts'
import { readRecord, type CommitRecord, type RecordReading } from '../files/commitRecord.ts'
import { readIdentity } from './identity.ts'
import { logPath, readLog, readLogHeader, type Log } from '../files/log.ts'
import { Pruned } from '../state/pruned.ts'
import { formatWithRecord } from '../sql/schema.ts'
import { SqlFile } from '../sql/sql.ts'

/** The findings beside the file, as far as they can be checked without it. */
export interface RecordAndLog {
  readonly record: RecordReading
  readonly log: Log
}

/** Checks the log against the record. Requires the writer's lock. */
export function checkLog(path: string, directory: string, rolledBack: RolledBack): RecordAndLog {
  const record = readRecord(directory)
  const log = readLog(path)
  const why =
    record.kind === 'found'
      ? contradictionOf(log, record.record, rolledBack)
      : rolledBack === 'accept'
        ? undefined
        : damageOf(log)
  if (why === undefined) return { record, log }
  if (record.kind !== 'found' || !isOfAnother(record.record, path))
    refuse('store/corrupt-log', `${logPath(path)}: ${why}`, { path: logPath(path) })
  if (rolledBack === 'refuse') refuseRecord(path, 'belongs to another store')
  return { record, log }
}

/** Whether the file, as far as it is readable, has another identity. Reading does not change it. */
function isOfAnother({ store }: CommitRecord, path: string): boolean {
  try {
    const sql = new SqlFile(path, 'read')
    try {
      return readIdentity(sql) !== store
    } finally {
      sql.close()
    }
  } catch {
    return false
  }
}

/** Like `checkLog`, beside a writer: repeats the check if the files changed meanwhile. */
export function checkLogBesideWriter(path: string, directory: string): RecordAndLog {
  for (let attempt = 1; ; attempt += 1) {
    const before = JSON.stringify([readRecord(directory), readLogHeader(path)])
    try {
      const surroundings = checkLog(path, directory, 'refuse')
      const { record } = surroundings
      // A slot may be read in the middle of a write.
      const isClear = record.kind === 'missing' || (record.kind === 'found' && !record.isDoubtful)
      if (isClear || attempt === maxAttempts) return surroundings
    } catch (error) {
      const hasChanged = before !== JSON.stringify([readRecord(directory), readLogHeader(path)])
      if (!isCoded(error, 'store/corrupt-log') || !hasChanged || attempt === maxAttempts) throw error
    }
  }
}

/** Cnt3, Cnt4. The record was read before the store, so that a writer's next block does not matter. */
export function assertContinues(sql: SqlFile, last: BlockRecord, record: RecordReading): void {
  const { path } = sql
  if (sql.pragmaNumber('user_version') < formatWithRecord) {
    // An older release that was interrupted while it created a store leaves this, and so does the loss of its
    // log.
    if (last.height === 0)
      refuseRecord(
        path,
        'is missing, as in any store of an older release, and the store holds nothing but block 0',
      )
    return
  }
  if (record.kind === 'missing') refuseRecord(path, 'is missing')
  if (record.kind === 'damaged') refuseRecord(path, 'is damaged: neither of its slots can be read')
  const { store, height, activityHash } = record.record
  if (store !== readIdentity(sql)) refuseRecord(path, 'belongs to another store')
  if (last.height < height)
    refuseRolledBack(
      path,
      last,
      record.record,
      `the store is at block ${last.height} and was at block ${height}`,
    )
  if (record.isDoubtful && last.height === height) {
    refuseRecord(
      path,
      `is damaged: one of its slots cannot be read, and may have named a block after ${height}`,
    )
  }
  const [hash] =
    sql.query('SELECT activity_hash FROM block WHERE height = ?', 'block', ['hash']).one(height) ?? []
  if (hash === activityHash) return
  // Since the record was read, a writer has continued and pruned the block's record.
  if (hash === undefined && height < new Pruned(sql).blocks()) return
  refuseRolledBack(
    path,
    last,
    record.record,
    `block ${height} of the store has the activity hash ${hash ?? '(none)'}, but was recorded with ${activityHash}`,
  )
}

/** Cnt1, Cnt2: how a log contradicts the record. */
function contradictionOf(log: Log, { log: state }: CommitRecord, rolledBack: RolledBack): string | undefined {
  const isNeeded = state.kind === 'apart' || state.kind === 'merging'
  const mayGoBack = state.kind === 'apart' && rolledBack === 'accept'
  const position = state.kind === 'none' ? undefined : state.position
  switch (log.kind) {
    case 'empty':
      return state.kind === 'merging'
        ? `it is missing or empty, but the file needs its ${state.position.frame} frames`
        : undefined
    case 'headless':
      return isNeeded && !mayGoBack ? `its header is damaged; ${log.frames} frames follow it` : undefined
    case 'frames':
  }
  if (log.salt !== position?.salt) {
    if (isNeeded) return 'it is not the log to which the last commit was written'
    return log.commits.length + log.commitsBehind > 1
      ? 'it belongs to another store, or to another state of this one'
      : undefined
  }
  const there = log.commits.find(({ frame }) => frame === position.frame)
  if (there?.checksum !== position.checksum) {
    return mayGoBack
      ? undefined
      : `it is intact up to frame ${log.valid}, but was written up to frame ${position.frame}`
  }
  return log.commitsBehind > 1
    ? `frame ${log.valid + 1} is damaged, and ${log.commitsBehind} transactions follow it`
    : undefined
}

/** A finding without a record: a transaction follows damaged frames. */
function damageOf(log: Log): string | undefined {
  if (log.kind === 'headless')
    return log.frames > 0 ? `its header is damaged; ${log.frames} frames follow it` : undefined
  if (log.kind === 'empty' || log.commitsBehind === 0) return undefined
  return `frame ${log.valid + 1} is damaged, and ${log.commitsBehind} transactions follow it`
}

const maxAttempts = 20
const isCoded = (error: unknown, code: Code): boolean => error instanceof CodedError && error.code === code

function refuseRecord(path: string, why: string): never {
  refuse('store/corrupt-record', `The commit record of ${path} ${why}`, { path, why })
}

function refuseRolledBack(path: string, last: BlockRecord, record: CommitRecord, why: string): never {
  refuse('store/rolled-back', `${path}: ${why}`, {
    path,
    height: last.height,
    activityHash: last.activityHash,
    recordedHeight: record.height,
    recordedHash: record.activityHash,
  })
}
