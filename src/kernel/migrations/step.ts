/**
 * Migration steps: what brings the tables of one version to the next, as data.
 *
 * A step looks at the rows of one table, one by one in key order, and says for each what is to be written.
 * So it can rewrite rows, give them other keys, write rows of another table, move a counter (a single row),
 * and delete a table.
 *
 * Mst1. What a step writes is a function of the row that it gets, and of rows that it does not change itself.
 * Mst2. A step changes no row of the layout that it leads to: one that it has written may come by again.
 * Mst3. What a step writes for a row is bounded.
 * Mst4. The steps of a kernel are a chain from its oldest version of tables to its own.
 */
import { assert } from '../../base/errors.ts'

export interface Row {
  readonly key: string
  readonly text: string
}

/** A row to be written; deleted with null. */
export type Change = readonly [key: string, text: string | null]

export interface Step {
  /** Stored while the step is under way; unique in the chain. */
  readonly name: string
  /** The table, for reports. */
  readonly table: string
  /** The version of tables that the step works on. */
  readonly from: number
  /** The version that it leads to: the next, or the same for rows of an older form of that version. */
  readonly to: number
  /** The beginnings of the table's keys, in the order of the walk; one without a dot at its end is a key. */
  readonly keys: readonly string[]
  /**
   * The beginnings of the keys of tables to which the step adds rows, at most one for each that it looks at:
   * its own too if it writes its rows under other keys, and then looks at them again.
   */
  readonly adds: readonly string[]
  /** What is to be written for the row; `other` reads another one. */
  apply(row: Row, other: (key: string) => string | undefined): readonly Change[]
}

/** Limit on the rows that a step writes for a row (Mst3). */
export const maxChanges = 100

/** Mst4. */
export function assertChain(steps: readonly Step[], oldest: number, version: number): void {
  assert(oldest >= 1 && oldest <= version, 'a kernel migrates from older versions to its own')
  let reached = oldest
  for (const { name, from, to } of steps) {
    assert(from === to || from + 1 === to, `the step ${name} leads to its own version or to the next (Mst4)`)
    assert(from === reached || from + 1 === reached, `the step ${name} follows those of its version (Mst4)`)
    assert(to >= reached, `the step ${name} does not lead back (Mst4)`)
    reached = to
  }
  assert(reached === version, 'the steps lead to the present version (Mst4)')
  assert(new Set(steps.map(({ name }) => name)).size === steps.length, 'each step has a name of its own')
}
