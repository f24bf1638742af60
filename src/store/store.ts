/**
 * The store: everything that outlives the process, in one SQLite file.
 *
 * It owns the file `heirloom.sqlite` of its directory, and the lock and the commit record beside it. It does
 * not interpret the kernel's keys, manifests, or transcript entries.
 *
 * Sto1. The file holds exactly the last committed block, at every instant and after any death of the process.
 * Sto2. The current block is only in memory; a commit writes all of it in one SQL transaction and returns
 *       when it is on the disk, and recorded there (`commits.ts`).
 * Sto3. A block consists of whole cranks: a commit with unsealed changes asserts.
 * Sto4. A failed commit leaves the file at the last block and the current block unchanged.
 * Sto5. Abandoning a block leaves the store as if it had been reopened.
 * Sto6. There is one writer; readers may fork it at any time.
 * Sto7. Damaged data is refused with a code, never repaired and never returned. A store is never opened at an
 *       older block than the last committed one, unless the opener accepts that (`continuity.ts`).
 * Sto8. After `close` every method refuses with `store/closed`, except `close` itself, which is a no-op.
 * Sto9. A store opened for reading reads a private copy. It commits nothing, and changes to it are lost when
 *       it is closed.
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
import { assertStoreExists, assertWritable, createStoreFile, openFile } from './opening/file.ts'
import type { Heaps } from './contents/heaps.ts'
import type { Inbox } from './contents/inbox.ts'
import type { BlockInputs } from './inputs/blockInputs.ts'
import type { InputRecorder } from './inputs/inputRecorder.ts'
import type { CrankChanges } from './state/crank.ts'
import { Journal } from './state/journal.ts'
import { OpenGuard } from './state/openGuard.ts'
import { limits } from './files/limits.ts'
import { WriterLock } from './opening/lock.ts'
import { makeStore } from './opening/newStore.ts'
import type { Outbox } from './contents/outbox.ts'
import {
  abandonBlock,
  blockCommitted,
  flushBlock,
  type Internal,
  makeContents,
  restoreChannels,
  returnToStart,
  stayAtLast,
  type StoreContents,
  undoKernelPart,
} from './contents/contents.ts'
import { withoutReplay } from './space/pruneSurvey.ts'
import { openCopy } from './opening/reading.ts'
import type { SqlFile } from './sql/sql.ts'
import type { Transcripts } from './contents/transcripts.ts'
import type { Trust } from './contents/trust.ts'
import { verify, verifyState } from './audit/verify.ts'
import type { UndoLog } from './undo/undoLog.ts'

export { refusalOfFileError } from './files/fileSystem.ts'
export { forkStore } from './opening/fork.ts'
export type { CrankChanges } from './state/crank.ts'
export type { SealedCrank } from './state/blocks.ts'
export { exportStore } from './export/export.ts'
export type { ExportProgress } from './export/export.ts'
export { importStore } from './export/import.ts'
export type { ImportedStore, StoreImportOptions, ImportProgress } from './export/import.ts'
export type { BundleRecord } from './contents/bundles.ts'
export type { RetiredCode } from './space/retiredCode.ts'
export type { NewSnapshot, Page } from './contents/heaps.ts'
export type { StoredManifest, Snapshot } from './contents/heapChanges.ts'
export type { RecordedStep } from './inputs/inputRecorder.ts'
export type { SequencedItem } from './contents/inbox.ts'
export type { OutboxItem } from './contents/outbox.ts'
export { StoreReader } from './reader.ts'
export { BlockReader } from './blockReader.ts'
export { readFigures, figuresOf } from './space/figures.ts'
export type { FigureSource } from './space/figures.ts'
export { surveyPruning } from './space/pruneSurvey.ts'
export type { PruneExtras } from './space/pruneSurvey.ts'
export { measureFile, measureStore } from './space/size.ts'
export { countDurableRecords } from './space/durableRecords.ts'
export type { LinkedEntry, RecordedEntry, Span } from './contents/spans.ts'

export interface StoreOptions {
  /** Checks when the store opens; default: `live`. */
  readonly verify?: Verification
  /** How many characters of clean state rows stay in memory. Affects only speed. */
  readonly cacheCharacters?: number
  /** Called with the changes of each crank when it is sealed. */
  readonly onCrank?: (changes: CrankChanges) => void
  /** Pages in SQLite's log at which a commit merges it into the file. Affects only speed. */
  readonly logPages?: number
  /** Policy for a store that is behind its commit record, or has lost it; default: `refuse`. */
  readonly rolledBack?: RolledBack
}

/** Creates a store, and its directory if missing. */
export function createStore(directory: string, options: StoreOptions = {}): Store {
  return makeStore(directory, (lock) => {
    createStoreFile(directory)
    return openLocked(directory, lock, options)
  })
}

/** Opens the store of the directory, or refuses. */
export function openStore(directory: string, options: StoreOptions = {}): Store {
  assertStoreExists(directory)
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
 * Opens the last block of the store of the directory for reading (Sto9). It needs no write permission and no
 * lock; another process may have the store open.
 */
export function openStoreForReading(directory: string, options: Omit<StoreOptions, 'logPages'> = {}): Store {
  assertStoreExists(directory)
  const sql = openCopy(directory, options.rolledBack ?? 'refuse')
  return openWith(directory, sql, noLock, () => undefined, options)
}

type Lock = Pick<WriterLock, 'free'>

/** A private copy needs none. */
const noLock: Lock = { free: () => {} }

export class Store {
  readonly state: PlatformState
  readonly transcripts: Omit<Transcripts, Internal>
  readonly heaps: Omit<Heaps, Internal>
  readonly bundles: Omit<Bundles, Internal>
  readonly inbox: Omit<Inbox, Internal>
  readonly outbox: Omit<Outbox, Internal>
  readonly blocks: Omit<Blocks, Internal | 'seal' | 'next' | 'readLast'>
  readonly trust: Pick<Trust, 'has' | 'add'>
  readonly undoLog: Pick<UndoLog, 'begin' | 'end' | 'isOn' | 'since' | 'before'>
  /** The recorded inputs of the blocks. */
  readonly inputs: Pick<BlockInputs, 'first' | 'of'>
  /** Records every step of the kernel (Irc1). */
  readonly recorder: Pick<InputRecorder, 'began' | 'ended'>
  readonly directory: string
  readonly access: StoreAccess
  readonly #contents: StoreContents
  readonly #sql: SqlFile
  readonly #lock: Lock
  readonly #commits: Commits | undefined
  readonly #guard: OpenGuard
  readonly #journal: Journal

  /**
   * For the functions above: the file is open and the lock held. A store opened for reading has no commits.
   */
  constructor(
    directory: string,
    sql: SqlFile,
    lock: Lock,
    commits: Commits | undefined,
    { cacheCharacters, onCrank }: Pick<StoreOptions, 'cacheCharacters' | 'onCrank'>,
  ) {
    this.directory = directory
    this.#journal = new Journal(onCrank)
    this.access = commits === undefined ? 'read' : 'write'
    this.#sql = sql
    this.#lock = lock
    this.#commits = commits
    this.#guard = new OpenGuard(directory)
    this.#contents = makeContents(sql, this.#journal, this.#guard, cacheCharacters ?? limits.cacheCharacters)
    this.state = this.#contents.state
    this.transcripts = this.#contents.transcripts
    this.heaps = this.#contents.heaps
    this.bundles = this.#contents.bundles
    this.inbox = this.#contents.inbox
    this.outbox = this.#contents.outbox
    this.blocks = this.#contents.blocks
    this.trust = this.#contents.trust
    this.undoLog = this.#contents.undoLog
    this.inputs = this.#contents.inputs
    this.recorder = this.#contents.recorder
    restoreChannels(this.#contents)
  }

  /** Ends the running crank; the next begins. */
  sealCrank(): SealedCrank {
    this.#guard.assertOpen()
    this.#contents.recorder.wrote({ kind: 'seal' })
    const crank = this.blocks.cranks + 1
    const sealed = this.#contents.blocks.seal(this.#journal.seal(crank))
    assert(sealed.crank === crank, 'a crank is sealed under the number that its rows carry')
    return sealed
  }

  /**
   * Ends a crank without work. One that changed nothing does not count: it is not sealed, and has no number.
   */
  sealUnlessUnchanged(): void {
    if (this.#journal.hasChanges) this.sealCrank()
    else this.#journal.clear()
  }

  /** Makes everything since the last block durable, as the next block. */
  commit(): BlockRecord {
    this.assertCommits()
    assert(!this.#journal.hasChanges, 'the crank in work is sealed or undone before its block ends (Sto3)')
    const { next } = this.#contents.blocks
    try {
      this.#commits?.assertInPlace()
      this.#sql.write(() => flushBlock(this.#contents))
    } catch (error) {
      this.#contents.undoLog.stay()
      throw error
    }
    return this.#recorded(next)
  }

  /** The block is in the file. */
  #recorded(next: BlockRecord): BlockRecord {
    try {
      this.#commits?.record(next)
    } finally {
      this.#journal.clear()
      blockCommitted(this.#contents)
    }
    const last = this.blocks.last()
    assert(last.height === next.height, 'a commit creates the next block (Blk1)')
    return last
  }

  /** Refuses when the store was opened for reading (Sto9). */
  assertCommits(): void {
    this.#guard.assertOpen()
    const { directory } = this
    if (this.access === 'read')
      refuse('store/opened-for-reading', `The store in ${directory} was opened for reading`, { directory })
  }

  /** Merges the log into the file, as far as readers allow. Changes no content. */
  checkpoint(): void {
    this.#guard.assertOpen()
    this.#commits?.merge('TRUNCATE')
  }

  /**
   * Makes additions to the trust durable, between two blocks; in a store opened for reading they stay in
   * memory.
   */
  saveTrust(): void {
    this.#guard.assertOpen()
    const { trust, blocks } = this.#contents
    if (!trust.isChanged || this.#commits === undefined) return
    this.#commits.assertInPlace()
    this.#sql.write(() => trust.flush())
    trust.onCommitted()
    this.#commits.record(blocks.last())
  }

  /** How much of the past is kept. */
  get retention(): Retention {
    this.#guard.assertOpen()
    return this.#contents.pruning.retention
  }

  /** Sets how much of the past is kept from now on, durably, between two blocks. */
  setRetention(retention: Retention): void {
    this.#betweenBlocks(() => this.#contents.pruning.write(retention))
    this.#contents.pruning.set(retention)
  }

  /** A bounded step of pruning, durable on return. The current block is unchanged. */
  prune(retention: Retention, after: VatId | 'none'): PruneStep {
    return this.#betweenBlocks(() => this.#contents.pruning.step(retention, after, this.blocks.height))
  }

  /** Removes some of the heap pages of terminated vats, without waiting for the next commits. */
  freePages(): FreedPages {
    const { heaps } = this.#contents
    const freed = this.#betweenBlocks(() => heaps.freePages())
    heaps.onPagesFreed()
    return freed
  }

  /** Removes bundles that are no longer referenced. */
  removeBundles(unused: readonly BundleId[]): void {
    assert(!this.undoLog.isOn, 'the state to which the undo log returns may need any bundle (Ulg2)')
    this.#betweenBlocks(() => this.#contents.bundles.remove(unused))
  }

  /** Vats that could no longer be upgraded by replay under this retention. */
  withoutReplay(retention: Retention): VatId[] {
    this.#guard.assertOpen()
    return withoutReplay(this.#sql, retention, this.blocks.height)
  }

  /**
   * Rewrites the file without its free pages. Takes time, and temporarily space, in proportion to the store.
   */
  compact(): void {
    this.assertCommits()
    this.#commits?.assertInPlace()
    this.#sql.vacuum()
    this.#commits?.record(this.#contents.blocks.last())
    this.checkpoint()
  }

  #betweenBlocks<Value>(write: () => Value): Value {
    this.assertCommits()
    assert(this.#commits !== undefined, 'a store opened for writing has commits')
    this.#commits?.assertInPlace()
    let value: { readonly of: Value } | undefined
    this.#sql.write(() => {
      value = { of: write() }
      this.#contents.undoLog.flush()
    })
    this.#commits?.record(this.#contents.blocks.last())
    assert(value !== undefined, 'the write returned a value')
    return value.of
  }

  /** Whether nothing happened since the last block. */
  get isBetweenBlocks(): boolean {
    return this.#contents.recorder.isEmpty && this.#contents.undoLog.next === null
  }

  /** Returns to the last block, completely (Sto5). */
  abandonBlock(): void {
    this.#guard.assertOpen()
    this.#journal.clear()
    abandonBlock(this.#contents)
    assert(!this.#journal.hasChanges, 'an abandoned block has no changes (Sto5)')
  }

  /**
   * Undoes what the kernel did since the last block. Items that were appended to the inbox since are in it
   * again, in order, untaken; bundles stay.
   */
  undoKernelPart(): void {
    this.#guard.assertOpen()
    this.#journal.clear()
    undoKernelPart(this.#contents)
    assert(!this.#journal.hasChanges, 'appending is not part of a crank (Inb3)')
  }

  /**
   * Returns to the block at which the undo log began, and ends the log (Ulg2, Ulg3). `change` writes what
   * else belongs to the block that does so, and seals it. If that fails, the store is at the last block.
   */
  rollBack(change: () => void): BlockRecord {
    this.assertCommits()
    assert(this.undoLog.isOn, 'a store returns while its undo log is on')
    this.#commits?.assertInPlace()
    this.#journal.clear()
    try {
      this.#sql.write(() => {
        returnToStart(this.#contents)
        change()
        assert(!this.#journal.hasChanges, 'the crank of a return is sealed (Sto3)')
        flushBlock(this.#contents)
      })
    } catch (error) {
      this.#journal.clear()
      stayAtLast(this.#contents)
      throw error
    }
    return this.#recorded(this.#contents.blocks.next)
  }

  /**
   * Returns as `rollBack` does, in a replica of a store. The rest of the block follows, and a process that
   * dies before it is committed leaves a file that is of no block.
   */
  rollBackReplica(): void {
    assert(this.undoLog.isOn, 'a store returns while its undo log is on')
    this.#journal.clear()
    this.#betweenBlocks(() => returnToStart(this.#contents))
  }

  /** Verifies the stored data as on opening. */
  verify(how: Verification): void {
    this.#guard.assertOpen()
    verify({ sql: this.#sql, ...this.#contents }, how)
  }

  /** Verifies the rows of the state, and that none is missing. */
  verifyState(): void {
    this.#guard.assertOpen()
    verifyState(this.#sql)
  }

  /** Checks the whole file and reports all findings. `pagesOf` reads a manifest. */
  audit(pagesOf: PagesOf): StoreAudit {
    this.#guard.assertOpen()
    return auditStore({ sql: this.#sql, ...this.#contents }, pagesOf)
  }

  /** Closes the store. The current block is lost. */
  close(): void {
    if (this.#guard.closed) return
    this.#guard.closed = true
    try {
      this.#commits?.merge('TRUNCATE')
    } finally {
      this.#sql.close()
      this.#commits?.close()
      this.#lock.free()
    }
  }
}

function openLocked(directory: string, lock: WriterLock, options: StoreOptions): Store {
  const sql = openFile(directory, options.rolledBack ?? 'refuse')
  const makeCommits = (): Commits => new Commits(directory, sql, options.logPages ?? limits.logPages)
  return openWith(directory, sql, lock, makeCommits, options)
}

/** Without commits the store is opened for reading (Sto9). */
function openWith(
  directory: string,
  sql: SqlFile,
  lock: Lock,
  makeCommits: () => Commits | undefined,
  options: StoreOptions,
): Store {
  let commits: Commits | undefined
  try {
    commits = makeCommits()
    const store = new Store(directory, sql, lock, commits, options)
    store.verify(options.verify ?? 'live')
    commits?.begin(store.blocks.last())
    return store
  } catch (error) {
    sql.close()
    commits?.close()
    throw error
  }
}
