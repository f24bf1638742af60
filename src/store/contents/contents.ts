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
}

export function makeContents(
  sql: SqlFile,
  journal: Journal,
  guard: OpenGuard,
  cacheCharacters: number,
): StoreContents {
  const pruned = new PrunedRecords(sql)
  const recorder = new InputRecorder()
  const inputs = new InputTable(sql)
  return {
    state: new StoreState(sql, journal, guard, recorder, cacheCharacters),
    transcripts: new Transcripts(sql, journal, guard, pruned),
    heaps: new Heaps(sql, journal, guard),
    bundles: new Bundles(sql, guard, recorder),
    inbox: new Inbox(sql, journal, guard, recorder),
    outbox: new Outbox(sql, journal, guard),
    blocks: new Blocks(sql, guard, pruned),
    inputs,
    recorder,
    trust: new Trust(sql),
    pruned,
    pruning: new Pruner(sql, pruned, inputs),
  }
}

/** Resets inbox and outbox to the last block. */
export function restoreChannels({ blocks, inbox, outbox }: StoreContents): void {
  const { inboxLast, inboxTaken, outboxLast, outboxAcknowledged } = blocks.readLast().channels
  inbox.restore(inboxLast, inboxTaken)
  outbox.restore(outboxLast, outboxAcknowledged)
}
