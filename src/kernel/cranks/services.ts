/**
 * Objects of the kernel: a message to one is handled here, in its own crank, and settles its promise. Each
 * service has a file; its methods are a table.
 */
import { assert } from '../../base/errors.ts'
import type { ObjectKref } from '../../base/ids.ts'
import type { CapData } from '../../protocol/capdata.ts'
import { decode, rejection } from '../objects/kernelValues.ts'
import type { Message, Service } from '../tables/records.ts'
import { adminNode } from '../services/vatAdmin/adminNode.ts'
import { bundleCap } from '../services/vatAdmin/bundleCap.ts'
import { meter } from '../services/vatAdmin/meter.ts'
import { notifier } from '../services/timer/notifier.ts'
import { port } from '../services/port.ts'
import { repeater } from '../services/timer/repeater.ts'
import {
  nameOf,
  refusal,
  type ServiceCall,
  type Methods,
  type Reply,
  type ServiceParts,
} from '../services/service.ts'
import { timer } from '../services/timer/timer.ts'
import { timerBrand, timerClock } from '../services/timer/timerClock.ts'
import { timerIterator, timerNotifier } from '../services/timer/timerNotifier.ts'
import { vatAdmin } from '../services/vatAdmin/vatAdmin.ts'
import { criticalVatKey, vatAdminRoot } from '../services/vatAdmin/vatAdminRoot.ts'
import { vatBound } from '../services/vatAdmin/vatBound.ts'

const methods: { readonly [Kind in Service['kind']]: Methods<Extract<Service, { kind: Kind }>> } = {
  vatAdmin,
  vatAdminRoot,
  criticalVatKey,
  vatBound,
  adminNode,
  bundleCap,
  meter,
  notifier,
  port,
  timer,
  repeater,
  timerClock,
  timerBrand,
  timerNotifier,
  timerIterator,
}

export class Services {
  readonly #parts: ServiceParts

  constructor(parts: ServiceParts) {
    this.#parts = parts
  }

  receive(target: ObjectKref, { methargs, result }: Message): void {
    const { promises, tables } = this.#parts
    assert(tables.object(target).owner === 'kernel', 'a service is an object of the kernel')
    const reply = this.#reply(target, methargs, result)
    if (result === null || reply.kind === 'later') return
    if (reply.kind === 'answer') promises.settle(result, 'fulfilled', reply.data)
    else if (reply.kind === 'reject') promises.settle(result, 'rejected', reply.data)
    else
      promises.settle(result, 'rejected', rejection({ code: reply.code, message: reply.message }, reply.vatErrorOf))
  }

  #reply(target: ObjectKref, methargs: CapData, result: ServiceCall['result']): Reply {
    let message: unknown
    try {
      message = decode(methargs)
    } catch (error) {
      return refusal(`the message does not decode: ${error instanceof Error ? error.message : String(error)}`)
    }
    if (!isMessage(message)) return refusal('a message is a method and a list of arguments')
    const [method, args] = message
    return this.#serve(this.#parts.tables.service(target), method, { target, args, result })
  }

  #serve<Kind extends Service>(service: Kind, method: unknown, asked: Omit<ServiceCall, 'method'>): Reply {
    const table = methods[service.kind] as Methods<Kind>
    if ((typeof method !== 'string' && typeof method !== 'symbol') || !Object.hasOwn(table, method))
      return unknownMethod(service.kind, method, Object.keys(table))
    const serve = table[method] as Methods<Kind>[string]
    return serve(this.#parts, service, { ...asked, method })
  }
}

/** The error that an object of a vat without such a method would throw. */
function unknownMethod(kind: Service['kind'], method: unknown, names: readonly string[]): Reply {
  const said = `${kind} has no method ${nameOf(method)}`
  const words =
    method === undefined || method === null
      ? `Cannot invoke target as a function, the target is an object`
      : `target has no method ${nameOf(method)}, has ${JSON.stringify([...names].sort())}`
  return {
    kind: 'refuse',
    code: 'service-refused',
    message: said,
    vatErrorOf: (record) => ({ name: 'TypeError', message: `${words}: ${said}`, code: record.code }),
  }
}

const isMessage = (value: unknown): value is readonly [unknown, readonly unknown[]] =>
  Array.isArray(value) && value.length === 2 && Array.isArray(value[1])
