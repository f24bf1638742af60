/**
 * Tries out what a kernel would do: runs a separate kernel over the store, with its own workers, and then
 * restores the state.
 *
 * Sb1. Nothing remains: the state is rolled back, no crank is sealed, no worker in memory is touched, no heap
 *      is written, and the trace omits dry runs. It does record what a salvage's bundle writes to the
 *      console.
 * Sb2. A failure in it (of the kernel or an engine, or damage to the store) is a refusal,
 *      `upgrade/check-failed`, not a fault: the machine continues.
 */
import { assert, CodedError } from '../../base/errors.ts'
import type { BundleId, Hash, VatId } from '../../base/ids.ts'
import type { DryRun, DryRunReport } from '../../protocol/kernel/kernel.ts'
import type {
  BuildOutcome,
  DeliveryOutcome,
  ReplayOutcome,
  SalvageOutcome,
  SyscallSink,
  WorkerAssignment,
  PlatformWorkers,
} from '../../protocol/kernel/platform.ts'
import { refuse } from '../../protocol/codes.ts'
import type { Delivery } from '../../protocol/worker/delivery.ts'
import type { DeliveryLimits, ReplayLimits } from '../../protocol/worker/worker.ts'
import type { Store } from '../../store/store.ts'
import type { Engines } from '../engines/engines.ts'
import { describeFault } from '../kernel/kernelContext.ts'
import type { AdaptedBundle, AdaptedKernel } from '../kernel/adapters/adapted.ts'
import { Trace, type Tracer } from '../trace/trace.ts'
import type { HeapCopy } from '../workers/heapCopy.ts'
import { Workers } from '../workers/workers.ts'
import type { PreparedReplays } from '../replay/preparedReplay.ts'

/** What a dry run works on. */
export interface Sandbox {
  readonly store: Store
  readonly engines: Engines
  readonly makeKernel: AdaptedBundle['makeKernel']
  readonly prepared: PreparedReplays
}

/** Applies starts and upgrades in sequence, each to the result of the one before. */
export type Apply = (operation: DryRun) => DryRunReport

/** A copy of the vat's heap, as the operations so far have left it. */
export type CopyHeap = (vat: VatId) => HeapCopy

/** Returns the result of `act`, which applies operations and may read and write the state between them. */
export const inDryRun = <Result>(
  sandbox: Sandbox,
  act: (apply: Apply, copyHeap: CopyHeap) => Result,
): Result =>
  inSandbox(sandbox, silent, (kernel, workers) => {
    kernel.assertDryRuns()
    const copyHeap = (vat: VatId): HeapCopy => workers.copyOf(vat, kernel.read.assignment(vat))
    return act((operation) => kernel.dryRun(operation, sandbox.store.blocks.cranks + 1), copyHeap)
  })

/**
 * Returns the result of `act` for a kernel over a copy of everything; its effects are undone. `tracer`
 * receives the workers' events.
 */
export function inSandbox<Result>(
  sandbox: Sandbox,
  tracer: Tracer,
  act: (kernel: AdaptedKernel, workers: ScratchWorkers) => Result,
): Result {
  const { store } = sandbox
  const { cranks, activityHash } = store.blocks
  const mark = store.state.mark()
  const workers = new ScratchWorkers(sandbox, tracer)
  try {
    return act(kernelIn(sandbox, workers), workers)
  } catch (error) {
    return refuseTrial(error)
  } finally {
    workers.discardAll()
    store.state.undo(mark)
    assert(store.blocks.cranks === cranks, 'a dry run seals no crank (Sb1)')
    assert(store.blocks.activityHash === activityHash, 'a dry run changes no hash (Sb1)')
  }
}

/** Sb2. */
export function refuseTrial(error: unknown): never {
  if (error instanceof CodedError && isAnswer.has(error.code)) throw error
  const [message, cause] =
    error instanceof CodedError
      ? [error.message, { cause: error.code, ...error.detail }]
      : [describeFault(error), {}]
  refuse('upgrade/check-failed', `the trial failed: ${message}`, cause)
}

function kernelIn({ store, makeKernel }: Sandbox, workers: PlatformWorkers): AdaptedKernel {
  const { state, transcripts, bundles, outbox } = store
  return makeKernel({
    state,
    transcripts,
    bundles,
    outbox,
    workers,
    tracing: silent.tracing,
    trace: () => {},
  })
}

/** Refusals that the upgrade itself would report. */
const isAnswer: ReadonlySet<string> = new Set(['kernel/too-old', 'store/pruned'])

const silent = new Trace(null)

/** A vat's old worker and its new one, and one for replays, of any size. */
const resident = { workers: 3, bytes: Infinity }

/** Workers that are restored from the store like any other, but write nothing to it. */
class ScratchWorkers implements PlatformWorkers {
  readonly #workers: Workers

  /** A prepared replay is used and stays. */
  constructor({ store, engines, prepared }: Sandbox, tracer: Tracer) {
    this.#workers = new Workers(store, engines, {
      resident,
      tracer,
      prepared: { find: (of) => prepared.find(of), drop: () => {} },
    })
  }

  start(vat: VatId, assignment: WorkerAssignment): void {
    this.#workers.start(vat, assignment)
  }

  deliver(
    vat: VatId,
    assignment: WorkerAssignment,
    delivery: Delivery,
    limits: DeliveryLimits,
    sink: SyscallSink,
  ): DeliveryOutcome {
    return this.#workers.deliver(vat, assignment, delivery, limits, sink)
  }

  replay(vat: VatId, assignment: WorkerAssignment, bundle: BundleId, limits: ReplayLimits): ReplayOutcome {
    return this.#workers.replay(vat, assignment, bundle, limits)
  }

  salvage(
    vat: VatId,
    assignment: WorkerAssignment,
    bundle: BundleId,
    limits: DeliveryLimits,
    sink: SyscallSink,
  ): SalvageOutcome {
    return this.#workers.salvage(vat, assignment, bundle, limits, sink)
  }

  copyOf(vat: VatId, assignment: WorkerAssignment): HeapCopy {
    return this.#workers.takeCopy(vat, assignment)
  }

  build(engine: BundleId, supervisor: BundleId): BuildOutcome {
    return this.#workers.build(engine, supervisor)
  }

  discard(vat: VatId): void {
    this.#workers.discard(vat)
  }

  /** The snapshot in the store stays. */
  forget(vat: VatId): void {
    this.#workers.discard(vat)
  }

  /** The hash that the snapshot would have; no snapshot is made. */
  snapshot(vat: VatId, assignment: WorkerAssignment): Hash {
    return this.#workers.heapHash(vat, assignment)
  }

  discardAll(): void {
    this.#workers.evictAll()
  }
}
