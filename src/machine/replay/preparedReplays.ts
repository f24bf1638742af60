/**
 * Replays that were or are being prepared while the kernel runs. It lives in the machine thread.
 *
 * Py1. A prepared replay is used only for exactly what it is bound to: the vat, the start of its incarnation,
 *      the bundle, the worker version, the limits, and every entry up to its position, by their link (Trs2).
 *      So the crank that uses it has the same outcome as without, only sooner.
 * Py2. It exists in memory only: in no state, block or hash. Losing one costs time.
 * Py3. It is dropped when it was used, when an upgrade of its vat was tried, and when the vat terminated; one
 *      still under way then is outdated, and refused on arrival (`prepare/outdated`).
 * Py4. At most `maxKept` are kept, one per vat, and at most `maxAtOnce` are under way.
 */
import { availableParallelism } from 'node:os'
import { assert } from '../../base/errors.ts'
import type { BundleId, VatId, WorkerId } from '../../base/ids.ts'
import type { Lookups } from '../lookups/lookups.ts'
import { refuse } from '../../protocol/codes.ts'
import type { Store } from '../../store/store.ts'
import type { PreparationCalls } from '../../protocol/machine/calls.ts'
import {
  bytesOf,
  isSameReplay,
  preparedView,
  refuseWithoutStart,
  type PreparedReplays,
} from './preparedReplay.ts'
import type {
  DropReason,
  PreparationOrder,
  PreparationPlan,
  Prepared,
  PreparedView,
  Replayable,
} from '../../protocol/machine/preparation.ts'
import type { Tracer } from '../trace/trace.ts'

/** Heaps take a few MiB each. */
const maxKept = 16
/** Threads that replay, where there are fewer cores. */
const leastAtOnce = 2
const maxAtOnce = Math.max(leastAtOnce, availableParallelism())

/** `outdated`: its thread may still run, but its result is unused. */
interface Ordered {
  readonly order: PreparationOrder
  readonly state: 'wanted' | 'outdated'
}

export class Preparations implements PreparationCalls, PreparedReplays {
  readonly #store: Store
  readonly #lookups: Lookups
  readonly #tracer: Tracer
  /** In order of preparation. */
  readonly #kept = new Map<VatId, Prepared>()
  readonly #ordered = new Map<number, Ordered>()
  #next = 1

  constructor(store: Store, tracer: Tracer, lookups: Lookups) {
    this.#store = store
    this.#tracer = tracer
    this.#lookups = lookups
  }

  // --- called by the host

  beginPreparation(nameOrId: string, bundle: string | null, worker: string | null): PreparationPlan {
    const live = this.#lookups.vat(this.#lookups.alive(nameOrId))
    const version = this.#lookups.worker(worker ?? live.worker)
    const of = this.#replayable(live.vat, this.#lookups.script(bundle ?? live.bundle), version.id)
    const { vat } = of
    const { transcripts, bundles, directory } = this.#store
    const to = transcripts.committed(vat)
    if (to === undefined || to.position <= of.start) {
      refuse(
        'prepare/not-committed',
        `no delivery of the current incarnation of ${vat} has been committed yet`,
        { vat },
      )
    }
    const underWay = this.#wanted(vat)
    if (underWay !== undefined && isSameReplay(underWay.of, of))
      return { kind: 'join', number: underWay.number }
    const before = this.find(of)
    if (before !== undefined && (before.verdict.kind === 'differs' || before.point.position >= to.position))
      return { kind: 'known', prepared: before }
    if (underWay === undefined && this.#ordered.size >= maxAtOnce)
      refuse('prepare/too-many', `${maxAtOnce} replays are already being prepared`, { most: maxAtOnce })
    const source = Buffer.from(bundles.get(of.bundle, 'vat')).toString('utf8')
    const from =
      before === undefined
        ? ({ kind: 'start', point: { position: of.start, link: transcripts.linkAt(vat, of.start) } } as const)
        : ({ kind: 'prepared', prepared: before } as const)
    const order = { number: this.#next++, directory, of, version, source, from, to }
    // The host ends its thread.
    if (underWay !== undefined) this.#ordered.delete(underWay.number)
    assert(!this.#ordered.has(order.number), 'each preparation has a number of its own')
    this.#ordered.set(order.number, { order, state: 'wanted' })
    assert(this.#ordered.size <= maxAtOnce, 'no more preparations than allowed are under way (Py4)')
    return { kind: 'replay', order, replaces: underWay?.number ?? null }
  }

  keepPreparation(number: number, prepared: Prepared, ms: number): void {
    const ordered = this.#ordered.get(number)
    this.#ordered.delete(number)
    const { vat } = prepared.of
    if (
      ordered?.state !== 'wanted' ||
      !isSameReplay(prepared.of, ordered.order.of) ||
      !this.#fits(prepared, this.#replayable(vat, prepared.of.bundle, prepared.of.worker))
    ) {
      refuse('prepare/outdated', `${vat} was upgraded, changed or terminated while its replay was prepared`, {
        vat,
      })
    }
    if (this.#kept.has(vat)) this.#drop(vat, 'replaced')
    this.#kept.set(vat, prepared)
    assert(this.#kept.size <= maxKept + 1, 'at most one preparation is to be displaced (Py4)')
    if (this.#tracer.tracing.prepared) this.#tracer.write({ kind: 'prepared', ...preparedView(prepared), ms })
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= maxKept) return
      this.#drop(oldest, 'displaced')
    }
  }

  forgetPreparation(number: number): void {
    this.#ordered.delete(number)
  }

  /** The kept preparations, oldest first. */
  get kept(): readonly PreparedView[] {
    return [...this.#kept.values()].map(preparedView)
  }

  // --- called by the workers

  /** Py1. */
  find(of: Replayable): Prepared | undefined {
    const prepared = this.#kept.get(of.vat)
    return prepared !== undefined && this.#fits(prepared, of) ? prepared : undefined
  }

  /** Py3. */
  drop(vat: VatId, why: DropReason): void {
    const underWay = this.#wanted(vat)
    if (underWay !== undefined) this.#ordered.set(underWay.number, { order: underWay, state: 'outdated' })
    if (this.#kept.has(vat)) this.#drop(vat, why)
  }

  // --- inside

  #wanted(vat: VatId): PreparationOrder | undefined {
    return [...this.#ordered.values()].find(({ order, state }) => state === 'wanted' && order.of.vat === vat)
      ?.order
  }

  #fits({ of: bound, point }: Prepared, of: Replayable): boolean {
    const { transcripts } = this.#store
    return (
      isSameReplay(bound, of) &&
      point.position <= transcripts.count(of.vat) &&
      transcripts.linkAt(of.vat, point.position) === point.link
    )
  }

  #replayable(vat: VatId, bundle: BundleId, worker: WorkerId): Replayable {
    const read = this.#lookups.read
    const { heapLimitPages } = read.assignment(vat)
    const limits = read.replayLimits(vat)
    const start = this.#store.transcripts.incarnation(vat)?.start ?? refuseWithoutStart(vat)
    return { vat, start, bundle, worker, heapLimitPages, ...limits }
  }

  #drop(vat: VatId, why: DropReason): void {
    const dropped = this.#kept.get(vat)
    assert(dropped !== undefined, 'what is dropped was kept (Py3)')
    this.#kept.delete(vat)
    if (!this.#tracer.tracing.preparationDropped) return
    this.#tracer.write({
      kind: 'preparationDropped',
      vat,
      bundle: dropped.of.bundle,
      position: dropped.point.position,
      why,
      bytes: bytesOf(dropped),
    })
  }
}
