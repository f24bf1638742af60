/** What the rest of the machine asks of upgrade plans. */
import type { BundleId } from '../../base/ids.ts'
import type { InboxItem } from '../../protocol/host/requests.ts'

export interface PlanGate {
  /** Whether the kernel must not accept a request of the host now. */
  holds(item: InboxItem): boolean
  /** Whether a plan runs or waits. */
  readonly isHolding: boolean
  /** Refuses what cannot wait while a plan runs. `what`: for the message. */
  assertNone(what: string): void
  /** The first step of the active plan that is not over and needs the bundle; null if none does. */
  stepNeeding(bundle: BundleId): string | null
  /** The kernel has failed, and what the current step did since the last block was taken back. */
  kernelFailed(code: 'kernel/fault' | 'kernel/returned', message: string): void
}
