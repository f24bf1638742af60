/** What the global `VatData` offers of kinds, under the names that SwingSet gives; `findKindHandle` and `sweepKind` are ours. */
import type { Kinds } from './kinds.ts'

export function kindPowers(kinds: Kinds): object {
  return {
    makeKindHandle: (...args: Parameters<Kinds['makeKindHandle']>) => kinds.makeKindHandle(...args),
    findKindHandle: (...args: Parameters<Kinds['findKindHandle']>) => kinds.findKindHandle(...args),
    defineKind: (...args: Parameters<Kinds['defineKind']>) => kinds.defineKind(...args),
    defineKindMulti: (...args: Parameters<Kinds['defineKindMulti']>) => kinds.defineKindMulti(...args),
    defineDurableKind: (...args: Parameters<Kinds['defineDurableKind']>) => kinds.defineDurableKind(...args),
    defineDurableKindMulti: (...args: Parameters<Kinds['defineDurableKindMulti']>) => kinds.defineDurableKindMulti(...args),
    canBeDurable: (value: unknown) => kinds.canBeDurable(value),
    sweepKind: (handle: object, budget: number) => kinds.sweepKind(handle, budget),
  }
}
