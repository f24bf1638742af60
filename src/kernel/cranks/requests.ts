/**
 * Requests of the host, taken from the inbox one by one and put into the run-queue.
 *
 * The result of a request is a promise that the host holds under the request's number until it
 * says `forget`.
 */
import { unreachable } from '../../base/errors.ts'
import { isObjectKref, type BundleId, type PromiseKref, type VatId } from '../../base/ids.ts'
import { drainedCheck, type InboxItem } from '../../protocol/host/inbox.ts'
import type { Incarnations } from '../vats/incarnations.ts'
import { collectAll } from '../delivery/gcSchedule.ts'
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
  readonly suspension: Suspension
  readonly termination: Termination
  readonly traffic: HostPorts
  readonly wakeups: Timer
}

type Items = { readonly [Kind in InboxItem['kind']]: true }

/**
 * The kinds of items that this kernel accepts: a host may be newer than the kernel of its store, and must
 * check.
 */
const items: Items = {
  send: true,
  createVat: true,
  upgradeVat: true,
  installBundle: true,
  installWorker: true,
  forget: true,
  collectAll: true,
  setCollection: true,
  pin: true,
  unpin: true,
  suspendVat: true,
  resumeVat: true,
  terminateVat: true,
  changeVatOptions: true,
  pauseKernel: true,
  resumeKernel: true,
  bootstrap: true,
  openPort: true,
  deliver: true,
  acknowledge: true,
  dismiss: true,
  advanceTime: true,
  provideService: true,
}
/** Fields added later than their items (`neededFor`). */
const fields = [
  'upgradeVat.mode',
  'upgradeVat.parametersFrom',
  'upgradeVat.onFailure',
  'upgradeVat.drain',
  'upgradeVat.abandonKinds',
  'upgradeVat.salvage',
  'createVat.collection',
  'createVat.onFault',
  'createVat.importance',
  'createVat.storageLimit',
  'changeVatOptions.storageLimit',
  'send.onRejection',
  'bootstrap.onRejection',
  'installBundle.code',
  drainedCheck,
]
export const acceptedItems: readonly string[] = [...Object.keys(items), ...fields]

export class Requests {
  readonly #parts: RequestParts

  constructor(parts: RequestParts) {
    this.#parts = parts
  }

  accept(sequence: number, item: InboxItem): void {
    switch (item.kind) {
      case 'send':
        return this.#send(sequence, item)
      case 'createVat':
        return this.#createVat(sequence, item)
      case 'upgradeVat':
        return this.#upgradeVat(sequence, item)
      case 'installBundle':
        return this.#parts.installed.install(
          item.bundle,
          { format: item.format, code: item.code },
          item.label,
        )
      case 'installWorker':
        return this.#installWorker(item)
      case 'forget':
        return this.#forget(item.sequence)
      case 'collectAll':
        return collectAll(this.#parts)
      case 'setCollection':
        return this.#setCollection(item)
      case 'pin':
        return this.#parts.pins.pin(item.object)
      case 'unpin':
        return this.#parts.pins.unpin(item.object)
      case 'suspendVat':
        return this.#onLive(sequence, item.vat, () =>
          this.#parts.suspension.suspend(item.vat, 'requested', item.reason),
        )
      case 'resumeVat':
        return this.#onLive(sequence, item.vat, () => this.#parts.suspension.resume(item.vat))
      case 'terminateVat':
        return this.#terminateVat(sequence, item)
      case 'changeVatOptions':
        return this.#onLive(sequence, item.vat, () => this.#changeOptions(item))
      case 'pauseKernel':
        return this.#parts.suspension.pause({ vat: null, code: 'requested', message: item.reason })
      case 'resumeKernel':
        return this.#parts.suspension.unpause()
      case 'bootstrap':
        this.#parts.tables.results.setBootstrap(sequence)
        return this.#send(sequence, { ...item, kind: 'send', result: 'keep' })
      case 'openPort':
        return this.#parts.traffic.open(item.name)
      case 'deliver':
        return this.#parts.traffic.deliver(item.port, item.number, item.item, this.#missing(item.item.slots))
      case 'acknowledge':
        return this.#parts.traffic.acknowledge(item.port, item.number)
      case 'dismiss':
        return this.#parts.traffic.dismiss(item.port, item.number)
      case 'advanceTime':
        provideService(this.#parts.tables, 'timer')
        return this.#parts.wakeups.advance(BigInt(item.now))
      case 'provideService':
        return void provideService(this.#parts.tables, item.service)
      default:
        return unreachable(item, 'an inbox item of a kind that this kernel does not know')
    }
  }

  #changeOptions({
    vat,
    options: { heapLimitBytes, ...others },
  }: Extract<InboxItem, { kind: 'changeVatOptions' }>): void {
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
    { target, methargs, result, onRejection = 'ignore' }: Extract<InboxItem, { kind: 'send' }>,
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

  #createVat(sequence: number, item: Extract<InboxItem, { kind: 'createVat' }>): void {
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
    const tooMany = makers.flaw(undefined)
    if (tooMany !== undefined) return refuse(tooMany, 'too-many-vats')
    const version = tables.worker(worker)
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
    if (this.#parts.installed.format(bundle) === undefined) return `there is no vat bundle ${bundle}`
    return this.#parts.installed.code(bundle) === undefined ? notForVats(bundle) : undefined
  }

  #upgradeVat(sequence: number, item: Extract<InboxItem, { kind: 'upgradeVat' }>): void {
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

  #terminateVat(sequence: number, { vat, reason }: Extract<InboxItem, { kind: 'terminateVat' }>): void {
    const { tables, promises, termination } = this.#parts
    if (standingOf(tables, vat) === 'gone') {
      return promises.settle(this.#hold(sequence), 'fulfilled', encode({ outcome: 'was-terminated' }))
    }
    this.#onLive(sequence, vat, () => {
      termination.terminate(vat, { end: 'failed', data: { body: reason.body, slots: [...reason.slots] } })
      return { outcome: 'terminated' }
    })
  }

  #installWorker({ version, use }: Extract<InboxItem, { kind: 'installWorker' }>): void {
    const { tables } = this.#parts
    tables.setWorker(version)
    if (use === 'default') tables.setConfig({ ...tables.config(), worker: version.id })
  }

  #setCollection({ vat, collection }: Extract<InboxItem, { kind: 'setCollection' }>): void {
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
