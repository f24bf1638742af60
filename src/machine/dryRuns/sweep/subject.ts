/** What a sweep finds in one row: texts to decode, a record to migrate, or what is wrong as it stands. */
import type { SweepFailure, SweepFailureCode, SweptKind } from '../../../protocol/reports/sweep.ts'
import type { KindRecord } from '../../../protocol/worker/estate.ts'
import { collectionFamilies } from './durableRows.ts'
import { parseStored, type ObjectVref } from '../../../base/ids.ts'

/** The records that are counted together. */
export type Group = Pick<SweptKind, 'sort' | 'kind' | 'number'>

export interface Subject {
  readonly group: Group
  /** Whether it counts as a record; rows that describe others do not. */
  readonly counts: boolean
  readonly vref: string
  readonly failure: SweepFailure | null
  readonly items: readonly Item[]
  /** The durable kind whose code migrates it. */
  readonly migration: { readonly kind: number; readonly base: ObjectVref } | null
  /** The durable kind that has to be defined. */
  readonly defined: number | null
}

/** A stored text, and what its value has to be. */
export interface Item {
  readonly property: string | null
  readonly text: string
  /** `pattern`: the stored text of a pattern that the value matches. */
  readonly is: 'value' | 'watch' | { readonly pattern: string }
}

export const valueOf = (text: string, property: string | null = null): Item => ({ property, text, is: 'value' })

/** A subject with nothing to do yet. */
export const subjectOf = (group: Group, vref: string, counts = true): Subject => ({
  group,
  counts,
  vref,
  failure: null,
  items: [],
  migration: null,
  defined: null,
})

export const failed = (
  subject: Subject,
  code: SweepFailureCode,
  message: string,
  property: string | null = null,
): Subject => ({
  ...subject,
  items: [],
  migration: null,
  failure: { vref: subject.vref, property, code, message },
})

export const groupOfKind = (number: number, record: KindRecord | 'corrupt' | undefined): Group => ({
  sort: 'kind',
  kind: typeof record === 'object' ? record.tag : `kind ${number}`,
  number,
})

export const groupOfWatches: Group = { sort: 'watch', kind: 'promise watch', number: null }

/** The baggage is the first durable map of a vat. */
export function groupOfCollection(vref: ObjectVref): Group {
  const name = collectionFamilies.get(parseStored(vref).kind)?.name ?? 'collection'
  return { sort: 'collection', kind: vref === 'o+d2/1' ? 'baggage' : name, number: null }
}
