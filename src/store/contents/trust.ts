/**
 * The code that this store's host trusts: kernels, supervisors, engines and base images, by id.
 *
 * Tru1. It belongs to the file, not to the state: it is in no hash and in no export, and a fork keeps it.
 * Tru2. Code that the host installs is trusted from the block of its installation on. The host decides about
 *       code that is trusted without an entry here.
 */
import { assert } from '../../base/errors.ts'
import { isBundleId, type BundleId } from '../../base/ids.ts'
import { checksumOf, type WholeRow } from '../sql/rowFormat.ts'
import type { SqlCommand, SqlQuery, SqlFile } from '../sql/sql.ts'

/**
 * `installed`: by a call of the host; `given`: named as trusted; `rebuilt`: rebuilding it from trusted code
 * had the same result.
 */
export type TrustReason = 'installed' | 'given' | 'rebuilt'

export class Trust {
  readonly #added = new Map<BundleId, TrustReason>()
  readonly #row: SqlQuery<WholeRow<'trusted'>>
  readonly #put: SqlCommand

  constructor(sql: SqlFile) {
    this.#row = sql.rows('trusted', 'WHERE bundle = ?')
    this.#put = sql.command(
      'INSERT INTO trusted (bundle, reason, checksum) VALUES (?, ?, ?) ON CONFLICT (bundle) DO NOTHING',
      'trusted',
    )
  }

  has(bundle: BundleId): boolean {
    return this.#added.has(bundle) || this.#row.one(bundle) !== undefined
  }

  add(bundles: readonly BundleId[], reason: TrustReason): void {
    for (const bundle of bundles) {
      assert(isBundleId(bundle), 'code is trusted by its id')
      if (!this.has(bundle)) this.#added.set(bundle, reason)
    }
  }

  /** Whether there are unwritten changes. */
  get isChanged(): boolean {
    return this.#added.size > 0
  }

  flush(): void {
    for (const [bundle, reason] of this.#added)
      this.#put.run(bundle, reason, checksumOf('trusted', [bundle, reason]))
  }

  onCommitted(): void {
    this.abandon()
  }

  abandon(): void {
    this.#added.clear()
  }
}
