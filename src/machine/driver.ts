/**
 * Drives the kernel: passes it events, seals its steps as cranks, and handles what fails.
 *
 * Dri1. A request is stored in the inbox first, and the kernel accepts what was stored.
 * Dri2. A fault of the kernel itself is recorded, and the host goes on (`faults/faults.ts`). A fault below
 *       the kernel leaves the store at its last block: the current block is abandoned, nothing is recorded,
 *       and nothing is done until the store is opened again.
 * Dri3. A fault caused by damage has the damage as its cause: the store's refusal, or what an audit of the
 *       kernel's tables finds afterwards.
 */
import { assert } from '../base/errors.ts'
import { refuse } from '../protocol/codes.ts'
import {
  isSupportedBy,
  requestFlaw,
  unsupportedBy,
  type InboxItem,
  type RequestKind,
} from '../protocol/host/requests.ts'
import type { KernelEvent, KernelReport } from '../protocol/kernel/events.ts'
import type { StoreStatus } from '../protocol/machine/reports.ts'
import type { LoggedRejection } from '../protocol/machine/runs.ts'
import type { RecordedStep, Store } from '../store/store.ts'
import { Faults } from './faults/faults.ts'
import { causeOf } from './kernel/auditing.ts'
import { describeFault } from './kernel/kernelContext.ts'
import { isOfKernel } from './kernel/kernelFault.ts'
import type { KernelInPlace } from './kernel/kernelInPlace.ts'
import { stepSealed } from './stepping.ts'
import type { Trace } from './trace/trace.ts'
import type { Workers } from './workers/workers.ts'

export interface DriverParts {
  readonly store: Store
  readonly trace: Trace
  readonly workers: Workers
  readonly kernel: KernelInPlace
  /** Called when a block was committed. */
  readonly committed: () => void
}

export class KernelDriver {
  readonly #parts: DriverParts
  readonly faults: Faults
  /** Why nothing can be done, if something below the kernel failed. */
  #broken: string | undefined
  /** The item of the inbox that is being accepted. */
  #accepting: number | null = null
  /** Rejections while accepting requests; the next run reports them. */
  readonly #rejections: LoggedRejection[] = []

  constructor(parts: DriverParts) {
    this.#parts = parts
    this.faults = new Faults({
      store: parts.store,
      accept: (sequence, item) => this.#take(sequence, item),
      committed: parts.committed,
    })
  }

  // --- events

  /** Dri1. Returns the number of the request. */
  accept(item: InboxItem): number {
    this.assertWhole()
    this.assertSupported(item)
    assert(requestFlaw(item.kind, item) === undefined, 'an item of the machine is a whole request (Dri1)')
    return this.faults.append(item)
  }

  step(event: KernelEvent): KernelReport {
    return this.#sealed(event, () => this.#parts.kernel.step(event))
  }

  endBlock(): void {
    this.#sealed({ kind: 'endBlock' }, () => this.#parts.kernel.endBlock())
  }

  /** The first event of a kernel that takes the place of another. No fault if it fails (Ku2). */
  migrate(): KernelReport {
    const event = { kind: 'migrate', crank: this.nextCrank } as const
    return this.#stepSealed(event, () => this.#parts.kernel.step(event))
  }

  get nextCrank(): number {
    return this.#parts.store.blocks.cranks + 1
  }

  takeRejections(): readonly LoggedRejection[] {
    return this.#rejections.splice(0)
  }

  /** The item was read back from its stored text: the kernel accepts exactly what a restart would read. */
  #take(sequence: number, item: InboxItem): void {
    this.#accepting = sequence
    const report = this.step({ kind: 'accept', crank: this.nextCrank, sequence, item })
    this.#accepting = null
    if (report.kind === 'accepted') this.#rejections.push(...report.rejections)
  }

  #sealed(step: RecordedStep, act: () => KernelReport): KernelReport {
    try {
      return this.#stepSealed(step, act)
    } catch (error) {
      return this.fault(error)
    }
  }

  #stepSealed(step: RecordedStep, act: () => KernelReport): KernelReport {
    const { store, trace, kernel } = this.#parts
    return stepSealed({ store, trace, idleSteps: kernel.idleSteps }, step, act)
  }

  // --- faults

  /** Dri2, Dri3. */
  fault(error: unknown): never {
    const { store, trace, workers, kernel } = this.#parts
    const message = describeFault(error)
    trace.write({ kind: 'kernelFault', message })
    trace.flush()
    workers.evictAll()
    const [crank, input] = [this.nextCrank, this.#accepting]
    this.#accepting = null
    if (isOfKernel(error)) store.undoKernelPart()
    else {
      this.#broken = message
      store.abandonBlock()
    }
    const { why, cause } = causeOf(error, store, kernel.bundle.audit)
    const { height } = store.blocks
    if (!this.isBroken) this.faults.record(why, crank, input)
    return refuse('kernel/fault', `the kernel failed; the store is at block ${height}: ${why}`, {
      ...cause,
      ...(input === null ? {} : { input }),
    })
  }

  get state(): StoreStatus['state'] {
    const fault = this.faults.fault()
    if (this.#broken !== undefined) return { kind: 'faulted', message: this.#broken, fault }
    return fault === null ? { kind: 'ready' } : { kind: 'faulted', message: fault.error, fault }
  }

  /** Whether something below the kernel failed. */
  get isBroken(): boolean {
    return this.#broken !== undefined
  }

  /** Nothing below the kernel has failed. */
  assertWhole(): void {
    if (this.#broken !== undefined)
      refuse('kernel/faulted', `the machine failed before: ${this.#broken}`, { kind: 'local' })
  }

  /** Neither the kernel nor anything below it has failed. */
  assertReady(): void {
    this.assertWhole()
    this.faults.assertNone()
  }

  // --- what the kernel supports

  /** Rq2. */
  assertSupported(item: InboxItem): void {
    const missing = unsupportedBy(this.#parts.kernel.level, item)
    if (missing !== undefined) this.refuseAsTooOld(missing)
  }

  assertSupports(kind: RequestKind): void {
    if (!isSupportedBy(this.#parts.kernel.level, kind)) this.refuseAsTooOld(kind)
  }

  refuseAsTooOld(needed: string): never {
    return refuse('kernel/too-old', `the kernel ${this.#parts.kernel.id} does not support ${needed}`, { needed })
  }
}
