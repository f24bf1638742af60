/**
 * Limits of the store, by name. Text lengths are in UTF-16 code units, byte lengths in bytes.
 *
 * Callers check external data against their own, tighter limits; so text over one of these limits is a bug of
 * the caller and asserts. Bundles are external and are refused with a code.
 */
import { assert } from '../../base/errors.ts'

export const limits = {
  /** A key of the state. */
  keyLength: 4_096,
  /** A value of the state. */
  valueLength: 16 * 1024 * 1024,
  /** The name of a space, of a port or of a bundle. */
  nameLength: 128,
  /**
   * A transcript entry as text: the delivery's input, writes and reads (`deliveryLimits`); what is read can
   * become six times as long when written.
   */
  entryLength: 256 * 1024 * 1024,
  /** An item of the inbox or of the outbox. */
  itemLength: 16 * 1024 * 1024,
  /** A bundle. */
  bundleBytes: 64 * 1024 * 1024,
  /** A source map of a bundle, compressed. Larger ones are not kept. */
  sourceMapBytes: 16 * 1024 * 1024,
  /** A page of a heap. */
  pageBytes: 64 * 1024,
  /** The manifest of a heap. */
  manifestBytes: 16 * 1024 * 1024,
  /** Clean rows of the state kept in memory, unless the opener sets another limit. */
  cacheCharacters: 64 * 1024 * 1024,
  /** Keys of one space that are known to be absent. */
  absentKeys: 4_096,
  /** The overhead of a row in memory, in characters. */
  rowOverhead: 64,
  /**
   * Pages in SQLite's log at which a commit merges it into the file, unless the opener sets another limit.
   */
  logPages: 10_000,
  /** Keys read ahead of an iteration. */
  readAhead: 256,
  /** Read-ahead stops growing once one read returned this much. */
  readAheadCharacters: 256 * 1024,
  /** Rows read at once from transcripts and pages. */
  batch: 256,
  /** Pages kept in memory, of 4 KiB each. */
  pagesInMemory: 4_096,
  /** Pages of terminated vats that one commit frees. */
  pagesFreed: 4_096,
  /** Entries, spans and block records that a commit prunes, in addition to twice what it adds. */
  rowsPruned: 1_000,
  /** Bytes of entries that a commit prunes, in addition to twice those that it adds. */
  bytesPruned: 1024 * 1024,
  /** Vats that a commit checks for pruning, in addition to two for each span that it begins. */
  vatsLookedAt: 64,
  /** Block records are pruned in batches of this size, since each batch writes to the disk. */
  blocksPrunedAtOnce: 64,
  /** Likewise for a requested step of pruning, which is its own transaction. */
  rowsPrunedByStep: 10_000,
  bytesPrunedByStep: 8 * 1024 * 1024,
  /** The longest path, links resolved, of a file that SQLite opens: 512 bytes, less what it appends. */
  pathBytes: 504,
  /** How long, in milliseconds, a writer waits for the lock: a reader that checks it holds it for less. */
  lockTimeout: 100,
  /**
   * How long, in milliseconds, opening a file waits for readers: the last that closes it holds it while it
   * removes the log, and so does the first that opens it after a crash.
   */
  openingTimeout: 5_000,
  /** How often to retry copying a store that changes meanwhile. */
  copies: 3,
  /** Vats whose current span stays in memory between blocks. */
  transcriptsInMemory: 16_384,
} as const

/**
 * Asserts that SQLite returns the text as it was written, and that it is within its limit. The message is
 * built only when needed.
 */
export function assertText(text: string, limit: number, what: string): void {
  if (text.length <= limit && text.isWellFormed()) return
  assert(text.isWellFormed(), `${what} holds half of a surrogate pair`)
  assert(text.length <= limit, `${what} has ${text.length} characters; the limit is ${limit}`)
}
