/** Vats that may keep each other's objects alive for ever: what the kernel can tell of circles between vats. */
import type { ObjectKref, VatId } from '../base/ids.ts'

/** An object of a circle. */
export interface CycleObject {
  readonly object: ObjectKref
  readonly owner: VatId
  /** The vats that can reach it; all are of the group. */
  readonly holders: readonly VatId[]
}

/** Vats each of which holds, over the others, itself; and the objects by which they do, that nobody else holds. */
export interface CycleGroup {
  readonly vats: readonly VatId[]
  /** The first of them, by number; `cycleObjectLimit` at most. */
  readonly objects: readonly CycleObject[]
  /** How many there are in all. */
  readonly found: number
}

export const cycleObjectLimit = 1_000
