/**
 * Vats that may keep each other's objects alive indefinitely: reference cycles as far as the kernel can see
 * them.
 */
import type { ObjectKref, VatId } from '../../base/ids.ts'

/** An object of a cycle. */
export interface CycleObject {
  readonly object: ObjectKref
  readonly owner: VatId
  /** The vats that can reach it; all are in the group. */
  readonly holders: readonly VatId[]
}

/** Vats that hold each other in a cycle, and the objects through which they do, which nothing else holds. */
export interface CycleGroup {
  readonly vats: readonly VatId[]
  /** The first ones, by number; `cycleObjectLimit` at most. */
  readonly objects: readonly CycleObject[]
  /** The total number. */
  readonly found: number
}

export const cycleObjectLimit = 1_000
