/**
 * Options of a static vat in a configuration: all of `createVat`, and SwingSet's names for them.
 *
 * | option                  | is                                          | what it comes to                     |
 * |-------------------------|---------------------------------------------|--------------------------------------|
 * | `computronsPerDelivery` | a bigint; in JSON a whole number            | bounds one delivery                  |
 * | `heapLimitBytes`        | a whole number of bytes                     | bounds the heap                      |
 * | `storageLimit`          | a whole number of code units                | bounds what it stores                |
 * | `collection`            | `{ deliveries, references, computrons }`    | when the vat collects its garbage    |
 * | `reapInterval`          | a whole number from 1 on, or `never`        | `collection.deliveries`              |
 * | `reapGCKrefs`           | a whole number from 1 on, or `never`        | `collection.references`              |
 * | `neverReap`             | a boolean                                   | `true`: `collection.deliveries` and `references` are `never` |
 * | `onFault`               | `reject`, `suspend`, `terminate`            | what a failed delivery leads to      |
 * | `importance`            | `ordinary`, `critical`                      | whether a fault pauses the kernel    |
 * | `critical`              | a boolean                                   | `importance`                         |
 * | `worker`                | the name of an engine of the release        | the worker version that it starts on |
 * | `name`                  | the key of the vat in `vats`                | nothing                              |
 *
 * Co1. An unknown option is refused by name, and an invalid value with the values allowed.
 * Co2. Two names for one option are not accepted together.
 */
import { assert } from '../../base/errors.ts'
import { refuse } from '../../protocol/codes.ts'
import type { CollectionSchedule } from '../../protocol/host/gcSchedule.ts'
import type { VatOptions } from '../../protocol/host/inbox.ts'
import { faultPolicies, importances, type Importance, type OnFault } from '../../protocol/results.ts'
import {
  checkCollection,
  checkComputrons,
  checkCount,
  checkEngine,
  checkHeap,
  checkOneOf,
  checkStorage,
} from '../../api/checks.ts'
import type { EngineName } from '../../protocol/worker/engineNames.ts'

/** When a vat collects garbage, as the host writes it. */
export interface CollectionOptions {
  readonly deliveries?: number | 'never'
  /** References passed to the vat. */
  readonly references?: number | 'never'
  readonly computrons?: bigint | 'never'
}

/** The options of a static vat, under Heirloom's names and SwingSet's. */
export interface CreationOptions {
  readonly computronsPerDelivery?: bigint
  readonly heapLimitBytes?: number
  readonly storageLimit?: number
  readonly collection?: CollectionOptions
  readonly reapInterval?: number | 'never'
  readonly reapGCKrefs?: number | 'never'
  readonly neverReap?: boolean
  readonly onFault?: OnFault
  readonly importance?: Importance
  readonly critical?: boolean
  readonly worker?: EngineName
  readonly name?: string
}

/** The effective options. */
export interface ReadCreation {
  readonly options: Omit<VatOptions, 'worker'>
  /** Null: the engine on which all vats start. */
  readonly engine: EngineName | null
}

type Reading = { readonly options?: Omit<VatOptions, 'worker'>; readonly engine?: EngineName }
type Read = (value: unknown, vat: string) => Reading

const wrong = (option: string, wanted: string): never =>
  refuse('api/bad-argument', `${option} must be ${wanted}`, { argument: option })
const chosen = (options: Omit<VatOptions, 'worker'>): Reading => ({ options })
const flag = (value: unknown, option: string): boolean =>
  typeof value === 'boolean' ? value : wrong(option, 'true or false')
const countOrNever = (value: unknown, option: string): number | 'never' =>
  value === 'never' ? value : checkCount(value, option)
const never: CollectionSchedule = { deliveries: 'never', references: 'never' }

const table: { readonly [Option in keyof CreationOptions]-?: Read } = {
  computronsPerDelivery: (value) => chosen({ computronsPerDelivery: checkComputrons(value) }),
  heapLimitBytes: (value) => chosen({ heapLimitBytes: checkHeap(value) }),
  storageLimit: (value) => chosen({ storageLimit: checkStorage(value) }),
  collection: (value) => chosen({ collection: checkCollection(value) }),
  reapInterval: (value) => chosen({ collection: { deliveries: countOrNever(value, 'reapInterval') } }),
  reapGCKrefs: (value) => chosen({ collection: { references: countOrNever(value, 'reapGCKrefs') } }),
  neverReap: (value) => (flag(value, 'neverReap') ? chosen({ collection: never }) : {}),
  onFault: (value) => chosen({ onFault: checkOneOf(value, 'onFault', faultPolicies) }),
  importance: (value) => chosen({ importance: checkOneOf(value, 'importance', importances) }),
  critical: (value) => chosen({ importance: flag(value, 'critical') ? 'critical' : 'ordinary' }),
  worker: (value) => ({ engine: checkEngine(value, 'worker') }),
  name: (value, vat) =>
    value === vat ? {} : wrong('name', `the key of the vat in vats, ${vat}, or left out`),
}

/** SwingSet options without effect here, and the values that are accepted. */
const always =
  (value: boolean, why: string): Read =>
  (given) =>
    given === value ? {} : refuse('api/bad-argument', `${value} is the only choice: ${why}`)
const anything: Read = () => ({})
const idle: Readonly<Record<string, Read>> = {
  managerType: anything,
  virtualObjectCacheSize: anything,
  description: anything,
  enablePipelining: anything,
  nodeOptions: (value) =>
    Array.isArray(value) && value.every((one) => typeof one === 'string')
      ? {}
      : wrong('nodeOptions', 'a list of texts'),
  useTranscript: anything,
  enableSetup: always(false, 'a vat starts by buildRootObject'),
  enableVatstore: always(false, 'a vat keeps its data in durable kinds and collections'),
  enableDisavow: always(false, 'imports end when nothing holds them'),
}

/** In the order in which suggestions list them. */
export const creationOptions: readonly string[] = Object.keys(table)
export const idleCreationOptions: readonly string[] = Object.keys(idle)

/** Pairs of names for one option. */
const synonyms = [
  ['critical', 'importance'],
  ['reapInterval', 'collection'],
  ['reapGCKrefs', 'collection'],
  ['neverReap', 'collection'],
  ['neverReap', 'reapInterval'],
  ['neverReap', 'reapGCKrefs'],
] as const

/** Each of SwingSet's names sets a part of the schedule. */
const merged = (
  before: CollectionSchedule | undefined,
  more: CollectionSchedule | undefined,
): Pick<VatOptions, 'collection'> =>
  before === undefined || more === undefined ? {} : { collection: { ...before, ...more } }

/**
 * Co2, and each option by itself. The keys are known ones. `within` runs the check of an option and adds its
 * name to errors.
 */
export function readCreation(
  given: CreationOptions,
  vat: string,
  within: <Value>(option: string, check: () => Value) => Value,
): ReadCreation {
  let options: ReadCreation['options'] = {}
  let engine: EngineName | null = null
  for (const [option, read] of Object.entries({ ...table, ...idle })) {
    const value: unknown = Reflect.get(given, option)
    if (value === undefined) continue
    const reading = within(option, () => read(value, vat))
    options = { ...options, ...reading.options, ...merged(options.collection, reading.options?.collection) }
    engine = reading.engine ?? engine
  }
  for (const [word, other] of synonyms) {
    if (given[word] !== undefined && given[other] !== undefined)
      within(word, () => wrong(word, `another word for ${other}; give one of them`))
  }
  assert(!('worker' in options), 'the worker of a static vat is installed by its engine')
  return { options, engine }
}
