/** Why the answer to a message is pending, for people. Nothing here is state. */
import type { VatId } from '../../base/ids.ts'

/** Why the result of a request is still pending. */
export type PendingReason =
  /** It waits in the run-queue; `paused` is the reason if the kernel is paused. */
  | { readonly kind: 'queued'; readonly paused: string | null }
  /** It waits for its vat to be resumed, drained or started; `message` says why the vat is suspended. */
  | {
      readonly kind: 'parked'
      readonly vat: VatId
      readonly name: string
      readonly status: 'suspended' | 'draining' | 'starting'
      readonly message: string
    }
  /** The target is a promise that is not settled. */
  | { readonly kind: 'target'; readonly waitsFor: readonly PendingReason[] }
  /** The timer fulfils it at this time, in decimal digits. */
  | { readonly kind: 'timer'; readonly due: string }
  /** The vat has the message and has not answered. */
  | {
      readonly kind: 'vat'
      readonly vat: VatId
      readonly name: string
      /** The reason if it is suspended. */
      readonly suspended: string | null
      /** The first of its own pending answers, as far as the kernel knows. */
      readonly waitsFor: readonly PendingReason[]
      /** Ports at which it receives and no item of the host waits. */
      readonly ports: readonly string[]
    }
  /** It is settled, and withheld while the kernel is on probation: so many cranks are left. */
  | { readonly kind: 'trial'; readonly cranksLeft: number }
  /** The kernel does not know: a vat holds it in memory, or it is beyond the search limit. */
  | { readonly kind: 'unknown' }
