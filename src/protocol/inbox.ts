/**
 * Inbox items: what the host asks of the kernel, as the store keeps it until the kernel takes it.
 * The number of an item (its sequence) is the name of its result.
 * The table of this wire is `docs/wires/inbox.md`.
 */
import type { BundleId, ObjectKref, VatId, WorkerId } from '../base/ids.ts'
import type { BundleFormat } from './bundle.ts'
import type { CapData } from './capdata.ts'
import type { CollectionSchedule } from './collection.ts'
import { abandonLimits } from './limits.ts'
import type { Importance, OnFault } from './results.ts'
import type { Salvaged } from './salvage.ts'
import type { WorkerVersion } from './worker.ts'

/** What may be chosen for a vat when it is made. */
export interface VatOptions {
  /** Computrons that one delivery may take, as decimal digits. */
  readonly computronsPerDelivery?: string
  /** The most memory the vat may have, in bytes; a multiple of 64 KiB is used. */
  readonly heapLimitBytes?: number
  /** The most that the vat may store, in UTF-16 code units (`storageLimits`); as the store has it if not given. */
  readonly storageLimit?: number
  /** A worker version that is installed; the default one if not given. */
  readonly worker?: WorkerId
  /** When the vat is asked to collect its garbage; as the store has it if not given. */
  readonly collection?: CollectionSchedule
  /** What becomes of the vat when a delivery fails; `reject` if not given. */
  readonly onFault?: OnFault
  /** `ordinary` if not given. */
  readonly importance?: Importance
}

/** What may be changed of a vat while it lives. */
export type ChangeableOptions = Omit<VatOptions, 'worker'>
/**
 * How new code takes over. `durable`: a new incarnation begins from what the old one left. `replay`: the
 * incarnation's transcript is replayed on the new code, and when all is the same it goes on, heap and
 * promises with it. `auto`: replay if it holds, else durable.
 */
export type UpgradeMode = 'durable' | 'replay' | 'auto'

/** The modes of an upgrade. */
export const upgradeModes: readonly UpgradeMode[] = ['durable', 'replay', 'auto']

/** What the heir is started with: the parameters of the request, or those of the incarnation before. */
export const parameterSources = ['given', 'kept'] as const
/** One of `parameterSources`. */
export type ParametersFrom = (typeof parameterSources)[number]

/** What becomes of the vat when its heir cannot start: the old incarnation goes on, or it is there and suspended. */
export const failurePolicies = ['keep', 'suspend'] as const
/** One of `failurePolicies`. */
export type OnFailure = (typeof failurePolicies)[number]

/** Before the upgrade the vat is given the answers that it waits for, while messages to it wait; for so many cranks at most. */
export interface Drain {
  readonly maxCranks: number
}

/** Whether the value is a list of tags that an upgrade may abandon. */
export const areTags = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.length <= abandonLimits.tags && value.every((tag) => typeof tag === 'string' && tag.length <= abandonLimits.tag && tag.isWellFormed())

/** How an upgrade is done. What is absent is as its type says. */
export interface UpgradeChoices {
  /** Told to those whose promises end with the old incarnation. */
  readonly upgradeMessage: string
  /** Absent is `durable`. */
  readonly mode?: UpgradeMode
  /** Absent is `given`. */
  readonly parametersFrom?: ParametersFrom
  /** Absent is `keep`. */
  readonly onFailure?: OnFailure
  /** Absent is at once. */
  readonly drain?: Drain
  /** Tags of durable kinds that may end with the old incarnation, where the heir does not define them. Absent is none. */
  readonly abandonKinds?: readonly string[]
}

/** `log`: the run's report and the trace say so. */
export type OnRejection = 'ignore' | 'log' | 'fault'
/** Of a result that is watched. */
export type WatchPolicy = Exclude<OnRejection, 'ignore'>

export const rejectionPolicies: readonly OnRejection[] = ['ignore', 'log', 'fault']

/** What only the host can ask for, beside the choices that an admin node has too, is `salvage`. */
export interface UpgradeRequest extends UpgradeChoices {
  readonly kind: 'upgradeVat'
  readonly vat: VatId
  readonly bundle: BundleId
  readonly parameters: CapData
  /** Put into the heir's baggage; absent where nothing was salvaged. */
  readonly salvage?: Salvaged
}

/** Services that a kernel has once the host asked for them: they are for the vats that the host gives them to. */
export type ProvidedService = 'vatAdminRoot' | 'criticalVatKey'

export type InboxItem =
  | {
      readonly kind: 'send'
      readonly target: ObjectKref
      readonly methargs: CapData
      /** Whether the host will ask how the result stands. */
      readonly result: 'keep' | 'ignore'
      /** What is done when the result is rejected; it is kept then. Absent is `ignore`. */
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
  /** Code for vats, whose bytes are in the store; with a label it has that name from now on. */
  | { readonly kind: 'installBundle'; readonly bundle: BundleId; readonly format: BundleFormat; readonly label: string | null; /** The script of which vats are made; absent where the bundle is one, or none can be made of it. */ readonly code?: BundleId }
  /** A worker version whose bundles are in the store; `use: 'default'` makes it the one that new incarnations start on. */
  | { readonly kind: 'installWorker'; readonly version: WorkerVersion; readonly use: 'default' | 'on-demand' }
  /** Nothing is delivered to the vat from now on; what comes for it waits. */
  | { readonly kind: 'suspendVat'; readonly vat: VatId; readonly reason: string }
  /** What waited for the vat is delivered first. */
  | { readonly kind: 'resumeVat'; readonly vat: VatId }
  /** The vat ends now; `reason` is what those get who wait for its end. */
  | { readonly kind: 'terminateVat'; readonly vat: VatId; readonly reason: CapData }
  | { readonly kind: 'changeVatOptions'; readonly vat: VatId; readonly options: ChangeableOptions }
  /** No crank is run until the kernel is resumed; requests are taken. */
  | { readonly kind: 'pauseKernel'; readonly reason: string }
  | { readonly kind: 'resumeKernel' }
  /** The host does not want to know the result of the item with this sequence any more. */
  | { readonly kind: 'forget'; readonly sequence: number }
  /** Every vat that runs is asked to collect its garbage. */
  | { readonly kind: 'collectAll' }
  /** When the vat is asked to collect from now on; what is left out is as the store has it. */
  | { readonly kind: 'setCollection'; readonly vat: VatId; readonly collection: CollectionSchedule }
  /** The host holds the object until it unpins it as often as it pinned it. */
  | { readonly kind: 'pin' | 'unpin'; readonly object: ObjectKref }

  /** The first message of a store that was made from a configuration; its result is kept. */
  | { readonly kind: 'bootstrap'; readonly target: ObjectKref; readonly methargs: CapData; readonly onRejection?: OnRejection }
  /** A port of this name; nothing when there is one. */
  | { readonly kind: 'openPort'; readonly name: string }
  /** An item for whoever receives at the port, with the number that the host gave it. */
  | { readonly kind: 'deliver'; readonly port: string; readonly number: number; readonly item: CapData }
  /** The host has the items that the port sent, up to this number. */
  | { readonly kind: 'acknowledge'; readonly port: string; readonly number: number }
  /** The host has seen which of its items failed, up to this number. */
  | { readonly kind: 'dismiss'; readonly port: string; readonly number: number }
  /** It is later now; the time in decimal digits. */
  | { readonly kind: 'advanceTime'; readonly now: string }
  /** The service is there from now on; again changes nothing. */
  | { readonly kind: 'provideService'; readonly service: ProvidedService }

const laterChoices = ['mode', 'parametersFrom', 'onFailure', 'drain', 'abandonKinds', 'salvage'] as const satisfies readonly (keyof UpgradeRequest)[]
const laterOptions = ['collection', 'onFault', 'importance', 'storageLimit'] as const satisfies readonly (keyof VatOptions)[]

/** What a kernel must know to take the item (`Kernel.accepts`): its kind, and fields that are newer than the kind. */
export function neededFor(item: InboxItem): readonly string[] {
  if (item.kind === 'upgradeVat') return [item.kind, ...laterChoices.filter((name) => item[name] !== undefined).map((name) => `upgradeVat.${name}`)]
  if ((item.kind === 'send' || item.kind === 'bootstrap') && item.onRejection !== undefined) return [item.kind, `${item.kind}.onRejection`]
  if (item.kind === 'createVat') return [item.kind, ...laterOptions.filter((name) => item.options[name] !== undefined).map((name) => `createVat.${name}`)]
  if (item.kind === 'changeVatOptions' && item.options.storageLimit !== undefined) return [item.kind, 'changeVatOptions.storageLimit']
  return [item.kind]
}

/** Among what a kernel takes: a rehearsal of an upgrade that drains first. One from before would rehearse it without. */
export const drainedCheck = 'rehearse.drain'

/** What the first release's kernel takes, which does not say so itself. */
export const firstItems: readonly InboxItem['kind'][] = ['send', 'createVat', 'upgradeVat', 'installWorker', 'forget']
