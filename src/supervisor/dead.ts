/**
 * Bringing out the dead: a bounded piece in each delivery, whatever there is.
 *
 * De1. One delivery does so much work (`effort.ts`) and one step more. A step is one object with what it
 *      refers to, or one entry of a collection: what a single delivery was able to write down.
 * De2. When it stops before the end it says so, and the kernel asks again (`docs/collection.md`).
 * De3. What was begun goes on where it was, in this incarnation or in the next: what ends with the heap is
 *      remembered in the heap, everything else in the vat's space.
 * De4. What was let go falls before anything new is looked at, so that little waits at any time.
 */
import { isSpent } from './effort.ts'

/** A sort of garbage. */
export interface Source {
  /** Does some of the work, until the effort is spent at most. False when there was nothing to do. */
  step(): boolean
}

/** Gives how much of the dead was brought out. */
export function bringOut(sources: readonly Source[]): 'all' | 'some' {
  while (!isSpent()) if (!sources.some((source) => source.step())) return 'all'
  return 'some'
}
