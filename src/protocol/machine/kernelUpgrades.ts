/** Replacing the kernel of a store: what a check finds, and what an upgrade did. */
import type { BundleId } from '../../base/ids.ts'
import type { MigratedRows, PlannedStep } from '../kernel/events.ts'

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
  /** The cranks of the probation that follows; null: none. */
  readonly probation: number | null
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
  /** Null: the new kernel is on trial until the next block. */
  readonly probation: KernelProbation | null
}

/** All of the migration in one block, and no probation. */
export const atOnce: KernelUpgradeChoices = { rowsPerBlock: null, probation: null }

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

/** How long a new kernel is on trial after its upgrade; without one: until the next block. */
export interface KernelProbation {
  /** A fault of the new kernel within so many cranks takes the store back. */
  readonly cranks: number
}

/** The trial of the kernel in place. */
export interface KernelTrialView {
  /** The kernel to which the store goes back if this one fails. */
  readonly from: BundleId
  /** The height of the block before the upgrade, as of which the store would be. */
  readonly block: number
  /** How many cranks are left; null: the trial ends with the next block. */
  readonly cranksLeft: number | null
}

/** A kernel failed on trial, and was taken back. */
export interface KernelReturn {
  readonly from: BundleId
  /** The kernel in place now. */
  readonly to: BundleId
  /** Name, message and stack of the error. */
  readonly error: string
  /** The crank at which the kernel failed. */
  readonly crank: number
  /** The height of the block before the upgrade: the store is as it was then. */
  readonly block: number
}

export const returnedText = ({ from, to, error, crank, block }: KernelReturn): string =>
  `the kernel ${from} failed on trial, at crank ${crank}; the store is back on ${to}, as after block ${block}: ${error.split('\n', 1)[0] ?? ''}`

/** One entry of the history of a store's kernels. */
export interface KernelHistoryEntry {
  readonly from: BundleId
  readonly to: BundleId
  /** The height of the block before the upgrade. */
  readonly block: number
  /** Why it failed; null if it was done. */
  readonly refused: string | null
  /** Why it was taken back after it was done; null if it was not. */
  readonly returned: string | null
  /** The rows that its migrations looked at; empty for one that failed. */
  readonly migrated: readonly MigratedRows[]
}
