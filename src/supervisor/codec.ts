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

const classify = (value: object): 'remotable' | 'promise' | undefined => {
  if (value instanceof Promise) return 'promise'
  return isRemotable(value) ? 'remotable' : undefined
}

const outlivesIncarnation = (vref: Vref): boolean => vref.startsWith('o-') || isDurableVref(vref)

function durableSlot(slots: Slots, value: object): Vref {
  const vref = slots.vrefOf(value)
  if (vref !== undefined && outlivesIncarnation(vref)) return vref
  const name = value instanceof Promise ? 'a promise' : (interfaceOf(value) ?? 'an object')
  return refuse('value/not-durable', `durable data cannot refer to ${name}: it ends with this incarnation`, { name })
}

export function makeCodec(slots: Slots, sources: Sources): Codec {
  const exportSlot = (value: object): Vref => {
    const known = slots.vrefOf(value)
    if (known !== undefined) return known
    return value instanceof Promise ? sources.exportPromise(value) : slots.exportObject(harden(value))
  }
  const reference = (vref: Vref, interfaceName?: string): object => {
    const known = slots.valueOf(vref)
    if (known !== undefined) return known
    if (isPromiseVref(vref)) return sources.importPromise(vref)
    if (isObjectVref(vref) && isDurableVref(vref)) return sources.representative(vref)
    if (isObjectVref(vref) && allocatorOf(vref) === 'kernel') return sources.makePresence(vref, interfaceName)
    return refuse('value/not-passable', `the slot ${JSON.stringify(vref)} names nothing in this vat`)
  }
  const hooks = { classify, interfaceOf, slotOf: exportSlot }
  return {
    encode: makeEncoder(hooks, { checkFrozen: false }) as (value: unknown) => CapData<Vref>,
    encodeDurable: makeEncoder({ ...hooks, slotOf: (value: object) => durableSlot(slots, value) }) as (value: unknown) => CapData<Vref>,
    decode: makeDecoder({ valueOf: (slot, interfaceName) => reference(slot as Vref, interfaceName) }, harden),
    reference,
  }
}
