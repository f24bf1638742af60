/** Values of rows, read for an audit: undefined when they are not what a table writes. */
import { isBundleId, isObjectKref, isPromiseKref, isVatId, isWorkerId } from '../../base/ids.ts'
import type { BundleId, Kref, ObjectKref, PromiseKref, VatId } from '../../base/ids.ts'
import type { BundleFormat } from '../../protocol/bundle.ts'
import { isCapData } from '../../protocol/capdata.ts'
import type { CapData } from '../../protocol/capdata.ts'
import { isSalvageSlot } from '../../protocol/salvage.ts'
import type { Salvaged } from '../../protocol/salvage.ts'
import type { WorkerVersion } from '../../protocol/worker.ts'
import type { HistoryEntry } from '../../protocol/history.ts'
import { cleanupPhases } from '../tables/records.ts'
import type {
  Config, Draining, EndedVat, EntryMark, Job, Message, ObjectRecord, Owner, Pause, PortRecord, PromiseRecord, QueueItem, Reaction, SentRecord, Service, UpgradeItem, VatRecord, Wakeup,
} from '../tables/records.ts'

type Fields = Readonly<Record<string, unknown>>

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value)
const isText = (value: unknown): value is string => typeof value === 'string'
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** JSON of a record that the guard knows. */
const recordOf =
  <Value>(isValue: (fields: Fields) => boolean) =>
  (text: string): Value | undefined => {
    const value = parsed(text)
    return isFields(value) && isValue(value) ? (value as Value) : undefined
  }

/** The whole numbers of a text that has exactly so many, with spaces between them. */
export function numbersOf(text: string, count: number): readonly number[] | undefined {
  const numbers = text.split(' ').map(Number)
  return numbers.length === count && numbers.every((number) => Number.isSafeInteger(number)) && text === numbers.join(' ') ? numbers : undefined
}
export function countOf(text: string): number | undefined {
  const [number] = numbersOf(text, 1) ?? []
  return isCount(number) ? number : undefined
}
/** Imports and promises first. What more there is than four counts towards a collection; the last is of any size. */
export function vatCountersOf(text: string): readonly number[] | undefined {
  const [, first = '', more] = /^(.*?)( \d+)?$/.exec(text) ?? []
  return numbersOf(text, 4) ?? (more === undefined ? undefined : numbersOf(first, 5))
}
export const emptyOf = (text: string): '' | undefined => (text === '' ? '' : undefined)
export const vatOf = (text: string): VatId | undefined => (isVatId(text) ? text : undefined)
export const objectOf = (text: string): ObjectKref | undefined => (isObjectKref(text) ? text : undefined)
export const promiseOf = (text: string): PromiseKref | undefined => (isPromiseKref(text) ? text : undefined)

export const isKrefs = ({ slots }: CapData): boolean => slots.every((slot) => isObjectKref(slot) || isPromiseKref(slot))
const isData = (value: unknown): value is CapData => isCapData(value) && isKrefs(value)
export function dataOf(text: string): CapData | undefined {
  const value = parsed(text)
  return isData(value) ? value : undefined
}

export const configOf = recordOf<Config>(({ tablesVersion, worker }) => isCount(tablesVersion) && isText(worker) && isWorkerId(worker))

const isWorker = (value: unknown): value is WorkerVersion =>
  isFields(value) && isText(value['id']) && isWorkerId(value['id']) && ['engine', 'supervisor', 'image'].every((name) => isText(value[name]) && isBundleId(value[name]))
export const workerOf = recordOf<WorkerVersion>(isWorker)

export const vatRecordOf = recordOf<VatRecord>(
  ({ name, root, bundle, incarnation, status, worker, meter, maker }) =>
    (maker === undefined || (isText(maker) && isObjectKref(maker))) &&
    (meter === undefined || (isText(meter) && isObjectKref(meter))) &&
    isText(name) && isText(root) && isObjectKref(root) && isText(bundle) && isBundleId(bundle) && isCount(incarnation) && isFields(status) && isText(status['kind']) && isWorker(worker),
)

const isWaiting = (value: unknown): boolean => Array.isArray(value) && value.every(isResult)
const isUpdates = (value: unknown): boolean => isFields(value) && isCount(value['count']) && isText(value['remaining']) && isWaiting(value['waiting'])
const isMeter = (value: unknown): boolean =>
  isFields(value) && (value['kind'] === 'unlimited' || isWaiting(value['waiting'])) && (value['updates'] === undefined || isUpdates(value['updates']))
const isBound = (value: unknown): boolean => value === undefined || (isFields(value) && isCount(value['maxVats']) && isCount(value['vats']))
export const serviceOf = recordOf<Service>(({ kind, meter, bound, vatAdmin }) => {
  if (kind === 'meter') return isMeter(meter)
  if (kind === 'notifier') return isObject(meter)
  if (kind === 'vatAdmin') return isBound(bound)
  return isText(kind) && (kind !== 'vatBound' || isObject(vatAdmin))
})

const formats: readonly string[] = ['script', 'endo'] satisfies readonly BundleFormat[]
export const formatOf = (text: string): BundleFormat | undefined => (formats.includes(text) ? (text as BundleFormat) : undefined)
export const bundleOf = (text: string): BundleId | undefined => (isBundleId(text) ? text : undefined)
export const agreedOf = (text: string): 'agreed' | undefined => (text === 'agreed' ? text : undefined)
export const endedOf = recordOf<EndedVat>(({ name, status, data }) => isText(name) && isFields(status) && isFields(data))
export const jobOf = recordOf<Job>(({ kind, vat, phase }) => isText(vat) && isVatId(vat) && (kind === 'forget' || (kind === 'clean' && cleanupPhases.some((one) => one === phase))))
export const pauseOf = recordOf<Pause>(({ code, message }) => isText(code) && isText(message))

const isObject = (value: unknown): boolean => isText(value) && isObjectKref(value)
const isObjectOrNull = (value: unknown): boolean => value === null || isObject(value)
const isTime = (value: unknown): boolean => isText(value) && /^(?:0|[1-9]\d{0,19})$/.test(value)

export const timeOf = (text: string): string | undefined => (isTime(text) ? text : undefined)
export const portOf = recordOf<PortRecord>(
  ({ object, handler, ...counts }) =>
    isObject(object) && isObjectOrNull(handler) && ['delivered', 'waiting', 'unsettled', 'failed', 'failures', 'sent', 'acknowledged'].every((name) => isCount(counts[name])),
)
export const sentOf = recordOf<SentRecord>(({ sequence, slots }) => isCount(sequence) && Array.isArray(slots) && slots.every(isObject))
export const reactionOf = recordOf<Reaction>(({ kind, port, number, wakeup }) => (kind === 'received' ? isText(port) && isCount(number) : kind === 'woken' && isCount(wakeup)))
export const wakeupOf = recordOf<Wakeup>(({ kind, token, handler, promise, start, interval, due }) => {
  if (!isObjectOrNull(token)) return false
  if (kind === 'repeat') return isObject(handler) && isTime(start) && isTime(interval) && (due === null || isTime(due))
  return isTime(due) && (kind === 'promise' ? isResult(promise) : kind === 'once' && isObject(handler))
})

const isResult = (value: unknown): boolean => isText(value) && isPromiseKref(value)
const isMessage = (value: unknown): value is Message => isFields(value) && isData(value['methargs']) && (value['result'] === null || isResult(value['result']))
export const messageOf = recordOf<Message>(isMessage)

const isSalvaged = (value: unknown): value is Salvaged =>
  isFields(value) && isCount(value['incarnation']) && isCount(value['position']) && isCapData(value['data']) && value['data'].slots.every(isSalvageSlot)

const isVat = (value: unknown): boolean => isText(value) && isVatId(value)

/** What an item of each kind must have to be one. */
const itemShapes: { readonly [Kind in QueueItem['kind']]: (fields: Fields) => boolean } = {
  send: ({ target, message }) => isText(target) && (isObjectKref(target) || isPromiseKref(target)) && isMessage(message),
  notify: ({ vat, promise }) => isVat(vat) && isResult(promise),
  collect: ({ vat, again }) => isVat(vat) && (again === undefined || isCount(again)),
  release: ({ vat, action, objects }) => isVat(vat) && isText(action) && Array.isArray(objects) && objects.every((kref) => isText(kref) && isObjectKref(kref)),
  start: ({ vat, parameters, result }) => isVat(vat) && isData(parameters) && isResult(result),
  receive: ({ port }) => isText(port),
  wakeups: () => true,
  react: ({ promise }) => isResult(promise),
  upgrade: ({ vat, bundle, parameters, result, salvage }) =>
    isVat(vat) && isText(bundle) && isBundleId(bundle) && isData(parameters) && isResult(result) && (salvage === undefined || isSalvaged(salvage)),
}

export const itemOf = recordOf<QueueItem>((fields) => {
  const { kind } = fields
  return isText(kind) && Object.hasOwn(itemShapes, kind) && itemShapes[kind as QueueItem['kind']](fields)
})

export function upgradeItemOf(text: string): UpgradeItem | undefined {
  const item = itemOf(text)
  return item?.kind === 'upgrade' ? item : undefined
}

export function drainingOf(text: string): readonly Draining[] | undefined {
  const list = parsed(text)
  if (!Array.isArray(list) || list.length === 0) return undefined
  return list.every((each) => isFields(each) && isVat(each['vat']) && isCount(each['left'])) ? (list as Draining[]) : undefined
}

const historyModes: readonly unknown[] = ['start', 'durable', 'replay'] satisfies readonly HistoryEntry['mode'][]
export const historyOf = recordOf<HistoryEntry>(
  ({ incarnation, mode, outcome, bundle, parameters }) =>
    isCount(incarnation) && historyModes.includes(mode) && isFields(outcome) && isText(bundle) && isBundleId(bundle) && isFields(parameters),
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
  if (!marks.includes(mark as EntryMark) || vref === undefined || vref === '' || more !== undefined) return undefined
  return { mark: mark as EntryMark, vref }
}

const owners: readonly string[] = ['kernel', 'abandoned', 'terminated'] satisfies readonly Owner[]

export function objectRecordOf(text: string): ObjectRecord | undefined {
  const [owner = '', ...counts] = text.split(' ')
  const [reachable, recognizable] = numbersOf(counts.join(' '), 2) ?? []
  if ((!isVatId(owner) && !owners.includes(owner)) || reachable === undefined || recognizable === undefined) return undefined
  return { owner: owner as Owner, reachable, recognizable }
}

export function promiseRecordOf(text: string): PromiseRecord | undefined {
  const [state = '', decider = '', references = '', queued = '', list, watch, more] = text.split(' ')
  const [counted, waiting] = numbersOf(`${references} ${queued}`, 2) ?? []
  const subscribers = list === undefined || list === '' ? [] : list.split(',')
  const isState = state === 'unresolved' || state === 'fulfilled' || state === 'rejected'
  if (!isState || (decider !== 'kernel' && !isVatId(decider)) || counted === undefined || waiting === undefined) return undefined
  if (list === undefined || more !== undefined || !/^((log|fault):\d+)?$/.test(watch ?? '') || !subscribers.every((name) => name === 'kernel' || isVatId(name))) return undefined
  return { state, decider: decider as VatId | 'kernel', references: counted, queued: waiting, subscribers: subscribers as (VatId | 'kernel')[] }
}
