/** The parts of a store on one SQLite file. */
import { Blocks } from '../state/blocks.ts'
import { Bundles } from './bundles.ts'
import { Heaps } from './heaps.ts'
import { Inbox } from './inbox.ts'
import type { Journal } from '../state/journal.ts'
import type { OpenGuard } from '../state/openGuard.ts'
import { Outbox } from './outbox.ts'
import { PrunedNotes } from '../state/pruned.ts'
import { Pruning } from './pruning.ts'
import type { SqlFile } from '../sql/sql.ts'
import { State } from '../state/state.ts'
import { Transcripts } from './transcripts.ts'
import { Trust } from './trust.ts'

export interface Parts {
  readonly state: State
  readonly transcripts: Transcripts
  readonly heaps: Heaps
  readonly bundles: Bundles
  readonly inbox: Inbox
  readonly outbox: Outbox
  readonly blocks: Blocks
  readonly trust: Trust
  readonly pruned: PrunedNotes
  readonly pruning: Pruning
}

export function makeParts(sql: SqlFile, journal: Journal, life: OpenGuard, cacheCharacters: number): Parts {
  const pruned = new PrunedNotes(sql)
  return {
    state: new State(sql, journal, life, cacheCharacters),
    transcripts: new Transcripts(sql, journal, life, pruned),
    heaps: new Heaps(sql, journal, life),
    bundles: new Bundles(sql, life),
    inbox: new Inbox(sql, journal, life),
    outbox: new Outbox(sql, journal, life),
    blocks: new Blocks(sql, life, pruned),
    trust: new Trust(sql),
    pruned,
    pruning: new Pruning(sql, pruned),
  }
}

/** Resets inbox and outbox to the last block. */
export function restoreChannels({ blocks, inbox, outbox }: Parts): void {
  const { inboxLast, inboxTaken, outboxLast, outboxAcknowledged } = blocks.readLast().channels
  inbox.restore(inboxLast, inboxTaken)
  outbox.restore(outboxLast, outboxAcknowledged)
}
