/**
 * Which code of this store its host trusts: kernels, supervisors, engines and base images, by their ids.
 *
 * Tr1. It belongs to the file, not to the state: it is in no hash and in no export, and a fork keeps it.
 * Tr2. What the host installs is trusted from the same block on as it is there.
 * What is trusted without being written down here is the controller's to know.
 */
import type { BundleId } from '../base/ids.ts'
import type { Query, SqlFile } from './sql.ts'

/** `installed`: by a call of the host; `given`: it was named as trusted; `rebuilt`: made again of what is trusted, it was the same. */
export type TrustReason = 'installed' | 'given' | 'rebuilt'

export class Trust {
  readonly #added = new Map<BundleId, TrustReason>()
  readonly #has: Query<[number]>
  readonly #put: Query<never>

  constructor(sql: SqlFile) {
    this.#has = sql.query('SELECT 1 FROM trusted WHERE bundle = ?')
    this.#put = sql.query('INSERT INTO trusted (bundle, reason) VALUES (?, ?) ON CONFLICT (bundle) DO NOTHING')
  }

  has(bundle: BundleId): boolean {
    return this.#added.has(bundle) || this.#has.one(bundle) !== undefined
  }

  add(bundles: readonly BundleId[], reason: TrustReason): void {
    for (const bundle of bundles) if (!this.has(bundle)) this.#added.set(bundle, reason)
  }

  /** Whether anything is to be written. */
  get isChanged(): boolean {
    return this.#added.size > 0
  }

  flush(): void {
    for (const [bundle, reason] of this.#added) this.#put.run(bundle, reason)
  }

  settle(): void {
    this.abandon()
  }

  abandon(): void {
    this.#added.clear()
  }
}
