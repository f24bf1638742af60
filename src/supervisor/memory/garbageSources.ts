/**
 * Garbage collection in bounded steps: each delivery does a part, however much there is.
 *
 * De1. One delivery does a fixed amount of work (`workBudget.ts`) and one step more. A step is one object
 *      with its references, or one entry of a collection: no more than a single delivery was able to write.
 * De2. When it stops before the end it reports so, and the kernel asks again (`docs/collection.md`).
 * De3. Unfinished work is continued, in this incarnation or in the next: state that ends with the heap is
 *      kept in the heap, everything else in the vat's space.
 *
 * Released objects are deleted before anything new is examined, so that little is pending at any time.
 */
import { isBudgetSpent } from './workBudget.ts'

/** A part of the supervisor that finds garbage of one sort. */
export interface GarbageSource {
  /** Does some of the work, at most until the work budget is spent. False when there was nothing to do. */
  step(): boolean
}

/** Returns whether all garbage was collected. */
export function collectGarbage(sources: readonly GarbageSource[]): 'all' | 'some' {
  while (!isBudgetSpent()) if (!sources.some((source) => source.step())) return 'all'
  return 'some'
}
