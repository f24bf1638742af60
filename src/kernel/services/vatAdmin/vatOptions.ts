/**
 * Options of a vat: one table of the options, the calls that accept them, and the resulting settings.
 *
 * | option                  | accepted by              | value                              | effect                                        |
 * |-------------------------|--------------------------|------------------------------------|-----------------------------------------------|
 * | `name`                  | createVat                | 1 to 199 letters, digits, `.`, `-`, `_` | the vat's name; derived from its id if absent or taken |
 * | `parameters`, `vatParameters` | createVat, upgrade | anything passable                  | the argument of `buildRootObject`; both together are refused |
 * | `upgradeMessage`        | upgrade                  | a text of at most 10,000 characters | part of the rejection of ended promises      |
 * | `mode`                  | upgrade                  | `durable`, `replay`, `auto`        | how the new code takes over                   |
 * | `parametersFrom`        | upgrade                  | `given`, `kept`                    | `kept`: the parameters of the previous incarnation |
 * | `onFailure`             | upgrade                  | `keep`, `suspend`                  | the action when the heir cannot start         |
 * | `drain`                 | upgrade                  | `{ maxCranks }`                    | the vat receives pending answers first, for at most this many cranks |
 * | `abandonKinds`          | upgrade                  | a list of at most 1,000 texts      | tags of durable kinds that end if the heir does not define them |
 * | `meter`                 | createVat, changeOptions | a meter of `createMeter`           | the vat is charged to it                      |
 * | `computronsPerDelivery` | createVat, changeOptions | a bigint ≥ 1n                      | bounds one delivery                           |
 * | `heapLimitBytes`        | createVat, changeOptions | a number                           | bounds the heap                               |
 * | `storageLimit`          | createVat, changeOptions | a number                           | bounds what the vat stores                    |
 * | `worker`                | createVat                | the id of a worker version         | the worker of the first incarnation           |
 * | `onFault`               | createVat, changeOptions | `reject`, `suspend`, `terminate`   | the action when a delivery fails              |
 * | `importance`            | createVat, changeOptions | `ordinary`                         | no other value: the key makes a vat critical  |
 * | `critical`              | createVat, changeOptions | the key of `getCriticalVatKey`, or `false` | a fault of a critical vat pauses the kernel |
 * | `reapInterval`          | createVat, changeOptions | a whole number ≥ 1, `'never'`      | deliveries after which the vat collects its garbage |
 * | `collection`            | createVat, changeOptions | `{ deliveries, references, computrons }`, all optional | when the vat collects its garbage; the same option as `reapInterval` |
 * | `neverReap`             | createVat                | a boolean                          | `true` is `reapInterval: 'never'`             |
 * | `managerType`           | createVat                | a manager type of SwingSet         | none: there is one kind of worker             |
 * | `enablePipelining`      | createVat                | a boolean                          | none: messages are always pipelined           |
 * | `virtualObjectCacheSize` | createVat, changeOptions | a whole number                    | none: the cache has one size                  |
 * | `nodeOptions`           | createVat                | a list of texts                    | none                                          |
 * | `description`           | createVat                | a text                             | none                                          |
 * | `useTranscript`         | createVat                | `true`                             | none: every vat has one                       |
 * | `enableSetup`, `enableVatstore`, `enableDisavow` | createVat | `false`                   | none                                          |
 *
 * Vo1. An option that is not in the table is refused by name, as is one that the call does not accept. An
 *      option set to `undefined` counts as absent. Two options for the same setting are refused together.
 * Vo2. Reading options changes nothing.
 */
import { nearest } from '../../../base/nearest.ts'
import { isWorkerId, type ObjectKref } from '../../../base/ids.ts'
import {
  areTags,
  failurePolicies,
  parameterSources,
  upgradeModes,
  type Drain,
  type OnFailure,
  type ParametersFrom,
  type UpgradeMode,
} from '../../../protocol/host/inbox.ts'
import {
  abandonLimits,
  maxReasonLength,
  maxComputrons,
  maxDrainCranks,
  minHeapBytes,
  storageLimits,
} from '../../../protocol/limits.ts'
import { isVatLabel } from '../../../protocol/host/names.ts'
import type { WorkerVersion } from '../../../protocol/worker/worker.ts'
import type { CollectionSchedule } from '../../../protocol/host/gcSchedule.ts'
import { faultPolicies, type Importance, type OnFault } from '../../../protocol/results.ts'
import type { Tables } from '../../tables/tables.ts'
import { heapPages } from '../../delivery/vatLimits.ts'
import { meterOf } from './meter.ts'
import { isOptions, nameOf, objectOf } from '../service.ts'

/** The settings from the options. Absent options are absent here. */
export interface Settings {
  /** The creator's label for the vat. */
  readonly label?: string
  readonly parameters?: unknown
  readonly upgradeMessage?: string
  readonly mode?: UpgradeMode
  readonly parametersFrom?: ParametersFrom
  readonly onFailure?: OnFailure
  readonly drain?: Drain
  readonly abandonKinds?: readonly string[]
  readonly meter?: ObjectKref
  readonly computronsPerDelivery?: string
  readonly heapLimitPages?: number
  readonly storageLimit?: number
  readonly worker?: WorkerVersion
  readonly onFault?: OnFault
  readonly importance?: Importance
  readonly collection?: CollectionSchedule
}

/** The calls that take options. */
export type OptionsCall = 'createVat' | 'upgrade' | 'changeOptions'

type Outcome =
  | { readonly kind: 'sets'; readonly settings: Settings }
  /** The option is valid and has no effect here. */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'wrong'; readonly wanted: string }

interface VatOption {
  readonly calls: readonly OptionsCall[]
  read(value: unknown, tables: Tables): Outcome
}

const sets = (settings: Settings): Outcome => ({ kind: 'sets', settings })
const nothing: Outcome = { kind: 'nothing' }
const wrong = (wanted: string): Outcome => ({ kind: 'wrong', wanted })

/** The values that vats written for SwingSet use. */
const managerTypes: readonly unknown[] = [
  'local',
  'xsnap',
  'xs-worker',
  'xs-worker-no-gc',
  'nodeWorker',
  'node-subprocess',
]
const isCount = (value: unknown): boolean =>
  (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) ||
  (typeof value === 'bigint' && value >= 0n)

/** An option without effect here, whose value is checked all the same. */
const meaningless = (
  calls: readonly OptionsCall[],
  isRight: (value: unknown) => boolean,
  wanted: string,
): VatOption => ({
  calls,
  read: (value) => (isRight(value) ? nothing : wrong(wanted)),
})
const always = (value: boolean, why: string): VatOption =>
  meaningless(['createVat'], (given) => given === value, `${value}: ${why}`)
const parameters: VatOption = {
  calls: ['createVat', 'upgrade'],
  read: (value) => sets({ parameters: value }),
}

const vatOptions: Readonly<Record<string, VatOption>> = {
  name: { calls: ['createVat'], read: readName },
  parameters,
  vatParameters: parameters,
  upgradeMessage: { calls: ['upgrade'], read: readMessage },
  mode: { calls: ['upgrade'], read: readMode },
  parametersFrom: { calls: ['upgrade'], read: readParametersFrom },
  onFailure: { calls: ['upgrade'], read: readOnFailure },
  drain: { calls: ['upgrade'], read: readDrain },
  abandonKinds: { calls: ['upgrade'], read: readAbandonKinds },
  meter: { calls: ['createVat', 'changeOptions'], read: readMeter },
  computronsPerDelivery: { calls: ['createVat', 'changeOptions'], read: readComputrons },
  heapLimitBytes: { calls: ['createVat', 'changeOptions'], read: readHeap },
  storageLimit: { calls: ['createVat', 'changeOptions'], read: readStorage },
  onFault: { calls: ['createVat', 'changeOptions'], read: readOnFault },
  importance: { calls: ['createVat', 'changeOptions'], read: readImportance },
  worker: { calls: ['createVat'], read: readWorker },
  critical: { calls: ['createVat', 'changeOptions'], read: readCritical },
  reapInterval: { calls: ['createVat', 'changeOptions'], read: readReapInterval },
  collection: { calls: ['createVat', 'changeOptions'], read: readCollection },
  neverReap: { calls: ['createVat'], read: readNeverReap },
  managerType: meaningless(
    ['createVat'],
    (value) => managerTypes.includes(value),
    `one of ${managerTypes.join(', ')}`,
  ),
  enablePipelining: meaningless(['createVat'], (value) => typeof value === 'boolean', 'a boolean'),
  virtualObjectCacheSize: meaningless(['createVat', 'changeOptions'], isCount, 'a whole number'),
  nodeOptions: meaningless(
    ['createVat'],
    (value) => Array.isArray(value) && value.every((one) => typeof one === 'string'),
    'a list of strings',
  ),
  description: meaningless(['createVat'], (value) => typeof value === 'string', 'a string'),
  useTranscript: always(true, 'every vat has a transcript'),
  enableSetup: always(false, 'a vat starts by buildRootObject'),
  enableVatstore: always(false, 'a vat keeps its data in durable kinds and collections'),
  enableDisavow: always(false, 'imports end when nothing holds them'),
}

/** Pairs of names for the same option. */
const synonyms = [
  ['parameters', 'vatParameters'],
  ['critical', 'importance'],
  ['collection', 'reapInterval'],
  ['collection', 'neverReap'],
  ['neverReap', 'reapInterval'],
] as const

export type ReadOptions =
  | { readonly kind: 'settings'; readonly settings: Settings }
  | { readonly kind: 'refused'; readonly message: string }

/** The settings from a call's options, or the error in them (Vo1, Vo2). */
export function readOptions(tables: Tables, call: OptionsCall, given: unknown): ReadOptions {
  if (!isOptions(given)) return { kind: 'refused', message: `the options of ${call} are a record` }
  const chosen = Object.keys(given).filter((name) => given[name] !== undefined)
  const unknown = chosen.filter((name) => !takes(call, name))
  if (unknown.length > 0) return { kind: 'refused', message: unknownOptions(call, unknown) }
  let settings: Settings = {}
  for (const name of chosen.sort()) {
    const value = given[name]
    const outcome = (vatOptions[name] as VatOption).read(value, tables)
    if (outcome.kind === 'wrong')
      return {
        kind: 'refused',
        message: `${wrongOption(call, name, value)}: the option ${name} is ${outcome.wanted}`,
      }
    if (outcome.kind === 'sets') settings = { ...settings, ...outcome.settings }
  }
  const twice = synonyms.find((names) => names.every((name) => given[name] !== undefined))
  return twice === undefined
    ? { kind: 'settings', settings }
    : { kind: 'refused', message: `${twice.join(' and ')} are the same option; ${call} takes one of them` }
}

const takes = (call: OptionsCall, name: string): boolean =>
  Object.hasOwn(vatOptions, name) && vatOptions[name]?.calls.includes(call) === true

/** SwingSet's messages for options that a call does not accept, with the name that was probably meant. */
const unknownWords = {
  createVat: 'CreateVatOptions: unknown options',
  upgrade: 'upgrade() received unknown options:',
  changeOptions: 'invalid option',
} as const satisfies { readonly [Call in OptionsCall]: string }

function unknownOptions(call: OptionsCall, unknown: readonly string[]): string {
  const known = Object.keys(vatOptions).filter((name) => takes(call, name))
  const meant = unknown.flatMap((name) =>
    name.length <= maxMisspeltLength ? (nearest(name, known) ?? []) : [],
  )
  return `${unknownWords[call]} ${nameOf(unknown.join(','))}: ${call} has no such option${meant.length === 0 ? '' : `; did you mean ${meant.join(', ')}?`}`
}

const maxMisspeltLength = 30

/** SwingSet's message for an option with a wrong value. */
function wrongOption(call: OptionsCall, name: string, value: unknown): string {
  if (call !== 'createVat') return name === 'reapInterval' ? 'invalid reapInterval value' : call
  return name === 'name' || name === 'managerType'
    ? `CreateVatOptions: bad ${name === 'name' ? 'vat name' : name} ${nameOf(value)}`
    : `CreateVatOptions(${name})`
}

function readName(value: unknown): Outcome {
  const right = typeof value === 'string' && isVatLabel(value)
  return right
    ? sets({ label: value })
    : wrong('the name of the new vat: 1 to 199 letters, digits, dots, dashes or underscores')
}

/** The whole message reaches every vat that holds a promise of the ended incarnation. */
function readMessage(value: unknown): Outcome {
  const right = typeof value === 'string' && value.length <= maxReasonLength && value.isWellFormed()
  return right
    ? sets({ upgradeMessage: value })
    : wrong(`a well-formed text of at most ${maxReasonLength} characters`)
}

function readMode(value: unknown): Outcome {
  const mode = upgradeModes.find((one) => one === value)
  return mode === undefined ? wrong(`one of ${upgradeModes.join(', ')}`) : sets({ mode })
}

function readParametersFrom(value: unknown): Outcome {
  const parametersFrom = parameterSources.find((source) => source === value)
  return parametersFrom === undefined
    ? wrong(`one of ${parameterSources.join(', ')}`)
    : sets({ parametersFrom })
}

function readOnFailure(value: unknown): Outcome {
  const onFailure = failurePolicies.find((policy) => policy === value)
  return onFailure === undefined ? wrong(`one of ${failurePolicies.join(', ')}`) : sets({ onFailure })
}

function readDrain(value: unknown): Outcome {
  const wanted = `a record { maxCranks } with a whole number from 1 to ${maxDrainCranks}`
  if (!isOptions(value) || Object.keys(value).some((name) => name !== 'maxCranks')) return wrong(wanted)
  const maxCranks = countOf(value['maxCranks'])
  return maxCranks !== undefined && maxCranks <= maxDrainCranks
    ? sets({ drain: { maxCranks } })
    : wrong(wanted)
}

function readAbandonKinds(value: unknown): Outcome {
  const wanted = `a list of at most ${abandonLimits.tags} tags, well-formed texts of at most ${abandonLimits.tag} characters`
  if (!areTags(value)) return wrong(wanted)
  return value.length === 0 ? nothing : sets({ abandonKinds: [...value] })
}

function readMeter(value: unknown, tables: Tables): Outcome {
  const meter = meterOf(tables, value)
  return meter === undefined
    ? wrong('a meter that createMeter or createUnlimitedMeter gave')
    : sets({ meter })
}

function readComputrons(value: unknown): Outcome {
  const right = typeof value === 'bigint' && value >= 1n && value <= maxComputrons
  return right ? sets({ computronsPerDelivery: String(value) }) : wrong('a bigint from 1n to 2n ** 62n')
}

function readHeap(value: unknown): Outcome {
  const right = typeof value === 'number' && Number.isSafeInteger(value) && value >= minHeapBytes
  return right
    ? sets({ heapLimitPages: heapPages(value) })
    : wrong(`a whole number of bytes from ${minHeapBytes} on`)
}

function readStorage(value: unknown): Outcome {
  const right = typeof value === 'number' && Number.isSafeInteger(value) && value >= storageLimits.minimum
  return right
    ? sets({ storageLimit: value })
    : wrong(`a whole number of code units from ${storageLimits.minimum} on`)
}

function readWorker(value: unknown, tables: Tables): Outcome {
  const version = typeof value === 'string' && isWorkerId(value) ? tables.workers.find(value) : undefined
  return version === undefined
    ? wrong('the id of a worker version that is installed')
    : sets({ worker: version })
}

function readOnFault(value: unknown): Outcome {
  const onFault = faultPolicies.find((policy) => policy === value)
  return onFault === undefined ? wrong(`one of ${faultPolicies.join(', ')}`) : sets({ onFault })
}

const keyWanted = 'the key of getCriticalVatKey(), or false; what was given is an invalid criticalVatKey'

/** A critical vat can stop the kernel, so the option alone is not enough. */
function readImportance(value: unknown): Outcome {
  return value === 'ordinary'
    ? sets({ importance: value })
    : wrong("'ordinary'; a vat becomes critical by the option critical, with the key of getCriticalVatKey()")
}

function readCritical(value: unknown, tables: Tables): Outcome {
  if (value === false) return sets({ importance: 'ordinary' })
  const key = objectOf(value)
  return key !== undefined && key === tables.serviceRoot('criticalVatKey')
    ? sets({ importance: 'critical' })
    : wrong(keyWanted)
}

function readReapInterval(value: unknown): Outcome {
  const deliveries = countOrNever(value)
  return deliveries === undefined
    ? wrong(`a whole number from 1 on, or 'never'`)
    : sets({ collection: { deliveries } })
}

function readNeverReap(value: unknown): Outcome {
  if (typeof value !== 'boolean') return wrong('a boolean')
  return value ? sets({ collection: { deliveries: 'never' } }) : nothing
}

function readCollection(value: unknown): Outcome {
  const wanted = wrong(
    `a record of deliveries and references, whole numbers from 1 on, and computrons, a bigint from 1n to 2n ** 62n; any of them may be 'never' or left out`,
  )
  if (!isOptions(value)) return wanted
  const { deliveries, references, computrons, ...others } = value
  if (Object.keys(others).length > 0) return wanted
  const [ofDeliveries, ofReferences, ofComputrons] = [
    countOrNever(deliveries),
    countOrNever(references),
    computronsOrNever(computrons),
  ]
  if (deliveries !== undefined && ofDeliveries === undefined) return wanted
  if (references !== undefined && ofReferences === undefined) return wanted
  if (computrons !== undefined && ofComputrons === undefined) return wanted
  return sets({
    collection: {
      ...(ofDeliveries === undefined ? {} : { deliveries: ofDeliveries }),
      ...(ofReferences === undefined ? {} : { references: ofReferences }),
      ...(ofComputrons === undefined ? {} : { computrons: ofComputrons }),
    },
  })
}

const countOrNever = (value: unknown): number | 'never' | undefined =>
  value === 'never' ? value : countOf(value)

/** A whole number ≥ 1, as a number or a bigint. Other values may not convert to a number at all. */
function countOf(value: unknown): number | undefined {
  if (typeof value !== 'number' && typeof value !== 'bigint') return undefined
  const count = Number(value)
  return Number.isSafeInteger(count) && count >= 1 ? count : undefined
}

const computronsOrNever = (value: unknown): string | undefined =>
  value === 'never'
    ? value
    : typeof value === 'bigint' && value >= 1n && value <= maxComputrons
      ? String(value)
      : undefined
