/** Compares the cranks of two nodes: for an engine that behaves differently on one machine only. */
import type { Hash, VatId } from '../base/ids.ts'
import { refuse } from '../protocol/codes.ts'
import type { CrankRecord } from '../protocol/machine/runs.ts'

/** One side of a crank that differs. */
export interface CrankSide {
  /** The vat that ran, or null when none did. */
  readonly vat: VatId | null
  readonly heapHash: Hash | null
  readonly activityHash: Hash
}

/** The first crank that differs. */
export interface CrankDifference {
  readonly crank: number
  /** What differs; when only `activity` does, the vats sent the kernel something else, or kernels differ. */
  readonly differs: readonly ('vat' | 'heap' | 'activity')[]
  readonly one: CrankSide
  readonly other: CrankSide
}

/**
 * Compares what two nodes recorded with `run({ onCrank: 'record' })`, crank by crank, as far as both have
 * them; null when no crank differs. Refuses records that have no crank in common.
 */
export function firstDifference(
  one: readonly CrankRecord[],
  other: readonly CrankRecord[],
): CrankDifference | null {
  const others = new Map(other.map((record) => [record.crank, record]))
  const pairs = one.flatMap((record) => {
    const match = others.get(record.crank)
    return match === undefined ? [] : [[record, match] as const]
  })
  if (pairs.length === 0 && one.length > 0 && other.length > 0)
    refuse('api/bad-argument', 'the two records have no crank in common', { argument: 'other' })
  for (const [mine, theirs] of pairs.toSorted(([first], [second]) => first.crank - second.crank)) {
    const differs = differencesOf(mine, theirs)
    if (differs.length > 0) return { crank: mine.crank, differs, one: sideOf(mine), other: sideOf(theirs) }
  }
  return null
}

const differencesOf = (one: CrankRecord, other: CrankRecord): CrankDifference['differs'] => [
  ...(one.vat === other.vat ? [] : (['vat'] as const)),
  ...(one.heapHash === other.heapHash ? [] : (['heap'] as const)),
  ...(one.activityHash === other.activityHash ? [] : (['activity'] as const)),
]

const sideOf = ({ vat, heapHash, activityHash }: CrankRecord): CrankSide => ({ vat, heapHash, activityHash })
