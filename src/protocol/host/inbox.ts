/**
 * Inbox items: requests of the host to the kernel, stored until the kernel takes them. The number of an item
 * (its sequence) is the name of its result. The table of this wire is `docs/wires/inbox.md`.
 */
import type { BundleId, ObjectKref, VatId, WorkerId } from '../../base/ids.ts'
import type { BundleFormat } from '../bundle/bundle.ts'
import type { CapData } from '../capdata.ts'
import type { CollectionSchedule } from './gcSchedule.ts'
import { abandonLimits } from '../limits.ts'
import type { Importance, OnFault } from '../results.ts'
import type { Salvaged } from '../worker/salvage.ts'
import type { WorkerVersion } from '../worker/worker.ts'

/** Options of a new vat. */
export interface VatOptions {
  /** The most computrons that one delivery may use, as decimal digits. */
  readonly computronsPerDelivery?: string
  /** The heap limit of the vat, in bytes; rounded to a multiple of 64 KiB. */
  readonly heapLimitBytes?: number
  /** The storage limit of the vat, in UTF-16 code units (`storageLimits`); default: the store's. */
  readonly storageLimit?: number
  /** An installed worker version; default: the store's default version. */
  readonly worker?: WorkerId
  /** When the vat is asked to collect its garbage; default: the store's schedule. */
  readonly collection?: CollectionSchedule
  /** The action on the vat when a delivery fails; default: `reject`. */
  readonly onFault?: OnFault
  /** Default: `ordinary`. */
  readonly importance?: Importance
}

/** The options that can be changed on a live vat. */
export type ChangeableOptions = Omit<VatOptions, 'worker'>
/**
 * How new code takes over. `durable`: a new incarnation begins from the old one's estate. `replay`: the
 * incarnation's transcript is replayed on the new code, and if everything matches it continues, with heap and
 * promises. `auto`: replay if it matches, else durable.
 */
export type UpgradeMode = 'durable' | 'replay' | 'auto'

/** The modes of an upgrade. */
export const upgradeModes: readonly UpgradeMode[] = ['durable', 'replay', 'auto']

/** The source of the heir's parameters: the request, or the previous incarnation. */
export const parameterSources = ['given', 'kept'] as const
/** One of `parameterSources`. */
export type ParametersFrom = (typeof parameterSources)[number]

/** The action when the heir cannot start: the old incarnation continues, or it is suspended. */
export const failurePolicies = ['keep', 'suspend'] as const
/** One of `failurePolicies`. */
export type OnFailure = (typeof failurePolicies)[number]

/**
 * Before the upgrade the vat receives its pending answers, while messages to it wait, for at most this many
 * cranks.
 */
export interface Drain {
  readonly maxCranks: number
}

/** Whether the value is a list of tags that an upgrade may abandon. */
export const areTags = (value: unknown): value is readonly string[] =>
  Array.isArray(value) &&
  value.length <= abandonLimits.tags &&
  value.every((tag) => typeof tag === 'string' && tag.length <= abandonLimits.tag && tag.isWellFormed())

/** Options of an upgrade. Each type documents its default. */
export interface UpgradeChoices {
  /** Part of the rejection of the promises that end with the old incarnation. */
  readonly upgradeMessage: string
  /** Default: `durable`. */
  readonly mode?: UpgradeMode
  /** Default: `given`. */
  readonly parametersFrom?: ParametersFrom
  /** Default: `keep`. */
  readonly onFailure?: OnFailure
  /** Default: no drain. */
  readonly drain?: Drain
  /**
   * Tags of durable kinds that may end with the old incarnation if the heir does not define them. Default:
   * none.
   */
  readonly abandonKinds?: readonly string[]
}

/** `log`: reported in the run's report and the trace. */
export type OnRejection = 'ignore' | 'log' | 'fault'
/** The policy of a watched result. */
export type WatchPolicy = Exclude<OnRejection, 'ignore'>

export const rejectionPolicies: readonly OnRejection[] = ['ignore', 'log', 'fault']

/** In addition to the options of an admin node, the host can pass `salvage`. */
export interface UpgradeRequest extends UpgradeChoices {
  readonly kind: 'upgradeVat'
  readonly vat: VatId
  readonly bundle: BundleId
  readonly parameters: CapData
  /** Put into the heir's baggage; absent if nothing was salvaged. */
  readonly salvage?: Salvaged
}

/** Services that a kernel has only at the host's request: for vats that the host passes them to. */
export type ProvidedService = 'vatAdminRoot' | 'criticalVatKey'

export type InboxItem =
  | {
      readonly kind: 'send'
      readonly target: ObjectKref
      readonly methargs: CapData
      /** Whether the host will query the result. */
      readonly result: 'keep' | 'ignore'
      /** The action when the result is rejected; implies that it is kept. Default: `ignore`. */
      readonly onRejection?: OnRejection
    }
  | {
      readonly kind: 'createVat'
      readonly name: string
      readonly bundle: BundleId
      readonly parameters: CapData
      readonly options: VatOptions
    }
  | UpgradeRequest
  /** Installs code for vats, whose bytes are in the store; a label becomes its name. */
  | {
      readonly kind: 'installBundle'
      readonly bundle: BundleId
      readonly format: BundleFormat
      readonly label: string | null
      /** The script of which vats are made; absent where the bundle is one, or none can be made of it. */
      readonly code?: BundleId
    }
  /**
   * A worker version whose bundles are in the store; `use: 'default'` makes it the default for new
   * incarnations.
   */
  | { readonly kind: 'installWorker'; readonly version: WorkerVersion; readonly use: 'default' | 'on-demand' }
  /** Nothing is delivered to the vat from now on; its items wait. */
  | { readonly kind: 'suspendVat'; readonly vat: VatId; readonly reason: string }
  /** Parked items of the vat are delivered first. */
  | { readonly kind: 'resumeVat'; readonly vat: VatId }
  /** The vat ends now; promises that wait for its end get `reason`. */
  | { readonly kind: 'terminateVat'; readonly vat: VatId; readonly reason: CapData }
  | { readonly kind: 'changeVatOptions'; readonly vat: VatId; readonly options: ChangeableOptions }
  /** No cranks run until the kernel is resumed; requests are accepted. */
  | { readonly kind: 'pauseKernel'; readonly reason: string }
  | { readonly kind: 'resumeKernel' }
  /** The host no longer needs the result of the item with this sequence. */
  | { readonly kind: 'forget'; readonly sequence: number }
  /** Asks every running vat to collect its garbage. */
  | { readonly kind: 'collectAll' }
  /** Sets the vat's collection schedule; absent fields default to the store's. */
  | { readonly kind: 'setCollection'; readonly vat: VatId; readonly collection: CollectionSchedule }
  /** Holds the object for the host until it is unpinned as often as it was pinned. */
  | { readonly kind: 'pin' | 'unpin'; readonly object: ObjectKref }

  /** The first message of a store created from a configuration; its result is kept. */
  | {
      readonly kind: 'bootstrap'
      readonly target: ObjectKref
      readonly methargs: CapData
      readonly onRejection?: OnRejection
    }
  /** Opens a port of this name; no-op if it exists. */
  | { readonly kind: 'openPort'; readonly name: string }
  /** An item for the receiver at the port, with the number assigned by the host. */
  | { readonly kind: 'deliver'; readonly port: string; readonly number: number; readonly item: CapData }
  /** The host has the items that the port sent, up to this number. */
  | { readonly kind: 'acknowledge'; readonly port: string; readonly number: number }
  /** The host has seen the failures of its items, up to this number. */
  | { readonly kind: 'dismiss'; readonly port: string; readonly number: number }
  /** Advances the time to `now`, in decimal digits. */
  | { readonly kind: 'advanceTime'; readonly now: string }
  /** Provides the service from now on; idempotent. */
  | { readonly kind: 'provideService'; readonly service: ProvidedService }

const laterChoices = [
  'mode',
  'parametersFrom',
  'onFailure',
  'drain',
  'abandonKinds',
  'salvage',
] as const satisfies readonly (keyof UpgradeRequest)[]
const laterOptions = [
  'collection',
  'onFault',
  'importance',
  'storageLimit',
] as const satisfies readonly (keyof VatOptions)[]

/**
 * The features that a kernel must support to accept the item (`Kernel.accepts`): its kind, and fields newer
 * than the kind.
 */
export function neededFor(item: InboxItem): readonly string[] {
  if (item.kind === 'upgradeVat')
    return [
      item.kind,
      ...laterChoices.filter((name) => item[name] !== undefined).map((name) => `upgradeVat.${name}`),
    ]
  if ((item.kind === 'send' || item.kind === 'bootstrap') && item.onRejection !== undefined)
    return [item.kind, `${item.kind}.onRejection`]
  if (item.kind === 'createVat')
    return [
      item.kind,
      ...laterOptions.filter((name) => item.options[name] !== undefined).map((name) => `createVat.${name}`),
    ]
  if (item.kind === 'changeVatOptions' && item.options.storageLimit !== undefined)
    return [item.kind, 'changeVatOptions.storageLimit']
  return [item.kind]
}

/**
 * A feature of kernels: rehearsing an upgrade that drains first. Older kernels would rehearse it without the
 * drain.
 */
export const drainedCheck = 'rehearse.drain'
