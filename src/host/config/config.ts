/**
 * The configuration of a new store: its settings, and its initial vats, bundles and ports.
 * `docs/configuration.md` lists every key.
 *
 * Cf1. A configuration is checked in full before anything is made. Errors are refused with `config/invalid`
 *      and their path, such as `vats.alice.parameters`.
 * Cf2. The same configuration and sources result in the same store.
 */
import { isRecord } from '../../base/guards.ts'
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { CodedError } from '../../base/errors.ts'
import { didYouMean } from '../../base/nearest.ts'
import type { CapData } from '../../protocol/capdata.ts'
import { refuse } from '../../protocol/codes.ts'
import { maxVatBound } from '../../protocol/limits.ts'
import { optionsOf } from '../../protocol/host/vatOptions.ts'
import { isPortName, isVatName, kernelNames } from '../../protocol/host/names.ts'
import { faultPolicies, type OnFault } from '../../protocol/results.ts'
import type { BundledVat } from '../../bundler/bundleVat.ts'
import type { EndoBundle } from '../../bundler/endoBundle.ts'
import {
  checkBoundedCount,
  checkCollection,
  checkComputrons,
  checkCount,
  checkEngine,
  checkHeap,
  checkOneOf,
  checkStorage,
} from '../../api/checks.ts'
import {
  readCreation,
  type CollectionOptions,
  type CreationOptions,
  type ReadCreation,
} from './creationOptions.ts'
import { locate } from './configSources.ts'
import type { EngineName } from '../../protocol/worker/engineNames.ts'
import { doubled, swingsetKeys } from './swingsetKeys.ts'
import { encodeValue } from '../../api/values.ts'

/** Configuration of a new store. It is kept in the store, as part of its state. */
export interface StoreConfig {
  /** The engine on which vats start; default: the first of `engineNames`. */
  readonly engine?: EngineName
  /** Deliveries to a vat between two snapshots of its heap; default: 200. */
  readonly snapshotInterval?: number
  /** Deliveries to a vat between two garbage collections; default: 1,000. */
  readonly collectionInterval?: number
  /** Further triggers of collections; default: deliveries only. */
  readonly collection?: CollectionOptions
  /** SwingSet's name for `collection.deliveries`. */
  readonly defaultReapInterval?: number | 'never'
  /** SwingSet's name for `collection.references`. */
  readonly defaultReapGCKrefs?: number | 'never'
  /** Computron limit per delivery, unless a vat has its own; default: 500 million. */
  readonly computronsPerDelivery?: bigint
  /** Memory limit of a vat, unless it has its own; default: 256 MiB. */
  readonly heapLimitBytes?: number
  /** Storage limit of a vat in UTF-16 code units, unless it has its own; default: 1 Gi. */
  readonly storageLimit?: number
  /**
   * What happens to a vat whose delivery fails by its own fault, unless it has its own policy; default:
   * `reject`.
   */
  readonly onFault?: OnFault
  /** Limit on the number of vats; default: none. */
  readonly maxVats?: number
  /** Rows that one cleanup crank may change; default: 1,000. */
  readonly cleanupBudget?: number
  /** The vat whose root receives `bootstrap(vats, devices, { ports })` as the very first message. */
  readonly bootstrap?: string
  /** The static vats, in order. */
  readonly vats?: Readonly<Record<string, StaticVat>>
  /** Bundles to install, by name. */
  readonly bundles?: Readonly<Record<string, CodeSource>>
  /** Ports that are open from the start. */
  readonly ports?: readonly string[]
}

/** A source of code: a file with all its imports, or a bundle. Exactly one of the three is set. */
export interface CodeSource {
  readonly sourceSpec?: string
  readonly bundle?: BundledVat | EndoBundle
  /** Path of a JSON bundle of `@endo/bundle-source`. */
  readonly bundleSpec?: string
}

/** A vat that exists from the start of a store. */
export interface StaticVat extends CodeSource {
  /** Instead of a source: a bundle of the configuration. */
  readonly bundleName?: string
  readonly parameters?: unknown
  readonly creationOptions?: CreationOptions
}

const settings = {
  engine: (value) => checkEngine(value),
  snapshotInterval: (value) => checkCount(value, 'the interval'),
  collectionInterval: (value) => checkCount(value, 'the interval'),
  computronsPerDelivery: checkComputrons,
  heapLimitBytes: checkHeap,
  storageLimit: checkStorage,
  onFault: (value) => checkOneOf(value, 'onFault', faultPolicies),
  maxVats: (value) => checkBoundedCount(value, 'maxVats', maxVatBound),
  collection: checkCollection,
  cleanupBudget: (value) => checkCount(value, 'the budget'),
} as const satisfies Record<string, (value: unknown) => unknown>

const configKeys = [...Object.keys(settings), 'bootstrap', 'vats', 'bundles', 'ports']

/** Reads a configuration from a JSON file; its paths are relative to the file's folder. */
export function loadConfig(path: string): StoreConfig {
  if (typeof path !== 'string' || path === '')
    refuse('api/bad-argument', 'the path of a configuration must be a text that is not empty', {
      argument: 'path',
    })
  const folder = dirname(resolve(path))
  const config = fromFile(parse(path), folder)
  checkConfig(config)
  return config
}

/** A configuration that was read as JSON. Paths are relative to the working folder; it is not checked. */
export const configOfJson = (given: unknown): StoreConfig => fromFile(given, '.')

/** Cf1. Absent fields are fine; present ones must be valid. */
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
  for (const [name, source] of Object.entries(checkTable(bundles, 'bundles')))
    checkSource(source, `bundles.${name}`, ['sourceSpec', 'bundleSpec', 'bundle'])
  for (const [name, vat] of Object.entries(checkTable(vats, 'vats'))) checkVat(vat, name, bundles)
  checkPorts(ports)
  if (bootstrap === undefined) return
  if (typeof bootstrap !== 'string' || !Object.hasOwn(vats, bootstrap))
    invalid(
      'bootstrap',
      `there is no vat ${JSON.stringify(bootstrap)}${didYouMean(String(bootstrap), Object.keys(vats))}`,
    )
}

const fail = (path: string, message: string): never =>
  refuse('config/invalid', path === '' ? message : `${path}: ${message}`, { path })
function invalid(path: string, message: string): never {
  return fail(path, message)
}

/** Adds the place in the configuration to a refusal of the API; the argument may be a part of the value. */
function at<Value>(path: string, check: () => Value): Value {
  try {
    return check()
  } catch (error) {
    if (!(error instanceof CodedError)) throw error
    const [, ...inner] = String(error.detail['argument'] ?? '').split('.')
    return invalid([path, ...inner].join('.'), error.message)
  }
}

function checkTable<Entry>(
  table: Readonly<Record<string, Entry>>,
  path: string,
): Readonly<Record<string, Entry>> {
  if (!isRecord(table)) invalid(path, 'is a record of entries by name')
  for (const name of Object.keys(table)) {
    if (!isVatName(name))
      invalid(
        `${path}.${name}`,
        'a name is 1 to 199 letters, digits, dots, dashes or underscores, and begins with a letter',
      )
  }
  return table
}

function checkKeys(
  record: object,
  path: string,
  keys: readonly string[],
  idle: readonly string[] = [],
): void {
  if (!isRecord(record)) invalid(path, 'is a record')
  for (const key of Object.keys(record)) {
    if (!keys.includes(key) && !idle.includes(key))
      invalid(path === '' ? key : `${path}.${key}`, `there is no such key${didYouMean(key, keys)}`)
  }
}

function checkVat(vat: StaticVat, name: string, bundles: Readonly<Record<string, CodeSource>>): void {
  const path = `vats.${name}`
  if (kernelNames.some((taken) => taken === name))
    invalid(path, 'the kernel has an object of this name for `bootstrap`; take another')
  checkSource(
    vat,
    path,
    ['sourceSpec', 'bundleName', 'bundleSpec', 'bundle'],
    ['parameters', 'creationOptions'],
  )
  const { bundleName } = vat
  if (bundleName !== undefined && !(typeof bundleName === 'string' && Object.hasOwn(bundles, bundleName))) {
    invalid(
      `${path}.bundleName`,
      `there is no bundle ${JSON.stringify(bundleName)} in bundles${didYouMean(String(bundleName), Object.keys(bundles))}`,
    )
  }
  parametersOf(vat, name)
  creationOf(vat, name)
}

/** The effective options of a static vat. */
export function creationOf({ creationOptions: given = {} }: StaticVat, name: string): ReadCreation {
  const path = `vats.${name}.creationOptions`
  checkKeys(given, path, optionsOf('configuration'))
  return readCreation(given, name, (option, check) => at(`${path}.${option}`, check))
}

/** The parameters sent to a static vat; default: an empty record, as in SwingSet. */
export const parametersOf = ({ parameters = {} }: StaticVat, name: string): CapData =>
  at(`vats.${name}.parameters`, () => {
    const data = encodeValue(parameters)
    return data.slots.length === 0
      ? data
      : invalid(`vats.${name}.parameters`, 'there are no objects before the store is made')
  })

function checkSource(
  source: CodeSource & { readonly bundleName?: string },
  path: string,
  ways: readonly (keyof StaticVat)[],
  more: readonly string[] = [],
): void {
  checkKeys(source, path, [...ways, ...more])
  const given = ways.filter((way) => source[way as keyof typeof source] !== undefined)
  if (given.length !== 1)
    invalid(
      path,
      `has one of ${ways.join(', ')}; ${given.length === 0 ? 'none is given' : `${given.join(' and ')} are given`}`,
    )
  const { bundle } = source
  for (const way of ['sourceSpec', 'bundleSpec'] as const) {
    const file: unknown = source[way]
    if (file !== undefined && (typeof file !== 'string' || file === ''))
      invalid(`${path}.${way}`, 'is the path of a file')
  }
  if (bundle !== undefined && !isBundle(bundle))
    invalid(`${path}.bundle`, 'is not a result of bundleVat or bundle-source')
}

const isBundle = (bundle: unknown): boolean =>
  isRecord(bundle) && (bundle['bytes'] instanceof Uint8Array || typeof bundle['moduleFormat'] === 'string')

function checkPorts(ports: readonly string[]): void {
  if (!Array.isArray(ports)) invalid('ports', 'is a list of names')
  for (const [index, name] of ports.entries()) {
    if (typeof name !== 'string' || !isPortName(name))
      invalid(`ports.${index}`, `${JSON.stringify(name)} cannot be the name of a port`)
    if (ports.indexOf(name) !== index) invalid(`ports.${index}`, `${name} is there twice`)
  }
}

// --- files

function parse(path: string): unknown {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    return refuse(
      'config/unreadable',
      `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      { file: path },
    )
  }
  try {
    return JSON.parse(text)
  } catch (error) {
    return refuse(
      'config/not-json',
      `${path} is not JSON: ${error instanceof Error ? error.message : String(error)}`,
      { file: path },
    )
  }
}

/**
 * Converts a JSON configuration: computrons are whole numbers there, and paths are relative to the file.
 * Other values are passed on unchanged, to be refused.
 */
function fromFile(given: unknown, folder: string): StoreConfig {
  if (!isRecord(given)) return invalid('', 'a configuration is a record')
  const { vats, bundles } = given
  const table = (entries: unknown, entry: (value: unknown) => unknown): unknown =>
    isRecord(entries)
      ? Object.fromEntries(Object.entries(entries).map(([name, value]) => [name, entry(value)]))
      : entries
  const source = (value: unknown): unknown => (isRecord(value) ? located(value, folder) : value)
  const vat = (value: unknown): unknown => {
    if (!isRecord(value)) return value
    const { creationOptions } = value
    return located(
      isRecord(creationOptions) ? { ...value, creationOptions: counted(creationOptions) } : value,
      folder,
    )
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

function withBigint(
  record: Readonly<Record<string, unknown>>,
  key: string,
): Readonly<Record<string, unknown>> {
  const value = record[key]
  return typeof value === 'number' && Number.isSafeInteger(value)
    ? { ...record, [key]: BigInt(value) }
    : record
}

function located(
  record: Readonly<Record<string, unknown>>,
  folder: string,
): Readonly<Record<string, unknown>> {
  const { sourceSpec, bundleSpec } = record
  const isPath = (path: unknown): path is string => typeof path === 'string' && path !== ''
  return {
    ...record,
    ...(isPath(sourceSpec) ? { sourceSpec: locate(sourceSpec, folder) } : {}),
    ...(isPath(bundleSpec) ? { bundleSpec: locate(bundleSpec, folder) } : {}),
  }
}
