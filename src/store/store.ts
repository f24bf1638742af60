/**
 * The store: everything that outlives the process, in one SQLite file.
 *
 * It owns the file `heirloom.sqlite` of its directory, and the lock and the commit record beside it. It does
 * not interpret the kernel's keys, manifests, or transcript entries.
 *
 * S1. The file holds exactly the last committed block, at every instant and after any death of the process.
 * S2. The current block is only in memory; a commit writes all of it in one SQL transaction and returns when
 *     it is on the disk, and recorded there (`commits.ts`).
 * S3. A block consists of whole cranks: a commit with unsealed changes asserts.
 * S4. A failed commit leaves the file at the last block and the current block unchanged.
 * S5. Abandoning a block leaves the store as if it had been reopened.
 * S6. There is one writer; readers may fork it at any time.
 * S7. Damaged data is refused with a code, never repaired and never returned. A store is never opened at an
 *     older block than the last committed one, unless the opener accepts that (`continuity.ts`).
 * S8. After `close` every method refuses with `store/closed`, except `close` itself, which is a no-op.
 * S9. A store opened for reading reads a private copy. It commits nothing, and changes to it are lost when it
 *     is closed.
 */
import { assert } from '../base/errors.ts'
import type { BundleId, VatId } from '../base/ids.ts'
import type { PlatformState } from '../protocol/kernel/platform.ts'
import { refuse } from '../protocol/codes.ts'
import type { Retention } from '../protocol/store/retention.ts'
import { auditStore, type PagesOf, type StoreAudit } from './audit/audit.ts'
import type { Blocks, SealedCrank } from './state/blocks.ts'
import type {
  BlockRecord,
  PruneStep,
  FreedPages,
  RolledBack,
  StoreAccess,
  Verification,
} from '../protocol/store/views.ts'
import type { Bundles } from './contents/bundles.ts'
import { Commits } from './opening/commits.ts'
import { assertFound, assertWritable, createFile, openFile } from './opening/file.ts'
import type { Heaps } from './contents/heaps.ts'
import type { Inbox } from './contents/inbox.ts'
import { Journal } from './state/journal.ts'
import { OpenGuard } from './state/openGuard.ts'
import { limits } from './files/limits.ts'
import { WriterLock } from './opening/lock.ts'
import { makeStore } from './opening/newStore.ts'
import type { Outbox } from './contents/outbox.ts'
import { makeParts, restoreChannels, type Parts } from './contents/parts.ts'
import { withoutReplay } from './space/pruneSurvey.ts'
import { openCopy } from './opening/reading.ts'
import type { SqlFile } from './sql/sql.ts'
import type { Transcripts } from './contents/transcripts.ts'
import type { Trust } from './contents/trust.ts'
import { verify } from './audit/verify.ts'

export { refusalOfAnyFile } from './files/fileSystem.ts'
export { forkStore } from './opening/fork.ts'
export type { SealedCrank } from './state/blocks.ts'
export { exportStore } from './export/export.ts'
export type { ExportProgress } from './export/export.ts'
export { importStore } from './export/import.ts'
export type { ImportedStore, ImportOptions, ImportProgress } from './export/import.ts'
export type { BundleRecord } from './contents/bundles.ts'
export type { Heap, Page } from './contents/heaps.ts'
export type { Manifest, Snapshot } from './contents/heapChanges.ts'
export type { InboxItem } from './contents/inbox.ts'
export type { OutboxItem } from './contents/outbox.ts'
export { StoreReader } from './reader.ts'
export { readFigures, figuresOf } from './space/figures.ts'
export type { FigureSource } from './space/figures.ts'
export { surveyPruning } from './space/pruneSurvey.ts'
export type { PruneExtras } from './space/pruneSurvey.ts'
export { measureStore } from './space/size.ts'
export type { LinkedEntry, RecordedEntry, Span } from './contents/spans.ts'

export interface StoreOptions {
  /** Checks when the store opens; default: `live`. */
  readonly verify?: Verification
  /** How many characters of clean state rows stay in memory. Affects only speed. */
  readonly cacheCharacters?: number
  /** Pages in SQLite's log at which a commit merges it into the file. Affects only speed. */
  readonly logPages?: number
  /** Policy for a store that is behind its commit record, or has lost it; default: `refuse`. */
  readonly rolledBack?: RolledBack
}

/** Creates a store, and its directory if missing. */
export function createStore(directory: string, options: StoreOptions = {}): Store {
  return makeStore(directory, (lock) => {
    createFile(directory)
    return openLocked(directory, lock, options)
  })
}

/** Opens the store of the directory, or refuses. */
export function openStore(directory: string, options: StoreOptions = {}): Store {
  assertFound(directory)
  assertWritable(directory)
  const lock = WriterLock.take(directory)
  try {
    return openLocked(directory, lock, options)
  } catch (error) {
    lock.discard()
    throw error
  }
}

/**
 * Opens the last block of the store of the directory for reading (S9). It needs no write permission and no
 * lock; another process may have the store open.
 */
export function openStoreForReading(directory: string, options: Omit<StoreOptions, 'logPages'> = {}): Store {
  assertFound(directory)
  return opened(
    directory,
    openCopy(directory, options.rolledBack ?? 'refuse'),
    noLock,
    () => undefined,
    options,
  )
}

type Lock = Pick<WriterLock, 'free'>

/** A private copy needs none. */
const noLock: Lock = { free: () => {} }

/** Methods of a part that only the store as a whole calls. */
type Internal =
  'flush' | 'settle' | 'abandon' | 'restore' | 'verify' | 'additions' | 'freePages' | 'freedPages' | 'remove'

export class Store {
  readonly state: PlatformState
  readonly transcripts: Omit<Transcripts, Internal>
  readonly heaps: Omit<Heaps, Internal>
  readonly bundles: Omit<Bundles, Internal>
  readonly inbox: Omit<Inbox, Internal>
  readonly outbox: Omit<Outbox, Internal>
  readonly blocks: Omit<Blocks, Internal | 'seal' | 'next' | 'readLast'>
  readonly trust: Pick<Trust, 'has' | 'add'>
  readonly directory: string
  readonly access: StoreAccess
  readonly #parts: Parts
  readonly #sql: SqlFile
  readonly #lock: Lock
  readonly #commits: Commits | undefined
  readonly #life: OpenGuard
  readonly #journal = new Journal()

  /**
   * For the functions above: the file is open and the lock held. A store opened for reading has no commits.
   */
  constructor(
    directory: string,
    sql: SqlFile,
    lock: Lock,
    commits: Commits | undefined,
    cacheCharacters: number,
  ) {
    this.directory = directory
    this.access = commits === undefined ? 'read' : 'write'
    this.#sql = sql
    this.#lock = lock
    this.#commits = commits
    this.#life = new OpenGuard(directory)
    this.#parts = makeParts(sql, this.#journal, this.#life, cacheCharacters)
    this.state = this.#parts.state
    this.transcripts = this.#parts.transcripts
    this.heaps = this.#parts.heaps
    this.bundles = this.#parts.bundles
    this.inbox = this.#parts.inbox
    this.outbox = this.#parts.outbox
    this.blocks = this.#parts.blocks
    this.trust = this.#parts.trust
    restoreChannels(this.#parts)
  }

  /** Ends the running crank; the next begins. */
  sealCrank(): SealedCrank {
    this.#life.assertOpen()
    return this.#parts.blocks.seal(this.#journal.seal(this.blocks.cranks + 1))
  }

  /**
   * Ends a crank without work. One that changed nothing does not count: it is not sealed, and has no number.
   */
  sealUnlessUnchanged(): void {
    if (this.#journal.open) this.sealCrank()
    else this.#journal.forget()
  }

  /** Makes everything since the last block durable, as the next block. */
  commit(): BlockRecord {
    this.assertCommits()
    assert(!this.#journal.open, 'the crank in work is sealed or undone before the block is committed (S3)')
    this.#commits?.assertInPlace()
    const { next } = this.#parts.blocks
    this.#sql.write(() => this.#flush())
    try {
      this.#commits?.record(next)
    } finally {
      this.#settle()
    }
    return this.blocks.last()
  }

  /** Refuses when the store was opened for reading (S9). */
  assertCommits(): void {
    this.#life.assertOpen()
    const { directory } = this
    if (this.access === 'read')
      refuse('store/opened-for-reading', `The store in ${directory} was opened for reading`, { directory })
  }

  /** Merges the log into the file, as far as readers allow. Changes no content. */
  checkpoint(): void {
    this.#life.assertOpen()
    this.#commits?.merge('TRUNCATE')
  }

  /**
   * Makes additions to the trust durable, between two blocks; in a store opened for reading they stay in
   * memory.
   */
  saveTrust(): void {
    this.#life.assertOpen()
    const { trust, blocks } = this.#parts
    if (!trust.isChanged || this.#commits === undefined) return
    this.#commits.assertInPlace()
    this.#sql.write(() => trust.flush())
    trust.settle()
    this.#commits.record(blocks.last())
  }

  /** How much of the past is kept. */
  get retention(): Retention {
    this.#life.assertOpen()
    return this.#parts.pruning.retention
  }

  /** Sets how much of the past is kept from now on, durably, between two blocks. */
  setRetention(retention: Retention): void {
    this.#betweenBlocks(() => this.#parts.pruning.write(retention))
    this.#parts.pruning.set(retention)
  }

  /** A bounded step of pruning, durable on return. The current block is unchanged. */
  prune(retention: Retention, after: VatId | 'none'): PruneStep {
    return this.#betweenBlocks(() => this.#parts.pruning.step(retention, after, this.blocks.height))
  }

  /** Removes some of the heap pages of terminated vats, without waiting for the next commits. */
  freePages(): FreedPages {
    const { heaps } = this.#parts
    const freed = this.#betweenBlocks(() => heaps.freePages())
    heaps.freedPages()
    return freed
  }

  /** Removes bundles that are no longer referenced. */
  removeBundles(unused: readonly BundleId[]): void {
    this.#betweenBlocks(() => this.#parts.bundles.remove(unused))
  }

  /** Vats that could no longer be upgraded by replay under this retention. */
  withoutReplay(retention: Retention): VatId[] {
    this.#life.assertOpen()
    return withoutReplay(this.#sql, retention, this.blocks.height)
  }

  /**
   * Rewrites the file without its free pages. Takes time, and temporarily space, in proportion to the store.
   */
  compact(): void {
    this.assertCommits()
    this.#commits?.assertInPlace()
    this.#sql.vacuum()
    this.#commits?.record(this.#parts.blocks.last())
    this.checkpoint()
  }

  #betweenBlocks<Value>(write: () => Value): Value {
    this.assertCommits()
    this.#commits?.assertInPlace()
    let value: { readonly of: Value } | undefined
    this.#sql.write(() => {
      value = { of: write() }
    })
    this.#commits?.record(this.#parts.blocks.last())
    assert(value !== undefined, 'the write returned a value')
    return value.of
  }

  /** Returns to the last block, completely (S5). */
  abandonBlock(): void {
    this.#life.assertOpen()
    this.#journal.forget()
    const { state, transcripts, heaps, bundles, blocks, trust, pruning } = this.#parts
    for (const part of [state, transcripts, heaps, bundles, blocks, trust, pruning]) part.abandon()
    restoreChannels(this.#parts)
  }

  /** Verifies the stored data as on opening. */
  verify(how: Verification): void {
    this.#life.assertOpen()
    verify({ sql: this.#sql, ...this.#parts }, how)
  }

  /** Checks the whole file and reports all findings. `pagesOf` reads a manifest. */
  audit(pagesOf: PagesOf): StoreAudit {
    this.#life.assertOpen()
    return auditStore({ sql: this.#sql, ...this.#parts }, pagesOf)
  }

  /** Closes the store. The current block is lost. */
  close(): void {
    if (this.#life.ended) return
    this.#life.ended = true
    try {
      this.#commits?.merge('TRUNCATE')
    } finally {
      this.#sql.close()
      this.#commits?.close()
      this.#lock.free()
    }
  }

  #flush(): void {
    const { state, transcripts, bundles, heaps, inbox, outbox, blocks, trust, pruning } = this.#parts
    const { height } = blocks.next
    const additions = transcripts.additions()
    for (const part of [state, transcripts, bundles, heaps, inbox, outbox, trust]) part.flush()
    blocks.flush({
      inboxLast: inbox.last,
      inboxTaken: inbox.taken,
      outboxLast: outbox.last,
      outboxAcknowledged: outbox.acknowledged,
    })
    pruning.flush(height, additions)
  }

  #settle(): void {
    this.#journal.forget()
    const { state, transcripts, bundles, heaps, inbox, outbox, blocks, trust, pruning } = this.#parts
    for (const part of [state, transcripts, bundles, heaps, inbox, outbox, blocks, trust, pruning])
      part.settle()
  }
}

function openLocked(directory: string, lock: WriterLock, options: StoreOptions): Store {
  const sql = openFile(directory, options.rolledBack ?? 'refuse')
  return opened(
    directory,
    sql,
    lock,
    () => new Commits(directory, sql, options.logPages ?? limits.logPages),
    options,
  )
}

/** Without commits the store is opened for reading (S9). */
function opened(
  directory: string,
  sql: SqlFile,
  lock: Lock,
  makeCommits: () => Commits | undefined,
  options: StoreOptions,
): Store {
  let commits: Commits | undefined
  try {
    commits = makeCommits()
    const store = new Store(directory, sql, lock, commits, options.cacheCharacters ?? limits.cacheCharacters)
    store.verify(options.verify ?? 'live')
    commits?.begin(store.blocks.last())
    return store
  } catch (error) {
    sql.close()
    commits?.close()
    throw error
  }
}
