/**
 * The workers of the vats: those in memory, and how the others are restored.
 *
 * W1. A worker in memory has the heap that its vat's transcript leads to, or it is not in memory.
 * W2. A worker that is not in memory is restored from the snapshot at which its current span begins, or else
 *     from its base image, by replaying the span. A replay repeats each recorded delivery and expects each
 *     recorded syscall; anything else is a fault (`kernel/replay-diverged`).
 * W3. How many workers are in memory, and which, affects only time. `residents.ts` decides which are evicted.
 * W4. A salvage has its own worker, restored as in W2, which is discarded in any case.
 */
import { assert, AssertionFault, CodedError } from '../../base/errors.ts'
import type { BundleId, Hash, VatId } from '../../base/ids.ts'
import { showReplay } from '../../base/pulse.ts'
import { heapPageSize } from '../../engine/image.ts'
import { baseOf, type VatCode } from '../../engine/bundleImage.ts'
import { Worker } from '../../engine/worker.ts'
import { decodeManifest } from '../../engine/heap.ts'
import type {
  BuildOutcome,
  DeliveryOutcome,
  ReplayOutcome,
  SalvageOutcome,
  SyscallSink,
  WorkerAssignment,
  PlatformWorkers,
} from '../../protocol/kernel/platform.ts'
import { readableBundle } from '../../protocol/bundle/bundle.ts'
import { refuse } from '../../protocol/codes.ts'
import { collectsFirst, type Delivery } from '../../protocol/worker/delivery.ts'
import type { Divergence } from '../../protocol/results.ts'
import type { DeliveryLimits, ReplayLimits } from '../../protocol/worker/worker.ts'
import type { Store } from '../../store/store.ts'
import type { Engines } from '../engines/engines.ts'
import { IllegalEnd, Recording } from '../engines/recording.ts'
import {
  meteringAfter,
  snapshotOf,
  refuseWithoutStart,
  type PreparedReplays,
} from '../replay/preparedReplay.ts'
import type { Prepared, PreparedHeap, Replayable } from '../../protocol/machine/preparation.ts'
import { EntryReplay } from '../replay/replayEntry.ts'
import { Residents, type ResidentLimits } from '../engines/residents.ts'
import { replayIncarnation } from '../replay/replayIncarnation.ts'
import { HeapCopy, searchIn } from './heapCopy.ts'
import { buildInStore } from './putWorker.ts'
import { Tallies } from './tallies.ts'
import { roundMs, type Tracer } from '../trace/trace.ts'
import { StoredEntry } from '../../protocol/worker/transcriptText.ts'
import type { SnapshotReport } from '../../protocol/machine/reports.ts'

export interface WorkersOptions {
  readonly resident: ResidentLimits
  readonly tracer: Tracer
  readonly prepared: PreparedReplays
}

export class Workers implements PlatformWorkers {
  readonly #store: Store
  readonly #engines: Engines
  readonly #options: WorkersOptions
  readonly #live: Residents
  readonly #readBundle = (bundle: BundleId): string => readableBundle(this.#bundleText(bundle))
  #snapshots: SnapshotReport[] = []
  /** Costs of the vats in this process. */
  readonly tallies = new Tallies()

  constructor(store: Store, engines: Engines, options: WorkersOptions) {
    assert(options.resident.workers >= 1, 'at least one worker is in memory')
    this.#store = store
    this.#engines = engines
    this.#options = options
    this.#live = new Residents(options.resident, engines, (vat) =>
      options.tracer.write({ kind: 'evicted', vat }),
    )
  }

  start(vat: VatId, { version, heapLimitPages }: WorkerAssignment): void {
    this.discard(vat)
    this.#options.prepared.drop(vat, 'upgraded')
    this.#live.add(vat, Worker.start(this.#engines.image(version), heapLimitPages))
  }

  deliver(
    vat: VatId,
    assignment: WorkerAssignment,
    delivery: Delivery,
    limits: DeliveryLimits,
    sink: SyscallSink,
  ): DeliveryOutcome {
    const began = performance.now()
    const outcome = this.#deliver(vat, assignment, delivery, limits, sink)
    this.tallies.count(vat, performance.now() - began, outcome, this.#store.blocks.cranks + 1)
    return outcome
  }

  #deliver(
    vat: VatId,
    assignment: WorkerAssignment,
    delivery: Delivery,
    limits: DeliveryLimits,
    sink: SyscallSink,
  ): DeliveryOutcome {
    const worker = this.#online(vat, assignment)
    const record = new Recording(vat, sink, this.#options.tracer, this.#readBundle)
    try {
      const outcome = worker.deliver(
        JSON.stringify(delivery),
        this.#codeFor(delivery),
        limits,
        (batch) => JSON.stringify(record.batch(batch)),
        collectsFirst(delivery) ? 'before' : 'none',
      )
      if (outcome.kind !== 'done') return outcome
      this.#live.measure(vat)
      const result = record.finish(outcome.finish, delivery.kind)
      const { computrons } = outcome
      return {
        kind: 'done',
        entry: { delivery, syscalls: record.syscalls, result, computrons: String(computrons) },
        computrons,
      }
    } catch (error) {
      if (error instanceof IllegalEnd)
        return { kind: 'illegal', message: error.message, computrons: worker.spent }
      throw error
    }
  }

  discard(vat: VatId): void {
    this.#live.discard(vat)
  }

  forget(vat: VatId): void {
    this.discard(vat)
    this.#options.prepared.drop(vat, 'ended')
    this.tallies.forget(vat)
    this.#store.heaps.forget(vat)
  }

  replay(vat: VatId, assignment: WorkerAssignment, bundle: BundleId, limits: ReplayLimits): ReplayOutcome {
    const incarnation = this.#store.transcripts.incarnation(vat)
    // The kernel must not see what an import left out: an answer would make this node diverge from others.
    if (incarnation === undefined) refuseWithoutStart(vat)
    const { start, end } = incarnation
    assert(start <= end, 'an incarnation does not end before its start')
    const of: Replayable = {
      vat,
      start,
      bundle,
      worker: assignment.version.id,
      heapLimitPages: assignment.heapLimitPages,
      ...limits,
    }
    const prepared = this.#takePrepared(of, end)
    const from = prepared?.point.position ?? start
    assert(start <= from && from <= end, 'a prepared replay is of the present incarnation (Py1)')
    if (prepared?.verdict.kind === 'differs') return { ...prepared.verdict, computrons: prepared.computrons }
    const worker =
      prepared === undefined
        ? this.#fromImage(assignment)
        : this.#resumed(assignment, prepared.verdict.heap)
    const entries = this.#store.transcripts.entries(vat, from, end)
    const replayed = replayIncarnation(shown(entries, vat, from, end), {
      worker,
      bundle,
      source: this.#bundleText(bundle),
      limits,
      readBundle: this.#readBundle,
    })
    const computrons = (prepared?.computrons ?? 0n) + replayed.computrons
    if (replayed.kind === 'differs') {
      worker.discard()
      return { kind: 'differs', divergence: replayed.divergence, computrons }
    }
    assert(replayed.deliveries === end - from, 'a replay that matches has replayed every entry (Rp1)')
    this.#live.add(vat, worker)
    const metering = meteringAfter(prepared, replayed.metering)
    return { kind: 'same', deliveries: end - start, computrons, metering }
  }

  /** An attempted upgrade consumes the vat's preparation, whether it fits or not. */
  #takePrepared(of: Replayable, end: number): Prepared | undefined {
    const { prepared, tracer } = this.#options
    const found = prepared.find(of)
    if (found !== undefined && tracer.tracing.preparationUsed) {
      const { position } = found.point
      tracer.write({
        kind: 'preparationUsed',
        vat: of.vat,
        bundle: of.bundle,
        position,
        deliveries: found.verdict.kind === 'same' ? end - position : 0,
      })
    }
    prepared.drop(of.vat, found === undefined ? 'upgraded' : 'used')
    return found
  }

  /** W4. */
  salvage(
    vat: VatId,
    assignment: WorkerAssignment,
    bundle: BundleId,
    limits: DeliveryLimits,
    sink: SyscallSink,
  ): SalvageOutcome {
    const copy = this.#restore(vat, assignment)
    if (!copy.salvages) return { kind: 'too-old' }
    const record = new Recording(vat, sink, this.#options.tracer, this.#readBundle)
    return searchIn(copy, this.#bundleText(bundle), limits, record)
  }

  /** For any number of searches (W4). */
  copyOf(vat: VatId, assignment: WorkerAssignment): HeapCopy {
    return this.#copyOf(vat, this.#restore(vat, assignment), assignment)
  }

  /** The same, of the worker in memory if there is one, which leaves memory. */
  takeCopy(vat: VatId, assignment: WorkerAssignment): HeapCopy {
    return this.#copyOf(vat, this.#live.take(vat) ?? this.#restore(vat, assignment), assignment)
  }

  #copyOf(vat: VatId, worker: Worker, { heapLimitPages }: WorkerAssignment): HeapCopy {
    const { tracer } = this.#options
    return new HeapCopy(vat, worker, heapLimitPages, { tracer, readBundle: this.#readBundle })
  }

  build(engine: BundleId, supervisor: BundleId): BuildOutcome {
    return buildInStore(this.#store, this.#engines.engine(engine), supervisor)
  }

  /** Drops all workers; nothing else changes (W3). */
  evictAll(): void {
    for (const vat of this.#live.vats) this.#live.discard(vat)
  }

  get residents(): number {
    return this.#live.number
  }

  /** Memory of the workers, including spare instances. */
  get residentBytes(): number {
    return this.#live.bytes
  }

  snapshot(vat: VatId, assignment: WorkerAssignment): Hash {
    const began = performance.now()
    const worker = this.#online(vat, assignment)
    const changes = worker.changes()
    const { manifest, manifestBytes, heapHash, added } = changes
    assert(added.length <= manifest.pages.length, 'the pages that a snapshot adds are pages of its heap')
    this.#store.heaps.save(vat, this.#store.transcripts.count(vat), {
      manifestBytes,
      heapHash,
      added,
      pages: manifest.pages.map((page) => page.hash),
    })
    worker.adopt(changes)
    this.#live.measure(vat)
    const bytesWritten = added.length * heapPageSize + manifestBytes.length
    const milliseconds = performance.now() - began
    const { tracer } = this.#options
    if (tracer.tracing.snapshot)
      tracer.write({ kind: 'snapshot', vat, heapHash, bytesWritten, ms: roundMs(milliseconds) })
    this.#snapshots.push({
      vat,
      heapHash,
      milliseconds,
      bytesWritten,
      bytesBeyondImage: manifest.pages.length * heapPageSize,
    })
    return heapHash
  }

  /** The snapshots made since the last call. */
  takeSnapshotReports(): readonly SnapshotReport[] {
    const taken = this.#snapshots
    this.#snapshots = []
    return taken
  }

  heapHash(vat: VatId, assignment: WorkerAssignment): Hash {
    return this.#online(vat, assignment).heapHash()
  }

  #online(vat: VatId, assignment: WorkerAssignment): Worker {
    const live = this.#live.use(vat)
    if (live !== undefined) return live
    const began = performance.now()
    const worker = this.#restore(vat, assignment)
    const { tracer } = this.#options
    if (tracer.tracing.restored)
      tracer.write({
        kind: 'restored',
        vat,
        deliveries: this.#spanLength(vat),
        ms: roundMs(performance.now() - began),
      })
    this.#live.add(vat, worker)
    return worker
  }

  #spanLength(vat: VatId): number {
    const span = this.#store.transcripts.span(vat)
    return span === undefined ? 0 : span.end - span.start
  }

  /** W2. */
  #restore(vat: VatId, assignment: WorkerAssignment): Worker {
    const span = this.#store.transcripts.span(vat)
    assert(span !== undefined, `${vat} has no transcript`)
    assert(span.start <= span.end, 'a span does not end before its start')
    const worker =
      span.reason === 'snapshot'
        ? this.#fromSnapshot(vat, span.start, assignment)
        : this.#fromImage(assignment)
    for (const { position, text } of this.#store.transcripts.entries(vat, span.start, span.end)) {
      const written = new StoredEntry(text, position)
      const code = written.is('startVat') ? this.#codeFor(written.entry.delivery) : null
      const replayed = new EntryReplay(position, written, {
        worker,
        code,
        readBundle: this.#readBundle,
        rules: { kind: 'exact' },
      }).run()
      if (replayed.kind === 'differs') refuseRestored(vat, replayed.divergence)
    }
    return worker
  }

  #resumed({ version, heapLimitPages }: WorkerAssignment, heap: PreparedHeap): Worker {
    const base = baseOf(this.#engines.image(version), heap.manifest, this.#sourceOf)
    return Worker.resume(base, snapshotOf(heap), heapLimitPages)
  }

  #fromImage({ version, heapLimitPages }: WorkerAssignment): Worker {
    return Worker.start(this.#engines.image(version), heapLimitPages)
  }

  #fromSnapshot(vat: VatId, position: number, { version, heapLimitPages }: WorkerAssignment): Worker {
    const snapshot = this.#store.heaps.load(vat, position)
    if (snapshot === undefined) {
      refuse('store/corrupt-snapshot', `the snapshot of ${vat} at ${position} is not in the store`, {
        vat,
        position,
      })
    }
    const manifest = decodeManifest(snapshot.manifestBytes)
    const page = (hash: Hash): Uint8Array => this.#store.heaps.page(hash)
    const image = this.#engines.image(version)
    try {
      const base = baseOf(image, manifest, this.#sourceOf)
      return Worker.restore(base, { manifest, page }, heapLimitPages)
    } catch (error) {
      // The manifest matches its hash, but is not a heap of this engine.
      if (error instanceof CodedError || !isFlawOfHeap(error)) throw error
      return refuse(
        'store/corrupt-snapshot',
        `the snapshot of ${vat} at ${position} is not a heap of its worker: ${error.message}`,
        { vat, position },
      )
    }
  }

  #codeFor(delivery: Delivery): VatCode | null {
    if (delivery.kind !== 'startVat') return null
    const { bundle: id } = delivery
    const sourceOf = this.#sourceOf
    return {
      id,
      get source() {
        return sourceOf(id)
      },
    }
  }

  #bundleText(bundle: BundleId): string {
    return Buffer.from(this.#store.bundles.get(bundle, 'vat')).toString('utf8')
  }

  readonly #sourceOf = (bundle: BundleId): string => this.#bundleText(bundle)
}

/** A page or a global that does not fit, and not what this machine could not do. */
const isFlawOfHeap = (error: unknown): error is Error =>
  error instanceof AssertionFault || error instanceof RangeError || error instanceof TypeError

/** W2: on the code and the worker of the recording nothing may differ. */
function refuseRestored(vat: VatId, divergence: Divergence): never {
  const { position, message, recorded, sent } = divergence
  const difference = `${message}${sent === null ? '' : `: it sent ${sent}`}${recorded === null ? '' : `; recorded was ${recorded}`}`
  refuse(
    'kernel/replay-diverged',
    `the replay of delivery ${position} of ${vat} differs from the transcript: ${difference}`,
    { vat, position },
  )
}

/** Shows how far a replay of the entries is. */
function* shown<Entry>(entries: Iterable<Entry>, vat: VatId, from: number, to: number): Generator<Entry> {
  let deliveries = 0
  try {
    for (const entry of entries) {
      showReplay({ vat, deliveries, ofDeliveries: to - from })
      yield entry
      deliveries += 1
    }
  } finally {
    showReplay(null)
  }
}
