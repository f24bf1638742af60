/** The open block's changes to snapshots, and the step that undoes one. */
import type { Hash, VatId } from '../../base/ids.ts'
import type { Step } from '../state/journal.ts'

export interface Snapshot {
  /** The position in the vat's transcript that the heap belongs to. */
  readonly position: number
  readonly heapHash: Hash
}

export interface Manifest {
  readonly manifestBytes: Uint8Array
  readonly heapHash: Hash
}

export interface Saved extends Snapshot, Manifest {
  readonly pages: ReadonlySet<Hash>
}

/** The open block's change to a vat's snapshot; a vat without one is as in SQLite. */
export type Change =
  | { readonly kind: 'saved'; readonly snapshot: Saved }
  | { readonly kind: 'dropped' }
  | { readonly kind: 'forgotten' }

/** Heaps are not part of the crank: they only speed up what the transcript yields. */
export class HeapStep implements Step {
  readonly ofCrank = false
  readonly #changes: Map<VatId, Change>
  readonly #vat: VatId
  readonly #before: Change | undefined

  constructor(changes: Map<VatId, Change>, vat: VatId) {
    this.#changes = changes
    this.#vat = vat
    this.#before = changes.get(vat)
  }

  undo(): void {
    if (this.#before === undefined) this.#changes.delete(this.#vat)
    else this.#changes.set(this.#vat, this.#before)
  }

  record(): void {}
}
