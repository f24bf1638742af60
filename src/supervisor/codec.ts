/**
 * Values to capdata and back, over the vat's tables.
 *
 * There are two encoders. What is sent may refer to anything that can be exported; what is stored
 * in durable data may refer only to what outlives this incarnation (imports and durable objects).
 */
import { allocatorOf, isDurableVref, isObjectVref, isPromiseVref } from '../base/ids.ts'
import type { ObjectVref, PromiseVref, Vref } from '../base/ids.ts'
import type { CapData } from '../protocol/capdata.ts'
import { refuse } from '../protocol/codes.ts'
import { makeDecoder, makeEncoder } from '../protocol/smallcaps.ts'
import { classifyPassable } from '../protocol/passable.ts'
import type { Pins } from './pins.ts'
import { interfaceOf, isRemotable } from './remotable.ts'
import type { Slots } from './slots.ts'

/** Where values come from that are not in the tables yet. */
export interface Sources {
  exportPromise(promise: Promise<unknown>): Vref
  importPromise(vref: PromiseVref): object
  makePresence(vref: ObjectVref, interfaceName: string | undefined): object
  representative(vref: ObjectVref): object
}

export interface Codec {
  encode(value: unknown): CapData<Vref>
  encodeDurable(value: unknown): CapData<Vref>
  decode(data: CapData): unknown
  /** The value that a vref names: from the tables, or made now. */
  reference(vref: Vref, interfaceName?: string): object
}

function durableSlot(slots: Slots, pins: Pins, value: object): Vref {
  const vref = slots.vrefOf(value)
  if (vref !== undefined && isDurableVref(vref)) return vref
  if (vref !== undefined && isObjectVref(vref) && allocatorOf(vref) === 'kernel') {
    pins.add(vref)
    return vref
  }
  const name = value instanceof Promise ? 'a promise' : (interfaceOf(value) ?? 'an object')
  return refuse('value/not-durable', `durable data cannot refer to ${name}: it ends with this incarnation`, { name })
}

export function makeCodec(slots: Slots, pins: Pins, sources: Sources): Codec {
  const exportSlot = (value: object): Vref => {
    const known = slots.vrefOf(value)
    if (known !== undefined) return known
    return value instanceof Promise ? sources.exportPromise(value) : slots.exportObject(value)
  }
  const reference = (vref: Vref, interfaceName?: string): object => {
    const known = slots.valueOf(vref)
    if (known !== undefined) return known
    if (isPromiseVref(vref)) return sources.importPromise(vref)
    if (isObjectVref(vref) && isDurableVref(vref)) return sources.representative(vref)
    if (isObjectVref(vref) && allocatorOf(vref) === 'kernel') return sources.makePresence(vref, interfaceName)
    return refuse('value/not-passable', `the slot ${JSON.stringify(vref)} names nothing in this vat`)
  }
  // What is in the tables was found sound when it came there.
  const classify = (value: object): 'remotable' | 'promise' | undefined => {
    const known = slots.vrefOf(value)
    if (known !== undefined) return isPromiseVref(known) ? 'promise' : 'remotable'
    // Messages harden what they carry; plain data is copied, so only what travels by reference matters.
    return value instanceof Promise || isRemotable(value) ? classifyPassable(harden(value)) : undefined
  }
  const hooks = { classify, interfaceOf, slotOf: exportSlot }
  return {
    encode: makeEncoder(hooks, { checkFrozen: false }) as (value: unknown) => CapData<Vref>,
    encodeDurable: makeEncoder({ ...hooks, slotOf: (value: object) => durableSlot(slots, pins, value) }) as (value: unknown) => CapData<Vref>,
    decode: makeDecoder({ valueOf: (slot, interfaceName) => reference(slot as Vref, interfaceName) }, harden),
    reference,
  }
}
