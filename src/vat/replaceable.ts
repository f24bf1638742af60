/**
 * Functions that are replaced while the vat lives (level 2 of upgrade): code calls whichever is installed.
 *
 * ```ts
 * import { Far, replaceable } from 'heirloom/vat'
 * import type { BuildRootObject } from 'heirloom/vat'
 *
 * export const buildRootObject: BuildRootObject = ({ D }, _parameters, baggage) => {
 *   const fee = replaceable(baggage, 'fee', (amount: bigint) => amount / 100n, { D, endowments: { least: 2n } })
 *   return Far('shop', {
 *     buy: (price: bigint) => price + fee.call(price),
 *     getFees: () => fee.reader, // for anyone
 *     getGovernor: () => fee.governor, // for those who may replace it
 *   })
 * }
 * ```
 *
 * A host bundles a function (`bundleFunction`) and installs it; whoever holds the governor puts it in place
 * with its bundle cap. Reader and governor are durable, so they and what was installed outlive every upgrade.
 *
 * - Each function is evaluated in a compartment of its own, which has the language, what a vat's compartments
 *   have, and the endowments, hardened. It is called with what the code gives it, and reaches nothing else.
 * - Functions are to be pure. What one keeps in its variables is gone in an heir, without a word.
 * - A bundle that throws while it is evaluated, or exports no function as default, is refused
 *   (`function/refused`); the function there was stays.
 * - An heir brings the default function and the endowments anew, and evaluates the installed function when it
 *   is first called. When that fails, or an endowment is missing that there was, calls throw `function/unloadable` until the governor installs another
 *   or reverts.
 */
import { refuse } from '../protocol/codes.ts'
import type { Code } from '../protocol/codes.ts'
import { makeMapStore } from './collections.ts'
import type { MapStore } from './collections.ts'
import { defineKindMulti, provide } from './durable.ts'
import type { Baggage } from './kindTypes.ts'
import type { VatPowers } from './powers.ts'

/** What a replaceable function needs. */
export interface ReplaceableOptions {
  /** `vatPowers.D`. */
  readonly D: VatPowers['D']
  /** Globals of each function, by name. */
  readonly endowments?: Readonly<Record<string, unknown>>
}

/** A function that is or was in place. */
export interface InstalledFunction {
  /** 0 for the default function, one more with each that is installed. */
  readonly number: number
  /** The id of its bundle; null for the default function, which is part of the vat's own code. */
  readonly bundle: string | null
  /** What its installer said of it. */
  readonly note: string
  readonly current: boolean
}

/** Tells which functions there are. Durable; safe to hand to anyone. */
export interface FunctionReader {
  /** The functions from number `from` on (0 if not given), oldest first, at most `limit` of them (100 if not given, and at most 1,000). */
  installed(from?: number, limit?: number): readonly InstalledFunction[]
}

/** Replaces the function. Durable; its holder decides. */
export interface FunctionGovernor extends FunctionReader {
  /** Evaluates the bundle and puts its function in place. Gives its number. */
  install(bundleCap: unknown, note?: string): number
  /** Puts the function of that number in place again; 0 is the default function. */
  revert(number: number): void
}

/** A function that can be replaced, as the code of its vat has it. */
export interface Replaceable<Args extends unknown[], Result> {
  /** Calls the installed function and returns its result, hardened. */
  call(...args: Args): Result
  readonly reader: FunctionReader
  readonly governor: FunctionGovernor
}

/** What is kept of an installed function. */
interface Installed {
  readonly bundle: string
  readonly cap: unknown
  readonly note: string
  /** The names of the endowments that there were. A name that is missing would be `undefined` to the function. */
  readonly endowments: readonly string[]
}

interface State {
  current: number
  count: number
  readonly functions: MapStore<number, Installed>
}

type AnyFunction = (...args: unknown[]) => unknown
type Loaded = { readonly kind: 'function'; readonly call: AnyFunction } | { readonly kind: 'broken'; readonly why: string }

declare const Compartment: new (options: object) => { evaluate(source: string): unknown }
declare const harden: <T>(value: T) => T

const longestNote = 10_000
const longestPage = 1_000

/** The function of that name in the baggage; the default one until another is installed. Once for each name in an incarnation. */
export function replaceable<Args extends unknown[], Result>(
  baggage: Baggage,
  name: string,
  defaultFunction: (...args: Args) => Result,
  { D, endowments = {} }: ReplaceableOptions,
): Replaceable<Args, Result> {
  if (typeof defaultFunction !== 'function') throw new TypeError(`the default of ${name} is a function`)
  const globals = harden({ ...endowments })
  const load = loaderOf(D, globals)
  const loadAgain = ({ cap, endowments: before }: Installed): Loaded => {
    const missing = before.filter((endowment) => !Object.hasOwn(globals, endowment))
    return missing.length === 0 ? load(cap) : { kind: 'broken', why: `the vat has come without the endowment ${missing.join(', ')}` }
  }
  /** Of this incarnation: endowments and bundles do not change in it, so that what failed once fails always. */
  const loaded = new Map<number, Loaded>([[0, { kind: 'function', call: defaultFunction as AnyFunction }]])
  const functionOf = (state: State, number: number, code: Code): AnyFunction => {
    const known = loaded.get(number) ?? loadAgain(state.functions.get(number))
    loaded.set(number, known)
    return known.kind === 'function' ? known.call : refuseFunction(code, name, `function ${number} cannot be evaluated: ${known.why}`)
  }
  const installed = ({ state }: { state: State }, from = 0, limit = 100): readonly InstalledFunction[] => pageOf(state, from, limit)
  const make = defineKindMulti(
    baggage,
    `replaceable ${name}`,
    (): State => ({ current: 0, count: 0, functions: makeMapStore(`functions of ${name}`, { durable: true }) }),
    {
      reader: { installed },
      governor: {
        installed,
        install: ({ state }, cap: unknown, note: unknown = ''): number => {
          checkNote(note)
          const bundle = D(cap).getBundleID()
          const fresh = load(cap)
          if (fresh.kind === 'broken') return refuseFunction('function/refused', name, `${bundle} is not installed: ${fresh.why}`)
          const number = state.count + 1
          state.functions.init(number, harden({ bundle, cap, note, endowments: Object.keys(globals) }))
          loaded.set(number, fresh)
          state.count = number
          state.current = number
          return number
        },
        revert: ({ state }, number: unknown): void => {
          if (!isCount(number) || number > state.count) return refuseFunction('function/unknown', name, `there is no function ${String(number)}; the last one is ${state.count}`)
          functionOf(state, number, 'function/refused')
          state.current = number
        },
      },
      // Stays in the vat: whoever calls must be the vat's own code.
      caller: {
        call: ({ state }, args: readonly unknown[]): unknown => functionOf(state, state.current, 'function/unloadable')(...args),
      },
    },
  )
  const { reader, governor, caller } = provide(baggage, `replaceable ${name}`, () => harden(make()))
  return harden({ call: (...args: Args): Result => harden(caller.call(args)) as Result, reader, governor })
}

/** Evaluates what a bundle cap stands for, each time in a compartment of its own. */
function loaderOf(D: ReplaceableOptions['D'], endowments: object): (cap: unknown) => Loaded {
  return (cap) => {
    const { moduleFormat, source } = D(cap).getBundle() as { readonly moduleFormat: unknown; readonly source: unknown }
    if (moduleFormat !== 'getExport' || typeof source !== 'string') {
      return { kind: 'broken', why: 'it is a bundle of another format; make it with bundleFunction, or install --function' }
    }
    try {
      const exported = evaluate(source, endowments)
      return typeof exported === 'function' ? { kind: 'function', call: exported as AnyFunction } : { kind: 'broken', why: 'it does not export a function as default' }
    } catch (error) {
      return { kind: 'broken', why: error instanceof Error ? `${error.name}: ${error.message}` : String(error) }
    }
  }
}

function evaluate(source: string, globals: object): unknown {
  const getExports = new Compartment({ globals, __options__: true }).evaluate(`(${source})`) as () => { readonly default?: unknown } | undefined
  return getExports()?.default
}

function pageOf({ current, count, functions }: State, from: unknown, limit: unknown): readonly InstalledFunction[] {
  if (!isCount(from) || !isCount(limit)) throw new TypeError('installed takes a number from 0 on, and how many functions at most')
  const found: InstalledFunction[] = []
  const most = Math.min(limit, longestPage)
  for (let number = from; number <= count && found.length < most; number += 1) {
    const { bundle, note } = number === 0 ? { bundle: null, note: 'default' } : functions.get(number)
    found.push({ number, bundle, note, current: number === current })
  }
  return harden(found)
}

const refuseFunction = (code: Code, name: string, what: string): never => refuse(code, `${name}: ${what}`)

function checkNote(note: unknown): asserts note is string {
  if (typeof note !== 'string' || note.length > longestNote) throw new TypeError(`a note is a text of at most ${longestNote} characters`)
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
