/**
 * The host's view of the kernel's rows without running the kernel: the part of the store to which a row
 * belongs, and a few facts about each vat. It serves measurements shown to people; no decision depends on it.
 *
 * The keys are made in `src/kernel/tables`. A kernel of another release may have other rows: unknown rows
 * count as `kernel`, and an unreadable fact is null.
 */
import { isBundleId, isVatId, type BundleId, type VatId } from '../../base/ids.ts'

/** The parts of a store, for measuring space. The first ones are of single vats, the others of the store. */
export const storeParts = [
  'transcript',
  'heap',
  'vatstore',
  'clist',
  'parked',
  'history',
  'vat',
  'queue',
  'objects',
  'kernel',
  'host',
  'bundles',
  'maps',
  'channels',
  'blocks',
  'undo',
  'inputs',
] as const

/** A part of a store whose size is reported. */
export type StorePart = (typeof storeParts)[number]

/** Descriptions for people. */
export const partWords: Readonly<Record<StorePart, string>> = {
  transcript: 'transcripts',
  heap: 'heap snapshots',
  vatstore: 'data of vats',
  clist: 'c-lists',
  parked: 'parked deliveries',
  history: 'histories',
  vat: 'records of vats',
  queue: 'queues',
  objects: 'objects and promises',
  kernel: 'other rows of the kernel',
  host: 'data of the host',
  bundles: 'bundles',
  maps: 'source maps',
  channels: 'inbox and outbox',
  blocks: 'records of blocks',
  undo: 'undo log',
  inputs: 'inputs of blocks',
}

/** The beginning of a key, up to its first dot → the part; in these keys the vat follows the dot. */
const partsOfVats: ReadonlyMap<string, StorePart> = new Map<string, StorePart>([
  ['c', 'clist'],
  ['parked', 'parked'],
  ['waiting', 'parked'],
  ['gc', 'parked'],
  ['history', 'history'],
  ['ended', 'history'],
  ['vat', 'vat'],
  ['count', 'vat'],
  ['stored', 'vat'],
  ['garbage', 'vat'],
  ['due', 'vat'],
  ['admin', 'vat'],
  ['asker', 'vat'],
  ['parameters', 'vat'],
  ['drain', 'vat'],
])

const partsOfStore: ReadonlyMap<string, StorePart> = new Map<string, StorePart>([
  ['run', 'queue'],
  ['wait', 'queue'],
  ['in', 'queue'],
  ['out', 'queue'],
  ['failed', 'queue'],
  ['object', 'objects'],
  ['service', 'objects'],
  ['promise', 'objects'],
  ['data', 'objects'],
  ['reaction', 'objects'],
])

export interface RowPlace {
  readonly part: StorePart
  readonly vat: VatId | null
}

export function placeOfKernelRow(key: string): RowPlace {
  const [table = '', name = ''] = key.split('.', 2)
  const part = partsOfVats.get(table)
  if (part !== undefined && isVatId(name)) return { part, vat: name }
  return { part: partsOfStore.get(table) ?? 'kernel', vat: null }
}

/** The content of the kernel's record of a vat, as far as it can be read. */
export interface VatFacts {
  readonly name: string | null
  readonly incarnation: number | null
  readonly status: string | null
  /** The reason of the suspension, or how the vat ended. */
  readonly message: string | null
  /** The crank in which the status began. */
  readonly since: number | null
}

export const noFacts: VatFacts = { name: null, incarnation: null, status: null, message: null, since: null }

/** The key of the record. */
export const vatRecordKey = (vat: VatId): string => `vat.${vat}`
/** The number of parked deliveries, and their length. */
export const parkedKey = (vat: VatId): string => `waiting.${vat}`
/** The ends of the run-queue. */
export const runQueueKey = 'run'

const recordIn = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null)
const countOf = (value: unknown): number | null =>
  Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : null

export function factsOfVat(text: string | undefined): VatFacts {
  if (text === undefined) return noFacts
  const { name, incarnation, status } = parsed(text)
  const { kind, message, since } = recordIn(status)
  return {
    name: textOf(name),
    incarnation: countOf(incarnation),
    status: textOf(kind),
    message: textOf(message),
    since: countOf(since),
  }
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    return recordIn(JSON.parse(text))
  } catch {
    return {}
  }
}

/** The whole numbers of a value that is a list of them, such as the ends of the run-queue. */
export const numbersIn = (text: string | undefined): number[] =>
  text === undefined ? [] : text.split(' ').map(Number).filter(Number.isSafeInteger)

/** The addressee of a run-queue item: a vat, the owner of an object, or no one in particular. */
export type Addressee =
  | { readonly kind: 'vat'; readonly vat: VatId }
  | { readonly kind: 'object'; readonly key: string }
  | { readonly kind: 'none' }

export function addresseeOf(text: string | undefined): Addressee {
  const { vat, target } = text === undefined ? {} : parsed(text)
  if (typeof vat === 'string' && isVatId(vat)) return { kind: 'vat', vat }
  return typeof target === 'string' && target.startsWith('ko')
    ? { kind: 'object', key: `object.${target}` }
    : { kind: 'none' }
}

/** The vat that an object's row names as its owner. */
export function ownerIn(text: string | undefined): VatId | undefined {
  const owner = text?.split(' ', 1)[0] ?? ''
  return isVatId(owner) ? owner : undefined
}

/** The key of an item of the run-queue. */
export const queueItemKey = (index: number): string => `run.${index}`
/** The code units and rows stored by a vat. */
export const storedKey = (vat: VatId): string => `stored.${vat}`

/** The prefix of worker version ids in the keys of their rows. */
export const workerPrefix = 'worker.'

/** There is a row of this key if the kernel keeps a list of all installed bundles. */
export const bundlesAgreedKey = 'bundles'
/** The prefixes of the rows of installed bundles, and of the records of vats. */
export const bundlePrefix = 'bundle.'
export const vatPrefix = 'vat.'

/** The script that the row of an installed bundle names, if any. */
export const codeOfBundle = (text: string): BundleId[] => text.split(' ').slice(1).filter(isBundleId)

/** The bundle that the record of a vat names. */
export function bundleOfVat(text: string): BundleId[] {
  const { bundle } = parsed(text)
  return typeof bundle === 'string' && isBundleId(bundle) ? [bundle] : []
}

/** The bundles that the row of a worker version names. */
export function codeOfWorker(text: string): BundleId[] {
  const { engine, supervisor, image } = parsed(text)
  return [engine, supervisor, image].filter((id): id is BundleId => typeof id === 'string' && isBundleId(id))
}
