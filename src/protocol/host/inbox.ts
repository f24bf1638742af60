/** The choices that requests of the host carry: options of vats and of upgrades, policies for rejections. */
import { isCount, isRecord } from '../../base/guards.ts'
import type { BundleId, VatId, WorkerId } from '../../base/ids.ts'
import type { CapData } from '../capdata.ts'
import type { CollectionSchedule } from './gcSchedule.ts'
import { abandonLimits } from '../limits.ts'
import type { Importance, OnFault } from '../results.ts'
import type { Salvaged } from '../worker/salvage.ts'

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

export const isDrain = (value: unknown): value is Drain => isRecord(value) && isCount(value['maxCranks'])

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

export const rejectionPolicies = ['ignore', 'log', 'fault'] as const satisfies readonly OnRejection[]

/** In addition to the options of an admin node, the host can pass `salvage`. */
export interface UpgradeRequest extends UpgradeChoices {
  readonly kind: 'upgradeVat'
  readonly vat: VatId
  readonly bundle: BundleId
  readonly parameters: CapData
  /** Put into the heir's baggage; absent if nothing was salvaged. */
  readonly salvage?: Salvaged
}
