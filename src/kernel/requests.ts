/**
 * Requests of the host, taken from the inbox one by one and put into the run-queue.
 *
 * The result of a request is a promise that the host holds under the request's number until it
 * says `forget`.
 */
import { unreachable } from '../base/errors.ts'
import { isObjectKref } from '../base/ids.ts'
import type { PromiseKref } from '../base/ids.ts'
import type { InboxItem } from '../protocol/inbox.ts'
import type { Incarnations } from './incarnations.ts'
import { rejection } from './data.ts'
import { collectAll } from './collection.ts'
import type { Pins } from './pins.ts'
import type { BundlePort } from './ports.ts'
import type { Promises } from './promises.ts'
import type { References } from './references.ts'
import type { RunQueue } from './runQueue.ts'
import type { Tables } from './tables/tables.ts'

export interface RequestParts {
  readonly tables: Tables
  readonly references: References
  readonly promises: Promises
  readonly queue: RunQueue
  readonly incarnations: Incarnations
  readonly bundles: BundlePort
  readonly pins: Pins
}

type Items = { readonly [Kind in InboxItem['kind']]: true }

/** The kinds of items that this kernel takes: a host may be newer than the kernel of its store, and must ask. */
const items: Items = { send: true, createVat: true, upgradeVat: true, installWorker: true, forget: true, collectAll: true, setCollection: true, pin: true, unpin: true }
/** Fields that came after their items (`neededFor`). */
const fields = ['upgradeVat.mode', 'createVat.collection']
export const acceptedItems: readonly string[] = [...Object.keys(items), ...fields]

const bytesPerPage = 65_536

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
      default:
        return unreachable(item, 'an inbox item of a kind that this kernel does not know')
    }
  }

  #hold(sequence: number): PromiseKref {
    const { tables, promises, references } = this.#parts
    const result = promises.make()
    references.add(result)
    tables.setResult(sequence, result)
    return result
  }

  #send(sequence: number, { target, methargs, result }: Extract<InboxItem, { kind: 'send' }>): void {
    const { queue, promises } = this.#parts
    const promise = result === 'keep' ? this.#hold(sequence) : null
    const missing = this.#missing([target, ...methargs.slots])
    if (missing === undefined) queue.send(target, { methargs, result: promise })
    else if (promise !== null) promises.settle(promise, 'rejected', rejection({ code: 'object-unknown', message: `there is no object ${missing}` }))
  }

  /** An object that the host names and the kernel does not have: it may have been collected since the host was told of it. */
  #missing(slots: readonly string[]): string | undefined {
    return slots.find((slot) => isObjectKref(slot) && this.#parts.tables.findObject(slot) === undefined)
  }

  #createVat(sequence: number, item: Extract<InboxItem, { kind: 'createVat' }>): void {
    const { tables, queue, incarnations, promises, bundles } = this.#parts
    const result = this.#hold(sequence)
    const refuse = (message: string): void =>
      promises.settle(result, 'rejected', rejection({ code: 'service-refused', message }))
    if (tables.vatNamed(item.name) !== undefined) return refuse(`a vat of the name ${item.name} exists`)
    if (!bundles.has(item.bundle, 'vat')) return refuse(`there is no vat bundle ${item.bundle}`)
    const missing = this.#missing(item.parameters.slots)
    if (missing !== undefined) return refuse(`there is no object ${missing}`)
    const config = tables.config()
    const { computronsPerDelivery = config.computronsPerDelivery, heapLimitBytes, worker = config.worker, collection } = item.options
    const version = tables.worker(worker)
    if (version === undefined) return refuse(`there is no worker version ${worker}`)
    const heapLimitPages = heapLimitBytes === undefined ? config.heapLimitPages : Math.floor(heapLimitBytes / bytesPerPage)
    const vat = incarnations.reserve({ name: item.name, bundle: item.bundle, computronsPerDelivery, heapLimitPages, worker: version, collection })
    queue.push({ kind: 'start', vat, parameters: item.parameters, result })
  }

  #upgradeVat(sequence: number, item: Extract<InboxItem, { kind: 'upgradeVat' }>): void {
    const { vat, bundle, parameters, upgradeMessage, mode } = item
    const { queue, promises, bundles } = this.#parts
    const result = this.#hold(sequence)
    const missing = this.#missing(parameters.slots)
    const refuse = (message: string): void => promises.settle(result, 'rejected', rejection({ code: 'service-refused', message }))
    if (!bundles.has(bundle, 'vat')) return refuse(`there is no vat bundle ${bundle}`)
    if (missing !== undefined) return refuse(`there is no object ${missing}`)
    queue.push({ kind: 'upgrade', vat, bundle, parameters, upgradeMessage, mode, result })
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
    const result = tables.result(sequence)
    if (result === undefined) return
    tables.deleteResult(sequence)
    references.remove(result)
  }
}
