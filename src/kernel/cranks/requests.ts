/**
 * Requests of the host, taken from the inbox one by one and put into the run-queue.
 *
 * The result of a request is a promise that the host holds under the request's number until it
 * says `forget`.
 */
import { assert } from '../../base/errors.ts'
import { isObjectKref, type BundleId, type PromiseKref, type VatId, type WorkerId } from '../../base/ids.ts'
import {
  isRequestKind,
  type InboxItem,
  type RequestKind,
  type RequestOf,
} from '../../protocol/host/requests.ts'
import type { Incarnations } from '../vats/incarnations.ts'
import { scheduleGcOfAll } from '../delivery/gcSchedule.ts'
import type { Pins } from '../objects/pins.ts'
import type { BundleRegistry } from '../objects/bundles.ts'
import { notForVats, nothingToAbandon } from '../services/service.ts'
import { encode, gone, rejection } from '../objects/kernelValues.ts'
import type { KernelPlatform } from '../../protocol/kernel/platform.ts'
import type { Promises } from '../objects/promises.ts'
import type { References } from '../objects/references.ts'
import type { RunQueue } from '../objects/runQueue.ts'
import { standingOf, type Suspension } from '../vats/suspension.ts'
import type { Termination } from '../vats/termination.ts'
import { changeVat } from '../vats/vatChanges.ts'
import { heapPages } from '../delivery/vatLimits.ts'
import type { Makers } from '../objects/makers.ts'
import type { Meters } from '../delivery/meters.ts'
import { provideService } from '../objects/roots.ts'
import type { Tables } from '../tables/tables.ts'
import { needsOf } from '../workers/retirement.ts'
import type { Rollouts } from '../workers/rollouts.ts'
import { unknownWorker } from '../workers/workerUpgrades.ts'
import type { HostPorts } from '../external/hostPorts.ts'
import type { Timer } from '../external/timer.ts'

export interface RequestParts {
  readonly tables: Tables
  readonly references: References
  readonly promises: Promises
  readonly queue: RunQueue
  readonly incarnations: Incarnations
  readonly pins: Pins
  readonly installed: BundleRegistry
  readonly meters: Meters
  readonly makers: Makers
  readonly ports: KernelPlatform
  readonly rollouts: Rollouts
  readonly suspension: Suspension
  readonly termination: Termination
  readonly traffic: HostPorts
  readonly wakeups: Timer
}

/** What the kernel does with a request of each kind. */
type Handlers = {
  readonly [Kind in RequestKind]: (item: RequestOf<Kind>, sequence: number) => void
}

export class Requests {
  readonly #parts: RequestParts

  readonly #handlers: Handlers

  constructor(parts: RequestParts) {
    this.#parts = parts
    this.#handlers = this.#handlersOf(parts)
  }

  accept(sequence: number, item: InboxItem): void {
    assert(isRequestKind(item.kind), 'the kernel has a handler for each request that the host sends it')
    this.#handle(item.kind, item, sequence)
  }

  #handle<Kind extends RequestKind>(kind: Kind, item: RequestOf<Kind>, sequence: number): void {
    this.#handlers[kind](item, sequence)
  }

  #handlersOf({ installed, pins, suspension, tables, traffic, wakeups }: RequestParts): Handlers {
    return {
      send: (item, sequence) => this.#send(sequence, item),
      createVat: (item, sequence) => this.#createVat(sequence, item),
      upgradeVat: (item, sequence) => this.#upgradeVat(sequence, item),
      installBundle: ({ bundle, format, code, label }) => installed.install(bundle, { format, code }, label),
      retireBundle: (item, sequence) => this.#retireBundle(sequence, item.bundle),
      installWorker: (item) => this.#installWorker(item),
      installWorkerPart: ({ bundle, part, label }) =>
        installed.install(bundle, { format: part, code: undefined }, label),
      useWorker: ({ worker }) => this.#useWorker(worker),
      retireWorker: (item, sequence) => this.#retireWorker(sequence, item.worker),
      upgradeWorker: (item, sequence) => this.#upgradeWorker(sequence, item),
      startRollout: (item, sequence) => this.#startRollout(sequence, item),
      controlRollout: ({ action, reason }, sequence) =>
        this.#onRollout(sequence, () => this.#parts.rollouts.control(action, reason)),
      renewRollout: () => this.#parts.rollouts.renew(),
      forget: (item) => this.#forget(item.sequence),
      collectAll: () => scheduleGcOfAll(this.#parts),
      setCollection: (item) => this.#setCollection(item),
      pin: ({ object }) => pins.pin(object),
      unpin: ({ object }) => pins.unpin(object),
      suspendVat: ({ vat, reason }, sequence) =>
        this.#onLive(sequence, vat, () => suspension.suspend(vat, 'requested', reason)),
      resumeVat: ({ vat }, sequence) => this.#onLive(sequence, vat, () => suspension.resume(vat)),
      terminateVat: (item, sequence) => this.#terminateVat(sequence, item),
      changeVatOptions: (item, sequence) =>
        this.#onLive(sequence, item.vat, () => this.#changeOptions(item)),
      pauseKernel: ({ reason }) => suspension.pause({ vat: null, code: 'requested', message: reason }),
      resumeKernel: () => suspension.unpause(),
      bootstrap: (item, sequence) => {
        tables.results.setBootstrap(sequence)
        this.#send(sequence, { ...item, kind: 'send', result: 'keep' })
      },
      openPort: ({ name }) => traffic.open(name),
      deliver: ({ port, number, item }) => traffic.deliver(port, number, item, this.#missing(item.slots)),
      acknowledge: ({ port, number }) => traffic.acknowledge(port, number),
      dismiss: ({ port, number }) => traffic.dismiss(port, number),
      advanceTime: ({ now }) => {
        provideService(tables, 'timer')
        wakeups.advance(BigInt(now))
      },
      provideService: ({ service }) => void provideService(tables, service),
    }
  }

  #changeOptions({
    vat,
    options: { heapLimitBytes, ...others },
  }: RequestOf<'changeVatOptions'>): void {
    changeVat(this.#parts, vat, {
      ...others,
      ...(heapLimitBytes === undefined ? {} : { heapLimitPages: heapPages(heapLimitBytes) }),
    })
  }

  #hold(sequence: number): PromiseKref {
    const { tables, promises, references } = this.#parts
    const result = promises.make()
    references.add(result)
    tables.results.set(sequence, result)
    return result
  }

  #send(
    sequence: number,
    { target, methargs, result, onRejection = 'ignore' }: RequestOf<'send'>,
  ): void {
    const { queue, promises } = this.#parts
    const promise = result === 'keep' ? this.#hold(sequence) : null
    if (promise !== null && onRejection !== 'ignore')
      promises.watch(promise, { policy: onRejection, sequence })
    const missing = this.#missing([target, ...methargs.slots])
    if (missing === undefined) queue.send(target, { methargs, result: promise })
    else if (promise !== null)
      promises.settle(
        promise,
        'rejected',
        rejection({ code: 'object-unknown', message: `there is no object ${missing}` }),
      )
  }

  /**
   * An object that the host names and the kernel does not have: it may have been collected since the host
   * learned of it.
   */
  #missing(slots: readonly string[]): string | undefined {
    return slots.find((slot) => isObjectKref(slot) && this.#parts.tables.findObject(slot) === undefined)
  }

  #createVat(sequence: number, item: RequestOf<'createVat'>): void {
    const { tables, queue, incarnations, promises, makers } = this.#parts
    const result = this.#hold(sequence)
    const refuse = (message: string, code: 'service-refused' | 'too-many-vats' = 'service-refused'): void =>
      promises.settle(result, 'rejected', rejection({ code, message }))
    if (tables.vatNamed(item.name) !== undefined) return refuse(`a vat of the name ${item.name} exists`)
    const flaw = this.#flawOf(item.bundle)
    if (flaw !== undefined) return refuse(flaw)
    const missing = this.#missing(item.parameters.slots)
    if (missing !== undefined) return refuse(`there is no object ${missing}`)
    const config = tables.config()
    const {
      computronsPerDelivery = config.computronsPerDelivery,
      heapLimitBytes,
      storageLimit = config.storageLimit,
      worker = config.worker,
      ...chosen
    } = item.options
    const tooMany = makers.refusal(undefined)
    if (tooMany !== undefined) return refuse(tooMany, 'too-many-vats')
    const version = tables.workers.find(worker)
    if (version === undefined) return refuse(`there is no worker version ${worker}`)
    const heapLimitPages = heapLimitBytes === undefined ? config.heapLimitPages : heapPages(heapLimitBytes)
    const vat = incarnations.reserve({
      name: item.name,
      bundle: item.bundle,
      computronsPerDelivery,
      heapLimitPages,
      storageLimit,
      worker: version,
      ...chosen,
    })
    queue.push({ kind: 'start', vat, parameters: item.parameters, result, by: 'host' })
  }

  /** Why the bundle cannot create vats. */
  #flawOf(bundle: BundleId): string | undefined {
    const { installed } = this.#parts
    if (installed.format(bundle) === undefined || installed.isWorkerPart(bundle))
      return `there is no vat bundle ${bundle}`
    return installed.code(bundle) === undefined ? notForVats(bundle) : undefined
  }

  #upgradeVat(sequence: number, item: RequestOf<'upgradeVat'>): void {
    const { kind: _kind, ...asked } = item
    const { bundle, parameters, salvage, abandonKinds, mode = 'durable' } = asked
    const { queue, promises } = this.#parts
    const result = this.#hold(sequence)
    const missing = this.#missing([...parameters.slots, ...(salvage?.data.slots ?? [])])
    const refuse = (message: string): void =>
      promises.settle(result, 'rejected', rejection({ code: 'service-refused', message }))
    const flaw = this.#flawOf(bundle)
    if (flaw !== undefined) return refuse(flaw)
    if (missing !== undefined) return refuse(`there is no object ${missing}`)
    if (salvage !== undefined && mode !== 'durable')
      return refuse('what was salvaged goes to an heir, and only the mode durable has one')
    if (abandonKinds !== undefined && mode === 'replay') return refuse(nothingToAbandon)
    queue.push({ kind: 'upgrade', ...asked, result, by: 'host' })
  }

  /** Takes effect at once, on a vat that has started and not ended. */
  #onLive(sequence: number, vat: VatId, act: () => object | void): void {
    const { tables, promises } = this.#parts
    const result = this.#hold(sequence)
    const standing = standingOf(tables, vat)
    if (standing === 'live') return promises.settle(result, 'fulfilled', encode(act()))
    const reason =
      standing === 'gone'
        ? gone('vat-terminated')
        : rejection({ code: 'service-refused', message: 'the vat has not started', vat })
    promises.settle(result, 'rejected', reason)
  }

  #terminateVat(sequence: number, { vat, reason }: RequestOf<'terminateVat'>): void {
    const { tables, promises, termination } = this.#parts
    if (standingOf(tables, vat) === 'gone') {
      return promises.settle(this.#hold(sequence), 'fulfilled', encode({ outcome: 'was-terminated' }))
    }
    this.#onLive(sequence, vat, () => {
      termination.terminate(vat, { end: 'failed', data: { body: reason.body, slots: [...reason.slots] } })
      return { outcome: 'terminated' }
    })
  }

  /** Br1, Br2. */
  #retireBundle(sequence: number, bundle: BundleId): void {
    const { promises, installed } = this.#parts
    const result = this.#hold(sequence)
    const outcome = installed.retire(bundle)
    if (outcome.kind === 'retired') return promises.settle(result, 'fulfilled', encode({ bundle }))
    const { code, message } = outcome
    promises.settle(result, 'rejected', rejection({ code, message }))
  }

  /** Installing a version again changes its label and its use. */
  #installWorker({ version, use, label }: RequestOf<'installWorker'>): void {
    const { tables: { workers, lives } } = this.#parts
    const before = workers.note(version.id)
    workers.set(version)
    workers.setNote(version.id, {
      label: label ?? before?.label ?? null,
      by: 'host',
      crank: before?.crank ?? lives.crank,
    })
    if (use === 'default') this.#useWorker(version.id)
  }

  #useWorker(worker: WorkerId): void {
    const { tables } = this.#parts
    if (tables.workers.find(worker) !== undefined) tables.setConfig({ ...tables.config(), worker })
  }

  /** Rt1. */
  #retireWorker(sequence: number, worker: WorkerId): void {
    const { tables, promises } = this.#parts
    const result = this.#hold(sequence)
    if (tables.workers.find(worker) === undefined)
      return promises.settle(result, 'rejected', unknownWorker(worker))
    const needs = needsOf(tables, worker)
    if (needs.length > 0) {
      const message = `the worker version ${worker} is needed: ${needs.join('; ')}`
      return promises.settle(result, 'rejected', rejection({ code: 'worker-in-use', message }))
    }
    tables.workers.delete(worker)
    promises.settle(result, 'fulfilled', encode({ worker }))
  }

  #upgradeWorker(sequence: number, { vat, worker, mode, onDivergence }: RequestOf<'upgradeWorker'>): void {
    const { tables, queue, promises } = this.#parts
    const result = this.#hold(sequence)
    if (tables.workers.find(worker) === undefined)
      return promises.settle(result, 'rejected', unknownWorker(worker))
    queue.push({ kind: 'upgradeWorker', vat, worker, mode, onDivergence, result, by: 'host' })
  }

  #startRollout(sequence: number, item: RequestOf<'startRollout'>): void {
    const { tables, promises, rollouts } = this.#parts
    if (tables.workers.find(item.worker) === undefined)
      return promises.settle(this.#hold(sequence), 'rejected', unknownWorker(item.worker))
    this.#onRollout(sequence, () => rollouts.start(item))
  }

  #onRollout(sequence: number, act: () => ReturnType<Rollouts['start']>): void {
    const { promises } = this.#parts
    const result = this.#hold(sequence)
    const outcome = act()
    if ('kind' in outcome)
      promises.settle(result, 'rejected', rejection({ code: 'rollout-refused', message: outcome.message }))
    else promises.settle(result, 'fulfilled', encode(outcome))
  }

  #setCollection({ vat, collection }: RequestOf<'setCollection'>): void {
    const { tables } = this.#parts
    const record = tables.findVat(vat)
    if (record !== undefined) tables.setVat(vat, { ...record, collection })
  }

  #forget(sequence: number): void {
    const { tables, references } = this.#parts
    const result = tables.results.promise(sequence)
    if (result === undefined) return
    tables.results.delete(sequence)
    references.remove(result)
  }
}
