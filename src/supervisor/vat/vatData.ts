/**
 * The global `VatData`: access to the vat's stored data.
 *
 * Its own properties are SwingSet's twelve names, and no others: code enumerates and counts them. It inherits
 * the rest that `heirloom/vat` needs, so that a compartment that is passed `VatData` has all of it.
 */
import { collectionMakers, type Collections } from '../collections/collections.ts'
import type { Kinds } from '../kinds/kinds.ts'
import { M, matches, mustMatch } from '../kinds/stored/patterns.ts'
import { furtherKindPowers, kindPowers } from '../kinds/powers.ts'
import { patched } from './patches.ts'
import type { Watchers } from './watchers.ts'

export interface VatDataParts {
  readonly collections: Collections
  readonly kinds: Kinds
  readonly watchers: Watchers
}

export function makeVatData({ collections, kinds, watchers }: VatDataParts): object {
  const further = {
    ...furtherKindPowers(kinds),
    M,
    matches: (value: unknown, pattern: unknown) => matches(value, pattern),
    mustMatch: (value: unknown, pattern: unknown, label?: string) => mustMatch(value, pattern, label),
    patched: (id: unknown) => patched(id),
  }
  const swingsets = {
    ...collectionMakers(collections),
    ...kindPowers(kinds),
    providePromiseWatcher: (...args: Parameters<Watchers['providePromiseWatcher']>) =>
      watchers.providePromiseWatcher(...args),
    watchPromise: (...args: Parameters<Watchers['watchPromise']>) => watchers.watchPromise(...args),
  }
  return Object.setPrototypeOf(swingsets, further) as object
}
