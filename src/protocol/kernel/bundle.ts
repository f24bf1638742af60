import type { PlatformState, PlatformBundles, KernelPlatform } from './platform.ts'
import type { Kernel } from './kernel.ts'
import type { KernelAudit } from '../reports/audit.ts'
import type { CycleGroup } from '../reports/cycles.ts'

/** The ports that an audit reads. It writes nothing. */
export interface AuditPlatform {
  readonly state: Pick<PlatformState, 'get' | 'nextKey'>
  readonly bundles: PlatformBundles
}

export interface KernelBundle {
  makeKernel(ports: KernelPlatform): Kernel
  readonly tablesVersion: number
  /** Not in release 0.1.0. */
  audit?(ports: AuditPlatform): KernelAudit
  findCycles?(ports: AuditPlatform): readonly CycleGroup[]
}
