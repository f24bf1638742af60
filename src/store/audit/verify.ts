/**
 * Verifies a store against its own hashes.
 *
 * | how    | when it opens, it checks                                                              |
 * |--------|---------------------------------------------------------------------------------------|
 * | `lazy` | nothing; everything is checked when it is read, as always                             |
 * | `live` | what the kernel runs from: bundles, kept snapshots with their pages, current spans     |
 * | `all`  | also every old span, every row of the state and whether rows are missing, bundle names, the uses of pages, blocks, channels, SQLite's own structure |
 *
 * Data that was pruned, or left out by an import, does not count as missing: the store records where a vat's
 * entries and the blocks begin, and how far earlier ones were removed (`pruned.ts`). From there on everything
 * must exist, and nothing before it. So damage is never mistaken for pruning.
 */
import type { Space } from '../../protocol/kernel/platform.ts'
import { refuse } from '../../protocol/codes.ts'
import type { Blocks } from '../state/blocks.ts'
import type { Bundles } from '../contents/bundles.ts'
import type { Heaps } from '../contents/heaps.ts'
import type { BlockInputs } from '../inputs/blockInputs.ts'
import type { Inbox } from '../contents/inbox.ts'
import type { Outbox } from '../contents/outbox.ts'
import type { Pruned } from '../state/pruned.ts'
import { emptyDigest, verifyDigest, verifyRow, withRow, type Digest } from '../state/digest.ts'
import type { SqlFile } from '../sql/sql.ts'
import type { Transcripts } from '../contents/transcripts.ts'
import type { UndoLog } from '../undo/undoLog.ts'
import type { Verification } from '../../protocol/store/views.ts'

export interface Verifiable {
  readonly sql: SqlFile
  readonly transcripts: Transcripts
  readonly heaps: Heaps
  readonly bundles: Bundles
  readonly inbox: Inbox
  readonly outbox: Outbox
  readonly blocks: Blocks
  readonly inputs: BlockInputs
  readonly pruned: Pruned
  readonly undoLog: UndoLog
}

export function verify(store: Verifiable, how: Verification): void {
  if (how === 'lazy') return
  if (how === 'all') verifyStructure(store.sql)
  store.bundles.verify()
  store.heaps.verify()
  if (how === 'live') return verifyCurrentSpans(store.transcripts)
  store.heaps.verifyUseCounts()
  for (const vat of store.transcripts.vats()) store.transcripts.verifyAll(vat)
  verifyState(store.sql)
  for (const _ of store.sql.rows('bundle_name').each());
  for (const part of [store.blocks, store.inbox, store.outbox, store.undoLog]) part.verify()
  store.inputs.verify(store.sql, store.blocks.last().height)
}

function verifyCurrentSpans(transcripts: Transcripts): void {
  for (const vat of transcripts.vats()) {
    const span = transcripts.span(vat)
    if (span !== undefined) transcripts.verifyKept(vat, span)
  }
}

function verifyStructure(sql: SqlFile): void {
  const [finding] = sql.text('integrity_check(1)')
  if (finding !== 'ok')
    refuse('store/corrupt-file', `SQLite says of ${sql.path}: ${finding}`, { path: sql.path, finding })
}

/** Verifies each row against its checksum, and the rows of each space against its digest (Row7). */
export function verifyState(sql: SqlFile): void {
  const rows = sql.query(
    'SELECT name, key, value, state.checksum FROM state LEFT JOIN space ON id = space',
    'state',
    ['space', 'text', 'text', 'checksum'],
  )
  const digests = new Map<Space, Digest>()
  for (const [space, key, value, check] of rows.each()) {
    verifyRow(space, key, value, check)
    digests.set(space, withRow(digests.get(space) ?? emptyDigest, check))
  }
  for (const [, space, count, sum] of sql.rows('space').each())
    verifyDigest(space, digests.get(space) ?? emptyDigest, { rows: count, sum })
}
