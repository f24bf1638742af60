/**
 * Heaps: the last snapshot of each vat, as a manifest and the pages that it lists.
 *
 * Pages are named by their hash and stored once for all vats, with the number of snapshots that list them.
 * The engine interprets manifests; callers pass the store the pages that they list.
 *
 * Hep1. A vat has at most one snapshot: the newest. Saving one drops its predecessor.
 * Hep2. A page is kept exactly as long as a kept snapshot lists it; `page.uses` counts the snapshots. The
 *       pages of a forgotten vat are deleted gradually, some with each commit, even if the store is reopened
 *       meanwhile.
 * Hep3. A save writes in proportion to the pages that differ from the previous snapshot.
 * Hep4. Bytes are stored only under their hash, and returned only under their hash.
 * Hep5. The open block keeps its saves in memory; undo and abandoning a block discard them.
 * Hep6. A page in memory was hashed when it was cached. It serves restores; verification reads the file.
 */
import { assert } from '../../base/errors.ts'
import { isHash, isVatId, type Hash, type VatId } from '../../base/ids.ts'
import { sha256 } from '../../hashing/sha256.ts'
import { refuse } from '../../protocol/codes.ts'
import { checksumOf } from '../sql/rowFormat.ts'
import type { Journal } from '../state/journal.ts'
import type { OpenGuard } from '../state/openGuard.ts'
import { limits } from '../files/limits.ts'
import { PageCache } from './pageCache.ts'
import type { SqlFile } from '../sql/sql.ts'
import type { FreedPages } from '../../protocol/store/views.ts'
import { HeapQueries } from './heapQueries.ts'
import { HeapUndoStep, type Snapshot, type StoredManifest, type HeapChange } from './heapChanges.ts'

export interface Page {
  readonly hash: Hash
  readonly bytes: Uint8Array
}

export interface NewSnapshot {
  readonly manifestBytes: Uint8Array
  /** SHA-256 of the manifest's bytes. */
  readonly heapHash: Hash
  /** At least the pages that were not in the vat's previous snapshot; extra ones are harmless. */
  readonly added: readonly Page[]
  /** Every page that the manifest lists; duplicates count once. */
  readonly pages: readonly Hash[]
}

export class Heaps {
  readonly #guard: OpenGuard
  readonly #journal: Journal
  readonly #queries: HeapQueries
  readonly #changes = new Map<VatId, HeapChange>()
  /** Bytes added by this block's saves. */
  readonly #added = new Map<Hash, Uint8Array>()
  /** Pages of the file (Hep6). */
  readonly #cache = new PageCache(limits.pagesInMemory)
  /** Forgotten vats that still have pages, as of the last commit. */
  #forgotten: Set<VatId>
  /** Vats whose last pages the current commit deletes. */
  #fullyFreed: VatId[] = []

  constructor(sql: SqlFile, journal: Journal, guard: OpenGuard) {
    this.#guard = guard
    this.#journal = journal
    this.#queries = new HeapQueries(sql)
    this.#forgotten = this.#findForgotten()
  }

  #findForgotten(): Set<VatId> {
    return new Set(this.#queries.forgottenVats.all().map(([vat]) => vat))
  }

  /** Saves the vat's heap, replacing its previous snapshot. */
  save(vat: VatId, position: number, heap: NewSnapshot): void {
    this.#guard.assertOpen()
    assert(isVatId(vat), `${JSON.stringify(vat)} is not the id of a vat`)
    assert(Number.isSafeInteger(position) && position >= 0, `${position} is not a position`)
    const before = this.snapshot(vat)
    assert(
      before === undefined || before.position <= position,
      `${vat} has a later snapshot, at ${before?.position}`,
    )
    const { manifestBytes, heapHash } = heap
    assert(
      manifestBytes.byteLength <= limits.manifestBytes,
      `a manifest of ${manifestBytes.byteLength} bytes is over the limit`,
    )
    assert(sha256(manifestBytes) === heapHash, `the manifest of ${vat} does not have the hash ${heapHash}`)
    for (const page of heap.added) this.#add(vat, page)
    const pages = new Set(heap.pages)
    this.#assertPagesPresent(vat, pages)
    this.#change(vat, {
      kind: 'saved',
      snapshot: { position, heapHash, manifestBytes: new Uint8Array(manifestBytes), pages },
    })
  }

  /** The vat's snapshot; undefined when it has none. */
  snapshot(vat: VatId): Snapshot | undefined {
    this.#guard.assertOpen()
    const change = this.#changes.get(vat)
    if (change?.kind === 'dropped' || change?.kind === 'forgotten') return undefined
    if (change?.kind === 'saved')
      return { position: change.snapshot.position, heapHash: change.snapshot.heapHash }
    const row = this.#queries.snapshot.one(vat)
    return row === undefined ? undefined : { position: row[1], heapHash: row[2] }
  }

  /** How many pages the vat's snapshot lists. */
  pages(vat: VatId): number {
    this.#guard.assertOpen()
    const change = this.#changes.get(vat)
    if (change === undefined) return this.#queries.countUses.one(vat)?.[0] ?? 0
    return change.kind === 'saved' ? change.snapshot.pages.size : 0
  }

  /** The manifest of the vat's snapshot at this position; undefined when there is none. */
  load(vat: VatId, position: number): StoredManifest | undefined {
    this.#guard.assertOpen()
    const change = this.#changes.get(vat)
    if (change === undefined) return this.#loadStored(vat, position)
    if (change.kind !== 'saved' || change.snapshot.position !== position) return undefined
    const { manifestBytes, heapHash } = change.snapshot
    return { manifestBytes, heapHash }
  }

  /**
   * The bytes of a page that a kept snapshot lists. Refuses with `store/corrupt-page` when they are missing
   * or wrong.
   */
  page(hash: Hash): Uint8Array {
    this.#guard.assertOpen()
    return this.#added.get(hash) ?? this.#cache.get(hash) ?? this.#readPage(hash)
  }

  /** Drops the vat's snapshot if it is older than the position; else a no-op. */
  drop(vat: VatId, before: number): void {
    const snapshot = this.snapshot(vat)
    if (snapshot !== undefined && snapshot.position < before) this.#change(vat, { kind: 'dropped' })
  }

  /** The vat terminated: this commit deletes its snapshot, this and later ones its pages (Hep2). */
  forget(vat: VatId): void {
    this.#guard.assertOpen()
    this.#change(vat, { kind: 'forgotten' })
  }

  /** Verifies every manifest and every page against its hash. */
  verify(): void {
    this.#guard.assertOpen()
    for (const [vat, position] of this.#queries.snapshots.all()) this.#loadStored(vat, position)
    let last = 0
    for (;;) {
      const rows = this.#queries.pagesAfter.all(last)
      for (const [id, hash, bytes] of rows) {
        if (sha256(bytes) !== hash) this.#refusePage(hash, 'its bytes have another hash')
        last = id
      }
      if (rows.length < limits.batch) break
    }
    const lost = this.#queries.missingPages.one()
    if (lost !== undefined) {
      refuse('store/corrupt-page', `A page of the snapshot of ${lost[0]} is missing`, {
        vat: lost[0],
        page: lost[1],
      })
    }
  }

  /** Verifies the use counts against the snapshots (Hep2). */
  verifyUseCounts(): void {
    this.#guard.assertOpen()
    const wrong = this.#queries.wrongUses.one()
    if (wrong === undefined) return
    const [hash, uses, listed] = wrong
    this.#refusePage(hash, `${listed} snapshots list it and it says ${uses}`)
  }

  flush(): void {
    for (const [vat, change] of this.#changes) this.#flushSaved(vat, change)
    for (const [vat, change] of this.#changes) this.#flushRemovals(vat, change)
    this.#flushForgotten()
  }

  onCommitted(): void {
    for (const [vat, { kind }] of this.#changes) if (kind === 'forgotten') this.#forgotten.add(vat)
    this.onPagesFreed()
    for (const change of this.#changes.values()) this.#cachePages(change)
    this.abandon()
  }

  abandon(): void {
    this.#changes.clear()
    this.#added.clear()
    this.#fullyFreed = []
  }

  /** SQLite's rows are others now. Pages in memory are right under their hashes. */
  reload(): void {
    this.abandon()
    this.#forgotten = this.#findForgotten()
  }

  #add(vat: VatId, { hash, bytes }: Page): void {
    assert(
      bytes.byteLength <= limits.pageBytes,
      `a page of ${bytes.byteLength} bytes is over the limit of ${limits.pageBytes}`,
    )
    assert(sha256(bytes) === hash, `a page of ${vat} does not have the hash ${hash}`)
    if (!this.#added.has(hash)) this.#added.set(hash, new Uint8Array(bytes))
  }

  #readPage(hash: Hash): Uint8Array {
    const bytes = this.#queries.page.one(hash)?.[0]
    if (bytes === undefined) this.#refusePage(hash, 'it is not there')
    if (sha256(bytes) !== hash) this.#refusePage(hash, 'its bytes have another hash')
    this.#cache.put(hash, bytes)
    return bytes
  }

  /** Before the write: each page that the manifest lists is new in this block or in SQLite. */
  #assertPagesPresent(vat: VatId, pages: ReadonlySet<Hash>): void {
    const stored = this.#storedPages(vat)
    for (const hash of pages) {
      const held = stored.has(hash) || this.#added.has(hash) || this.#queries.pageId.one(hash) !== undefined
      assert(held && isHash(hash), `the manifest of ${vat} lists the page ${hash}, which is not there`)
    }
  }

  #change(vat: VatId, change: HeapChange): void {
    this.#journal.push(new HeapUndoStep(this.#changes, vat))
    this.#changes.set(vat, change)
  }

  #loadStored(vat: VatId, position: number): StoredManifest | undefined {
    const row = this.#queries.snapshot.one(vat)
    if (row === undefined || row[1] !== position) return undefined
    const [, , heapHash] = row
    const [manifestBytes] = this.#queries.manifest.one(vat) ?? [new Uint8Array()]
    if (sha256(manifestBytes) !== heapHash) {
      refuse(
        'store/corrupt-snapshot',
        `The manifest of ${vat} at ${position} does not have the hash ${heapHash}`,
        {
          vat,
          position,
          heapHash,
        },
      )
    }
    return { manifestBytes, heapHash }
  }

  /** The pages of the committed snapshot, with their ids. */
  #storedPages(vat: VatId): Map<Hash, number> {
    return new Map(this.#queries.pagesOf.all(vat))
  }

  /** Additions before removals: a page that moves from one vat to another is never unused. */
  #flushSaved(vat: VatId, change: HeapChange): void {
    if (change.kind !== 'saved') return
    const { position, heapHash, manifestBytes, pages } = change.snapshot
    const stored = this.#storedPages(vat)
    for (const hash of pages) if (!stored.has(hash)) this.#queries.putUse.run(vat, this.#retainPage(hash))
    this.#queries.putSnapshot.run(
      vat,
      position,
      heapHash,
      checksumOf('snapshot', [vat, position, heapHash]),
      manifestBytes,
    )
  }

  #flushRemovals(vat: VatId, change: HeapChange): void {
    if (change.kind !== 'saved') this.#queries.removeSnapshot.run(vat)
    if (change.kind === 'forgotten') return
    for (const [hash, id] of this.#storedPages(vat)) {
      if (change.kind === 'saved' && change.snapshot.pages.has(hash)) continue
      if (this.#releasePage(vat, id) !== 'shared') this.#cache.remove(hash)
    }
  }

  /** Returns the length of the page when this was its last use. */
  #releasePage(vat: VatId, page: number): number | 'shared' {
    const removed = this.#queries.removeUse.run(vat, page)
    assert(removed === 1, 'a snapshot releases a page that it lists, once (Hep2)')
    const last = this.#queries.deleteIfLastUse.one(page)
    if (last !== undefined) return last[0]
    this.#queries.decrementUses.run(page)
    return 'shared'
  }

  /** Frees some unused pages, between two blocks (Hep2). Call `onPagesFreed` once that is durable. */
  freePages(): FreedPages {
    const freed = this.#freeSome(this.#forgotten)
    return { ...freed, left: this.#fullyFreed.length < this.#forgotten.size ? 'more' : 'none' }
  }

  onPagesFreed(): void {
    for (const vat of this.#fullyFreed) this.#forgotten.delete(vat)
    this.#fullyFreed = []
  }

  #flushForgotten(): void {
    const now = [...this.#changes].filter(([, { kind }]) => kind === 'forgotten').map(([vat]) => vat)
    this.#freeSome(new Set([...this.#forgotten, ...now]))
  }

  /** Frees pages of these vats, in the order in which they were forgotten. */
  #freeSome(vats: ReadonlySet<VatId>): Omit<FreedPages, 'left'> {
    this.#fullyFreed = []
    let left: number = limits.pagesFreed
    let [removed, bytes] = [0, 0]
    for (const vat of vats) {
      const pages = this.#queries.someUses.all(vat, left)
      for (const [page] of pages) {
        const freed = this.#releasePage(vat, page)
        if (freed === 'shared') continue
        removed += 1
        bytes += freed
      }
      left -= pages.length
      assert(left >= 0, 'a step frees no more pages than its limit')
      if (left === 0) break
      this.#fullyFreed.push(vat)
    }
    return { pages: removed, bytes }
  }

  /** Caches the new pages of a snapshot that is in the file now. */
  #cachePages(change: HeapChange): void {
    if (change.kind !== 'saved') return
    for (const hash of change.snapshot.pages) {
      const bytes = this.#added.get(hash)
      if (bytes !== undefined) this.#cache.put(hash, bytes)
    }
  }

  /** Counts one more use of the page, writing it when it is new, and returns its id. */
  #retainPage(hash: Hash): number {
    const id = this.#queries.pageId.one(hash)?.[0]
    if (id !== undefined) {
      const changed = this.#queries.incrementUses.run(id)
      assert(changed === 1, 'a retained page is in the file (Hep2)')
      return id
    }
    const bytes = this.#added.get(hash)
    assert(bytes !== undefined, `the page ${hash} came with this block or was there before`)
    const made = this.#queries.putPage.one(hash, bytes)
    assert(made !== undefined, `the page ${hash} has an id`)
    return made[0]
  }

  #refusePage(hash: Hash, why: string): never {
    const vat = this.#queries.anyUser.one(hash)?.[0] ?? null
    refuse('store/corrupt-page', `The page ${hash} of a heap${vat === null ? '' : ` of ${vat}`}: ${why}`, {
      hash,
      vat,
    })
  }
}
