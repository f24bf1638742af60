/** The exports of a kernel bundle. The page is `docs/wires/kernel.md`. */
import type { PlatformState, PlatformBundles, KernelPlatform } from './platform.ts'
import type { Kernel } from './kernel.ts'
import type { KernelAudit } from '../reports/audit.ts'
import type { PlannedStep } from './events.ts'
import type { CycleGroup } from '../reports/cycles.ts'

/**
 * The level of the interface in this folder. A kernel bundle exports the level it was made for; the kernel of
 * release 0.1.0 exports none, which is level 0. Any change to what host and kernel call of each other raises
 * the level, and the host gets an adapter for the level before (`machine/kernel/adapters`).
 */
export const interfaceLevel = 2

/** The part of the platform that an audit reads. An audit writes nothing. */
export interface AuditPlatform {
  readonly state: Pick<PlatformState, 'get' | 'nextKey'>
  readonly bundles: PlatformBundles
}

/** Audits the kernel's tables. */
export type KernelAuditor = (platform: AuditPlatform) => KernelAudit

/** Finds vats that may keep each other's objects alive indefinitely. */
export type CycleFinder = (platform: AuditPlatform) => readonly CycleGroup[]

/** Says which steps its migration of the store would have. */
export type MigrationSurvey = (platform: AuditPlatform) => readonly PlannedStep[]

export interface KernelBundle {
  readonly interfaceLevel: number
  /** The release that it is made for, for people. Since interface level 2. */
  readonly version: string
  /** The versions of the worker wire that it speaks (`workerWires.ts`). Since interface level 2. */
  readonly workerWires: readonly number[]
  /** The version of the tables that its kernel reads and writes. */
  readonly tablesVersion: number
  /** The oldest version of tables that its `migrate` event brings up to its own. Since interface level 2. */
  readonly oldestTables: number
  makeKernel(platform: KernelPlatform): Kernel
  readonly audit: KernelAuditor
  readonly findCycles: CycleFinder
  /** Since interface level 2. */
  readonly migrationsOf: MigrationSurvey
}
