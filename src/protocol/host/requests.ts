/**
 * The requests of the host to the kernel: one entry for each. An entry decides the type of the request's
 * inbox
 * item (`InboxItem`), the check of its stored form, the kernels that support it, and its row in
 * `docs/wires/inbox.md`; the kernel has a handler for each (`kernel/cranks/requests.ts`).
 *
 * An item is stored until the kernel takes it. Its number (its sequence) is the name of its result.
 *
 * Rq1. Kinds and fields are stored: they are added, never renamed or removed.
 * Rq2. A request that the kernel of the store does not support is refused before it is an item: an older
 *      kernel would treat it as a fault of its own, or drop a field.
 */
import {
  isBundleId,
  isObjectKref,
  isVatId,
  isWorkerId,
  type BundleId,
  type ObjectKref,
  type VatId,
  type WorkerId,
} from '../../base/ids.ts'
import { isCount, isDigits, isText } from '../../base/guards.ts'
import { workerParts } from '../bundle/bundle.ts'
import { isCapData } from '../capdata.ts'
import { isSalvaged } from '../worker/salvage.ts'
import { areVats, isPace, rolloutActions, rolloutOrders, rolloutPolicies } from '../worker/rollout.ts'
import { divergencePolicies, workerModes } from '../worker/versions.ts'
import { isWorkerVersion } from '../worker/worker.ts'
import { isCollectionSchedule } from './gcSchedule.ts'
import {
  rejectionPolicies,
  type ChangeableOptions,
  type UpgradeRequest,
  type VatOptions,
} from './inbox.ts'
import { changeableFields, creationFields, upgradeChoiceFields } from './vatOptions.ts'
import {
  flawOf,
  listOfTexts,
  newerField,
  oneOf,
  optional,
  record,
  required,
  type Fields,
  type FieldsOf,
  type Guard,
  type RecordOf,
} from './fields.ts'

/** A result: a promise that the host holds, or none. */
type ResultKind = 'promise' | 'none'

interface RequestEntry<All extends Fields = Fields> {
  readonly fields: All
  /** The interface level of kernels that introduced the request. */
  readonly since: number
  readonly result: ResultKind
}

const entry = <const All extends Fields>(
  fields: All,
  { since, result }: { readonly since: number; readonly result: ResultKind },
): RequestEntry<All> => ({ fields, since, result })

const text = <Name extends string>(is: (value: string) => value is Name): Guard<Name> =>
  (value): value is Name => typeof value === 'string' && is(value)

const vat = required<VatId>(text(isVatId), '`v…`')
const object = required<ObjectKref>(text(isObjectKref), '`ko…`')
const bundle = required<BundleId>(text(isBundleId), '`b1-…`')
const data = required(isCapData, 'capdata')
const reason = required(isText, 'text')
const number = required(isCount, 'number')
const worker = required<WorkerId>(text(isWorkerId), '`w1-…`')
const workerMode = required(oneOf(workerModes), listOfTexts(workerModes))
const port = required(isText, 'text')

const onRejection = optional(oneOf(rejectionPolicies), listOfTexts(rejectionPolicies), 1)

const upgradeFields: FieldsOf<Omit<UpgradeRequest, 'kind'>> = {
  vat,
  bundle,
  parameters: data,
  ...upgradeChoiceFields,
  salvage: optional(isSalvaged, '`{ bundle, incarnation, position, data }`', 1),
}

/** Services that a kernel has only at the host's request. */
export const providedServices = ['vatAdminRoot', 'criticalVatKey'] as const

export const requests = {
  /** A message; with `result: 'keep'` the host will query the result. */
  send: entry(
    {
      target: object,
      methargs: data,
      result: required(oneOf(['keep', 'ignore']), '`keep`, `ignore`'),
      onRejection,
    },
    { since: 0, result: 'promise' },
  ),
  createVat: entry(
    { name: required(isText, 'text'), bundle, parameters: data, options: record<VatOptions>(creationFields) },
    { since: 0, result: 'promise' },
  ),
  upgradeVat: entry(upgradeFields, { since: 0, result: 'promise' }),
  /**
   * Code for vats, whose bytes are in the store; `code` is the script of which vats are made, if it is
   * another.
   */
  installBundle: entry(
    {
      bundle,
      format: required(oneOf(['script', 'endo']), '`script`, `endo`'),
      label: required(isTextOrNull, 'text or `null`'),
      code: optional<BundleId>(text(isBundleId), '`b1-…`', 1),
    },
    { since: 1, result: 'none' },
  ),
  /** The bundle is no longer installed, unless something needs it. */
  retireBundle: entry({ bundle }, { since: 2, result: 'promise' }),
  /** A worker version whose bundles are in the store; `default`: new incarnations start on it. */
  installWorker: entry(
    {
      version: required(isWorkerVersion, '`{ id, engine, supervisor, image }`'),
      use: required(oneOf(['default', 'on-demand']), '`default`, `on-demand`'),
      label: optional(isText, 'text', 2),
    },
    { since: 0, result: 'none' },
  ),
  /** An engine or a supervisor whose bytes are in the store, for vats with the power to install versions. */
  installWorkerPart: entry(
    {
      bundle,
      part: required(oneOf(workerParts), listOfTexts(workerParts)),
      label: required(isTextOrNull, 'text or `null`'),
    },
    { since: 2, result: 'none' },
  ),
  /** New vats and next incarnations start on the version. */
  useWorker: entry({ worker }, { since: 2, result: 'none' }),
  /** The version's row is deleted, unless something needs it. */
  retireWorker: entry({ worker }, { since: 2, result: 'promise' }),
  /** Moves the vat to the version, when the item comes up in the run-queue. */
  upgradeWorker: entry(
    {
      vat,
      worker,
      mode: workerMode,
      onDivergence: required(oneOf(divergencePolicies), listOfTexts(divergencePolicies)),
    },
    { since: 2, result: 'promise' },
  ),
  /** Moves the vats to the version, one after the other (`protocol/worker/rollout.ts`). */
  startRollout: entry(
    {
      worker,
      vats: required(areVats, 'list of `v…`'),
      mode: workerMode,
      onFailure: required(oneOf(rolloutPolicies), listOfTexts(rolloutPolicies)),
      order: required(oneOf(rolloutOrders), listOfTexts(rolloutOrders)),
      perBlock: required(isPace, '`{ vats, computrons }`'),
    },
    { since: 2, result: 'promise' },
  ),
  controlRollout: entry(
    { action: required(oneOf(rolloutActions), listOfTexts(rolloutActions)), reason },
    { since: 2, result: 'promise' },
  ),
  /** A block ends: the rollout may use its pace again in the next. */
  renewRollout: entry({}, { since: 2, result: 'none' }),
  /** Nothing is delivered to the vat from now on; its items wait. */
  suspendVat: entry({ vat, reason }, { since: 1, result: 'promise' }),
  /** Parked items of the vat are delivered first. */
  resumeVat: entry({ vat }, { since: 1, result: 'promise' }),
  /** The vat ends now; promises that wait for its end get `reason`. */
  terminateVat: entry({ vat, reason: data }, { since: 1, result: 'promise' }),
  changeVatOptions: entry(
    { vat, options: record<ChangeableOptions>(changeableFields) },
    { since: 1, result: 'promise' },
  ),
  /** No cranks run until the kernel is resumed; requests are accepted. */
  pauseKernel: entry({ reason }, { since: 1, result: 'none' }),
  resumeKernel: entry({}, { since: 1, result: 'none' }),
  /** The host no longer needs the result of the item with this sequence. */
  forget: entry({ sequence: number }, { since: 0, result: 'none' }),
  /** Asks every running vat to collect its garbage. */
  collectAll: entry({}, { since: 1, result: 'none' }),
  /** Sets the vat's collection schedule; absent fields default to the store's. */
  setCollection: entry({ vat, collection: required(isCollectionSchedule, 'a schedule') }, { since: 1, result: 'none' }),
  /** Holds the object for the host until it is unpinned as often as it was pinned. */
  pin: entry({ object }, { since: 1, result: 'none' }),
  unpin: entry({ object }, { since: 1, result: 'none' }),
  /** The first message of a store created from a configuration; its result is kept. */
  bootstrap: entry({ target: object, methargs: data, onRejection }, { since: 1, result: 'promise' }),
  /** Opens a port of this name; no-op if it exists. */
  openPort: entry({ name: required(isText, 'text') }, { since: 1, result: 'none' }),
  /** An item for the receiver at the port, with the number assigned by the host. */
  deliver: entry({ port, number, item: data }, { since: 1, result: 'none' }),
  /** The host has the items that the port sent, up to this number. */
  acknowledge: entry({ port, number }, { since: 1, result: 'none' }),
  /** The host has seen the failures of its items, up to this number. */
  dismiss: entry({ port, number }, { since: 1, result: 'none' }),
  /** Advances the time. */
  advanceTime: entry({ now: required(isDigits, 'decimal digits') }, { since: 1, result: 'none' }),
  /** Provides the service from now on; idempotent. */
  provideService: entry(
    { service: required(oneOf(providedServices), listOfTexts(providedServices)) },
    { since: 1, result: 'none' },
  ),
} as const satisfies Readonly<Record<string, RequestEntry>>

export type RequestKind = keyof typeof requests
export type RequestOf<Kind extends RequestKind> = { readonly kind: Kind } & RecordOf<
  (typeof requests)[Kind]['fields']
>
/** A request as it is stored in the inbox: JSON of the record. */
export type InboxItem = { readonly [Kind in RequestKind]: RequestOf<Kind> }[RequestKind]

/** Services that a kernel has only at the host's request: for vats that the host passes them to. */
export type ProvidedService = RequestOf<'provideService'>['service']

export const isRequestKind = (kind: string): kind is RequestKind => Object.hasOwn(requests, kind)

/** The first wrong field of a stored request; undefined when it has none. */
export const requestFlaw = (kind: RequestKind, item: object): string | undefined =>
  flawOf(requests[kind].fields, item)

/**
 * The kind of the request, or the first of its fields (`kind.field`), that kernels of this interface level do
 * not support; undefined when they support it whole.
 */
export function unsupportedBy(level: number, item: InboxItem): string | undefined {
  const { since, fields } = requests[item.kind]
  if (since > level) return item.kind
  const field = newerField(fields, item, level)
  return field === undefined ? undefined : `${item.kind}.${field}`
}

/** As `unsupportedBy`, for a field of an upgrade that the request does not have yet. */
export const isUpgradeFieldSupportedBy = (level: number, field: keyof typeof upgradeFields): boolean =>
  upgradeFields[field].since <= level

/** Whether kernels of this interface level support requests of the kind. */
export const isSupportedBy = (level: number, kind: RequestKind): boolean => requests[kind].since <= level

function isTextOrNull(value: unknown): value is string | null {
  return value === null || typeof value === 'string'
}
