/**
 * Parameters that are changed while the vat lives (level 1 of upgrade): code reads the value each time.
 *
 * ```ts
 * import { Far, M, governed } from 'heirloom/vat'
 * import type { BuildRootObject } from 'heirloom/vat'
 *
 * export const buildRootObject: BuildRootObject = (_powers, _parameters, baggage) => {
 *   const fee = governed(baggage, 'fee', { shape: M.nat(), initial: 100n })
 *   return Far('shop', {
 *     buy: (price: bigint) => price + fee.get(),
 *     getFee: () => fee.reader, // for anyone
 *     getGovernor: () => fee.governor, // for those who may change it
 *   })
 * }
 * ```
 *
 * Reader and governor are durable, so they and all set values outlive every upgrade. Only a holder of the
 * governor may change the value.
 *
 * - A value that does not match the shape, or is not durable, is refused; the value stays.
 * - In an heir with another shape the value must match that shape; else `migrate` converts it, or the start
 *   is refused and the old incarnation continues.
 */
import { makeMapStore, type MapStore } from './collections.ts'
import { defineKindMulti, provide } from './durable.ts'
import type { Baggage } from './kindTypes.ts'
import type { Pattern } from './matchers.ts'

/** Options of a parameter. */
export interface GovernedOptions<Value> {
  /** The pattern that every value must match. */
  readonly shape: Pattern
  /** The value before the first change. */
  readonly initial: Value
  /** Converts a value of an older shape to this shape. */
  readonly migrate?: (value: unknown) => Value
}

/** One value that the parameter has or had. */
export interface ParameterChange<Value> {
  /** 0 for the initial value, one more with each change. */
  readonly number: number
  readonly value: Value
  /** The note passed by its setter. */
  readonly note: string
}

/** Reads a parameter. Durable; safe to pass to anyone. */
export interface ParameterReader<Value> {
  get(): Value
  /**
   * The values from number `from` on (default 0), oldest first, at most `limit` of them (default 100, maximum
   * 1,000).
   */
  history(from?: number, limit?: number): readonly ParameterChange<Value>[]
}

/** Sets a parameter. Durable; its holder decides. */
export interface ParameterGovernor<Value> extends ParameterReader<Value> {
  /** Returns the number of the change. */
  set(value: Value, note?: string): number
}

/** A parameter, as used by the vat's own code. */
export interface Governed<Value> {
  get(): Value
  readonly reader: ParameterReader<Value>
  readonly governor: ParameterGovernor<Value>
}

interface State {
  number: number
  readonly changes: MapStore<number, ParameterChange<unknown>>
}

declare const VatData: { mustMatch(value: unknown, pattern: Pattern, label: string): void }
declare const harden: <T>(value: T) => T

const maxNoteLength = 10_000
const maxPageLength = 1_000

/**
 * Returns the parameter of that name in the baggage; creates it, with the initial value, when there is none.
 * Call it once for each name in an incarnation.
 */
export function governed<Value>(
  baggage: Baggage,
  name: string,
  { shape, initial, migrate }: GovernedOptions<Value>,
): Governed<Value> {
  const check = (value: unknown): void => VatData.mustMatch(value, shape, `the parameter ${name}`)
  const set = (state: State, value: unknown, note: unknown): number => {
    if (typeof note !== 'string' || note.length > maxNoteLength)
      throw new TypeError(`a note is a text of at most ${maxNoteLength} characters`)
    check(harden(value))
    const number = state.number + 1
    state.changes.init(number, harden({ number, value, note }))
    state.number = number
    return number
  }
  const get = ({ state }: { state: State }): Value => state.changes.get(state.number).value as Value
  const history = ({ state }: { state: State }, from = 0, limit = 100): readonly ParameterChange<Value>[] =>
    pageOf(state, from, limit)
  const make = defineKindMulti(
    baggage,
    `governed ${name}`,
    (): State => ({ number: -1, changes: makeMapStore(`changes of ${name}`, { durable: true }) }),
    {
      reader: { get, history },
      governor: {
        get,
        history,
        set: ({ state }, value: unknown, note: unknown = '') => set(state, value, note),
      },
    },
    { finish: ({ state }) => void set(state, initial, 'initial') },
  )
  const { reader, governor } = provide(baggage, `governed ${name}`, () => harden(make()))
  adapt({ reader, governor }, check, migrate)
  return harden({ get: () => reader.get(), reader, governor })
}

/** In an heir the value may be of an older shape. */
function adapt<Value>(
  { governor }: Pick<Governed<Value>, 'reader' | 'governor'>,
  check: (value: unknown) => void,
  migrate: GovernedOptions<Value>['migrate'],
): void {
  const value = governor.get()
  try {
    check(value)
  } catch (error) {
    if (migrate === undefined) throw error
    governor.set(harden(migrate(value)), 'migrated')
  }
}

function pageOf<Value>(
  { number, changes }: State,
  from: unknown,
  limit: unknown,
): readonly ParameterChange<Value>[] {
  if (!isCount(from) || !isCount(limit))
    throw new TypeError('history takes a number from 0 on, and how many values at most')
  const found: ParameterChange<Value>[] = []
  const maxCount = Math.min(limit, maxPageLength)
  for (let at = from; at <= number && found.length < maxCount; at += 1)
    found.push(changes.get(at) as ParameterChange<Value>)
  return harden(found)
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
