/**
 * Objects that the kernel answers for: a message to one is handled here, in its own crank.
 *
 * Sv1. A service has no powers but those of the tables; garbage in a message rejects its result
 *      with `service-refused` and changes nothing.
 *
 * | object      | method                                | answer                                     |
 * |-------------|---------------------------------------|--------------------------------------------|
 * | `vatAdmin`  | `createVat(bundle, { name, parameters })` | `{ root, adminNode }`, once it has started |
 * | `adminNode` | `upgrade(bundle, { parameters, upgradeMessage })` | an `UpgradeResult`                |
 * |             | `status()`                            | `{ name, bundle, incarnation, status }`    |
 */
import { isBundleId } from '../base/ids.ts'
import type { BundleId, ObjectKref, PromiseKref, VatId } from '../base/ids.ts'
import type { CapData } from '../protocol/capdata.ts'
import { isVatName } from '../protocol/names.ts'
import { decode, encode, rejection } from './data.ts'
import type { Incarnations } from './incarnations.ts'
import type { BundlePort } from './ports.ts'
import type { Promises } from './promises.ts'
import type { RunQueue } from './runQueue.ts'
import type { Message, Service, Tables } from './tables.ts'

export interface ServiceParts {
  readonly tables: Tables
  readonly promises: Promises
  readonly queue: RunQueue
  readonly bundles: BundlePort
  readonly incarnations: Incarnations
}

/** What a service says at once: an answer, that it comes later, or why not. */
type Reply =
  | { readonly kind: 'answer'; readonly data: CapData }
  | { readonly kind: 'later' }
  | { readonly kind: 'refuse'; readonly message: string }

type Options = Readonly<Record<string, unknown>>

const later: Reply = { kind: 'later' }
const refusal = (message: string): Reply => ({ kind: 'refuse', message })
const isMessage = (value: unknown): value is readonly [unknown, readonly unknown[]] =>
  Array.isArray(value) && value.length === 2 && Array.isArray(value[1])
/** What was given, as far as it is text: anything else may have no text at all. */
const nameOf = (given: unknown): string => (typeof given === 'string' ? JSON.stringify(given.slice(0, 100)) : typeof given === 'symbol' ? String(given) : `a ${typeof given}`)
const isOptions = (value: unknown): value is Options => typeof value === 'object' && value !== null && !Array.isArray(value)

export class Services {
  readonly #parts: ServiceParts

  constructor(parts: ServiceParts) {
    this.#parts = parts
  }

  receive(target: ObjectKref, { methargs, result }: Message): void {
    const { tables, promises } = this.#parts
    const reply = this.#reply(tables.service(target), methargs, result)
    if (result === null || reply.kind === 'later') return
    if (reply.kind === 'answer') promises.settle(result, 'fulfilled', reply.data)
    else promises.settle(result, 'rejected', rejection({ code: 'service-refused', message: reply.message }))
  }

  #reply(service: Service, methargs: CapData, result: PromiseKref | null): Reply {
    let message: unknown
    try {
      message = decode(methargs)
    } catch (error) {
      return refusal(`the message does not decode: ${error instanceof Error ? error.message : String(error)}`)
    }
    if (!isMessage(message)) return refusal('a message is a method and a list of arguments')
    const [method, [bundle, options = {}]] = message
    if (service.kind === 'vatAdmin' && method === 'createVat') return this.#createVat(bundle, options, result)
    if (service.kind === 'adminNode' && method === 'upgrade') return this.#upgrade(service.vat, bundle, options, result)
    if (service.kind === 'adminNode' && method === 'status') return this.#status(service.vat)
    return refusal(`${service.kind} has no method ${nameOf(method)}`)
  }

  #vatBundle(bundle: unknown): BundleId | undefined {
    const known = typeof bundle === 'string' && isBundleId(bundle) && this.#parts.bundles.has(bundle, 'vat')
    return known ? bundle : undefined
  }

  #createVat(bundle: unknown, options: unknown, result: PromiseKref | null): Reply {
    const { tables, promises, queue, incarnations } = this.#parts
    const id = this.#vatBundle(bundle)
    if (id === undefined) return refusal(`${nameOf(bundle)} is not the id of a vat bundle that is installed`)
    if (!isOptions(options)) return refusal('the options of createVat are a record')
    const { name, parameters } = options
    if (typeof name !== 'string' || !isVatName(name)) return refusal('the option name is the name of the new vat')
    if (tables.vatNamed(name) !== undefined) return refusal(`a vat of the name ${name} exists`)
    const { computronsPerDelivery, heapLimitPages } = tables.config()
    const vat = incarnations.reserve({ name, bundle: id, computronsPerDelivery, heapLimitPages, worker: tables.defaultWorker() })
    queue.push({ kind: 'start', vat, parameters: encode(parameters), result: result ?? promises.make() })
    return later
  }

  #upgrade(vat: VatId, bundle: unknown, options: unknown, result: PromiseKref | null): Reply {
    const { promises, queue } = this.#parts
    const id = this.#vatBundle(bundle)
    if (id === undefined) return refusal(`${nameOf(bundle)} is not the id of a vat bundle that is installed`)
    if (!isOptions(options)) return refusal('the options of upgrade are a record')
    const { parameters, upgradeMessage = 'vat upgraded' } = options
    if (typeof upgradeMessage !== 'string') return refusal('the option upgradeMessage is a string')
    queue.push({ kind: 'upgrade', vat, bundle: id, parameters: encode(parameters), upgradeMessage, result: result ?? promises.make() })
    return later
  }

  #status(vat: VatId): Reply {
    const { name, bundle, incarnation, status } = this.#parts.tables.vat(vat)
    return { kind: 'answer', data: encode({ name, bundle, incarnation, status }) }
  }
}
