/** The global `VatData`: what a vat keeps in the store, under the names that SwingSet gives. One line for each. */
import type { Kinds } from './kinds/kinds.ts'
import { kindPowers } from './kinds/powers.ts'
import type { Watchers } from './watchers.ts'

export interface VatDataParts {
  readonly kinds: Kinds
  readonly watchers: Watchers
}

export function makeVatData({ kinds, watchers }: VatDataParts): object {
  return {
    ...kindPowers(kinds),
    providePromiseWatcher: (...args: Parameters<Watchers['providePromiseWatcher']>) => watchers.providePromiseWatcher(...args),
    watchPromise: (...args: Parameters<Watchers['watchPromise']>) => watchers.watchPromise(...args),
  }
}
