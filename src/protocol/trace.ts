/**
 * The trace: what happens, one JSON line an event, for people and tools.
 *
 * Nobody in the system reads it, so that it may be switched off, cut or lost without any effect. A file
 * begins with a line of the kind `trace`, which names the version of this wire; one more stands wherever
 * writing began again. The table of this wire is `docs/wires/trace.md`.
 *
 * A new kind of event is added to one of the two unions and to `traceKinds`; the compiler asks for the rest.
 */
import type { BundleId, Hash, VatId } from '../base/ids.ts'
import type { CapData } from './capdata.ts'
import type { Delivery } from './delivery.ts'
import type { OnRejection } from './inbox.ts'
import type { VatEnd } from './results.ts'
import type { SalvageEntry } from './salvage.ts'
import type { ConsoleLine, Syscall } from './syscall.ts'

export const traceVersion = 1

/** What the kernel tells. It knows no time. */
export type KernelTraceEvent =
  | { readonly kind: 'delivery'; readonly vat: VatId; readonly delivery: Delivery }
  | { readonly kind: 'syscall'; readonly vat: VatId; readonly syscall: Syscall }
  /** A delivery that was undone, and why. */
  | { readonly kind: 'fault'; readonly vat: VatId; readonly cause: string; readonly message: string }
  | { readonly kind: 'upgrade'; readonly vat: VatId; readonly incarnation: number; readonly outcome: 'done' | 'refused' }
  /** The heir found this in its baggage. */
  | { readonly kind: 'bequest'; readonly vat: VatId; readonly incarnation: number; readonly salvage: SalvageEntry }
  /** A result that the host asked to be told of was rejected. */
  | { readonly kind: 'rejection'; readonly sequence: number; readonly onRejection: OnRejection; readonly data: CapData }
  | { readonly kind: 'suspended'; readonly vat: VatId; readonly cause: string; readonly message: string }
  | { readonly kind: 'resumed'; readonly vat: VatId }
  | { readonly kind: 'terminated'; readonly vat: VatId; readonly end: VatEnd; readonly message: string }
  /** The kernel runs nothing from now on. */
  | { readonly kind: 'paused'; readonly vat: VatId | null; readonly cause: string; readonly message: string }

/** What the host's side tells. Milliseconds are of a clock and differ from run to run. */
export type HostTraceEvent =
  | { readonly kind: 'console'; readonly vat: VatId; readonly line: ConsoleLine }
  | { readonly kind: 'crankBegan'; readonly step: CrankStep }
  | {
      readonly kind: 'crankEnded'
      readonly step: CrankStep
      /** What of the run-queue it was; null when nothing was. */
      readonly item: string | null
      readonly vat: VatId | null
      readonly computrons: string
      readonly ms: number
      readonly activityHash: Hash
    }
  | { readonly kind: 'snapshot'; readonly vat: VatId; readonly heapHash: Hash; readonly bytesWritten: number; readonly ms: number }
  /** A worker came back into memory, by so many deliveries replayed. */
  | { readonly kind: 'restored'; readonly vat: VatId; readonly deliveries: number; readonly ms: number }
  | { readonly kind: 'evicted'; readonly vat: VatId }
  /** A salvage bundle was evaluated in a copy of the vat's heap; `outcome` is `done`, or the code with which it was refused. */
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
  | { readonly kind: 'prepared'; readonly vat: VatId; readonly bundle: BundleId; readonly outcome: 'prepared' | 'differs'; readonly position: number; readonly bytes: number; readonly ms: number }
  /** A replay goes on from what was prepared, with so many deliveries left. */
  | { readonly kind: 'preparationUsed'; readonly vat: VatId; readonly bundle: BundleId; readonly position: number; readonly deliveries: number }
  /** What was prepared is thrown away. */
  | { readonly kind: 'preparationDropped'; readonly vat: VatId; readonly bundle: BundleId; readonly position: number; readonly why: string; readonly bytes: number }
  | { readonly kind: 'commit'; readonly height: number; readonly cranks: number; readonly activityHash: Hash; readonly ms: number }
  | { readonly kind: 'kernelFault'; readonly message: string }

/** One event of the trace. */
export type TraceEvent = KernelTraceEvent | HostTraceEvent
/** A kind of event of the trace. */
export type TraceKind = TraceEvent['kind']
export type CrankStep = 'initialise' | 'accept' | 'crank' | 'endBlock'

/** Every kind, with what it is about: the order is that of the documentation. */
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
  rejection: 'a result was rejected that the host asked to be told of',
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
export const isTraceKind = (text: string): text is TraceKind => typeof text === 'string' && Object.hasOwn(traceKinds, text)

/** Which kinds somebody wants to know: what nobody wants need not be made. */
export type Tracing = { readonly [Kind in TraceKind]: boolean }

/** Every line has when it was written, in milliseconds since 1970, and in a crank the number of it. */
export type TraceLine =
  | ({ readonly at: number; readonly crank?: number } & TraceEvent)
  | { readonly at: number; readonly kind: 'trace'; readonly version: number; readonly pid: number }
  /** So many events could not be written before this line. */
  | { readonly at: number; readonly kind: 'lost'; readonly events: number; readonly cause: string }
