/**
 * Checking a store against its own hashes.
 *
 * | how    | when it opens, it checks                                                              |
 * |--------|---------------------------------------------------------------------------------------|
 * | `lazy` | nothing; everything is checked when it is read, as always                             |
 * | `live` | what the kernel runs from: bundles, kept snapshots with their pages, current spans     |
 * | `all`  | also every old span, every row of the state, the uses of pages, SQLite's own structure |
 */
import type { Space } from '../kernel/ports.ts'
import { refuse } from '../protocol/codes.ts'
import type { Bundles } from './bundles.ts'
import type { Heaps } from './heaps.ts'
import { limits } from './limits.ts'
import { verifyRow } from './rows.ts'
import { successor } from './sorted.ts'
import type { SqlFile } from './sql.ts'
import type { Transcripts } from './transcripts.ts'

export type Verification = 'lazy' | 'live' | 'all'

export interface Verifiable {
  readonly sql: SqlFile
  readonly transcripts: Transcripts
  readonly heaps: Heaps
  readonly bundles: Bundles
}

export function verify(store: Verifiable, how: Verification): void {
  if (how === 'lazy') return
  if (how === 'all') verifyStructure(store.sql)
  store.bundles.verify()
  store.heaps.verify()
  if (how === 'live') return verifyCurrentSpans(store.transcripts)
  store.heaps.verifyUses()
  for (const vat of store.transcripts.vats()) store.transcripts.verifyAll(vat)
  verifyState(store.sql)
}

function verifyCurrentSpans(transcripts: Transcripts): void {
  for (const vat of transcripts.vats()) {
    const span = transcripts.span(vat)
    if (span !== undefined) transcripts.verifySpan(vat, span)
  }
}

function verifyStructure(sql: SqlFile): void {
  const [finding] = sql.query<[string]>('PRAGMA integrity_check(1)').one() ?? ['nothing']
  if (finding !== 'ok') refuse('store/corrupt-file', `SQLite says of ${sql.path}: ${finding}`, { path: sql.path, finding })
}

function verifyState(sql: SqlFile): void {
  const rows = sql.query<[string, string, number]>(
    'SELECT key, value, checksum FROM state WHERE space = ? AND key >= ? ORDER BY key LIMIT ?',
  )
  for (const [id, space] of sql.query<[number, Space]>('SELECT id, name FROM space ORDER BY id').all()) {
    verifySpace(space, (from) => rows.all(id, from, limits.batch))
  }
}

function verifySpace(space: Space, read: (from: string) => [string, string, number][]): void {
  let from = ''
  for (;;) {
    const batch = read(from)
    for (const [key, value, check] of batch) {
      verifyRow(space, key, value, check)
      from = successor(key)
    }
    if (batch.length < limits.batch) return
  }
}
