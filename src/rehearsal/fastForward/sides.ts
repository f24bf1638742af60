/** What the comparisons of a fast-forward share: both sides, and how a difference is noted. */
import { excerpt } from '../../base/text.ts'
import type { AnswerDifference } from './report.ts'
import type { NamePairs } from './names.ts'
import type { Side } from './side.ts'

export interface Sides {
  readonly store: Side
  readonly fork: Side
  readonly names: NamePairs
}

/** A difference before it is known whether it is expected. */
export type FoundDifference = Omit<AnswerDifference, 'expected'>

/** Where differences are noted. */
export type Note = (difference: FoundDifference) => void

/** How much of a value is shown. */
const shown = 1_000

/** Capdata, of either side. */
interface Value {
  readonly body: string
  readonly slots: readonly string[]
}

/** A value for people: the text of capdata, with its slots. */
export const valueText = ({ body, slots }: Value): string =>
  excerpt(slots.length === 0 ? body : `${body} [${slots.join(', ')}]`, shown)

/** Whether the values are the same, names apart. Pairs their names if so. */
export const isSameValue = (names: NamePairs, store: Value, fork: Value): boolean =>
  (store.body === fork.body || names.inText(store.body) === fork.body) && names.pair(store.slots, fork.slots)
