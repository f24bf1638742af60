/**
 * Recently used pages, by hash: vats with the same code share most of theirs, so that restoring a worker need
 * not query SQLite for each.
 *
 * Callers hash a page before adding it, and no one modifies it.
 */
import { assert } from '../../base/errors.ts'
import type { Hash } from '../../base/ids.ts'

export class PageCache {
  readonly #capacity: number
  /** In order of last use. */
  readonly #pages = new Map<Hash, Uint8Array>()

  constructor(capacity: number) {
    assert(capacity > 0, 'a cache of pages has room for one')
    this.#capacity = capacity
  }

  get(hash: Hash): Uint8Array | undefined {
    const bytes = this.#pages.get(hash)
    if (bytes !== undefined) this.put(hash, bytes)
    return bytes
  }

  /** Makes the page the most recently used; may evict the least recently used. */
  put(hash: Hash, bytes: Uint8Array): void {
    this.#pages.delete(hash)
    this.#pages.set(hash, bytes)
    if (this.#pages.size <= this.#capacity) return
    for (const oldest of this.#pages.keys()) {
      this.#pages.delete(oldest)
      return
    }
  }

  remove(hash: Hash): void {
    this.#pages.delete(hash)
  }
}
