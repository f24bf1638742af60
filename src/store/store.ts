/**
 * The store: everything that outlives the process, in one SQLite file.
 *
 * It owns the file `heirloom.sqlite` of its directory, and the lock and the commit record beside it. It does
 * not know what the kernel's keys mean, what a manifest says, or what is in a transcript entry.
 *
 * S1. The file holds exactly the last committed block, at every instant and after every death of the process.
 * S2. A block in work is in memory only; a commit writes all of it in one SQL transaction and returns when it is on
 *     the disk, and recorded there (`commits.ts`).
 * S3. A block is whole cranks: a commit with changes that no seal has ended asserts.
 * S4. A failed commit leaves the file at the last block and the block in work as it was.
 * S5. Abandoning a block leaves the store as if it had been opened anew.
 * S6. There is one writer; readers may fork it at any time.
 * S7. What is damaged is refused with a code, never repaired and never handed out. A store is never opened at an
 *     older block than the last that was committed, unless the opener accepts that (`continuity.ts`).
 * S8. After `close` every method refuses with `store/closed`, but for `close` itself, which does nothing.
 * S9. A store that was opened for reading reads a private copy. It commits nothing, and what is changed in it is
 *     lost when it is closed.
 */
import { assert } from '../base/errors.ts'
import type { BundleId, VatId } from '../base/ids.ts'
import type { StatePort } from '../kernel/ports.ts'
import { refuse } from '../protocol/codes.ts'
import type { Retention } from '../protocol/retention.ts'
import { auditStore, type PagesOf, type StoreAudit } from './audit.ts'
import type { Blocks, BlockRecord, SealedCrank } from './blocks.ts'
import type { Bundles } from './bundles.ts'
import { Commits } from './commits.ts'
import type { RolledBack } from './continuity.ts'
import { assertFound, assertWritable, createFile, openFile } from './file.ts'
import type { FreedPages, Heaps } from './heaps.ts'
import type { Inbox } from './inbox.ts'
import { Journal } from './journal.ts'
import { Life } from './life.ts'
import { limits } from './limits.ts'
import { WriterLock } from './lock.ts'
import { makeStore } from './newStore.ts'
import type { Outbox } from './outbox.ts'
import { makeParts, restoreChannels } from './parts.ts'
import type { Parts } from './parts.ts'
import { withoutReplay } from './pruneSurvey.ts'
import type { PruneStep } from './pruning.ts'
import { openCopy } from './reading.ts'
import type { SqlFile } from './sql.ts'
import type { Transcripts } from './transcripts.ts'
import type { Trust } from './trust.ts'
import { verify, type Verification } from './verify.ts'

export { refusalOfAnyFile } from './fileSystem.ts'
export { forkStore } from './fork.ts'
export type { BlockRecord, SealedCrank } from './blocks.ts'
export { exportStore } from './export.ts'
export type { ExportProgress } from './export.ts'
export { importStore } from './import.ts'
export type { ImportedStore, ImportOptions, ImportProgress } from './import.ts'
export type { RolledBack } from './continuity.ts'
export type { BundleRecord } from './bundles.ts'
export type { FreedPages, Heap, Manifest, Page, Snapshot } from './heaps.ts'
export type { InboxItem } from './inbox.ts'
export type { OutboxItem } from './outbox.ts'
export { StoreReader } from './reader.ts'
export { readFigures, figuresOf } from './figures.ts'
export type { FigureSource, StoreFigures, VatFigures } from './figures.ts'
export type { PruneStep } from './pruning.ts'
export { surveyPruning } from './pruneSurvey.ts'
export type { PruneExtras, PruneSurvey } from './pruneSurvey.ts'
export { measureStore } from './size.ts'
export type { PartSize, StoreSize, VatSize } from './size.ts'
export type { LinkedEntry, Point, RecordedEntry, Span } from './spans.ts'
export type { Verification } from './verify.ts'

export interface StoreOptions {
  /** What is checked when the store opens; `live` unless said otherwise. */
  readonly verify?: Verification
  /** How many characters of clean state rows stay in memory. Changes speed and nothing else. */
  readonly cacheCharacters?: number
  /** How many pages SQLite's log may have before a commit takes it into the file. Changes speed and nothing else. */
  readonly logPages?: number
  /** What becomes of a store that is behind its commit record, or has lost it; `refuse` if not given. */
  readonly rolledBack?: RolledBack
}

/** Makes a store, and its directory when there is none. */
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
 * Opens the last block of the store of the directory for reading (S9). It needs no permission to write and
 * no lock; somebody else may have the store open.
 */
export function openStoreForReading(directory: string, options: Omit<StoreOptions, 'logPages'> = {}): Store {
  assertFound(directory)
  return opened(directory, openCopy(directory, options.rolledBack ?? 'refuse'), noLock, () => undefined, options)
}

/** `read`: of the last block, and nothing is committed (S9). */
export type StoreAccess = 'write' | 'read'

type Lock = Pick<WriterLock, 'free'>

/** A private copy needs none. */
const noLock: Lock = { free: () => {} }

/** What a part does only when the store as a whole does it. */
type Internal = 'flush' | 'settle' | 'abandon' | 'restore' | 'verify' | 'additions' | 'freePages' | 'freedPages' | 'remove'

export class Store {
  readonly state: StatePort
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
  readonly #life: Life
  readonly #journal = new Journal()

  /** For the functions above: the file is open and the lock held. A store that is opened for reading has no commits. */
  constructor(directory: string, sql: SqlFile, lock: Lock, commits: Commits | undefined, cacheCharacters: number) {
    this.directory = directory
    this.access = commits === undefined ? 'read' : 'write'
    this.#sql = sql
    this.#lock = lock
    this.#commits = commits
    this.#life = new Life(directory)
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

  /** Ends a crank in which nothing was to be done. One that changed nothing all the same never was: it is not sealed, and has no number. */
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
    if (this.access === 'read') refuse('store/opened-for-reading', `The store in ${directory} was opened for reading`, { directory })
  }

  /** Takes all that is in the log into the file, as far as no reader needs it where it is. Changes no content. */
  checkpoint(): void {
    this.#life.assertOpen()
    this.#commits?.merge('TRUNCATE')
  }

  /** Makes durable, between two blocks, what was added to the trust; in a store that was opened for reading it stays in memory. */
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

  /** Makes it durable, between two blocks, how much of the past is kept from now on. */
  setRetention(retention: Retention): void {
    this.#betweenBlocks(() => this.#parts.pruning.write(retention))
    this.#parts.pruning.set(retention)
  }

  /** A bounded step of pruning, durable when it returns. The block at work is as it was. */
  prune(retention: Retention, after: VatId | 'none'): PruneStep {
    return this.#betweenBlocks(() => this.#parts.pruning.step(retention, after, this.blocks.height))
  }

  /** Removes some of the heap pages of vats that have ended, without waiting for the next commits. */
  freePages(): FreedPages {
    const { heaps } = this.#parts
    const freed = this.#betweenBlocks(() => heaps.freePages())
    heaps.freedPages()
    return freed
  }

  /** Removes bundles that nothing refers to any more. */
  removeBundles(unused: readonly BundleId[]): void {
    this.#betweenBlocks(() => this.#parts.bundles.remove(unused))
  }

  /** Vats that could not be upgraded by replay any more once this is all that is kept. */
  withoutReplay(retention: Retention): VatId[] {
    this.#life.assertOpen()
    return withoutReplay(this.#sql, retention, this.blocks.height)
  }

  /** Writes the file anew without its free pages. It takes as long, and for that time as much room, as the store is large. */
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
    assert(value !== undefined, 'what was written has come to something')
    return value.of
  }

  /** Back to the last block, whole (S5). */
  abandonBlock(): void {
    this.#life.assertOpen()
    this.#journal.forget()
    const { state, transcripts, heaps, bundles, blocks, trust, pruning } = this.#parts
    for (const part of [state, transcripts, heaps, bundles, blocks, trust, pruning]) part.abandon()
    restoreChannels(this.#parts)
  }

  /** Checks what is stored, as opening would. */
  verify(how: Verification): void {
    this.#life.assertOpen()
    verify({ sql: this.#sql, ...this.#parts }, how)
  }

  /** Checks the whole file and tells everything that it finds. `pagesOf` reads a manifest. */
  audit(pagesOf: PagesOf): StoreAudit {
    this.#life.assertOpen()
    return auditStore({ sql: this.#sql, ...this.#parts }, pagesOf)
  }

  /** Closes the store. The block in work is gone. */
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
    for (const part of [state, transcripts, bundles, heaps, inbox, outbox, blocks, trust, pruning]) part.settle()
  }
}

function openLocked(directory: string, lock: WriterLock, options: StoreOptions): Store {
  const sql = openFile(directory, options.rolledBack ?? 'refuse')
  return opened(directory, sql, lock, () => new Commits(directory, sql, options.logPages ?? limits.logPages), options)
}

/** Without commits the store is opened for reading (S9). */
function opened(directory: string, sql: SqlFile, lock: Lock, makeCommits: () => Commits | undefined, options: StoreOptions): Store {
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
