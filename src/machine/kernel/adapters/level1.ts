/** Level 1, the present interface: the kernel's own members, checked to be complete. */
import type { KernelAudit } from '../../../protocol/reports/audit.ts'
import type { CycleGroup } from '../../../protocol/reports/cycles.ts'
import type { KernelReport } from '../../../protocol/kernel/events.ts'
import type { DryRunReport, KernelReader, SalvageReport } from '../../../protocol/kernel/kernel.ts'
import {
  refuseBundle,
  refuseKernel,
  type AdaptedBundle,
  type AdaptedKernel,
  type ForeignBundle,
  type ForeignKernel,
  type ForeignObject,
} from './adapted.ts'

const level = 1

export function adaptLevel1(bundle: ForeignBundle): AdaptedBundle {
  for (const name of ['audit', 'findCycles'])
    if (!bundle.exports.has(name)) refuseBundle(bundle.id, `does not export ${name}`)
  return {
    interfaceLevel: level,
    tablesVersion: bundle.tablesVersion,
    makeKernel: (platform) => kernelOf(bundle.makeKernel(platform)),
    audit: (platform) => bundle.read('audit', platform) as KernelAudit,
    findCycles: (platform) => bundle.read('findCycles', platform) as readonly CycleGroup[],
  }
}

function kernelOf({ kernel, reader }: ForeignKernel): AdaptedKernel {
  for (const name of ['step', 'dryRun', 'salvage']) if (!kernel.has(name)) refuseKernel(name)
  return {
    level,
    idleSteps: 'no-crank',
    step: (event) => kernel.call('step', [event]) as KernelReport,
    endBlock: () => ({ kind: 'idle' }),
    assertDryRuns: () => {},
    dryRun: (operation, crank) => kernel.call('dryRun', [operation, crank]) as DryRunReport,
    salvage: (order) => kernel.call('salvage', [order]) as SalvageReport,
    read: readerOf(reader),
  }
}

const readers: Readonly<Record<keyof KernelReader, true>> = {
  vats: true,
  vatNamed: true,
  vat: true,
  assignment: true,
  replayLimits: true,
  result: true,
  whyPending: true,
  workers: true,
  defaultWorker: true,
  queueLength: true,
  paused: true,
  cleanups: true,
  vatAdmin: true,
  provided: true,
  history: true,
  parameters: true,
  hasObject: true,
  pins: true,
  bootstrap: true,
  timer: true,
  now: true,
  ports: true,
  port: true,
  sent: true,
  failures: true,
  bundleFormat: true,
  bundleCode: true,
}

/** The members of a kernel's reader. */
export const readerNames: readonly string[] = Object.keys(readers)

function readerOf(reader: ForeignObject): KernelReader {
  const methods: Partial<Record<keyof KernelReader, (...args: readonly unknown[]) => unknown>> =
    Object.fromEntries(
      readerNames.map((name) => {
        if (!reader.has(name)) refuseKernel(`read.${name}`)
        return [name, (...args: readonly unknown[]) => reader.call(name, args)]
      }),
    )
  return methods as KernelReader
}
