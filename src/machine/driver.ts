/**
 * Drives the kernel: passes it events, seals its steps as cranks, and handles what fails.
 *
 * Dri1. A request is stored in the inbox first, and the kernel accepts what was stored.
 * Dri2. A fault of the kernel itself is recorded, and the host goes on (`faults/faults.ts`). A fault below
 *       the kernel is local: it leaves the store at its last block, the current block is abandoned, nothing
 *       is recorded, and nothing is done until the store is opened again.
 * Dri3. A fault caused by damage has the damage as its cause: the store's refusal, or what an audit of the
 *       kernel's tables finds afterwards.
 * Dri4. A kernel that failed on a damaged file has not failed itself: before a fault is recorded, the rows of
 *       the state are verified, and damage makes it local. So does a record that cannot be written.
 * Dri5. A fault of a kernel on trial takes the store back, and its caller gets `KernelReturned`; a request
 *       that the old kernel has accepted then is as accepted as any.
 */
import { assert, CodedError } from '../base/errors.ts'
import { at, beat } from '../base/pulse.ts'
import { refuse, type Code } from '../protocol/codes.ts'
import {
  isSupportedBy,
  requestFlaw,
  unsupportedBy,
  type InboxItem,
  type RequestKind,
} from '../protocol/host/requests.ts'
import type { KernelEvent, KernelReport } from '../protocol/kernel/events.ts'
import type { KernelReturn } from '../protocol/machine/kernelUpgrades.ts'
import type { StoreStatus } from '../protocol/machine/reports.ts'
import type { LoggedRejection } from '../protocol/machine/runs.ts'
import type { RecordedStep, Store } from '../store/store.ts'
import { Faults } from './faults/faults.ts'
import { causeOf, type Cause } from './kernel/auditing.ts'
import { describeFault } from './kernel/kernelContext.ts'
import { isOfKernel } from './kernel/kernelFault.ts'
import type { KernelInPlace } from './kernel/kernelInPlace.ts'
import type { Migration } from './kernelUpgrades/migration.ts'
import { KernelReturned } from './kernelUpgrades/kernelReturned.ts'
import { KernelTrials } from './kernelUpgrades/trials.ts'
import type { PlanGate } from './plans/planGate.ts'
import { stepSealed } from './stepping.ts'
import type { Trace } from './trace/trace.ts'
import type { Workers } from './workers/workers.ts'

export interface DriverParts {
  readonly store: Store
  readonly trace: Trace
  readonly workers: Workers
  readonly kernel: KernelInPlace
  readonly migration: Migration
  /** The active plan, which may hold items of the host back. */
  readonly plans: () => PlanGate
  /** Called when a block was committed. */
  readonly committed: () => void
}

export class KernelDriver {
  readonly #parts: DriverParts
  readonly faults: Faults
  readonly trials: KernelTrials
  /** Why nothing can be done, if something below the kernel failed. */
  #failed: CodedError | undefined
  /** The item of the inbox that is being accepted. */
  #accepting: number | null = null
  /** A return while accepting a request; the next run reports it. */
  #accepted: KernelReturn | null = null
  /** Rejections while accepting requests; the next run reports them. */
  readonly #rejections: LoggedRejection[] = []

  constructor(parts: DriverParts) {
    this.#parts = parts
    this.faults = new Faults({
      store: parts.store,
      migration: parts.migration,
      accept: (sequence, item, as) => this.#take(sequence, item, as),
      isBroken: () => this.isBroken,
      isHeld: (item) => parts.plans().holds(item),
      holds: () => parts.plans().isHolding,
      committed: parts.committed,
      read: () => parts.kernel.read,
    })
    this.trials = new KernelTrials({ ...parts, faults: this.faults })
  }

  // --- events

  /** Dri1. Returns the number of the request. */
  accept(item: InboxItem): number {
    this.assertWhole()
    this.assertSupported(item)
    assert(requestFlaw(item.kind, item) === undefined, 'an item of the machine is a whole request (Dri1)')
    try {
      return this.faults.append(item)
    } catch (error) {
      if (!(error instanceof KernelReturned) || this.faults.fault() !== null) throw error
      this.#accepted = error.returned
      return this.#parts.store.inbox.last
    }
  }

  /** A request of the machine's own, such as of a plan: accepted at once, before what waits. */
  acceptOwn(item: InboxItem): number {
    this.assertWhole()
    this.assertSupported(item)
    return this.faults.appendOwn(item)
  }

  step(event: Exclude<KernelEvent, { kind: 'accept' }>): KernelReport {
    return this.#sealed(event, () => this.#parts.kernel.step(event))
  }

  endBlock(): void {
    this.#sealed({ kind: 'endBlock' }, () => this.#parts.kernel.endBlock())
  }

  /** A piece of the migration of a kernel that takes the place of another. No fault if it fails (Ku2). */
  migrate(rows: number): KernelReport {
    const event = { kind: 'migrate', crank: this.nextCrank, rows } as const
    return this.#stepSealed(event, () => this.#parts.kernel.step(event))
  }

  /** Takes back what the machine did since the last block; what the host did stays. */
  takeBack(): void {
    const { store, workers } = this.#parts
    workers.evictAll()
    store.undoKernelPart()
    this.faults.takenBack()
    this.#rejections.length = 0
  }

  get nextCrank(): number {
    return this.#parts.store.blocks.cranks + 1
  }

  takeReturned(): KernelReturn | null {
    const returned = this.#accepted
    this.#accepted = null
    return returned
  }

  takeRejections(): readonly LoggedRejection[] {
    return this.#rejections.splice(0)
  }

  /** The item was read back from its stored text: the kernel accepts exactly what a restart would read. */
  #take(sequence: number, item: InboxItem, as: 'stored' | 'resolved'): void {
    this.#accepting = sequence
    const event = { kind: 'accept', crank: this.nextCrank, sequence, item } as const
    const step = { kind: 'accept', sequence, item: as === 'stored' ? null : JSON.stringify(item) } as const
    const report = this.#sealed(step, () => this.#parts.kernel.step(event))
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
    beat(at.crank)
    return stepSealed({ store, trace, idleSteps: kernel.idleSteps }, step, act)
  }

  // --- faults

  /** Dri2, Dri3. */
  fault(error: unknown): never {
    const { store, trace, workers } = this.#parts
    trace.write({ kind: 'kernelFault', message: describeFault(error) })
    trace.flush()
    workers.evictAll()
    const [crank, input] = [this.nextCrank, this.#accepting]
    this.#accepting = null
    if (!isOfKernel(error)) return this.fail(error)
    const { height } = store.blocks
    const { why, cause } = this.#recordOrReturn(error, crank, input)
    return refuse('kernel/fault', `the kernel failed; the store is at block ${height}: ${why}`, {
      ...cause,
      ...(input === null ? {} : { input }),
    })
  }

  #recordOrReturn(error: unknown, crank: number, input: number | null): Cause {
    try {
      return this.#record(error, crank, input)
    } catch (thrown) {
      // The old kernel is in its place.
      if (thrown instanceof KernelReturned && this.faults.fault() === null) this.faults.takeAll()
      throw thrown
    }
  }

  /** Dri4. */
  #record(error: unknown, crank: number, input: number | null): Cause {
    const { store, kernel } = this.#parts
    try {
      store.undoKernelPart()
      store.verifyState()
      const found = causeOf(error, store, kernel.bundle.audit)
      if (this.trials.covers(crank)) this.#goBack(found.why, crank)
      this.trials.end()
      this.#parts.plans().kernelFailed('kernel/fault', found.why)
      this.faults.record(found.why, crank, input)
      return found
    } catch (thrown) {
      if (thrown instanceof KernelReturned) throw thrown
      return this.fail(thrown)
    }
  }

  /** Dri5. A return that fails is local: the trial goes on after the next start (Trl5). */
  #goBack(why: string, crank: number): never {
    const returned = this.trials.goBack(why, crank)
    this.#rejections.length = 0
    throw new KernelReturned(returned)
  }

  /** A local fault (Dri2). */
  fail(error: unknown): never {
    const { store, workers } = this.#parts
    workers.evictAll()
    const cause = error instanceof CodedError ? { cause: error.code, ...error.detail } : {}
    const failed = new CodedError<Code>(
      'machine/failed',
      `something below the kernel failed; the store is at block ${store.blocks.height}: ${reasonOf(error)}`,
      { ...cause, kind: 'local' },
    )
    this.#failed = failed
    try {
      store.abandonBlock()
    } catch {
      // The disk fails here too. Nothing is committed any more, and closing the store drops the block.
    }
    throw failed
  }

  get state(): StoreStatus['state'] {
    const fault = this.faults.fault()
    if (this.#failed !== undefined) return { kind: 'faulted', message: this.#failed.message, fault: null }
    const { view } = this.#parts.migration
    if (view !== null) return { kind: 'migrating', migration: view }
    return fault === null ? { kind: 'ready' } : { kind: 'faulted', message: fault.error, fault }
  }

  /** Whether something below the kernel failed. */
  get isBroken(): boolean {
    return this.#failed !== undefined
  }

  /** Nothing below the kernel has failed. */
  assertWhole(): void {
    if (this.#failed !== undefined)
      refuse('machine/failed', this.#failed.message, this.#failed.detail)
  }

  /** Neither the kernel nor anything below it has failed, and the kernel's tables are of its version. */
  assertReady(): void {
    this.assertWhole()
    this.#parts.migration.assertNone()
    this.faults.assertNone()
  }

  // --- what the kernel supports

  /** Rq2. */
  assertSupported(item: InboxItem): void {
    const { kernel, migration } = this.#parts
    const oldest = Math.min(kernel.level, this.trials.level, migration.last?.level ?? kernel.level)
    const missing = unsupportedBy(oldest, item)
    if (missing === undefined) return
    migration.assertNone()
    if (unsupportedBy(kernel.level, item) === undefined)
      this.trials.assertNone(`the kernel before it does not support ${missing}`)
    this.refuseAsTooOld(missing)
  }

  assertSupports(kind: RequestKind): void {
    if (!isSupportedBy(this.#parts.kernel.level, kind)) this.refuseAsTooOld(kind)
  }

  refuseAsTooOld(needed: string): never {
    return refuse('kernel/too-old', `the kernel ${this.#parts.kernel.id} does not support ${needed}`, { needed })
  }
}

const reasonOf = (error: unknown): string =>
  error instanceof CodedError ? error.message : describeFault(error)
