/**
 * Trying out what a kernel would do: a kernel of its own over the store, with workers of its own, and the
 * state put back when it is done.
 *
 * Re1. Nothing remains: the state is undone to where it was, no crank is sealed, no worker in memory is
 *      touched, no heap is written, and nothing of a rehearsal is told to the trace. Of a salvage it is told
 *      what its bundle writes to the console.
 * Re2. What fails in it (the kernel, an engine, damage of the store) is a refusal, `upgrade/check-failed`,
 *      and no fault: the machine works on.
 */
import { CodedError } from '../base/errors.ts'
import type { BundleId, Hash, VatId } from '../base/ids.ts'
import type { Kernel, Rehearsal, RehearsalReport } from '../kernel/events.ts'
import type { DeliveryOutcome, ReplayOutcome, SalvageOutcome, SyscallSink, WorkerAssignment, WorkerPort } from '../kernel/ports.ts'
import { refuse } from '../protocol/codes.ts'
import type { Delivery } from '../protocol/delivery.ts'
import type { DeliveryLimits, ReplayLimits } from '../protocol/worker.ts'
import type { Store } from '../store/store.ts'
import type { Engines } from './engines.ts'
import { describeFault } from './kernelContext.ts'
import type { KernelBundle } from './kernelContext.ts'
import { Trace } from './trace.ts'
import type { Tracer } from './trace.ts'
import { Workers } from './workers.ts'
import type { PreparedReplays } from './workers.ts'

/** What is tried out, and what it is tried out on. */
export interface Stage {
  readonly store: Store
  readonly engines: Engines
  readonly kernelId: BundleId
  readonly makeKernel: KernelBundle['makeKernel']
  readonly prepared: PreparedReplays
}

/** Performs one start or upgrade after the other, each on what the one before left. */
export type Perform = (rehearsal: Rehearsal) => RehearsalReport

/** Gives what `act` makes of the rehearsals that it asks for; it may read and write the state meanwhile. */
export const rehearse = <Result>(stage: Stage, act: (perform: Perform) => Result): Result =>
  onStage(stage, silent, (kernel) => act(performer(stage, kernel)))

/** Gives what `act` makes of a kernel over a copy of everything: what it does is undone. `tracer` is told what workers have to tell. */
export function onStage<Result>(stage: Stage, tracer: Tracer, act: (kernel: Kernel) => Result): Result {
  const { store } = stage
  const mark = store.state.mark()
  const workers = new ScratchWorkers(stage, tracer)
  try {
    return act(kernelOn(stage, workers))
  } catch (error) {
    if (error instanceof CodedError && isAnswer.has(error.code)) throw error
    const [message, cause] = error instanceof CodedError ? [error.message, { cause: error.code, ...error.detail }] : [describeFault(error), {}]
    return refuse('upgrade/check-failed', `the trial failed: ${message}`, cause)
  } finally {
    workers.discardAll()
    store.state.undo(mark)
  }
}

function kernelOn({ store, makeKernel }: Stage, workers: WorkerPort): Kernel {
  const { state, transcripts, bundles, outbox } = store
  return makeKernel({ state, transcripts, bundles, outbox, workers, tracing: silent.tracing, trace: () => {} })
}

function performer({ kernelId, store }: Stage, kernel: Kernel): Perform {
  if (kernel.rehearse === undefined) refuse('kernel/too-old', `the kernel ${kernelId} cannot check upgrades`, { needed: 'rehearse' })
  const rehearseIn = kernel.rehearse.bind(kernel)
  return (rehearsal) => rehearseIn(rehearsal, store.blocks.cranks + 1)
}

/** Refusals that say what the upgrade itself would be refused with. */
const isAnswer: ReadonlySet<string> = new Set(['kernel/too-old', 'store/pruned'])

const silent = new Trace(null)

/** A vat's old worker and its new one, and one to replay on, whatever they take. */
const resident = { workers: 3, bytes: Infinity }

/** Workers that come back from the store as any do, and that leave nothing in it. */
class ScratchWorkers implements WorkerPort {
  readonly #workers: Workers

  /** What was prepared is used and stays. */
  constructor({ store, engines, prepared }: Stage, tracer: Tracer) {
    this.#workers = new Workers(store, engines, { resident, tracer, prepared: { find: (of) => prepared.find(of), drop: () => {} } })
  }

  start(vat: VatId, assignment: WorkerAssignment): void {
    this.#workers.start(vat, assignment)
  }

  deliver(vat: VatId, assignment: WorkerAssignment, delivery: Delivery, limits: DeliveryLimits, sink: SyscallSink): DeliveryOutcome {
    return this.#workers.deliver(vat, assignment, delivery, limits, sink)
  }

  replay(vat: VatId, assignment: WorkerAssignment, bundle: BundleId, limits: ReplayLimits): ReplayOutcome {
    return this.#workers.replay(vat, assignment, bundle, limits)
  }

  salvage(vat: VatId, assignment: WorkerAssignment, bundle: BundleId, limits: DeliveryLimits, sink: SyscallSink): SalvageOutcome {
    return this.#workers.salvage(vat, assignment, bundle, limits, sink)
  }

  discard(vat: VatId): void {
    this.#workers.discard(vat)
  }

  /** The snapshot in the store stays. */
  forget(vat: VatId): void {
    this.#workers.discard(vat)
  }

  /** The hash that the snapshot would have; none is made. */
  snapshot(vat: VatId, assignment: WorkerAssignment): Hash {
    return this.#workers.heapHash(vat, assignment)
  }

  discardAll(): void {
    this.#workers.evictAll()
  }
}
