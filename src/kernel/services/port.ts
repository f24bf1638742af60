/**
 * A port as an object: a vat's end of a channel to the host.
 *
 * | method                 | answer                                                                 |
 * |------------------------|------------------------------------------------------------------------|
 * | `send(data)`           | the number of the item, once it is recorded for the host               |
 * | `onReceive(handler)`   | undefined; from now on `handler.receive(data, number)` gets the items  |
 */
import { isPromiseKref, type ObjectKref } from '../../base/ids.ts'
import type { CapData } from '../../protocol/capdata.ts'
import { portLimits } from '../../protocol/limits.ts'
import { encode } from '../objects/kernelValues.ts'
import type { Service } from '../tables/records.ts'
import {
  answer,
  nameOf,
  objectOf,
  refusal,
  type ServiceCall,
  type Methods,
  type Reply,
  type ServiceParts,
} from './service.ts'

type Port = Extract<Service, { kind: 'port' }>

export const port: Methods<Port> = { send, onReceive }

const isSettled = (data: CapData): data is CapData<ObjectKref> =>
  data.slots.every((slot) => !isPromiseKref(slot))

function send({ traffic }: ServiceParts, { name }: Port, { args }: ServiceCall): Reply {
  if (args.length !== 1) return refusal(`send takes one argument, not ${args.length}`)
  const item = encode(args[0])
  if (!isSettled(item)) return refusal('an item for the host cannot hold a promise; send what it settles to')
  const { body, slots } = portLimits
  if (item.body.length > body || item.slots.length > slots) {
    return refusal(
      `the item has ${item.body.length} characters and ${item.slots.length} references; the limits are ${body} and ${slots}`,
    )
  }
  const number = traffic.send(name, item)
  if (number === undefined)
    return refusal(
      `the host has not acknowledged the last ${portLimits.unacknowledged} items of port ${name}`,
      'port-full',
    )
  return answer(encode(number))
}

function onReceive(
  { traffic, tables }: ServiceParts,
  { name }: Port,
  { args: [handler] }: ServiceCall,
): Reply {
  const object = objectOf(handler)
  if (handler !== undefined && object === undefined)
    return refusal(`a handler is an object with the method receive, or undefined, not ${nameOf(handler)}`)
  if (object !== undefined && tables.object(object).owner === 'kernel')
    return refusal('an object of the kernel receives nothing')
  traffic.receiveWith(name, object ?? null)
  return answer(encode(undefined))
}
