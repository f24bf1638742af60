/** Replacing the kernel of a store: what a check finds, and what an upgrade did. */
import type { BundleId } from '../../base/ids.ts'
import type { MigratedRows } from '../kernel/events.ts'

/** A kernel bundle of the store. */
export interface KernelView {
  readonly id: BundleId
  /** The release that it declares to be of; null for kernels up to release 0.2.0, which declare none. */
  readonly version: string | null
  /** The versions of the worker wire that it speaks. */
  readonly workerWires: readonly number[]
  /** The oldest version of tables that it takes over. */
  readonly oldestTables: number
  /** The level of its interface, and the version of the tables that it reads and writes. */
  readonly interfaceLevel: number
  readonly tablesVersion: number
  /** Whether the store names it. */
  readonly use: 'in-place' | 'installed'
}

/** Why a kernel cannot take over. `names` lists what the code concerns. */
export interface KernelFlaw {
  readonly code:
    | 'kernel/tables-differ'
    | 'kernel/interface-too-old'
    | 'kernel/request-unknown'
    | 'kernel/wire-unknown'
  readonly message: string
  readonly names: readonly string[]
}

/** What an upgrade to the kernel would find. */
export interface KernelCheck extends KernelView {
  /** Empty if it can take over. */
  readonly flaws: readonly KernelFlaw[]
}

/** An upgrade of the kernel that was done. */
export interface KernelUpgradeReport {
  readonly from: BundleId
  readonly to: BundleId
  /** The height of the block in which the new kernel took over. */
  readonly block: number
  readonly migrated: readonly MigratedRows[]
  /** How long no other call was served, in milliseconds. */
  readonly pauseMs: number
}

/** One entry of the history of a store's kernels. */
export interface KernelHistoryEntry {
  readonly from: BundleId
  readonly to: BundleId
  /** The height of the block before the upgrade. */
  readonly block: number
  /** Why it failed; null if it was done. */
  readonly refused: string | null
}
