/** What a plan changes of the stored state: rows and durable records of each vat, before and after. */
import type { KindCount } from '../../protocol/store/views.ts'
import type { VatFigure } from './vatFigures.ts'

/** Before the plan and after it; null where there is nothing to count. */
export interface Counts {
  readonly before: number | null
  readonly after: number | null
}

/** A vat whose stored state has other numbers after the plan. */
export interface StateChange {
  readonly vat: string
  readonly rows: Counts
  /** Its durable kinds, those with the same number of records too. */
  readonly kinds: readonly ({ readonly tag: string } & Counts)[]
}

/** The state at one block. */
export interface StateSight {
  readonly figures: readonly VatFigure[]
  readonly kinds: readonly KindCount[]
}

export function stateChanges(before: StateSight, after: StateSight): readonly StateChange[] {
  const names = new Map([...after.figures, ...before.figures].map(({ vat, name }) => [vat, name]))
  return [...names]
    .map(([vat, name]) => ({
      vat: name,
      rows: { before: rowsOf(before, vat), after: rowsOf(after, vat) },
      kinds: kindsOf(before, after, vat),
    }))
    .filter(({ rows, kinds }) => differs(rows) || kinds.some(differs))
}

const differs = (counts: Counts): boolean => counts.before !== counts.after

const rowsOf = ({ figures }: StateSight, of: string): number | null =>
  figures.find(({ vat }) => vat === of)?.rows ?? null

function kindsOf(before: StateSight, after: StateSight, of: string): StateChange['kinds'] {
  const mine = [...before.kinds, ...after.kinds].filter(({ vat }) => vat === of)
  const tags = new Map(mine.map(({ kind, tag }) => [kind, tag]))
  const count = ({ kinds }: StateSight, number: number): number | null =>
    kinds.find(({ vat, kind }) => vat === of && kind === number)?.records ?? null
  return [...tags].map(([kind, tag]) => ({ tag, before: count(before, kind), after: count(after, kind) }))
}
