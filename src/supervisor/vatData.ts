/** The global `VatData`: what a vat keeps in the store, under the names that SwingSet gives. One line for each. */
import { collectionMakers } from './collections/collections.ts'
import type { Collections } from './collections/collections.ts'
import type { Kinds } from './kinds/kinds.ts'
import { mustMatch } from './kinds/patterns.ts'
import { kindPowers } from './kinds/powers.ts'
import { patched } from './patches.ts'
import type { Watchers } from './watchers.ts'

export interface VatDataParts {
  readonly collections: Collections
  readonly kinds: Kinds
  readonly watchers: Watchers
}

export function makeVatData({ collections, kinds, watchers }: VatDataParts): object {
  return {
    ...collectionMakers(collections),
    ...kindPowers(kinds),
    mustMatch: (value: unknown, pattern: unknown, label: string) => mustMatch(value, pattern, label),
    patched: (id: unknown) => patched(id),
    providePromiseWatcher: (...args: Parameters<Watchers['providePromiseWatcher']>) => watchers.providePromiseWatcher(...args),
    watchPromise: (...args: Parameters<Watchers['watchPromise']>) => watchers.watchPromise(...args),
  }
}
