/** The open block's changes to snapshots, and the step that undoes one. */
import { assert } from '../../base/errors.ts'
import type { Hash, VatId } from '../../base/ids.ts'
import type { UndoStep } from '../state/journal.ts'

export interface Snapshot {
  /** The position in the vat's transcript that the heap belongs to. */
  readonly position: number
  readonly heapHash: Hash
}

export interface StoredManifest {
  readonly manifestBytes: Uint8Array
  readonly heapHash: Hash
}

export interface SavedSnapshot extends Snapshot, StoredManifest {
  readonly pages: ReadonlySet<Hash>
}

/** The open block's change to a vat's snapshot; a vat without one is as in SQLite. */
export type HeapChange =
  | { readonly kind: 'saved'; readonly snapshot: SavedSnapshot }
  | { readonly kind: 'dropped' }
  | { readonly kind: 'forgotten' }

/** Heaps are not part of the crank: they only speed up what the transcript yields. */
export class HeapUndoStep implements UndoStep {
  readonly ofCrank = false
  readonly #changes: Map<VatId, HeapChange>
  readonly #vat: VatId
  readonly #before: HeapChange | undefined

  constructor(changes: Map<VatId, HeapChange>, vat: VatId) {
    this.#changes = changes
    this.#vat = vat
    this.#before = changes.get(vat)
  }

  undo(): void {
    assert(this.#changes.has(this.#vat), 'an undone change of a snapshot was made')
    if (this.#before === undefined) this.#changes.delete(this.#vat)
    else this.#changes.set(this.#vat, this.#before)
  }

  record(): void {}
}
