/**
 * Parsers of the rows' values: undefined when a table does not write such a value (T2).
 *
 * Both the kernel and the audit read the tables with these; the audit reports what the kernel refuses.
 */
import { isCount, isDigits, isRecord, isText } from '../../base/guards.ts'
import { isCollectionSchedule } from '../../protocol/host/gcSchedule.ts'
import {
  isBundleId,
  isHash,
  isObjectKref,
  isPromiseKref,
  isVatId,
  isWorkerId,
  type BundleId,
  type Kref,
  type ObjectKref,
  type PromiseKref,
  type VatId,
} from '../../base/ids.ts'
import { workerParts, type BundleFormat } from '../../protocol/bundle/bundle.ts'
import { isCapData, type CapData } from '../../protocol/capdata.ts'
import type { ReasonData } from '../../protocol/results.ts'
import { isWorkerVersion, type WorkerVersion } from '../../protocol/worker/worker.ts'
import type {
  Config,
  EndedVat,
  EntryMark,
  InstalledBundle,
  Job,
  Meter,
  ObjectRecord,
  Owner,
  PortRecord,
  PromiseRecord,
  Reaction,
  RejectionWatch,
  SentRecord,
  Service,
  VatCounters,
  VatRecord,
  Wakeup,
} from './records.ts'
import {
  cleanupPhases,
  type Pause,
  type VatStatus,
  type WatchedRejection,
} from '../../protocol/kernel/views.ts'
import { migrated, type Fields, type MigratedTable } from './migrations.ts'

/** Parses a text; undefined when it is invalid. */
export type Reading<Value> = (text: string) => Value | undefined


export function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** JSON of a record that the guard accepts, once it is in the current layout (Mig2). */
export const recordOf =
  <Value>(isValue: (fields: Fields) => boolean, table?: MigratedTable) =>
  (text: string): Value | undefined => {
    const value = parsed(text)
    if (!isRecord(value)) return undefined
    const fields = table === undefined ? value : migrated(table, value)
    return isValue(fields) ? (fields as Value) : undefined
  }

/** The whole numbers of a text that has exactly this many, separated by spaces. */
export function numbersOf(text: string, count: number): readonly number[] | undefined {
  const numbers = text.split(' ').map(Number)
  return numbers.length === count &&
    numbers.every((number) => Number.isSafeInteger(number)) &&
    text === numbers.join(' ')
    ? numbers
    : undefined
}
export function countOf(text: string): number | undefined {
  const [number] = numbersOf(text, 1) ?? []
  return isCount(number) ? number : undefined
}
/** The first index, and the one after the last, of the run-queue. */
export const queueEndsOf = (text: string): readonly number[] | undefined => numbersOf(text, 2)
/** The number of parked items, and their length. */
export const waitingOf = (text: string): readonly number[] | undefined =>
  numbersOf(text, 2) ?? numbersOf(text, 1)
/** Fields beyond the first four count towards a collection; the last may be of any size. */
export function vatCountersOf(text: string): VatCounters | undefined {
  const [, first = '', more] = /^((?:\d+ ){3}\d+(?: \d+)?)( \d+)?$/.exec(text) ?? []
  const numbers = numbersOf(first, more === undefined ? 4 : 5)
  if (numbers === undefined) return undefined
  const [imports = 1, promises = 1, sinceSnapshot = 0, sinceCollection = 0, references = 0] = numbers
  return { imports, promises, sinceSnapshot, sinceCollection, references, computrons: BigInt(more ?? '0') }
}
export const emptyOf = (text: string): '' | undefined => (text === '' ? '' : undefined)
export const vatOf = (text: string): VatId | undefined => (isVatId(text) ? text : undefined)
export const objectOf = (text: string): ObjectKref | undefined => (isObjectKref(text) ? text : undefined)
export const promiseOf = (text: string): PromiseKref | undefined => (isPromiseKref(text) ? text : undefined)

export const isKrefs = ({ slots }: CapData): boolean =>
  slots.every((slot) => isObjectKref(slot) || isPromiseKref(slot))
export const isData = (value: unknown): value is ReasonData =>
  isCapData(value) &&
  isKrefs(value) &&
  isOr(isText, undefined)((value as ReasonData).toVats) &&
  ['kernel', undefined].includes((value as ReasonData).by)
/** Capdata with krefs; for a reason also its decider. */
export function dataOf(text: string): ReasonData | undefined {
  const value = parsed(text)
  return isData(value) ? value : undefined
}

export const isOr =
  (is: (value: unknown) => boolean, ...others: readonly unknown[]) =>
  (value: unknown): boolean =>
    others.includes(value) || is(value)
const isOptionalCount = isOr(isCount, undefined)
/** Absent where a vat has no schedule of its own. */
const isSchedule = (value: unknown): boolean => value === undefined || isCollectionSchedule(value)

export const configOf = recordOf<Config>(
  ({
    tablesVersion,
    worker,
    snapshotInterval,
    collectionInterval,
    collection,
    computronsPerDelivery,
    heapLimitPages,
    cleanupBudget,
    maxVats,
    storageLimit,
    onFault,
  }) =>
    isCount(tablesVersion) &&
    isText(worker) &&
    isWorkerId(worker) &&
    isCount(snapshotInterval) &&
    isCount(collectionInterval) &&
    isSchedule(collection) &&
    isDigits(computronsPerDelivery) &&
    isCount(heapLimitPages) &&
    isCount(cleanupBudget) &&
    isOptionalCount(maxVats) &&
    isOptionalCount(storageLimit) &&
    isOr(isText, undefined)(onFault),
  'config',
)

export const workerOf = recordOf<WorkerVersion>(isWorkerVersion)

const statusShapes: { readonly [Kind in VatStatus['kind']]: (fields: Fields) => boolean } = {
  starting: () => true,
  running: () => true,
  draining: ({ maxCranks, since }) => isCount(maxCranks) && isCount(since),
  suspended: ({ cause, message, since }) =>
    isText(cause) && isText(message) && isOr(isCount, null)(since),
  terminated: ({ end, message, since }) => isText(end) && isText(message) && isCount(since),
}
const isStatus = (value: unknown): boolean => isRecord(value) && ofKind(statusShapes, value)

/** Whether the fields are those of their kind. */
export const ofKind = (
  shapes: Readonly<Record<string, (fields: Fields) => boolean>>,
  fields: Fields,
): boolean => {
  const { kind } = fields
  return isText(kind) && Object.hasOwn(shapes, kind) && (shapes[kind]?.(fields) ?? false)
}

export const vatRecordOf = recordOf<VatRecord>(
  ({
    name,
    label,
    root,
    bundle,
    incarnation,
    status,
    worker,
    heapLimitPages,
    computronsPerDelivery,
    collection,
    meter,
    maker,
    storageLimit,
    keepsPromises,
    onFault,
    importance,
    nextHeapLimitPages,
    heapHash,
  }) =>
    isOr(isObject, undefined)(meter) &&
    isOr(isObject, undefined)(maker) &&
    isOptionalCount(storageLimit) &&
    [true, undefined].includes(keepsPromises as true) &&
    isSchedule(collection) &&
    isCount(heapLimitPages) &&
    isDigits(computronsPerDelivery) &&
    isText(name) &&
    isOr(isText, undefined)(label) &&
    isObject(root) &&
    isText(bundle) &&
    isBundleId(bundle) &&
    isCount(incarnation) &&
    isStatus(status) &&
    isWorkerVersion(worker) &&
    isText(onFault) &&
    isText(importance) &&
    isOr(isCount, null)(nextHeapLimitPages) &&
    isOr(isHashText, null)(heapHash),
  'vats',
)

const isWaiting = (value: unknown): boolean => Array.isArray(value) && value.every(isResult)
const isUpdates = (value: unknown): boolean =>
  isRecord(value) && isCount(value['count']) && isDigits(value['remaining']) && isWaiting(value['waiting'])
const meterShapes: { readonly [Kind in Meter['kind']]: (fields: Fields) => boolean } = {
  unlimited: () => true,
  limited: ({ remaining, threshold, waiting }) =>
    isDigits(remaining) && isDigits(threshold) && isWaiting(waiting),
}
const isMeter = (value: unknown): boolean =>
  isRecord(value) && ofKind(meterShapes, value) && isOr(isUpdates, undefined)(value['updates'])

const isBound = (value: unknown): boolean =>
  isRecord(value) && isCount(value['maxVats']) && isCount(value['vats'])
const serviceShapes: { readonly [Kind in Service['kind']]: (fields: Fields) => boolean } = {
  vatAdmin: ({ bound }) => isOr(isBound, undefined)(bound),
  vatAdminRoot: () => true,
  criticalVatKey: () => true,
  vatBound: ({ vatAdmin }) => isObject(vatAdmin),
  adminNode: ({ vat }) => isVat(vat),
  bundleCap: ({ bundle }) => isText(bundle) && isBundleId(bundle),
  meter: ({ meter }) => isMeter(meter),
  notifier: ({ meter }) => isObject(meter),
  port: ({ name }) => isText(name),
  timer: () => true,
  repeater: ({ start, interval, token, wakeup }) =>
    isTime(start) && isTime(interval) && isObjectOrNull(token) && isOr(isCount, null)(wakeup),
  timerClock: () => true,
  timerBrand: () => true,
  timerNotifier: ({ start, interval, token, wakeup, final }) =>
    isTime(start) &&
    isTime(interval) &&
    isObjectOrNull(token) &&
    isOr(isCount, null)(wakeup) &&
    isOr(isTime, null)(final),
  timerIterator: ({ notifier, updateCount, asked }) =>
    isObject(notifier) && isOr(isDigits, null)(updateCount) && typeof asked === 'boolean',
}
export const serviceOf = recordOf<Service>((fields) => ofKind(serviceShapes, fields))

const formats: readonly string[] = ['script', 'endo', ...workerParts] satisfies readonly BundleFormat[]
/**
 * A format, followed by a space and the script from which vats are created, if the bundle is not one itself.
 */
export function installedOf(text: string): InstalledBundle | undefined {
  const [format = '', code] = text.split(' ')
  if (!formats.includes(format) || (code !== undefined && !isBundleId(code))) return undefined
  return { format: format as BundleFormat, code }
}
export const bundleOf = (text: string): BundleId | undefined => (isBundleId(text) ? text : undefined)
export const agreedOf = (text: string): 'agreed' | undefined => (text === 'agreed' ? text : undefined)
export const endedOf = recordOf<EndedVat>(
  ({ name, bundle, incarnation, status, data, telling }) =>
    isText(name) &&
    isText(bundle) &&
    isBundleId(bundle) &&
    isCount(incarnation) &&
    isStatus(status) &&
    isData(data) &&
    ['waits', 'announced', undefined].includes(telling as string),
)
export const jobOf = recordOf<Job>(
  ({ kind, vat, steps, rows, phase, entries }) =>
    isVat(vat) &&
    isCount(steps) &&
    isCount(rows) &&
    (kind === 'forget' ||
      (kind === 'clean' && isCount(entries) && cleanupPhases.some((one) => one === phase))),
)
export const pauseOf = recordOf<Pause>(
  ({ vat, code, message, since }) =>
    isOr(isVat, null)(vat) && isText(code) && isText(message) && isCount(since),
)

export const isObject = (value: unknown): boolean => isText(value) && isObjectKref(value)
const isObjectOrNull = (value: unknown): boolean => value === null || isObject(value)
const isTime = (value: unknown): boolean => isText(value) && /^(?:0|[1-9]\d{0,19})$/.test(value)

const isHashText = (value: unknown): boolean => isText(value) && isHash(value)

export const timeOf = (text: string): string | undefined => (isTime(text) ? text : undefined)
export const portOf = recordOf<PortRecord>(
  ({ object, handler, ...counts }) =>
    isObject(object) &&
    isObjectOrNull(handler) &&
    ['delivered', 'waiting', 'unsettled', 'failed', 'failures', 'sent', 'acknowledged'].every((name) =>
      isCount(counts[name]),
    ),
)
export const sentOf = recordOf<SentRecord>(
  ({ sequence, slots }) => isCount(sequence) && Array.isArray(slots) && slots.every(isObject),
)
export const reactionOf = recordOf<Reaction>(({ kind, port, number, wakeup }) =>
  kind === 'received' ? isText(port) && isCount(number) : kind === 'woken' && isCount(wakeup),
)
const wakeupShapes: { readonly [Kind in Wakeup['kind']]: (fields: Fields) => boolean } = {
  once: ({ handler, due }) => isObject(handler) && isTime(due),
  promise: ({ promise, due }) => isResult(promise) && isTime(due),
  repeat: ({ handler, start, interval, due }) =>
    isObject(handler) && isTime(start) && isTime(interval) && isOr(isTime, null)(due),
  update: ({ promise, start, interval, iterator, due }) =>
    isResult(promise) && isTime(start) && isTime(interval) && isObjectOrNull(iterator) && isTime(due),
  notifier: ({ notifier, due }) => isObject(notifier) && due === null,
}
export const wakeupOf = recordOf<Wakeup>(
  (fields) => isObjectOrNull(fields['token']) && ofKind(wakeupShapes, fields),
)

export const isResult = (value: unknown): boolean => isText(value) && isPromiseKref(value)
export const isVat = (value: unknown): boolean => isText(value) && isVatId(value)

export const rejectionOf = recordOf<WatchedRejection>(
  ({ sequence, onRejection, data }) => isCount(sequence) && isText(onRejection) && isData(data),
)

export const krefOf = (text: string): Kref | undefined => objectOf(text) ?? promiseOf(text)

/** An entry of a c-list, from the kernel's side. */
export interface Entry {
  readonly mark: EntryMark
  readonly vref: string
}

const marks: readonly string[] = ['R', '_', 'K', 'T'] satisfies readonly EntryMark[]

export function entryOf(text: string): Entry | undefined {
  const [mark, vref, more] = text.split(' ')
  if (!marks.includes(mark as EntryMark) || vref === undefined || vref === '' || more !== undefined)
    return undefined
  return { mark: mark as EntryMark, vref }
}

const owners: readonly string[] = ['kernel', 'abandoned', 'terminated'] satisfies readonly Owner[]

export function objectRecordOf(text: string): ObjectRecord | undefined {
  const [owner = '', ...counts] = text.split(' ')
  const [reachable, recognizable] = numbersOf(counts.join(' '), 2) ?? []
  if (!isVatId(owner) && !owners.includes(owner)) return undefined
  if (reachable === undefined || recognizable === undefined || reachable < 0 || recognizable < reachable)
    return undefined
  return { owner: owner as Owner, reachable, recognizable }
}

export function promiseRecordOf(text: string): PromiseRecord | undefined {
  const [state = '', decider = '', references = '', queued = '', list, watch, more] = text.split(' ')
  const [counted, waiting] = numbersOf(`${references} ${queued}`, 2) ?? []
  const subscribers = list === undefined || list === '' ? [] : list.split(',')
  const isState = state === 'unresolved' || state === 'fulfilled' || state === 'rejected'
  if (
    !isState ||
    (decider !== 'kernel' && !isVatId(decider)) ||
    counted === undefined ||
    waiting === undefined ||
    counted < 0 ||
    waiting < 0
  )
    return undefined
  if (
    list === undefined ||
    more !== undefined ||
    !/^((log|fault):\d+)?$/.test(watch ?? '') ||
    !subscribers.every((name) => name === 'kernel' || isVatId(name))
  )
    return undefined
  return {
    state,
    decider: decider as VatId | 'kernel',
    references: counted,
    queued: waiting,
    subscribers: subscribers as (VatId | 'kernel')[],
    ...(watch === undefined ? {} : { onRejection: watchOf(watch) }),
  }
}

function watchOf(text: string): RejectionWatch {
  const [policy, sequence] = text.split(':')
  return { policy: policy as RejectionWatch['policy'], sequence: Number(sequence) }
}
