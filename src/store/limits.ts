/**
 * Limits of the store, by name. Lengths of text are in UTF-16 code units, of bytes in bytes.
 *
 * Whoever calls the store has checked what comes from outside against its own, tighter limits;
 * so text over one of these limits is a bug of the caller and asserts. Bundles come from outside
 * and are refused with a code.
 */
import { assert } from '../base/errors.ts'

export const limits = {
  /** A key of the state. */
  keyLength: 4_096,
  /** A value of the state. */
  valueLength: 16 * 1024 * 1024,
  /** The name of a space, of a port or of a bundle. */
  nameLength: 128,
  /** A transcript entry as text: what a delivery brings, writes and reads (`deliveryLimits`), of which what is read can be six times as long when it is written down. */
  entryLength: 256 * 1024 * 1024,
  /** An item of the inbox or of the outbox. */
  itemLength: 16 * 1024 * 1024,
  /** A bundle. */
  bundleBytes: 64 * 1024 * 1024,
  /** A source map of a bundle, compressed. A larger one is not kept. */
  sourceMapBytes: 16 * 1024 * 1024,
  /** A page of a heap. */
  pageBytes: 64 * 1024,
  /** The manifest of a heap. */
  manifestBytes: 16 * 1024 * 1024,
  /** Clean rows of the state kept in memory, unless the opener says otherwise. */
  cacheCharacters: 64 * 1024 * 1024,
  /** Keys of one space that are remembered not to be there. */
  absentKeys: 4_096,
  /** What a row in memory costs beside its characters, in characters. */
  rowOverhead: 64,
  /** Pages in SQLite's log with which a commit takes it into the file, unless the opener says otherwise. */
  logPages: 10_000,
  /** Keys read ahead of an iteration. */
  readAhead: 256,
  /** Read-ahead grows no further once one reading brought this much. */
  readAheadCharacters: 256 * 1024,
  /** Rows read at once from transcripts and pages. */
  batch: 256,
  /** Pages kept in memory, of 4 KiB each. */
  pagesInMemory: 4_096,
  /** Pages of vats that have ended that are freed with one commit. */
  pagesFreed: 4_096,
  /** Entries, spans and records of blocks that a commit prunes, beside twice what it adds. */
  rowsPruned: 1_000,
  /** Bytes of entries that a commit prunes, beside twice those that it adds. */
  bytesPruned: 1024 * 1024,
  /** Vats at which a commit looks for something to prune, beside two for each span that it begins. */
  vatsLookedAt: 64,
  /** Records of blocks are pruned when there are so many to prune, since each time writes to the disk. */
  blocksPrunedAtOnce: 64,
  /** The same for a step of pruning that was asked for, which is a transaction of its own. */
  rowsPrunedByStep: 10_000,
  bytesPrunedByStep: 8 * 1024 * 1024,
  /** The longest path, links resolved, of a file that SQLite opens: 512 bytes, less what it appends. */
  pathBytes: 504,
  /** How long, in milliseconds, a writer waits for the lock: a reader that looks whether it is held has it for less. */
  lockPatience: 100,
  /** How often a store that changes meanwhile is copied again. */
  copies: 3,
  /** Vats whose current span stays in memory between blocks. */
  transcriptsInMemory: 16_384,
} as const

/** Text that comes back from SQLite as it went in, and is not over its limit. The message is made only when it is needed. */
export function assertText(text: string, limit: number, what: string): void {
  if (text.length <= limit && text.isWellFormed()) return
  assert(text.isWellFormed(), `${what} holds half of a surrogate pair`)
  assert(text.length <= limit, `${what} has ${text.length} characters; the limit is ${limit}`)
}
