/**
 * Functions that are replaced while the vat lives (level 2 of upgrade): calls run the installed one.
 *
 * ```ts
 * import { Far, replaceable } from 'heirloom/vat'
 * import type { BuildRootObject } from 'heirloom/vat'
 *
 * export const buildRootObject: BuildRootObject = ({ D }, _parameters, baggage) => {
 *   const fee = replaceable(baggage, 'fee', (amount: bigint) => amount / 100n, { D, endowments: { least: 2n }
 *   })
 *   return Far('shop', {
 *     buy: (price: bigint) => price + fee.call(price),
 *     getFees: () => fee.reader, // for anyone
 *     getGovernor: () => fee.governor, // for those who may replace it
 *   })
 * }
 * ```
 *
 * A host bundles a function (`bundleFunction`) and installs the bundle; a holder of the governor installs the
 * function with its bundle cap. Reader and governor are durable, so they and all installed functions outlive
 * every upgrade.
 *
 * - Each function is evaluated in its own compartment, which has the language, the globals of a vat's
 *   compartments, and the endowments, hardened. It is called with the code's arguments, and reaches nothing
 *   else.
 * - Functions should be pure. The contents of a function's variables are lost in an heir, without an error.
 * - A bundle that throws while it is evaluated, or has no function as its default export, is refused
 *   (`function/refused`); the previous function stays.
 * - An heir supplies the default function and the endowments anew, and evaluates the installed function on
 *   its first call. When that fails, or an earlier endowment is missing, calls throw `function/unloadable`
 *   until the governor installs another or reverts.
 */
import { refuse, type Code } from '../protocol/codes.ts'
import { makeMapStore, type MapStore } from './kinds/collections.ts'
import { defineKindMulti, provide } from './kinds/durable.ts'
import type { Baggage } from './kinds/kindTypes.ts'
import type { VatPowers } from './powers.ts'

/** Requirements of a replaceable function. */
export interface ReplaceableOptions {
  /** `vatPowers.D`. */
  readonly D: VatPowers['D']
  /** Globals of each function, by name. */
  readonly endowments?: Readonly<Record<string, unknown>>
}

/** A function that is or was installed. */
export interface InstalledFunction {
  /** 0 for the default function, one more with each installation. */
  readonly number: number
  /** The id of its bundle; null for the default function, which is part of the vat's own code. */
  readonly bundle: string | null
  /** The note passed by its installer. */
  readonly note: string
  readonly current: boolean
}

/** Lists the functions. Durable; safe to pass to anyone. */
export interface FunctionReader {
  /**
   * The functions from number `from` on (default 0), oldest first, at most `limit` of them (default 100,
   * maximum 1,000).
   */
  installed(from?: number, limit?: number): readonly InstalledFunction[]
}

/** Replaces the function. Durable; its holder decides. */
export interface FunctionGovernor extends FunctionReader {
  /** Evaluates the bundle and installs its function. Returns its number. */
  install(bundleCap: unknown, note?: string): number
  /** Reinstalls the function of that number; 0 is the default function. */
  revert(number: number): void
}

/** A replaceable function, as used by the vat's own code. */
export interface Replaceable<Args extends unknown[], Result> {
  /** Calls the installed function and returns its result, hardened. */
  call(...args: Args): Result
  readonly reader: FunctionReader
  readonly governor: FunctionGovernor
}

/** The stored data of an installed function. */
interface InstalledRecord {
  readonly bundle: string
  readonly cap: unknown
  readonly note: string
  /** The names of the endowments at its installation. A missing name would be `undefined` to the function. */
  readonly endowments: readonly string[]
}

interface State {
  current: number
  count: number
  readonly functions: MapStore<number, InstalledRecord>
}

type AnyFunction = (...args: unknown[]) => unknown
type LoadResult =
  | { readonly kind: 'function'; readonly call: AnyFunction }
  | { readonly kind: 'broken'; readonly why: string }

declare const Compartment: new (options: object) => { evaluate(source: string): unknown }
declare const harden: <T>(value: T) => T

const maxNoteLength = 10_000
const maxPageLength = 1_000

/**
 * The function of that name in the baggage; the default one until another is installed. Call it once for each
 * name in an incarnation.
 */
export function replaceable<Args extends unknown[], Result>(
  baggage: Baggage,
  name: string,
  defaultFunction: (...args: Args) => Result,
  { D, endowments = {} }: ReplaceableOptions,
): Replaceable<Args, Result> {
  if (typeof defaultFunction !== 'function') throw new TypeError(`the default of ${name} is a function`)
  const globals = harden({ ...endowments })
  const load = loaderOf(D, globals)
  const loaded = new LoadedFunctions(name, globals, load, defaultFunction as AnyFunction)
  const installed = ({ state }: { state: State }, from = 0, limit = 100): readonly InstalledFunction[] =>
    pageOf(state, from, limit)
  const make = defineKindMulti(
    baggage,
    `replaceable ${name}`,
    (): State => ({
      current: 0,
      count: 0,
      functions: makeMapStore(`functions of ${name}`, { durable: true }),
    }),
    {
      reader: { installed },
      governor: {
        installed,
        install: ({ state }, cap: unknown, note: unknown = ''): number => {
          checkNote(note)
          const bundle = D(cap).getBundleID()
          const fresh = load(cap)
          if (fresh.kind === 'broken')
            return refuseFunction('function/refused', name, `${bundle} is not installed: ${fresh.why}`)
          const number = state.count + 1
          state.functions.init(number, harden({ bundle, cap, note, endowments: Object.keys(globals) }))
          loaded.add(number, fresh)
          state.count = number
          state.current = number
          return number
        },
        revert: ({ state }, number: unknown): void => {
          if (!isCount(number) || number > state.count)
            return refuseFunction(
              'function/unknown',
              name,
              `there is no function ${String(number)}; the last one is ${state.count}`,
            )
          loaded.get(state, number, 'function/refused')
          state.current = number
        },
      },
      // Stays in the vat: only the vat's own code may call.
      caller: {
        call: ({ state }, args: readonly unknown[]): unknown =>
          loaded.get(state, state.current, 'function/unloadable')(...args),
      },
    },
  )
  const { reader, governor, caller } = provide(baggage, `replaceable ${name}`, () => harden(make()))
  return harden({ call: (...args: Args): Result => harden(caller.call(args)) as Result, reader, governor })
}

/** The functions that this incarnation has evaluated, by number; 0 is the default function. */
class LoadedFunctions {
  readonly #name: string
  readonly #globals: object
  readonly #load: Load
  /** Endowments and bundles do not change within an incarnation, so a failure is permanent. */
  readonly #loaded: Map<number, LoadResult>

  constructor(name: string, globals: object, load: Load, defaultFunction: AnyFunction) {
    this.#name = name
    this.#globals = globals
    this.#load = load
    this.#loaded = new Map([[0, { kind: 'function', call: defaultFunction }]])
  }

  add(number: number, loaded: LoadResult): void {
    this.#loaded.set(number, loaded)
  }

  /** Refuses with the code when the function cannot be evaluated. */
  get({ functions }: State, number: number, code: Code): AnyFunction {
    const known = this.#loaded.get(number) ?? this.#loadAgain(functions.get(number))
    this.#loaded.set(number, known)
    return known.kind === 'function'
      ? known.call
      : refuseFunction(code, this.#name, `function ${number} cannot be evaluated: ${known.why}`)
  }

  #loadAgain({ cap, endowments }: InstalledRecord): LoadResult {
    const missing = endowments.filter((endowment) => !Object.hasOwn(this.#globals, endowment))
    return missing.length === 0
      ? this.#load(cap)
      : { kind: 'broken', why: `the vat has come without the endowment ${missing.join(', ')}` }
  }
}

type Load = (cap: unknown) => LoadResult

/** Evaluates the bundle of a bundle cap, each time in a new compartment. */
function loaderOf(D: ReplaceableOptions['D'], endowments: object): Load {
  return (cap) => {
    const { moduleFormat, source } = D(cap).getBundle() as {
      readonly moduleFormat: unknown
      readonly source: unknown
    }
    if (moduleFormat !== 'getExport' || typeof source !== 'string') {
      return {
        kind: 'broken',
        why: 'it is a bundle of another format; make it with bundleFunction, or install --function',
      }
    }
    try {
      const exported = evaluate(source, endowments)
      return typeof exported === 'function'
        ? { kind: 'function', call: exported as AnyFunction }
        : { kind: 'broken', why: 'it does not export a function as default' }
    } catch (error) {
      return {
        kind: 'broken',
        why: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
      }
    }
  }
}

function evaluate(source: string, globals: object): unknown {
  const getExports = new Compartment({ globals, __options__: true }).evaluate(`(${source})`) as () =>
    { readonly default?: unknown } | undefined
  return getExports()?.default
}

function pageOf(
  { current, count, functions }: State,
  from: unknown,
  limit: unknown,
): readonly InstalledFunction[] {
  if (!isCount(from) || !isCount(limit))
    throw new TypeError('installed takes a number from 0 on, and how many functions at most')
  const found: InstalledFunction[] = []
  const maxCount = Math.min(limit, maxPageLength)
  for (let number = from; number <= count && found.length < maxCount; number += 1) {
    const { bundle, note } = number === 0 ? { bundle: null, note: 'default' } : functions.get(number)
    found.push({ number, bundle, note, current: number === current })
  }
  return harden(found)
}

const refuseFunction = (code: Code, name: string, what: string): never => refuse(code, `${name}: ${what}`)

function checkNote(note: unknown): asserts note is string {
  if (typeof note !== 'string' || note.length > maxNoteLength)
    throw new TypeError(`a note is a text of at most ${maxNoteLength} characters`)
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
