/** Worker versions as hosts and vats see them, and moving a vat from one to another. */
import type { WorkerId } from '../../base/ids.ts'
import type { DurableUpgrade, Metering, ReplayRefusal, ReplayUpgrade, StartRefusal } from '../results.ts'
import type { WorkerVersion } from './worker.ts'

/** Who installed a version: the host, or a vat with the power to. */
export type Installer = 'host' | 'vatAdmin'

/** What is recorded of a version besides its parts. */
export interface WorkerNote {
  /** A name for people; the newest version with a label is found by it. */
  readonly label: string | null
  readonly by: Installer
  /** The number of the crank in which it was installed. */
  readonly crank: number
}

/** An installed version. `note` is null for the first version of a store, and for those of older kernels. */
export interface WorkerView extends WorkerVersion {
  readonly note: WorkerNote | null
  /** `default`: new vats and next incarnations start on it. */
  readonly use: 'default' | 'on-demand'
  /** The number of vats that run on it. */
  readonly vats: number
}

/**
 * How a vat gets to another version. `replay`: its incarnation is replayed there and continues, with heap and
 * promises. `restart`: its next incarnation begins there, on the same bundle with the same parameters.
 * `auto`: by replay if it matches, else by restart.
 */
export const workerModes = ['replay', 'restart', 'auto'] as const
/** One of `workerModes`. */
export type WorkerMode = (typeof workerModes)[number]

/**
 * What happens when the vat cannot follow: it keeps its version; or it is restarted on the new one, and keeps
 * its version if that fails too; or it keeps its version and is suspended.
 */
export const divergencePolicies = ['keep', 'restart', 'suspend'] as const
/** One of `divergencePolicies`. */
export type OnDivergence = (typeof divergencePolicies)[number]

/** How a vat is moved, and what if it cannot follow. */
export interface WorkerUpgradeChoices {
  readonly mode: WorkerMode
  readonly onDivergence: OnDivergence
}

/**
 * The vat is on the version. `mode` is how it got there; `none`: it was there before, and nothing was done.
 */
export type WorkerUpgradeResult = { readonly worker: WorkerId; readonly from: WorkerId } & (
  | { readonly mode: 'none'; readonly incarnationNumber: number }
  | (ReplayUpgrade & { readonly metering: Metering })
  | DurableUpgrade
)

/** Why a vat could not be moved. */
export type WorkerUpgradeRefusal = StartRefusal | ReplayRefusal
