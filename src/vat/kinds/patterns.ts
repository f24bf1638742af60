/**
 * Patterns and guards: the shapes of data, for `stateShape`, `keyShape`, `valueShape`, `governed` and the
 * guards of kinds. They are those of `@endo/patterns`, from the worker, so that a bundle does not carry a
 * copy.
 *
 * ```ts
 * import { M, defineKind } from 'heirloom/vat'
 * import type { BuildRootObject } from 'heirloom/vat'
 *
 * const CounterI = M.interface('Counter', { add: M.call(M.bigint()).returns(M.bigint()) })
 *
 * export const buildRootObject: BuildRootObject = (_powers, _parameters, baggage) => {
 *   const add = ({ state }: { state: { count: bigint } }, by: bigint) => (state.count += by)
 *   const makeCounter = defineKind(baggage, 'Counter', () => ({ count: 0n }), { add }, {
 *     stateShape: { count: M.bigint() },
 *     interfaceGuard: CounterI,
 *   })
 *   return makeCounter()
 * }
 * ```
 */
import type { MatcherNamespace, Pattern } from './matchers.ts'

interface PatternPowers {
  readonly M: MatcherNamespace
  matches(value: unknown, pattern: Pattern): boolean
  mustMatch(value: unknown, pattern: Pattern, label?: string): void
}

declare const VatData: PatternPowers

/** Creates patterns (`M.string()`, `M.splitRecord({ … })`) and guards (`M.interface(…)`, `M.call(…)`). */
export const M: MatcherNamespace = /* @__PURE__ */ matchersOfWorker()

/** Whether the value matches the pattern. */
export const matches = (value: unknown, pattern: Pattern): boolean => VatData.matches(value, pattern)

/**
 * Checks that the value matches the pattern.
 * @param label named in the error
 * @throws Error that states where the value differs
 */
export const mustMatch = (value: unknown, pattern: Pattern, label?: string): void =>
  VatData.mustMatch(value, pattern, label)

/** Programs that import this module outside of a vat, such as tests, may not be able to create patterns. */
function matchersOfWorker(): MatcherNamespace {
  const { M: matchers = undefined } = typeof VatData === 'undefined' ? {} : VatData
  return matchers ?? new Proxy({} as MatcherNamespace, { get: absent })
}

function absent(): never {
  throw new TypeError(
    'M is provided by the worker of a vat. Outside of a vat, or on a worker of an older release, import M from @endo/patterns.',
  )
}
