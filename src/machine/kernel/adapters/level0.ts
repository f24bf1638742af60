/**
 * Level 0: the kernel of release 0.1.0, which exports no level.
 *
 * It has `step` and nine of today's readers. It is never paused, terminates no vats and has no ports, pins,
 * time, history, checks or audit. A step without work is a crank of its, and it takes snapshots in a step at
 * the end of each block.
 */
import { unreachable } from '../../../base/errors.ts'
import { refuse } from '../../../protocol/codes.ts'
import type { KernelEvent, KernelReport } from '../../../protocol/kernel/events.ts'
import type { KernelReader } from '../../../protocol/kernel/kernel.ts'
import type { WorkerAssignment } from '../../../protocol/kernel/platform.ts'
import type { VatStatus, VatView } from '../../../protocol/kernel/views.ts'
import type { ResultStatus } from '../../../protocol/results.ts'
import type { WorkerVersion } from '../../../protocol/worker/worker.ts'
import type { ObjectKref } from '../../../base/ids.ts'
import { viewsOf } from './workerViews.ts'
import type { AdaptedBundle, AdaptedKernel, ForeignBundle, ForeignKernel, ForeignObject } from './adapted.ts'

const level = 0

export const adaptLevel0 = (bundle: ForeignBundle): AdaptedBundle => ({
  interfaceLevel: level,
  version: null,
  workerWires: [0],
  tablesVersion: bundle.tablesVersion,
  oldestTables: bundle.tablesVersion,
  makeKernel: (platform) => kernelOf(bundle.makeKernel(platform), bundle.id),
  audit: null,
  findCycles: null,
  migrationsOf: null,
})

type Level0Event = KernelEvent | { readonly kind: 'endBlock' }

type Level0Report =
  | { readonly kind: 'initialised' | 'accepted' | 'idle' | 'blockEnded' }
  | Omit<Extract<KernelReport, { kind: 'cranked' }>, 'rejections'>

function kernelOf({ kernel, reader }: ForeignKernel, id: string): AdaptedKernel {
  const step = (event: Level0Event): KernelReport =>
    reportOf(kernel.call('step', [event]) as Level0Report)
  const noDryRun = (): never => tooOld(`the kernel ${id} cannot check upgrades`, 'rehearse')
  return {
    level,
    idleSteps: 'sealed',
    step,
    endBlock: () => step({ kind: 'endBlock' }),
    assertDryRuns: noDryRun,
    dryRun: noDryRun,
    salvage: () => tooOld(`the kernel ${id} cannot salvage`, 'salvage'),
    read: readerOf(reader, id),
  }
}

function reportOf(report: Level0Report): KernelReport {
  switch (report.kind) {
    case 'initialised':
      return { kind: 'initialised' }
    case 'accepted':
      return { kind: 'accepted', rejections: [] }
    case 'idle':
    case 'blockEnded':
      return { kind: 'idle' }
    case 'cranked':
      return { ...report, rejections: [] }
    default:
      return unreachable(report, 'the kernel of level 0 reported something of another kind')
  }
}

function readerOf(reader: ForeignObject, id: string): KernelReader {
  const found = (name: string, of: string): VatView | undefined => {
    const view = reader.call(name, [of]) as Level0VatView | undefined
    return view === undefined ? undefined : viewOf(view)
  }
  const vats = (): readonly VatView[] => (reader.call('vats', []) as readonly Level0VatView[]).map(viewOf)
  const workers = (): readonly WorkerVersion[] => reader.call('workers', []) as readonly WorkerVersion[]
  return {
    ...absent,
    vats,
    vatNamed: (name) => found('vatNamed', name),
    vat: (vat) => found('vat', vat),
    assignment: (vat) => reader.call('assignment', [vat]) as WorkerAssignment,
    result: (sequence) => reader.call('result', [sequence]) as ResultStatus | undefined,
    workers,
    workerViews: () => viewsOf(workers(), vats(), undefined),
    queueLength: () => reader.call('queueLength', []) as number,
    vatAdmin: () => reader.call('vatAdmin', []) as ObjectKref,
    defaultWorker: () => tooOld(`the kernel ${id} cannot check a start`, 'rehearse'),
  }
}

/** Answers of a kernel that has nothing of the kind (Ad2). */
const absent = {
  replayLimits: () =>
    tooOld('the kernel of the store does not report the limits of a replay', 'replayLimits'),
  whyPending: () => undefined,
  paused: () => undefined,
  cleanups: () => 0,
  provided: () => undefined,
  history: () => tooOld('the kernel of the store does not record history', 'history'),
  parameters: () => undefined,
  // It cannot say; the request that the answer is for is refused.
  hasObject: () => true,
  pins: () => [],
  bootstrap: () => undefined,
  timer: () => undefined,
  now: () => 0n,
  ports: () => [],
  port: () => undefined,
  sent: () => [],
  failures: () => [],
  bundleFormat: () => undefined,
  bundleCode: () => undefined,
  workerParts: () => [],
  rollout: () => undefined,
  rolloutVats: () => [],
  adminNode: () => undefined,
  subscribersOf: () => undefined,
  knowsAllBundles: () => false,
  bundleNamed: () => undefined,
} as const satisfies Partial<KernelReader>

type Level0VatView = Omit<
  VatView,
  'label' | 'status' | 'parkedWeight' | 'onFault' | 'importance' | 'storage' | 'cleanup'
> & {
  readonly status:
    | Extract<VatStatus, { kind: 'starting' | 'running' }>
    | Omit<Extract<VatStatus, { kind: 'suspended' }>, 'since'>
}

const viewOf = (view: Level0VatView): VatView => ({
  ...view,
  label: view.name,
  status: view.status.kind === 'suspended' ? { ...view.status, since: null } : view.status,
  parkedWeight: 0,
  onFault: 'reject',
  importance: 'ordinary',
  storage: null,
  cleanup: null,
})

const tooOld = (message: string, needed: string): never => refuse('kernel/too-old', message, { needed })
