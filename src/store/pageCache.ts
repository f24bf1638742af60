/**
 * Pages that were read or written lately, by their hash: vats with the same code share most of theirs, so
 * that a worker comes back without asking SQLite for each.
 *
 * Whoever puts a page in has hashed it, and nobody writes to it.
 */
import type { Hash } from '../base/ids.ts'

export class PageCache {
  readonly #most: number
  /** In the order of their last use. */
  readonly #pages = new Map<Hash, Uint8Array>()

  constructor(most: number) {
    this.#most = most
  }

  get(hash: Hash): Uint8Array | undefined {
    const bytes = this.#pages.get(hash)
    if (bytes !== undefined) this.put(hash, bytes)
    return bytes
  }

  /** The page becomes the one that was used last; the one that was not used for longest may go. */
  put(hash: Hash, bytes: Uint8Array): void {
    this.#pages.delete(hash)
    this.#pages.set(hash, bytes)
    if (this.#pages.size <= this.#most) return
    for (const oldest of this.#pages.keys()) {
      this.#pages.delete(oldest)
      return
    }
  }

  remove(hash: Hash): void {
    this.#pages.delete(hash)
  }
}
