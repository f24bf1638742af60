/** The kernel's part of the store's status. */
import type { KernelReader } from '../protocol/kernel/kernel.ts'
import type { Store } from '../store/store.ts'
import type { StoreStatus } from '../protocol/machine/reports.ts'

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
    paused: read.paused() ?? null,
    cleanups: read.cleanups(),
  }
}
