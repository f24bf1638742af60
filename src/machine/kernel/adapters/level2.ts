/** Level 2, the present interface: the kernel's own members, checked to be complete. */
import type { KernelAudit } from '../../../protocol/reports/audit.ts'
import type { CycleGroup } from '../../../protocol/reports/cycles.ts'
import type { KernelReport, PlannedStep } from '../../../protocol/kernel/events.ts'
import type { DryRunReport, KernelReader, SalvageReport } from '../../../protocol/kernel/kernel.ts'
import {
  refuseBundle,
  isVersion,
  refuseKernel,
  type AdaptedBundle,
  type AdaptedKernel,
  type ForeignBundle,
  type ForeignKernel,
  type ForeignObject,
} from './adapted.ts'

export const adaptLevel2 = (bundle: ForeignBundle): AdaptedBundle => adaptComplete(bundle, 2, readerOf)

/** For levels that differ from the present one in their readers alone. */
export function adaptComplete(
  bundle: ForeignBundle,
  level: number,
  readerOf: (reader: ForeignObject) => KernelReader,
): AdaptedBundle {
  for (const name of ['audit', 'findCycles', ...(level < 2 ? [] : ['migrationsOf'])])
    if (!bundle.exports.has(name)) refuseBundle(bundle.id, `does not export ${name}`)
  return {
    interfaceLevel: level,
    ...(level < 2 ? { version: null, workerWires: [0, 1] } : declarationsOf(bundle)),
    tablesVersion: bundle.tablesVersion,
    oldestTables: level < 2 ? bundle.tablesVersion : oldestTablesOf(bundle),
    makeKernel: (platform) => kernelOf(bundle.makeKernel(platform), level, readerOf),
    audit: (platform) => bundle.read('audit', platform) as KernelAudit,
    findCycles: (platform) => bundle.read('findCycles', platform) as readonly CycleGroup[],
    migrationsOf:
      level < 2 ? null : (platform) => bundle.read('migrationsOf', platform) as readonly PlannedStep[],
  }
}

function kernelOf(
  { kernel, reader }: ForeignKernel,
  level: number,
  readerOf: (reader: ForeignObject) => KernelReader,
): AdaptedKernel {
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
  workerViews: true,
  workerParts: true,
  rollout: true,
  rolloutVats: true,
  defaultWorker: true,
  queueLength: true,
  paused: true,
  cleanups: true,
  vatAdmin: true,
  adminNode: true,
  provided: true,
  history: true,
  parameters: true,
  hasObject: true,
  subscribersOf: true,
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
  knowsAllBundles: true,
  bundleNamed: true,
}

/** The members of a kernel's reader. */
export const readerNames = Object.keys(readers) as readonly (keyof KernelReader)[]

const readerOf = (reader: ForeignObject): KernelReader => readersOf(reader, readerNames) as KernelReader

/** The readers of these names, which the kernel must have. */
export function readersOf<Name extends keyof KernelReader>(
  reader: ForeignObject,
  names: readonly Name[],
): Pick<KernelReader, Name> {
  const methods: Partial<Record<Name, (...args: readonly unknown[]) => unknown>> = Object.fromEntries(
    names.map((name) => {
      if (!reader.has(name)) refuseKernel(`read.${name}`)
      return [name, (...args: readonly unknown[]) => reader.call(name, args)]
    }),
  ) as Partial<Record<Name, (...args: readonly unknown[]) => unknown>>
  return methods as Pick<KernelReader, Name>
}

function declarationsOf(bundle: ForeignBundle): Pick<AdaptedBundle, 'version' | 'workerWires'> {
  const version = bundle.exports.data('version')
  if (typeof version !== 'string' || !isVersion(version))
    return refuseBundle(bundle.id, 'does not export a version, a text of 1 to 50 characters')
  const workerWires = bundle.exports.data('workerWires')
  if (!Array.isArray(workerWires) || workerWires.length === 0 || !workerWires.every(isWire))
    return refuseBundle(bundle.id, 'does not export workerWires, a list of whole numbers')
  return { version, workerWires }
}

const isWire = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0

function oldestTablesOf(bundle: ForeignBundle): number {
  const oldest = bundle.exports.data('oldestTables')
  return typeof oldest === 'number' ? oldest : refuseBundle(bundle.id, 'does not export oldestTables')
}
