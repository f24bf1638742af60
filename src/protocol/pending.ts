/** Why the answer to a message is not there yet, for people. Nothing here is state. */
import type { VatId } from '../base/ids.ts'

/** Why the result of a request is still pending: what it waits for. */
export type PendingReason =
  /** It waits in the run-queue; `paused` is why the kernel runs nothing, if it does not. */
  | { readonly kind: 'queued'; readonly paused: string | null }
  /** It waits for its vat to be resumed, drained or started; `message` says why the vat is suspended. */
  | { readonly kind: 'parked'; readonly vat: VatId; readonly name: string; readonly status: 'suspended' | 'draining' | 'starting'; readonly message: string }
  /** The target is a promise that is not settled. */
  | { readonly kind: 'target'; readonly waitsFor: readonly PendingReason[] }
  /** The timer fulfils it at this time, in decimal digits. */
  | { readonly kind: 'timer'; readonly due: string }
  /** The vat has the message and has not answered. */
  | {
      readonly kind: 'vat'
      readonly vat: VatId
      readonly name: string
      /** Why it is suspended, if it is. */
      readonly suspended: string | null
      /** What it waits for itself, as far as the kernel knows; the first ones. */
      readonly waitsFor: readonly PendingReason[]
      /** Ports at which it receives and to which the host has sent nothing that waits. */
      readonly ports: readonly string[]
    }
  /** The kernel does not know: a vat holds it in its memory, or it is further away than was looked. */
  | { readonly kind: 'unknown' }
