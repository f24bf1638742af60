/**
 * The trace: events, one JSON line each, for people and tools.
 *
 * No part of the system reads it, so it may be switched off, cut or lost without any effect. A file begins
 * with a line of the kind `trace`, which names the version of this wire; another such line marks each restart
 * of writing. The table of this wire is `docs/wires/trace.md`.
 *
 * A new kind of event is added to one of the two unions and to `traceKinds`; the compiler asks for the rest.
 */
import type { BundleId, Hash, VatId } from '../../base/ids.ts'
import type { CapData } from '../capdata.ts'
import type { Delivery } from '../worker/delivery.ts'
import type { OnRejection } from '../host/inbox.ts'
import type { VatEnd } from '../results.ts'
import type { SalvageEntry } from '../worker/salvage.ts'
import type { ConsoleLine, Syscall } from '../worker/syscall.ts'

export const traceVersion = 1

/** Events of the kernel, which knows no time. */
export type KernelTraceEvent =
  | { readonly kind: 'delivery'; readonly vat: VatId; readonly delivery: Delivery }
  | { readonly kind: 'syscall'; readonly vat: VatId; readonly syscall: Syscall }
  /** A delivery that was undone, and the reason. */
  | { readonly kind: 'fault'; readonly vat: VatId; readonly cause: string; readonly message: string }
  | {
      readonly kind: 'upgrade'
      readonly vat: VatId
      readonly incarnation: number
      readonly outcome: 'done' | 'refused'
    }
  /** The heir found this in its baggage. */
  | {
      readonly kind: 'bequest'
      readonly vat: VatId
      readonly incarnation: number
      readonly salvage: SalvageEntry
    }
  /** A result that the host watches was rejected. */
  | {
      readonly kind: 'rejection'
      readonly sequence: number
      readonly onRejection: OnRejection
      readonly data: CapData
    }
  | { readonly kind: 'suspended'; readonly vat: VatId; readonly cause: string; readonly message: string }
  | { readonly kind: 'resumed'; readonly vat: VatId }
  | { readonly kind: 'terminated'; readonly vat: VatId; readonly end: VatEnd; readonly message: string }
  /** The kernel is paused from now on. */
  | { readonly kind: 'paused'; readonly vat: VatId | null; readonly cause: string; readonly message: string }

/** Events of the host. Milliseconds are of a clock and differ from run to run. */
export type HostTraceEvent =
  | { readonly kind: 'console'; readonly vat: VatId; readonly line: ConsoleLine }
  | { readonly kind: 'crankBegan'; readonly step: CrankStep }
  | {
      readonly kind: 'crankEnded'
      readonly step: CrankStep
      /** The run-queue item; null if there was none. */
      readonly item: string | null
      readonly vat: VatId | null
      readonly computrons: string
      readonly ms: number
      readonly activityHash: Hash
    }
  | {
      readonly kind: 'snapshot'
      readonly vat: VatId
      readonly heapHash: Hash
      readonly bytesWritten: number
      readonly ms: number
    }
  /** A worker was restored to memory, by replaying this many deliveries. */
  | { readonly kind: 'restored'; readonly vat: VatId; readonly deliveries: number; readonly ms: number }
  | { readonly kind: 'evicted'; readonly vat: VatId }
  /**
   * A salvage bundle was evaluated in a copy of the vat's heap; `outcome` is `done`, or the code with which
   * it was refused.
   */
  | {
      readonly kind: 'salvage'
      readonly vat: VatId
      readonly incarnation: number
      readonly position: number
      readonly bundle: BundleId
      readonly outcome: string
      readonly message: string
      readonly computrons: string
      readonly ms: number
    }
  /** A replay was prepared beside the kernel, up to the position. `bytes`: of its heap, in memory. */
  | {
      readonly kind: 'prepared'
      readonly vat: VatId
      readonly bundle: BundleId
      readonly outcome: 'prepared' | 'differs'
      readonly position: number
      readonly bytes: number
      readonly ms: number
    }
  /** A replay continues from a prepared one, with this many deliveries left. */
  | {
      readonly kind: 'preparationUsed'
      readonly vat: VatId
      readonly bundle: BundleId
      readonly position: number
      readonly deliveries: number
    }
  /** A prepared replay was discarded. */
  | {
      readonly kind: 'preparationDropped'
      readonly vat: VatId
      readonly bundle: BundleId
      readonly position: number
      readonly why: string
      readonly bytes: number
    }
  | {
      readonly kind: 'commit'
      readonly height: number
      readonly cranks: number
      readonly activityHash: Hash
      readonly ms: number
    }
  | { readonly kind: 'kernelFault'; readonly message: string }

/** One event of the trace. */
export type TraceEvent = KernelTraceEvent | HostTraceEvent
/** A kind of event of the trace. */
export type TraceKind = TraceEvent['kind']
export type CrankStep = 'initialise' | 'accept' | 'crank' | 'endBlock' | 'migrate'

/** Every kind with its topic, in the order of the documentation. */
export const traceKinds = {
  crankBegan: 'a crank begins',
  crankEnded: 'a crank has ended',
  delivery: 'the kernel hands something to a vat',
  syscall: 'a vat asks something of the kernel',
  console: 'a vat wrote a line',
  fault: 'a delivery was undone',
  suspended: 'a vat was suspended',
  resumed: 'a vat that was suspended goes on',
  terminated: 'a vat has ended',
  paused: 'the kernel was paused',
  rejection: 'a result was rejected that the host asked to watch',
  upgrade: 'the code of a vat was replaced, or not',
  salvage: 'a bundle looked through a copy of the heap of a vat',
  bequest: 'what was salvaged was put into the baggage of an heir',
  snapshot: 'the heap of a vat was saved',
  restored: 'a worker came back into memory',
  evicted: 'a worker was taken out of memory',
  prepared: 'a replay was prepared beside the kernel',
  preparationUsed: 'a replay goes on from what was prepared',
  preparationDropped: 'what was prepared was thrown away',
  commit: 'a block is on the disk',
  kernelFault: 'the kernel failed',
} as const satisfies Record<TraceKind, string>

/** Whether the text is a kind of event of the trace. */
export const isTraceKind = (text: string): text is TraceKind =>
  typeof text === 'string' && Object.hasOwn(traceKinds, text)

/** The kinds that are wanted: others need not be created. */
export type Tracing = { readonly [Kind in TraceKind]: boolean }

/** Every line has its time, in milliseconds since 1970, and the crank number if in a crank. */
export type TraceLine =
  | ({ readonly at: number; readonly crank?: number } & TraceEvent)
  | { readonly at: number; readonly kind: 'trace'; readonly version: number; readonly pid: number }
  /** This many events before this line could not be written. */
  | { readonly at: number; readonly kind: 'lost'; readonly events: number; readonly cause: string }
