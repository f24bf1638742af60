/** Replacing the kernel of a store: what a check finds, and what an upgrade did. */
import type { BundleId } from '../../base/ids.ts'
import type { MigratedRows, PlannedStep } from '../kernel/events.ts'

/** A kernel bundle of the store. */
export interface KernelView {
  readonly id: BundleId
  /** The level of its interface, and the version of the tables that it reads and writes. */
  readonly interfaceLevel: number
  readonly tablesVersion: number
  /** Whether the store names it. */
  readonly use: 'in-place' | 'installed'
}

/** Why a kernel cannot take over. `names` lists what the code concerns. */
export interface KernelFlaw {
  readonly code: 'kernel/tables-differ' | 'kernel/interface-too-old' | 'kernel/request-unknown'
  readonly message: string
  readonly names: readonly string[]
}

/** What an upgrade to the kernel would find. */
export interface KernelCheck extends KernelView {
  /** Empty if it can take over. */
  readonly flaws: readonly KernelFlaw[]
  /** The steps of its migration of the store as it is, in order. */
  readonly migration: readonly PlannedStep[]
}

/** A migration that is spread over blocks. */
export interface MigrationView {
  readonly from: BundleId
  readonly to: BundleId
  /** The height of the block before the upgrade. */
  readonly block: number
  readonly rowsPerBlock: number
  /** The rows that were looked at. */
  readonly rows: number
  /** About how many there are in all. */
  readonly total: number
  /** What each step did so far. */
  readonly steps: readonly MigratedRows[]
}

export interface KernelUpgradeChoices {
  /** How many rows of the kernel's tables are migrated in a block; null: all in one. */
  readonly rowsPerBlock: number | null
}

/** An upgrade of the kernel that was done, or begun. */
export interface KernelUpgradeReport {
  readonly from: BundleId
  readonly to: BundleId
  /** The height of the block in which the new kernel took over, or of the first. */
  readonly block: number
  /** What each step did, or did so far. */
  readonly migrated: readonly MigratedRows[]
  /** Null: all is done. */
  readonly migration: MigrationView | null
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
