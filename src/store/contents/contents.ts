/** The contents of a store: the owners of the tables of one SQLite file. */
import { Blocks } from '../state/blocks.ts'
import { Bundles } from './bundles.ts'
import { Heaps } from './heaps.ts'
import { Inbox } from './inbox.ts'
import { InputTable } from '../inputs/blockInputs.ts'
import { InputRecorder } from '../inputs/inputRecorder.ts'
import type { Journal } from '../state/journal.ts'
import type { OpenGuard } from '../state/openGuard.ts'
import { Outbox } from './outbox.ts'
import { PrunedRecords } from '../state/pruned.ts'
import { Pruner } from './pruner.ts'
import type { SqlFile } from '../sql/sql.ts'
import { StoreState } from '../state/state.ts'
import { Transcripts } from './transcripts.ts'
import { Trust } from './trust.ts'
import { UndoLog } from '../undo/undoLog.ts'

/** Methods of a part that only the store as a whole calls. */
export type Internal =
  | 'flush'
  | 'onCommitted'
  | 'abandon'
  | 'restore'
  | 'verify'
  | 'additions'
  | 'freePages'
  | 'onPagesFreed'
  | 'remove'
  | 'reload'

export interface StoreContents {
  readonly state: StoreState
  readonly transcripts: Transcripts
  readonly heaps: Heaps
  readonly bundles: Bundles
  readonly inbox: Inbox
  readonly outbox: Outbox
  readonly blocks: Blocks
  readonly inputs: InputTable
  readonly recorder: InputRecorder
  readonly trust: Trust
  readonly pruned: PrunedRecords
  readonly pruning: Pruner
  readonly undoLog: UndoLog
}

export function makeContents(
  sql: SqlFile,
  journal: Journal,
  guard: OpenGuard,
  cacheCharacters: number,
): StoreContents {
  const pruned = new PrunedRecords(sql)
  const blocks = new Blocks(sql, guard, pruned)
  const undoLog = new UndoLog(sql, guard, blocks)
  const recorder = new InputRecorder()
  const inputs = new InputTable(sql)
  return {
    state: new StoreState(sql, journal, guard, recorder, cacheCharacters),
    transcripts: new Transcripts(sql, journal, guard, pruned),
    heaps: new Heaps(sql, journal, guard),
    bundles: new Bundles(sql, guard, recorder),
    inbox: new Inbox(sql, journal, guard, recorder, undoLog),
    outbox: new Outbox(sql, journal, guard),
    blocks,
    inputs,
    recorder,
    trust: new Trust(sql),
    pruned,
    pruning: new Pruner(sql, pruned, inputs),
    undoLog,
  }
}

/** Back to the last block, completely. */
export function abandonBlock(contents: StoreContents): void {
  const { state, transcripts, heaps, bundles, blocks, trust, pruning, undoLog, recorder } = contents
  for (const part of [state, transcripts, heaps, bundles, blocks, trust, pruning, undoLog]) part.abandon()
  recorder.clear()
  restoreChannels(contents)
}

/** Back to the last block, with the items that were appended since, and with bundles. */
export function undoKernelPart(contents: StoreContents): void {
  const { state, transcripts, heaps, blocks, pruning, inbox, recorder } = contents
  const items = inbox.added
  recorder.undo()
  for (const part of [state, transcripts, heaps, blocks, pruning]) part.abandon()
  restoreChannels(contents)
  for (const item of items) inbox.append(item)
}

/** Resets inbox and outbox to the last block. */
export function restoreChannels({ blocks, inbox, outbox }: StoreContents): void {
  const { inboxLast, inboxTaken, outboxLast, outboxAcknowledged } = blocks.readLast().channels
  inbox.restore(inboxLast, inboxTaken)
  outbox.restore(outboxLast, outboxAcknowledged)
}

/** Writes the open block, within a transaction. Memory is unchanged until `blockCommitted`. */
export function flushBlock(contents: StoreContents): void {
  const { state, transcripts, bundles, heaps, inbox, outbox, blocks, trust, pruning, undoLog } = contents
  const { inputs, recorder } = contents
  const { height } = blocks.next
  const text = recorder.text(undoLog.next)
  const additions = transcripts.additions()
  undoLog.flushStart()
  for (const part of [state, transcripts, bundles, heaps, inbox, outbox, trust]) part.flush()
  blocks.flush({
    inboxLast: inbox.last,
    inboxTaken: inbox.taken,
    outboxLast: outbox.last,
    outboxAcknowledged: outbox.acknowledged,
  })
  inputs.put(height, text)
  pruning.flush(height, additions)
  undoLog.flush()
}

export function blockCommitted(contents: StoreContents): void {
  const { state, transcripts, bundles, heaps, inbox, outbox, blocks, trust, pruning, undoLog } = contents
  for (const part of [state, transcripts, bundles, heaps, inbox, outbox, blocks, trust, pruning, undoLog])
    part.onCommitted()
  contents.recorder.clear()
}

/**
 * Puts back what the undo log has saved, within a transaction. The items of the open block wait again (Ulg3).
 */
export function returnToStart(contents: StoreContents): void {
  const { undoLog, inbox, outbox, blocks, recorder } = contents
  const items = inbox.added
  recorder.returned()
  const { inboxLast } = blocks.readLast().channels
  const start = undoLog.restore()
  reload(contents)
  inbox.restore(inboxLast, start.inboxTaken)
  outbox.restore(start.outboxLast, start.outboxAcknowledged)
  for (const item of items) inbox.append(item)
}

/** A return failed, and its transaction was taken back. */
export function stayAtLast(contents: StoreContents): void {
  reload(contents)
  contents.undoLog.abandon()
  contents.recorder.undo()
  restoreChannels(contents)
}

/** SQLite's rows are others now. */
function reload({ state, transcripts, heaps, blocks, pruning }: StoreContents): void {
  for (const part of [state, heaps, pruning]) part.reload()
  for (const part of [transcripts, blocks]) part.abandon()
}
