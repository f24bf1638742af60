/** The store's part of its status, with what the host reads of the kernel. */
import type { Store } from '../store/store.ts'
import type { StoreStatus } from '../protocol/machine/reports.ts'
import type { HostViews } from './kernelUpgrades/hostViews.ts'

type KernelStatus = Pick<
  StoreStatus,
  'retention' | 'height' | 'cranks' | 'activityHash' | 'queued' | 'vats' | 'workers' | 'paused' | 'cleanups'
>

export function statusOf({ blocks, retention }: Store, views: HostViews): KernelStatus {
  const { height, cranks, activityHash } = blocks
  return { retention, height, cranks, activityHash, ...views.status() }
}
