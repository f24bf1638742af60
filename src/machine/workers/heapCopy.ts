/**
 * A copy of a vat's heap, of which further copies are searched, one for each search.
 * The heap is restored once and never runs: each search has a worker of its own, which is discarded in any
 * case.
 */
import { assert } from '../../base/errors.ts'
import type { Hash, VatId } from '../../base/ids.ts'
import type { HeapBase } from '../../engine/image.ts'
import { Worker } from '../../engine/worker.ts'
import type { SalvageOutcome, SyscallSink } from '../../protocol/kernel/platform.ts'
import type { HeapSnapshot } from '../../protocol/worker/heap.ts'
import type { DeliveryLimits } from '../../protocol/worker/worker.ts'
import { IllegalEnd, Recording, type ReadBundle } from '../engines/recording.ts'
import type { Tracer } from '../trace/trace.ts'

export class HeapCopy {
  readonly #vat: VatId
  readonly #base: HeapBase
  /** Whether the supervisor can evaluate a salvage bundle. */
  readonly salvages: boolean
  readonly #snapshot: HeapSnapshot
  readonly #heapLimitPages: number
  readonly #shown: { readonly tracer: Tracer; readonly readBundle: ReadBundle }

  /** Takes the worker, which is discarded. */
  constructor(
    vat: VatId,
    restored: Worker,
    heapLimitPages: number,
    shown: { readonly tracer: Tracer; readonly readBundle: ReadBundle },
  ) {
    this.#vat = vat
    this.#base = restored.base
    this.salvages = restored.salvages
    this.#heapLimitPages = heapLimitPages
    this.#shown = shown
    const { manifest, overlay } = restored.changes()
    const pages = new Map<Hash, Uint8Array>([...overlay.values()].map(({ hash, bytes }) => [hash, bytes]))
    this.#snapshot = {
      manifest,
      page(hash) {
        const bytes = pages.get(hash)
        assert(bytes !== undefined, `page ${hash} is one of the heap`)
        return bytes
      },
    }
    restored.discard()
  }

  /** Evaluates the source of a salvage bundle in a copy. */
  search(source: string, limits: DeliveryLimits, sink: SyscallSink): SalvageOutcome {
    if (!this.salvages) return { kind: 'too-old' }
    const copy = Worker.resume(this.#base, this.#snapshot, this.#heapLimitPages)
    const { tracer, readBundle } = this.#shown
    return searchIn(copy, source, limits, new Recording(this.#vat, sink, tracer, readBundle))
  }
}

/** Evaluates the source of a salvage bundle in the worker, which is discarded in any case (W4). */
export function searchIn(
  worker: Worker,
  source: string,
  limits: DeliveryLimits,
  record: Recording,
): SalvageOutcome {
  try {
    const outcome = worker.salvage(source, limits, (batch) => JSON.stringify(record.batch(batch)))
    if (outcome.kind !== 'done') return outcome
    return { kind: 'done', result: record.finishSalvage(outcome.finish), computrons: outcome.computrons }
  } catch (error) {
    if (error instanceof IllegalEnd)
      return { kind: 'illegal', message: error.message, computrons: worker.spent }
    throw error
  } finally {
    worker.discard()
  }
}
