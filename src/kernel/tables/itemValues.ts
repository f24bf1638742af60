/** Reads items of the queues, and what they carry. */
import type { Message, QueueItem, UpgradeItem, Draining } from './records.ts'
import { isCount, isText, isRecord } from '../../base/guards.ts'
import { isDrain } from '../../protocol/host/inbox.ts'
import { isSalvaged } from '../../protocol/worker/salvage.ts'
import { isObjectKref, isPromiseKref, isBundleId, isWorkerId } from '../../base/ids.ts'
import { oneOf } from '../../protocol/host/fields.ts'
import { divergencePolicies, workerModes } from '../../protocol/worker/versions.ts'
import type { HistoryEntry } from '../../protocol/reports/history.ts'
import {
  parsed,
  recordOf,
  isData,
  isOr,
  ofKind,
  isObject,
  isResult,
  isVat,
} from './values.ts'
import type { Fields } from './migrations.ts'

export const isMessage = (value: unknown): value is Message =>
  isRecord(value) && isData(value['methargs']) && (value['result'] === null || isResult(value['result']))

export const messageOf = recordOf<Message>(isMessage)

/** The required fields of each kind of item. */
export const itemShapes: { readonly [Kind in QueueItem['kind']]: (fields: Fields) => boolean } = {
  send: ({ target, message }) =>
    isText(target) && (isObjectKref(target) || isPromiseKref(target)) && isMessage(message),
  notify: ({ vat, promise }) => isVat(vat) && isResult(promise),
  collect: ({ vat, again }) => isVat(vat) && (again === undefined || isCount(again)),
  release: ({ vat, action, objects }) =>
    isVat(vat) &&
    isText(action) &&
    Array.isArray(objects) &&
    objects.every((kref) => isText(kref) && isObjectKref(kref)),
  start: ({ vat, parameters, result, by }) =>
    isVat(vat) && isData(parameters) && isResult(result) && isText(by),
  receive: ({ port }) => isText(port),
  wakeups: () => true,
  react: ({ promise }) => isResult(promise),
  rollout: () => true,
  upgradeWorker: ({ vat, worker, mode, onDivergence, result, by }) =>
    isVat(vat) &&
    isText(worker) &&
    isWorkerId(worker) &&
    oneOf(workerModes)(mode) &&
    oneOf(divergencePolicies)(onDivergence) &&
    isResult(result) &&
    isText(by),
  ended: ({ vat, adminNode }) => isVat(vat) && isObject(adminNode),
  upgrade: ({ vat, bundle, parameters, result, by, salvage, upgradeMessage, drain }) =>
    isText(by) &&
    isText(upgradeMessage) &&
    isOr(isDrain, undefined)(drain) &&
    isVat(vat) &&
    isText(bundle) &&
    isBundleId(bundle) &&
    isData(parameters) &&
    isResult(result) &&
    (salvage === undefined || isSalvaged(salvage)),
}

export const itemOf = recordOf<QueueItem>((fields) => ofKind(itemShapes, fields), 'items')

export function upgradeItemOf(text: string): UpgradeItem | undefined {
  const item = itemOf(text)
  return item?.kind === 'upgrade' ? item : undefined
}

export function drainingOf(text: string): readonly Draining[] | undefined {
  const list = parsed(text)
  if (!Array.isArray(list) || list.length === 0) return undefined
  return list.every((each) => isRecord(each) && isVat(each['vat']) && isCount(each['left']))
    ? (list as Draining[])
    : undefined
}

export const historyModes: readonly unknown[] = [
  'start',
  'durable',
  'replay',
] satisfies readonly HistoryEntry['mode'][]

export const historyOf = recordOf<HistoryEntry>(
  ({ incarnation, mode, outcome, bundle, parameters, crank, deliveries }) =>
    isCount(incarnation) &&
    historyModes.includes(mode) &&
    isRecord(outcome) &&
    isText(outcome['kind']) &&
    isText(bundle) &&
    isBundleId(bundle) &&
    isRecord(parameters) &&
    isCount(crank) &&
    isCount(deliveries),
)
