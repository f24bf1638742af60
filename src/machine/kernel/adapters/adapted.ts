/**
 * What an adapter takes and makes. An adapter turns kernels of one interface level into kernels that the rest
 * of the machine uses without knowing their level.
 *
 * Ad1. There is one adapter per level. Nothing outside this folder asks which members a kernel has.
 * Ad2. What a kernel of an older level does not support is refused with `kernel/too-old`, or answered as if
 *      nothing of the kind existed.
 */
import type { BundleId } from '../../../base/ids.ts'
import { refuse } from '../../../protocol/codes.ts'
import type {
  AuditPlatform,
  CycleFinder,
  KernelAuditor,
  MigrationSurvey,
} from '../../../protocol/kernel/bundle.ts'
import type { KernelReport } from '../../../protocol/kernel/events.ts'
import type { Kernel } from '../../../protocol/kernel/kernel.ts'
import type { KernelPlatform } from '../../../protocol/kernel/platform.ts'

/** An object of the kernel's context, behind the membrane. Results are copies. */
export interface ForeignObject {
  has(method: string): boolean
  data(property: string): unknown
  call(method: string, args: readonly unknown[]): unknown
}

export interface ForeignKernel {
  readonly kernel: ForeignObject
  readonly reader: ForeignObject
}

/** A bundle that exports `makeKernel` and a number as `tablesVersion`. */
export interface ForeignBundle {
  /** For messages. */
  readonly id: string
  readonly tablesVersion: number
  readonly exports: ForeignObject
  makeKernel(platform: KernelPlatform): ForeignKernel
  /** Calls an export that only reads. */
  read(name: string, platform: AuditPlatform): unknown
}

/** A kernel of any level, as the machine uses it. */
export interface AdaptedKernel extends Kernel {
  /** The level of the kernel's own interface. */
  readonly level: number
  /** Whether a step that found nothing to do is sealed as a crank. */
  readonly idleSteps: 'sealed' | 'no-crank'
  /** Refuses when `dryRun` would, before the caller reads the state for it. */
  assertDryRuns(): void
  /** The kernel's work before a commit, as a step of its own; `idle` when it has none. */
  endBlock(): KernelReport
}

export interface AdaptedBundle {
  readonly interfaceLevel: number
  /** As the bundle declares it; null for levels that declare none. */
  readonly version: string | null
  /** The versions of the worker wire that its kernel speaks. */
  readonly workerWires: readonly number[]
  readonly tablesVersion: number
  /** The oldest version of tables from which its kernel can take over. */
  readonly oldestTables: number
  makeKernel(platform: KernelPlatform): AdaptedKernel
  /** Null: the bundle has none; another bundle's reads the same tables. */
  readonly audit: KernelAuditor | null
  /** As `audit`. */
  readonly findCycles: CycleFinder | null
  /** Null: its kernel reads the rows of its version as they are, and has no migrations. */
  readonly migrationsOf: MigrationSurvey | null
}

/** Makes the machine's view of bundles of one level. */
export type Adapter = (bundle: ForeignBundle) => AdaptedBundle

/** Of the version that a bundle declares, which is printed. */
export const isVersion = (text: string): boolean => /^[\w.+-]{1,50}$/.test(text)

export const refuseBundle = (id: BundleId | string, why: string): never =>
  refuse('kernel/broken-bundle', `the kernel bundle ${id} ${why}`, { bundle: id })

export const refuseKernel = (missing: string): never =>
  refuse('kernel/broken-bundle', `the kernel of the store has no ${missing}`)
