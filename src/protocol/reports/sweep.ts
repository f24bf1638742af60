/**
 * A sweep: whether every durable record of a vat can be read by the code that the vat has. The page is
 * `docs/sweep.md`.
 */
import type { BundleId, VatId, WorkerId } from '../../base/ids.ts'

/** Limits of a sweep. */
export const sweepLimits = {
  /** Rows of one part; fewer if the limit of computrons is low. */
  rows: 1_000,
  /** UTF-16 code units of the rows of one part; the row that exceeds it is the last. */
  text: 1024 * 1024,
  /** What reading an ordinary row may cost. */
  computronsPerRow: 50_000n,
  /** Failures of one kind in a report. */
  failures: 20,
  /** After so many records of a kind whose migration exceeds its limit, no more of them are migrated. */
  exhausted: 3,
} as const

/** What is wrong with a record. */
export type SweepFailureCode =
  /** The stored text does not have the form of its row. */
  | 'record-corrupt'
  /** There is no durable kind of the record's number, or the code does not define it. */
  | 'kind-undefined'
  /** The record has a state version that the vat's estate rules out. */
  | 'version-unknown'
  | 'value-undecodable'
  /** The state is not what the kind's `stateShape` says. */
  | 'shape-differs'
  | 'key-corrupt'
  /** An entry of a collection that does not exist. */
  | 'collection-unknown'
  /** The collection has another number of entries than is recorded. */
  | 'size-differs'
  /** It refers to something that does not exist. */
  | 'reference-dangling'
  | 'watcher-without-methods'
  | 'migration-failed'
  /** Reading the record exceeded the limit of computrons or heap. */
  | 'exhausted'
  /** The worker stopped. */
  | 'trapped'
  /** Not tried: the migrations of `sweepLimits.exhausted` records of the kind were exhausted. */
  | 'not-examined'

/** The first thing that is wrong with a record. */
export interface SweepFailure {
  /** The object, the collection or the watched promise, as the vat names it. */
  readonly vref: string
  /** The property of the state, or the key of the entry; null: the record as a whole. */
  readonly property: string | null
  readonly code: SweepFailureCode
  readonly message: string
}

/** The records of one durable kind, of one sort of collections, or the watches of promises. */
export interface SweptKind {
  readonly sort: 'kind' | 'collection' | 'watch'
  /** The tag of the kind; `baggage`, `mapStore` and the like; `promise watch`. */
  readonly kind: string
  /** The number of a durable kind: two kinds may have one tag. Null for all others. */
  readonly number: number | null
  /** Objects, entries, or watches. */
  readonly records: number
  /** Records that a migration brought to the code's state version. */
  readonly migrated: number
  readonly failed: number
  /** The first of them, at most `sweepLimits.failures`, one for each record. */
  readonly failures: readonly SweepFailure[]
}

/** The vat that is swept, and the number of its rows. */
export interface SweepStart {
  readonly vat: VatId
  readonly incarnation: number
  readonly bundle: BundleId
  readonly worker: WorkerId
  /** `worker-too-old`: the vat's supervisor cannot search a copy of the heap (release 0.1.0). */
  readonly support: 'supported' | 'worker-too-old'
  readonly rows: number
}

/** The rows after a key, as many as one part has. */
export interface SweepPart {
  readonly rows: number
  /** The key after which the next part begins; null when this was the last. */
  readonly next: string | null
  readonly kinds: readonly SweptKind[]
  /** Numbers of kinds whose migrations are not tried any more. */
  readonly exhausted: readonly number[]
  readonly computrons: bigint
}

export interface SweepPartChoices {
  /** The key after which it begins; null: the first. */
  readonly after: string | null
  /** The limit of each record; null: the vat's limit of a delivery. */
  readonly computrons: bigint | null
  /** Numbers of kinds whose migrations are not tried. */
  readonly exhausted: readonly number[]
}

/** All that a sweep found in a vat. */
export interface SweepReport extends SweepStart {
  readonly name: string
  readonly records: number
  readonly migrated: number
  readonly failed: number
  readonly kinds: readonly SweptKind[]
  readonly computrons: string
}

/** How far the sweep of a vat is. */
export interface SweepProgress {
  readonly vat: VatId
  /** Rows that were examined. */
  readonly done: number
  readonly of: number
}

/** Adds the findings of two parts of a sweep. */
export function joinKinds(
  some: readonly SweptKind[],
  more: readonly SweptKind[],
  maxFailures: number,
): readonly SweptKind[] {
  const joined = new Map(some.map((one) => [nameOf(one), one]))
  for (const one of more) {
    const before = joined.get(nameOf(one))
    joined.set(
      nameOf(one),
      before === undefined
        ? one
        : {
            ...one,
            records: before.records + one.records,
            migrated: before.migrated + one.migrated,
            failed: before.failed + one.failed,
            failures: [...before.failures, ...one.failures].slice(0, maxFailures),
          },
    )
  }
  return [...joined.values()]
}

const nameOf = ({ sort, kind, number }: SweptKind): string => `${sort} ${number ?? ''} ${kind}`
