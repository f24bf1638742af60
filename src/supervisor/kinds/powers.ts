/** The kind functions of the global `VatData`. */
import type { Kinds } from './kinds.ts'

/** With SwingSet's names. */
export function kindPowers(kinds: Kinds): object {
  return {
    makeKindHandle: (...args: Parameters<Kinds['makeKindHandle']>) => kinds.makeKindHandle(...args),
    defineKind: (...args: Parameters<Kinds['defineKind']>) => kinds.defineKind(...args),
    defineKindMulti: (...args: Parameters<Kinds['defineKindMulti']>) => kinds.defineKindMulti(...args),
    defineDurableKind: (...args: Parameters<Kinds['defineDurableKind']>) => kinds.defineDurableKind(...args),
    defineDurableKindMulti: (...args: Parameters<Kinds['defineDurableKindMulti']>) =>
      kinds.defineDurableKindMulti(...args),
    canBeDurable: (value: unknown) => kinds.canBeDurable(value),
  }
}

/** Our own. */
export function furtherKindPowers(kinds: Kinds): object {
  return {
    findKindHandle: (...args: Parameters<Kinds['findKindHandle']>) => kinds.findKindHandle(...args),
    sweepKind: (handle: object, budget: number) => kinds.sweepKind(handle, budget),
  }
}
