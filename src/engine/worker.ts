/**
 * A worker: an instance that holds the heap of one vat.
 *
 * It owns one guest, its limits and the reference of its changes. It does not interpret deliveries, and it
 * stores nothing: the store does.
 *
 * Wkr1. The outcome of a delivery and the heap after it are a function of the heap before, the texts, the
 *       limits, whether garbage is collected, and the answers. So are the computrons: the count restarts with
 *       each delivery.
 * Wkr2. The heap is valid only after `done`. After everything else, including an exception, the worker must
 *       be discarded.
 * Wkr3. Workers run on a thread whose own stack is 64 MiB (`docs/wires/worker.md`), so that deep calls are
 *       always ended by the guest or its module (Mtr4), and so the same everywhere.
 */
import { assert } from '../base/errors.ts'
import { at, beat } from '../base/pulse.ts'
import type { Hash } from '../base/ids.ts'
import type { DeliveryLimits } from '../protocol/worker/worker.ts'
import { undefinedValue, type Guest } from './guest.ts'
import { findChanges, overlayOf, type HeapChanges } from './heap.ts'
import type { HeapSnapshot, Overlay } from '../protocol/worker/heap.ts'
import { memoryPageSize } from '../protocol/limits.ts'
import { evaluationOf, type VatCode } from './bundleImage.ts'
import { heapPageSize, type BundleImage, type HeapBase, type Image } from './image.ts'
import { returnInstance, takeInstance } from './instances.ts'
import { stopOf } from './stop.ts'

/** How a delivery ended; `finish` is the supervisor's text. */
export type RawOutcome =
  | { readonly kind: 'done'; readonly finish: string; readonly computrons: bigint }
  | { readonly kind: 'exhausted'; readonly resource: 'computrons' | 'heap'; readonly computrons: bigint }
  | { readonly kind: 'trapped'; readonly message: string; readonly computrons: bigint }

/** The gas global has 63 bits, and its count may go below zero by the charge of one bulk instruction. */
const maxComputrons = 2n ** 62n

/** Whether all garbage is collected before the dispatch, under the delivery's limits. */
export type GarbageCollection = 'none' | 'before'

export class Worker {
  /** The base of its heap: the base image, and from the start on that of its bundle, if it has one. */
  #base: HeapBase
  /** Undefined before it is needed, and once discarded: another worker may have the instance. */
  #guest: Guest | undefined
  #state: 'idle' | 'running' | 'dead' = 'idle'
  readonly #heapLimitPages: number
  #reference: Overlay
  /** The base image, as long as its heap is that of it. */
  #fresh: Image | undefined
  #spent = 0n

  private constructor(base: HeapBase, guest: Guest | undefined, heapLimitPages: number, reference: Overlay) {
    this.#base = base
    this.#guest = guest
    this.#heapLimitPages = heapLimitPages
    this.#reference = reference
  }

  /** Creates a worker with the heap of the image. It has an instance from its first use on. */
  static start(image: Image, heapLimitPages: number): Worker {
    const worker = new Worker(image, undefined, heapLimitPages, new Map())
    worker.#fresh = image
    return worker
  }

  /**
   * Creates a worker with the heap of the snapshot, which is in the store: its pages are the reference.
   * `base`: that of the heap (`baseOf`).
   */
  static restore(base: HeapBase, snapshot: HeapSnapshot, heapLimitPages: number): Worker {
    return Worker.#from(base, snapshot, heapLimitPages, 'stored')
  }

  /** Likewise for a heap that the store does not have: all of its pages are changes. */
  static resume(base: HeapBase, snapshot: HeapSnapshot, heapLimitPages: number): Worker {
    return Worker.#from(base, snapshot, heapLimitPages, 'in-memory')
  }

  static #from(
    base: HeapBase,
    snapshot: HeapSnapshot,
    heapLimitPages: number,
    pages: 'stored' | 'in-memory',
  ): Worker {
    const { manifest } = snapshot
    assert(
      manifest.image === base.imageId && manifest.bundle === base.bundle,
      `a heap on ${manifest.image} and ${manifest.bundle} was to be restored on ${base.imageId} and ${base.bundle}`,
    )
    const overlay = overlayOf(snapshot)
    const guest = takeInstance(base, manifest.memoryPages * memoryPageSize)
    const memory = guest.memory()
    const pageCount = memory.length / heapPageSize
    for (const [index, { bytes }] of overlay) {
      assert(index < pageCount, 'Hpg1: a page lies within the memory of its heap')
      memory.set(bytes, index * bytes.length)
    }
    guest.setGlobals(manifest.globals)
    return new Worker(base, guest, heapLimitPages, pages === 'stored' ? overlay : new Map())
  }

  /** Computrons of the last delivery, even if it ended by an exception of `answer`. */
  get spent(): bigint {
    return this.#spent
  }

  /** Its memory: the instance, and the pages for comparing changes. */
  get memoryBytes(): number {
    return this.heapBytes + this.#reference.size * heapPageSize
  }

  get base(): HeapBase {
    return this.#base
  }

  get heapBytes(): number {
    if (this.#guest === undefined && this.#fresh !== undefined) return this.#base.memory.length
    return this.#instance.memory().length
  }

  /** Whether the supervisor can evaluate a salvage bundle. */
  get salvages(): boolean {
    return this.#base.roots.salvage !== undefinedValue
  }

  /**
   * Passes the supervisor one delivery and runs everything that follows from it. Exceptions of `answer` are
   * passed on. `code`: of the vat, for its start; else null.
   */
  deliver(
    delivery: string,
    code: VatCode | null,
    limits: DeliveryLimits,
    answer: (batchText: string) => string,
    collection: GarbageCollection = 'none',
  ): RawOutcome {
    const fresh = this.#fresh
    this.#fresh = undefined
    const evaluation =
      code === null || fresh === undefined ? null : evaluationOf(fresh, code, limits.computrons)
    if (evaluation === 'exhausted') return this.#exhausted('computrons', limits)
    if (evaluation?.kind === 'image') return this.#start(delivery, evaluation.image, limits, answer)
    return this.#run(limits, answer, (guest) => {
      if (collection === 'before') collect(guest)
      return runDelivery(guest, delivery, code?.source ?? '')
    })
  }

  /** Bim2. */
  #start(
    delivery: string,
    bundle: BundleImage,
    limits: DeliveryLimits,
    answer: (batchText: string) => string,
  ): RawOutcome {
    const heapPages = limits.heapPages ?? this.#heapLimitPages
    if (bundle.memory.length > heapPages * memoryPageSize) return this.#exhausted('heap', limits)
    if (this.#guest !== undefined) returnInstance(this.#base, this.#guest)
    this.#base = bundle
    this.#guest = takeInstance(bundle, bundle.memory.length)
    return this.#run(limits, answer, (guest) => {
      guest.exports['meter.gas'].value -= bundle.computrons
      return runDelivery(guest, delivery, '')
    })
  }

  #exhausted(resource: 'computrons' | 'heap', { computrons }: DeliveryLimits): RawOutcome {
    this.#state = 'dead'
    this.#spent = computrons
    return { kind: 'exhausted', resource, computrons }
  }

  /**
   * Passes the supervisor a salvage bundle and runs everything that follows from it. The heap is unusable
   * afterwards, for every outcome.
   */
  salvage(source: string, limits: DeliveryLimits, answer: (batchText: string) => string): RawOutcome {
    assert(this.salvages, 'a supervisor that cannot salvage was asked to')
    try {
      return this.#run(limits, answer, (guest) => runSalvage(guest, source))
    } finally {
      this.#state = 'dead'
    }
  }

  #run(
    limits: DeliveryLimits,
    answer: (batchText: string) => string,
    act: (guest: Guest) => string,
  ): RawOutcome {
    assert(this.#state === 'idle', `Wkr2: a delivery to a worker that is ${this.#state}`)
    assert(
      limits.computrons >= 0n && limits.computrons <= maxComputrons,
      'a limit that the gas global cannot hold',
    )
    this.#state = 'running'
    beat(at.delivery)
    const guest = this.#instance
    const gas = guest.exports['meter.gas']
    gas.value = limits.computrons
    guest.exports['meter.heapLimit'].value = limits.heapPages ?? this.#heapLimitPages
    guest.answer = answer
    try {
      const finish = act(guest)
      this.#spent = limits.computrons - gas.value
      assert(gas.value >= 0n && this.#spent >= 0n, 'Wkr1: a delivery that was done stayed within its limit')
      this.#state = 'idle'
      return { kind: 'done', finish, computrons: this.#spent }
    } catch (error) {
      this.#state = 'dead'
      this.#spent = computronsUsed(limits.computrons, gas.value)
      return { ...stopOf(error, guest), computrons: this.#spent }
    } finally {
      guest.answer = undefined
    }
  }

  /** The heap's differences from the reference. Changes nothing (Hpg3). */
  changes(): HeapChanges {
    assert(this.#state === 'idle', `Wkr2: the heap of a worker that is ${this.#state}`)
    const guest = this.#instance
    const heap = { memory: guest.memory(), globals: guest.globals() }
    return findChanges(this.#base, this.#reference, heap)
  }

  /** The changes are kept somewhere else now, and are the reference from here on (Hpg3). */
  adopt(changes: HeapChanges): void {
    assert(changes.reference === this.#reference, 'Hpg3: changes that were taken against another reference')
    this.#reference = changes.overlay
  }

  heapHash(): Hash {
    return this.changes().heapHash
  }

  discard(): void {
    const guest = this.#guest
    if (guest !== undefined && this.#state === 'idle') returnInstance(this.#base, guest)
    this.#guest = undefined
    this.#state = 'dead'
  }

  get #instance(): Guest {
    assert(this.#guest !== undefined || this.#state !== 'dead', 'Wkr2: a worker that was discarded')
    this.#guest ??= takeInstance(this.#base, this.#base.memory.length)
    return this.#guest
  }
}

/**
 * The supervisor first releases what it holds only for the user's code, and takes it back in the delivery.
 */
function collect(guest: Guest): void {
  const { beforeCollection } = guest.roots
  if (beforeCollection !== undefinedValue) guest.freeValue(guest.call(beforeCollection))
  guest.collectGarbage()
}

function runDelivery(guest: Guest, delivery: string, source: string): string {
  const { roots } = guest
  const [first, second] = [guest.newText(delivery), guest.newText(source)]
  guest.freeValue(guest.callWith(roots.dispatch, first, second))
  guest.freeValue(first)
  guest.freeValue(second)
  return runToFinish(guest)
}

function runSalvage(guest: Guest, source: string): string {
  const text = guest.newText(source)
  guest.freeValue(guest.callWith(guest.roots.salvage, text, undefinedValue))
  guest.freeValue(text)
  return runToFinish(guest)
}

function runToFinish(guest: Guest): string {
  guest.runJobs()
  const finish = guest.call(guest.roots.finish)
  const text = guest.readText(finish)
  guest.freeValue(finish)
  return text
}

/** The last tick, which found nothing left, is not counted. */
const computronsUsed = (limit: bigint, left: bigint): bigint => (left < 0n ? limit : limit - left)
