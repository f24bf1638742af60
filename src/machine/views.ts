/** Vats and the store in the host's view, for any kernel. */
import type { KernelReader } from '../protocol/kernel/kernel.ts'
import type { VatView } from '../protocol/kernel/views.ts'
import type { Store } from '../store/store.ts'
import type { StoreStatus } from '../protocol/machine/reports.ts'

/** Defaults for vat fields that older kernels lack. */
const viewDefaults: Partial<VatView> = {
  parkedWeight: 0,
  onFault: 'reject',
  importance: 'ordinary',
  storage: null,
  cleanup: null,
}

export function viewOf(view: VatView): VatView {
  const { name, status } = view
  return {
    ...viewDefaults,
    ...view,
    label: (view as Partial<VatView>).label ?? name,
    status: status.kind === 'suspended' ? { ...status, since: status.since ?? null } : status,
  }
}

type KernelStatus = Pick<
  StoreStatus,
  'retention' | 'height' | 'cranks' | 'activityHash' | 'queued' | 'vats' | 'workers' | 'paused' | 'cleanups'
>

export function statusOf({ blocks, retention }: Store, read: KernelReader): KernelStatus {
  const { height, cranks, activityHash } = blocks
  return {
    retention,
    height,
    cranks,
    activityHash,
    queued: read.queueLength(),
    vats: read.vats().length,
    workers: read.workers(),
    paused: read.paused?.() ?? null,
    cleanups: read.cleanups?.() ?? 0,
  }
}
