/**
 * Compares a crank of two replicas whose states were the same before it.
 *
 * Ccm1. What counts is what the crank left: the values of keys, the transcript entries and the items for the
 *       host that it added. In which order it wrote, and whether it wrote a value that was there before, only
 *       shows in its hash.
 */
import { assert } from '../../base/errors.ts'
import { excerpt } from '../../base/text.ts'
import type { VatId } from '../../base/ids.ts'
import type { Space } from '../../protocol/kernel/platform.ts'
import type { CrankChanges, Store } from '../../store/store.ts'

/** A row of the state that differs. `null`: it is not there. Long texts are cut. */
export interface RowDifference {
  readonly kind: 'row'
  readonly space: string
  /** The key up to its first dot. */
  readonly table: string
  readonly key: string
  readonly original: string | null
  readonly modified: string | null
}

/** An entry of a transcript that differs. */
export interface EntryDifference {
  readonly kind: 'entry'
  readonly vat: VatId
  readonly position: number
  readonly original: string | null
  readonly modified: string | null
}

/** An item for the host that differs. */
export interface ItemDifference {
  readonly kind: 'item'
  readonly sequence: number
  readonly original: string | null
  readonly modified: string | null
}

/** What differs after a crank. */
export type StateDifference = RowDifference | EntryDifference | ItemDifference

interface Side {
  readonly store: Store
  readonly changes: CrankChanges
}

/** How much of a text is reported, around the place where it differs. */
const excerptLength = 500

/** `hash`: the same was left, and the hashes of the crank differ. */
export type CrankComparison =
  | { readonly kind: 'same' }
  | { readonly kind: 'hash' }
  | { readonly kind: 'differs'; readonly differences: readonly StateDifference[] }

export function compareCranks(original: Side, modified: Side): CrankComparison {
  if (original.changes.hash() === modified.changes.hash()) return { kind: 'same' }
  const differences = [
    ...rowDifferences(original, modified),
    ...entryDifferences(original, modified),
    ...itemDifferences(original, modified),
  ]
  assert(
    differences.every(({ original, modified }) => original !== null || modified !== null),
    'what neither side left does not differ (Ccm1)',
  )
  return differences.length === 0 ? { kind: 'hash' } : { kind: 'differs', differences }
}

function* rowDifferences(original: Side, modified: Side): Generator<StateDifference> {
  const all = [...original.changes.keys, ...modified.changes.keys]
  const keys = new Map(all.map(([space, key]) => [`${space}\0${key}`, [space as Space, key] as const]))
  const sorted = [...keys].toSorted(([one], [other]) => (one < other ? -1 : 1))
  for (const [, [space, key]] of sorted) {
    const values = both(original.store.state.get(space, key), modified.store.state.get(space, key))
    if (values !== undefined) yield { kind: 'row', space, table: key.split('.', 1)[0] ?? key, key, ...values }
  }
}

function* entryDifferences(original: Side, modified: Side): Generator<StateDifference> {
  const all = [...original.changes.entries, ...modified.changes.entries]
  const places = new Map(all.map(({ vat, position }) => [`${vat} ${position}`, { vat, position }]))
  for (const { vat, position } of places.values()) {
    const values = both(entryAt(original, vat, position), entryAt(modified, vat, position))
    if (values !== undefined) yield { kind: 'entry', vat, position, ...values }
  }
}

/** An entry of this crank; a terminated vat may have lost it again. */
function entryAt({ store, changes }: Side, vat: VatId, position: number): string | undefined {
  const { transcripts } = store
  const isNew = changes.entries.some((entry) => entry.vat === vat && entry.position === position)
  if (!isNew || position >= transcripts.count(vat)) return undefined
  for (const entry of transcripts.entries(vat, position, position + 1)) return entry.text
  return undefined
}

function* itemDifferences(original: Side, modified: Side): Generator<StateDifference> {
  const textsOf = ({ changes }: Side): ReadonlyMap<number, string> =>
    new Map(changes.sent.map(({ sequence, port, item }) => [sequence, `${port} ${item}`]))
  const [one, other] = [textsOf(original), textsOf(modified)]
  for (const sequence of new Set([...one.keys(), ...other.keys()])) {
    const values = both(one.get(sequence), other.get(sequence))
    if (values !== undefined) yield { kind: 'item', sequence, ...values }
  }
}

/** Undefined when they are the same. */
function both(
  original: string | undefined,
  modified: string | undefined,
): Pick<RowDifference, 'original' | 'modified'> | undefined {
  if (original === modified) return undefined
  const from = Math.max(0, firstDifferent(original ?? '', modified ?? '') - excerptLength / 2)
  const cut = (text: string | undefined): string | null =>
    text === undefined ? null : `${from === 0 ? '' : '…'}${excerpt(text.slice(from), excerptLength)}`
  return { original: cut(original), modified: cut(modified) }
}

function firstDifferent(one: string, other: string): number {
  let at = 0
  while (at < one.length && one[at] === other[at]) at += 1
  return at
}
