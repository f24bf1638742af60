/** Copies of a store, made beside it for one purpose each, and removed after use. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

export class StoreCopies {
  readonly #place: string
  /** How the names begin: another store may lie beside this one. */
  readonly #prefix: string

  /** Of the store in the directory. One process at a time makes copies for a purpose. */
  constructor(directory: string, purpose: 'check' | 'upgrade') {
    this.#place = dirname(directory)
    this.#prefix = `.${basename(directory)}-${purpose}-`
  }

  /** Calls with a directory in which a copy can be made as `copy`; removes it when the call is complete. */
  async use<Result>(call: (copy: string) => Promise<Result>): Promise<Result> {
    this.removeLeftovers()
    const place = mkdtempSync(join(this.#place, this.#prefix))
    try {
      return await call(join(place, 'store'))
    } finally {
      rmSync(place, { recursive: true, force: true })
    }
  }

  /** Removes the copies of processes that were killed. */
  removeLeftovers(): void {
    for (const name of readdirSync(this.#place))
      if (name.startsWith(this.#prefix)) rmSync(join(this.#place, name), { recursive: true, force: true })
  }
}
