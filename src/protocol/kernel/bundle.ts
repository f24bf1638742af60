import type { StatePort, BundlePort, KernelPorts } from './platform.ts'
import type { Kernel } from './kernel.ts'
import type { KernelAudit } from '../reports/audit.ts'
import type { CycleGroup } from '../reports/cycles.ts'

/** The ports that an audit reads. It writes nothing. */
export interface AuditPorts {
  readonly state: Pick<StatePort, 'get' | 'nextKey'>
  readonly bundles: BundlePort
}

export interface KernelBundle {
  makeKernel(ports: KernelPorts): Kernel
  readonly tablesVersion: number
  /** Not in release 0.1.0. */
  audit?(ports: AuditPorts): KernelAudit
  findCycles?(ports: AuditPorts): readonly CycleGroup[]
}
