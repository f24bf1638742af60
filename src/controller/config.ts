/**
 * What a new store is made with: its settings, and the vats, bundles and ports that it begins with.
 * The table of every key is `docs/configuration.md`.
 *
 * Cf1. A configuration is checked whole before anything is made. What is wrong is refused with
 *      `config/invalid` and its path, such as `vats.alice.parameters`.
 * Cf2. The same configuration and sources give the same store.
 */
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { CodedError } from '../base/errors.ts'
import { didYouMean } from '../base/nearest.ts'
import type { CapData } from '../protocol/capdata.ts'
import { refuse } from '../protocol/codes.ts'
import { mostVats } from '../protocol/limits.ts'
import { isPortName, isVatName } from '../protocol/names.ts'
import { faultPolicies } from '../protocol/results.ts'
import type { OnFault } from '../protocol/results.ts'
import type { BundledVat } from './bundler/bundleVat.ts'
import type { EndoBundle } from './bundler/endoBundle.ts'
import { checkBoundedCount, checkCollection, checkComputrons, checkCount, checkEngine, checkHeap, checkOneOf, checkStorage } from './checks.ts'
import { creationOptions, idleCreationOptions, readCreation } from './creationOptions.ts'
import type { CollectionOptions, CreationOptions, ReadCreation } from './creationOptions.ts'
import { locate } from './configSources.ts'
import type { EngineName } from './release/engineNames.ts'
import { doubled, swingsetKeys } from './swingsetKeys.ts'
import { encodeValue } from './values.ts'

/** What a new store is made with. It is kept in the store and is part of its state. */
export interface StoreConfig {
  /** The engine on which vats start; the newest of the release if not given. */
  readonly engine?: EngineName
  /** Deliveries to a vat between two snapshots of its heap; 200 if not given. */
  readonly snapshotInterval?: number
  /** Deliveries to a vat between two collections of its garbage; 1,000 if not given. */
  readonly collectionInterval?: number
  /** What else asks a vat to collect; by deliveries only if not given. */
  readonly collection?: CollectionOptions
  /** SwingSet's word for `collection.deliveries`. */
  readonly defaultReapInterval?: number | 'never'
  /** SwingSet's word for `collection.references`. */
  readonly defaultReapGCKrefs?: number | 'never'
  /** Computrons that one delivery may take, unless a vat is made with another limit; 500 million if not given. */
  readonly computronsPerDelivery?: bigint
  /** The most memory a vat may have, unless it is made with another limit; 256 MiB if not given. */
  readonly heapLimitBytes?: number
  /** What a vat may store, in UTF-16 code units, unless it is made with another limit; 1 Gi if not given. */
  readonly storageLimit?: number
  /** What becomes of a vat when a delivery fails by its own doing, unless it is made with another policy; `reject` if not given. */
  readonly onFault?: OnFault
  /** How many vats there may be; without bound if not given. */
  readonly maxVats?: number
  /** Rows that one crank of cleaning up after a vat may change; 1,000 if not given. */
  readonly cleanupBudget?: number
  /** The vat whose root gets `bootstrap(vats, devices, { ports })` as the first message of all. */
  readonly bootstrap?: string
  /** The vats that are there from the beginning, in this order. */
  readonly vats?: Readonly<Record<string, StaticVat>>
  /** Bundles that are installed under these names. */
  readonly bundles?: Readonly<Record<string, CodeSource>>
  /** Ports that are open from the beginning. */
  readonly ports?: readonly string[]
}

/** Where code comes from: a file with all that it imports, or a bundle. One of the three is given. */
export interface CodeSource {
  readonly sourceSpec?: string
  readonly bundle?: BundledVat | EndoBundle
  /** The path of the JSON of a bundle of `@endo/bundle-source`. */
  readonly bundleSpec?: string
}

/** A vat that is there from the beginning of a store. */
export interface StaticVat extends CodeSource {
  /** In place of a source: one of the configuration's own bundles. */
  readonly bundleName?: string
  readonly parameters?: unknown
  readonly creationOptions?: CreationOptions
}

/** Names in `vats` that `bootstrap` gets from the kernel. */
export const kernelNames = ['vatAdmin', 'timer'] as const

const settings = {
  engine: (value) => checkEngine(value),
  snapshotInterval: (value) => checkCount(value, 'the interval'),
  collectionInterval: (value) => checkCount(value, 'the interval'),
  computronsPerDelivery: checkComputrons,
  heapLimitBytes: checkHeap,
  storageLimit: checkStorage,
  onFault: (value) => checkOneOf(value, 'onFault', faultPolicies),
  maxVats: (value) => checkBoundedCount(value, 'maxVats', mostVats),
  collection: checkCollection,
  cleanupBudget: (value) => checkCount(value, 'the budget'),
} as const satisfies Record<string, (value: unknown) => unknown>

const configKeys = [...Object.keys(settings), 'bootstrap', 'vats', 'bundles', 'ports']

/** Reads a configuration from a JSON file; paths in it begin at the file's folder. */
export function loadConfig(path: string): StoreConfig {
  if (typeof path !== 'string' || path === '') refuse('api/bad-argument', 'the path of a configuration must be a text that is not empty', { argument: 'path' })
  const folder = dirname(resolve(path))
  const config = fromFile(parse(path), folder)
  checkConfig(config)
  return config
}

/** Cf1. What is not said is not there; what is there is as it should be. */
export function checkConfig(config: StoreConfig): void {
  const { bootstrap, vats = {}, bundles = {}, ports = [] } = config
  checkKeys(config, '', configKeys, Object.keys(swingsetKeys))
  for (const [key, check] of Object.entries(settings)) {
    const value = config[key as keyof typeof settings]
    if (value !== undefined) at(key, () => check(value))
  }
  for (const [key, check] of Object.entries(swingsetKeys)) {
    const value: unknown = Reflect.get(config, key)
    if (value !== undefined) at(key, () => check(value))
  }
  const twice = doubled(config)
  if (twice !== undefined) invalid(twice[0], `another word for ${twice[1]}; give one of them`)
  for (const [name, source] of Object.entries(checkTable(bundles, 'bundles'))) checkSource(source, `bundles.${name}`, ['sourceSpec', 'bundleSpec', 'bundle'])
  for (const [name, vat] of Object.entries(checkTable(vats, 'vats'))) checkVat(vat, name, bundles)
  checkPorts(ports)
  if (bootstrap === undefined) return
  if (typeof bootstrap !== 'string' || !Object.hasOwn(vats, bootstrap)) invalid('bootstrap', `there is no vat ${JSON.stringify(bootstrap)}${didYouMean(String(bootstrap), Object.keys(vats))}`)
}

const fail = (path: string, message: string): never =>
  refuse('config/invalid', path === '' ? message : `${path}: ${message}`, { path })
function invalid(path: string, message: string): never {
  return fail(path, message)
}

/** What a check of the API refuses, with its place in the configuration: the argument may be a part of what is there. */
function at<Value>(path: string, check: () => Value): Value {
  try {
    return check()
  } catch (error) {
    if (!(error instanceof CodedError)) throw error
    const [, ...inner] = String(error.detail['argument'] ?? '').split('.')
    return invalid([path, ...inner].join('.'), error.message)
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function checkTable<Entry>(table: Readonly<Record<string, Entry>>, path: string): Readonly<Record<string, Entry>> {
  if (!isRecord(table)) invalid(path, 'is a record of entries by name')
  for (const name of Object.keys(table)) {
    if (!isVatName(name)) invalid(`${path}.${name}`, 'a name is 1 to 199 letters, digits, dots, dashes or underscores, and begins with a letter')
  }
  return table
}

function checkKeys(record: object, path: string, keys: readonly string[], idle: readonly string[] = []): void {
  if (!isRecord(record)) invalid(path, 'is a record')
  for (const key of Object.keys(record)) {
    if (!keys.includes(key) && !idle.includes(key)) invalid(path === '' ? key : `${path}.${key}`, `there is no such key${didYouMean(key, keys)}`)
  }
}

function checkVat(vat: StaticVat, name: string, bundles: Readonly<Record<string, CodeSource>>): void {
  const path = `vats.${name}`
  if (kernelNames.some((taken) => taken === name)) invalid(path, 'the kernel has an object of this name for `bootstrap`; take another')
  checkSource(vat, path, ['sourceSpec', 'bundleName', 'bundleSpec', 'bundle'], ['parameters', 'creationOptions'])
  const { bundleName } = vat
  if (bundleName !== undefined && !(typeof bundleName === 'string' && Object.hasOwn(bundles, bundleName))) {
    invalid(`${path}.bundleName`, `there is no bundle ${JSON.stringify(bundleName)} in bundles${didYouMean(String(bundleName), Object.keys(bundles))}`)
  }
  parametersOf(vat, name)
  creationOf(vat, name)
}

/** What a static vat's options come to. */
export function creationOf({ creationOptions: given = {} }: StaticVat, name: string): ReadCreation {
  const path = `vats.${name}.creationOptions`
  checkKeys(given, path, creationOptions, idleCreationOptions)
  return readCreation(given, name, (option, check) => at(`${path}.${option}`, check))
}

/** The parameters of a static vat as they are sent to it; an empty record if none are given, as in SwingSet. */
export const parametersOf = ({ parameters = {} }: StaticVat, name: string): CapData =>
  at(`vats.${name}.parameters`, () => {
    const data = encodeValue(parameters)
    return data.slots.length === 0 ? data : invalid(`vats.${name}.parameters`, 'there are no objects before the store is made')
  })

function checkSource(source: CodeSource & { readonly bundleName?: string }, path: string, ways: readonly (keyof StaticVat)[], more: readonly string[] = []): void {
  checkKeys(source, path, [...ways, ...more])
  const given = ways.filter((way) => source[way as keyof typeof source] !== undefined)
  if (given.length !== 1) invalid(path, `has one of ${ways.join(', ')}; ${given.length === 0 ? 'none is given' : `${given.join(' and ')} are given`}`)
  const { bundle } = source
  for (const way of ['sourceSpec', 'bundleSpec'] as const) {
    const file: unknown = source[way]
    if (file !== undefined && (typeof file !== 'string' || file === '')) invalid(`${path}.${way}`, 'is the path of a file')
  }
  if (bundle !== undefined && !isBundle(bundle)) invalid(`${path}.bundle`, 'is not a result of bundleVat or bundle-source')
}

const isBundle = (bundle: unknown): boolean => isRecord(bundle) && (bundle['bytes'] instanceof Uint8Array || typeof bundle['moduleFormat'] === 'string')

function checkPorts(ports: readonly string[]): void {
  if (!Array.isArray(ports)) invalid('ports', 'is a list of names')
  for (const [index, name] of ports.entries()) {
    if (typeof name !== 'string' || !isPortName(name)) invalid(`ports.${index}`, `${JSON.stringify(name)} cannot be the name of a port`)
    if (ports.indexOf(name) !== index) invalid(`ports.${index}`, `${name} is there twice`)
  }
}

// Files -----------------------------------------------------------------------------------------

function parse(path: string): unknown {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    return refuse('config/unreadable', `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`, { file: path })
  }
  try {
    return JSON.parse(text)
  } catch (error) {
    return refuse('config/not-json', `${path} is not JSON: ${error instanceof Error ? error.message : String(error)}`, { file: path })
  }
}

/** A configuration as JSON has it: computrons are whole numbers there, and paths are relative to the file. What is of another shape stays as it is, to be refused. */
function fromFile(given: unknown, folder: string): StoreConfig {
  if (!isRecord(given)) return invalid('', 'a configuration is a record')
  const { vats, bundles } = given
  const table = (entries: unknown, entry: (value: unknown) => unknown): unknown =>
    isRecord(entries) ? Object.fromEntries(Object.entries(entries).map(([name, value]) => [name, entry(value)])) : entries
  const source = (value: unknown): unknown => (isRecord(value) ? located(value, folder) : value)
  const vat = (value: unknown): unknown => {
    if (!isRecord(value)) return value
    const { creationOptions } = value
    return located(isRecord(creationOptions) ? { ...value, creationOptions: counted(creationOptions) } : value, folder)
  }
  return {
    ...counted(given),
    ...(vats === undefined ? {} : { vats: table(vats, vat) }),
    ...(bundles === undefined ? {} : { bundles: table(bundles, source) }),
  } as StoreConfig
}

function counted(record: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { collection } = record
  const own = withBigint(record, 'computronsPerDelivery')
  return isRecord(collection) ? { ...own, collection: withBigint(collection, 'computrons') } : own
}

function withBigint(record: Readonly<Record<string, unknown>>, key: string): Readonly<Record<string, unknown>> {
  const value = record[key]
  return typeof value === 'number' && Number.isSafeInteger(value) ? { ...record, [key]: BigInt(value) } : record
}

function located(record: Readonly<Record<string, unknown>>, folder: string): Readonly<Record<string, unknown>> {
  const { sourceSpec, bundleSpec } = record
  const isPath = (path: unknown): path is string => typeof path === 'string' && path !== ''
  return { ...record, ...(isPath(sourceSpec) ? { sourceSpec: locate(sourceSpec, folder) } : {}), ...(isPath(bundleSpec) ? { bundleSpec: locate(bundleSpec, folder) } : {}) }
}
