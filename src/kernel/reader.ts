/** Reading the kernel's state between cranks, for the host. */
import { assert } from '../base/errors.ts'
import {
  compareVatIds,
  isVatId,
  type BundleId,
  type ObjectKref,
  type VatId,
  type WorkerId,
} from '../base/ids.ts'
import type { BundleFormat } from '../protocol/bundle/bundle.ts'
import type { CapData } from '../protocol/capdata.ts'
import type { ProvidedService } from '../protocol/host/requests.ts'
import type { HistoryEntry } from '../protocol/reports/history.ts'
import type { PendingReason } from '../protocol/host/pending.ts'
import type { FailureView, PortView, SentView } from '../protocol/host/port.ts'
import type { ResultStatus } from '../protocol/results.ts'
import type { ReplayLimits, WorkerVersion } from '../protocol/worker/worker.ts'
import type { BundleRegistry } from './objects/bundles.ts'
import { whyPending } from './pending.ts'
import type { KernelReader } from '../protocol/kernel/kernel.ts'
import type { CleanupView, PinView, VatView, Pause } from '../protocol/kernel/views.ts'
import type { WorkerAssignment } from '../protocol/kernel/platform.ts'
import type { RunQueue } from './objects/runQueue.ts'
import { storageOf } from './delivery/storage.ts'
import type { RolloutVat, RolloutView } from '../protocol/worker/rollout.ts'
import type { WorkerView } from '../protocol/worker/versions.ts'
import { usersOf } from './workers/retirement.ts'
import { viewOf } from './workers/rollouts.ts'
import type { Tables } from './tables/tables.ts'
import { assignmentOf, replayLimitsOf } from './delivery/vatLimits.ts'

export class Reader implements KernelReader {
  readonly #tables: Tables
  readonly #queue: RunQueue
  readonly #installed: BundleRegistry

  constructor(tables: Tables, queue: RunQueue, installed: BundleRegistry) {
    this.#installed = installed
    this.#tables = tables
    this.#queue = queue
  }

  vats(): readonly VatView[] {
    return [...this.#tables.vats()]
      .map((vat) => this.#view(vat))
      .sort((a, b) => compareVatIds(a.vat, b.vat))
  }

  vatNamed(name: string): VatView | undefined {
    const vat = this.#tables.vatNamed(name)
    return vat === undefined ? undefined : this.#view(vat)
  }

  vat(vat: VatId): VatView | undefined {
    return this.#tables.findVat(vat) === undefined ? undefined : this.#view(vat)
  }

  assignment(vat: VatId): WorkerAssignment {
    return assignmentOf(this.#tables.vat(vat))
  }

  replayLimits(vat: VatId): ReplayLimits {
    return replayLimitsOf(this.#tables.vat(vat))
  }

  result(sequence: number): ResultStatus | undefined {
    const promise = this.#tables.results.promise(sequence)
    if (promise === undefined) return undefined
    const { state } = this.#tables.promise(promise)
    return state === 'unresolved'
      ? { kind: 'pending' }
      : { kind: state, data: this.#tables.promiseData(promise) }
  }

  whyPending(sequence: number): PendingReason | undefined {
    const promise = this.#tables.results.promise(sequence)
    if (promise === undefined || this.#tables.promise(promise).state !== 'unresolved') return undefined
    return whyPending(this.#tables, promise)
  }

  workers(): readonly WorkerVersion[] {
    return [...this.#tables.workers.all()]
  }

  workerViews(): readonly WorkerView[] {
    const { workers } = this.#tables
    const views = this.workers().map((version) => ({
      ...version,
      note: workers.note(version.id) ?? null,
      use: version.id === this.defaultWorker() ? ('default' as const) : ('on-demand' as const),
      vats: usersOf(this.#tables, version.id).length,
    }))
    return views.sort((a, b) => (a.note?.crank ?? 0) - (b.note?.crank ?? 0))
  }

  workerParts(): readonly BundleId[] {
    return [...this.#tables.installed.workerParts()]
  }

  rollout(): RolloutView | undefined {
    const rollout = this.#tables.workers.rollout()
    return rollout === undefined ? undefined : viewOf(rollout)
  }

  rolloutVats(after: number, limit: number): readonly RolloutVat[] {
    const { workers } = this.#tables
    const last = Math.min(after + limit, workers.rollout()?.vats ?? 0)
    const vats: RolloutVat[] = []
    for (let place = after + 1; place <= last; place += 1) vats.push(workers.rolloutVat(place))
    return vats
  }

  defaultWorker(): WorkerId {
    return this.#tables.config().worker
  }

  queueLength(): number {
    return this.#queue.length
  }

  paused(): Pause | undefined {
    return this.#tables.lives.paused()
  }

  cleanups(): number {
    return [...this.#tables.lives.jobs()].length
  }

  adminNode(vat: VatId): ObjectKref | undefined {
    return this.#tables.lives.adminNode(vat)
  }

  vatAdmin(): ObjectKref {
    const kref = this.#tables.serviceRoot('vatAdmin')
    assert(kref !== undefined, 'the kernel has no vatAdmin')
    return kref
  }

  provided(service: ProvidedService): ObjectKref | undefined {
    return this.#tables.serviceRoot(service)
  }

  subscribersOf(vat: VatId): readonly VatId[] {
    const found = new Set<VatId>()
    for (const promise of this.#tables.promiseEntries(vat)) {
      const { state, decider, subscribers } = this.#tables.promise(promise)
      if (state !== 'unresolved' || decider !== vat) continue
      for (const subscriber of subscribers) if (subscriber !== 'kernel') found.add(subscriber)
    }
    return [...found]
  }

  history(vat: VatId): readonly HistoryEntry[] {
    return [...this.#tables.upgrades.history(vat)]
  }

  parameters(vat: VatId): CapData | undefined {
    return this.#tables.upgrades.parameters(vat)
  }

  hasObject(kref: ObjectKref): boolean {
    return this.#tables.findObject(kref) !== undefined
  }

  pins(): readonly PinView[] {
    return [...this.#tables.pins.objects()].map((object) => ({
      object,
      pins: this.#tables.pins.count(object),
    }))
  }

  bootstrap(): number | undefined {
    return this.#tables.results.bootstrap()
  }

  timer(): ObjectKref | undefined {
    return this.#tables.serviceRoot('timer')
  }

  now(): bigint {
    return this.#tables.wakeups.now()
  }

  ports(): readonly PortView[] {
    return [...this.#tables.ports.names()].map((name) => this.#portView(name))
  }

  port(name: string): PortView | undefined {
    return this.#tables.ports.find(name) === undefined ? undefined : this.#portView(name)
  }

  sent(port: string, after: number, limit: number): readonly SentView[] {
    const { ports } = this.#tables
    return first(limit, ports.numbers('out', port, after)).map((number) => ({
      number,
      sequence: ports.item('out', port, number).sequence,
    }))
  }

  failures(port: string, after: number, limit: number): readonly FailureView[] {
    const { ports } = this.#tables
    return first(limit, ports.numbers('failed', port, after)).map((number) => ({
      number,
      reason: ports.item('failed', port, number),
    }))
  }

  #portView(name: string): PortView {
    const { object, handler, failures: _kept, ...counts } = this.#tables.ports.get(name)
    const receives = handler !== null && isVatId(this.#tables.object(handler).owner)
    return { name, object, handler: receives ? 'set' : 'none', ...counts }
  }

  bundleFormat(bundle: BundleId): BundleFormat | undefined {
    return this.#installed.format(bundle)
  }

  knowsAllBundles(): boolean {
    return this.#tables.installed.agreed
  }

  bundleNamed(name: string): BundleId | undefined {
    return this.#installed.named(name)
  }

  bundleCode(bundle: BundleId): BundleId | undefined {
    return this.#installed.code(bundle)
  }

  #view(vat: VatId): VatView {
    const {
      name,
      label = name,
      root,
      bundle,
      incarnation,
      status,
      worker,
      heapHash,
      onFault,
      importance,
    } = this.#tables.vat(vat)
    const { number: parked, weight: parkedWeight } = this.#tables.parkedAndWeight(vat)
    assert(parked >= 0 && parkedWeight >= 0, 'the parked items of a vat are counted')
    const cleanup = status.kind === 'terminated' ? this.#cleanup(vat) : null
    return {
      vat,
      name,
      label,
      root,
      bundle,
      incarnation,
      status,
      worker: worker.id,
      snapshotHash: heapHash,
      parked,
      parkedWeight,
      onFault,
      importance,
      storage: storageOf(this.#tables, vat),
      cleanup,
    }
  }

  #cleanup(vat: VatId): CleanupView | null {
    for (const { job } of this.#tables.lives.jobs()) {
      if (job.kind === 'clean' && job.vat === vat)
        return { phase: job.phase, steps: job.steps, rows: job.rows }
    }
    return null
  }
}

function first(limit: number, numbers: Iterable<number>): number[] {
  const found: number[] = []
  for (const number of numbers) {
    if (found.length === limit) break
    found.push(number)
  }
  return found
}
