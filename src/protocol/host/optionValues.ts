/**
 * Values of the options of vats: what each must be, and the form in which it is kept. Reading a value changes
 * nothing and never throws, since values come from vats and from files.
 */
import { isCount, isRecord } from '../../base/guards.ts'
import {
  abandonLimits,
  maxComputrons,
  maxDrainCranks,
  maxReasonLength,
  minHeapBytes,
  storageLimits,
} from '../limits.ts'
import type { CollectionSchedule } from './gcSchedule.ts'
import { areTags, type Drain } from './inbox.ts'

export interface OptionValue<Kept> {
  /** What a value must be, as in "the option is …" and "it must be …". */
  readonly wanted: string
  /** The reason why there is only one choice; absent where there are several. */
  readonly why?: string
  /** The checks of the fields of a record; absent for other values. */
  readonly parts?: Parts
  /** The form of a right value that is kept; undefined when the value is wrong. */
  read(value: unknown): Kept | undefined
}

type Parts = Readonly<Record<string, OptionValue<unknown>>>

/** What is wrong in a value: the value as a whole, or a field of it. */
export interface ValueFlaw {
  /** Null: the value as a whole. */
  readonly part: string | null
  readonly wanted: string
  /** The wrong value, or the name of a field that there is not. */
  readonly given: unknown
}

/** The flaw of a wrong value. */
export function valueFlaw({ wanted, parts }: OptionValue<unknown>, given: unknown): ValueFlaw {
  const whole = { part: null, wanted, given }
  if (parts === undefined || !isRecord(given)) return whole
  const unknown = unknownPart(parts, given)
  if (unknown !== undefined) return { ...whole, given: unknown }
  const [part, value] = wrongPart(parts, given) ?? []
  return part === undefined || value === undefined
    ? whole
    : { part, wanted: value.wanted, given: given[part] }
}

const unknownPart = (parts: Parts, given: object): string | undefined =>
  Object.keys(given).find((name) => !Object.hasOwn(parts, name))

const wrongPart = (
  parts: Parts,
  given: Readonly<Record<string, unknown>>,
): readonly [name: string, part: OptionValue<unknown>] | undefined =>
  Object.entries(parts).find(
    ([name, part]) => given[name] !== undefined && part.read(given[name]) === undefined,
  )

/** A record with none but these fields, each of them right or absent. */
const hasParts = (parts: Parts, given: unknown): given is Readonly<Record<string, unknown>> =>
  isRecord(given) && unknownPart(parts, given) === undefined && wrongPart(parts, given) === undefined

/** A value that is kept as it is. */
const kept = <Kept>(wanted: string, is: (value: unknown) => value is Kept): OptionValue<Kept> => ({
  wanted,
  read: (value) => (is(value) ? value : undefined),
})

const isText = (value: unknown): value is string => typeof value === 'string'
const isFlag = (value: unknown): value is boolean => typeof value === 'boolean'
const areTexts = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every(isText)

export const anything: OptionValue<unknown> = { wanted: 'anything passable', read: (value) => value }
export const flag = kept('true or false', isFlag)
export const text = kept('a text', isText)
export const texts = kept('a list of texts', areTexts)

/** The only value of an option. */
export const only = (value: boolean, why: string): OptionValue<boolean> => ({
  ...kept(String(value), (given): given is boolean => given === value),
  why,
})

export const choice = <Choice extends string>(choices: readonly Choice[]): OptionValue<Choice> => ({
  wanted: `one of ${choices.join(', ')}`,
  read: (value) => choices.find((each) => each === value),
})

/** A number or a bigint; vats that were written for SwingSet use both. */
const wholeOf = (value: unknown): number | undefined => {
  const number = typeof value === 'bigint' ? Number(value) : value
  return isCount(number) ? number : undefined
}

export const whole: OptionValue<number> = { wanted: 'a whole number', read: wholeOf }

const count: OptionValue<number> = {
  wanted: 'a whole number from 1 on',
  read: (value) => wholeOf(value) || undefined,
}

const orNever = <Kept>({ wanted, read }: OptionValue<Kept>): OptionValue<Kept | 'never'> => ({
  wanted: `'never' or ${wanted}`,
  read: (value) => (value === 'never' ? value : read(value)),
})

export const countOrNever = orNever(count)

/** Kept as decimal digits. */
export const computrons: OptionValue<string> = {
  wanted: 'a bigint from 1n to 2n ** 62n',
  read: (value) =>
    typeof value === 'bigint' && value >= 1n && value <= maxComputrons ? String(value) : undefined,
}

const atLeast = (least: number, unit: string): OptionValue<number> =>
  kept(
    `a whole number of ${unit} from ${least} on`,
    (value): value is number => isCount(value) && value >= least,
  )

export const heapLimit = atLeast(minHeapBytes, 'bytes')
export const storageLimit = atLeast(storageLimits.minimum, 'code units')

/** The whole message reaches every vat that holds a promise of the ended incarnation. */
export const upgradeMessage = kept(
  `a well-formed text of at most ${maxReasonLength} characters`,
  (value): value is string => isText(value) && value.length <= maxReasonLength && value.isWellFormed(),
)

export const abandonedTags = kept(
  `a list of at most ${abandonLimits.tags} tags, well-formed texts of at most ${abandonLimits.tag} characters`,
  areTags,
)

const drainCranks: OptionValue<number> = {
  wanted: `a whole number from 1 to ${maxDrainCranks}`,
  read: (value) => {
    const cranks = count.read(value)
    return cranks === undefined || cranks > maxDrainCranks ? undefined : cranks
  },
}

const drainParts = { maxCranks: drainCranks }

export const drain: OptionValue<Drain> = {
  wanted: `a record { maxCranks } with ${drainCranks.wanted}`,
  parts: drainParts,
  read(value) {
    if (!hasParts(drainParts, value)) return undefined
    const maxCranks = drainCranks.read(value['maxCranks'])
    return maxCranks === undefined ? undefined : { maxCranks }
  },
}

const scheduleParts = {
  deliveries: countOrNever,
  references: countOrNever,
  computrons: orNever(computrons),
} as const

export const schedule: OptionValue<CollectionSchedule> = {
  wanted:
    "a record of deliveries, references and computrons: whole numbers from 1 on, computrons as a bigint up to 2n ** 62n; any of them may be 'never' or left out",
  parts: scheduleParts,
  read(value) {
    if (!hasParts(scheduleParts, value)) return undefined
    const deliveries = scheduleParts.deliveries.read(value['deliveries'])
    const references = scheduleParts.references.read(value['references'])
    const computronsUsed = scheduleParts.computrons.read(value['computrons'])
    return {
      ...(deliveries === undefined ? {} : { deliveries }),
      ...(references === undefined ? {} : { references }),
      ...(computronsUsed === undefined ? {} : { computrons: computronsUsed }),
    }
  },
}

/** The kinds of workers that vats written for SwingSet ask for. */
export const managerType = choice([
  'local',
  'xsnap',
  'xs-worker',
  'xs-worker-no-gc',
  'nodeWorker',
  'node-subprocess',
])
