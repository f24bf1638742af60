/**
 * Encodes values as capdata and decodes them, using the vat's tables.
 *
 * Sent values may refer to anything that can be exported. So may virtual data; durable data refer only to
 * what outlives this incarnation: imports and durable objects.
 */
import { assert } from '../../base/errors.ts'
import {
  allocatorOf,
  isDurableVref,
  isObjectVref,
  isPromiseVref,
  isStoredVref,
  namesObject,
  type Durability,
  type ObjectVref,
  type PromiseVref,
  type Vref,
} from '../../base/ids.ts'
import type { CapData } from '../../protocol/capdata.ts'
import { refuse } from '../../protocol/codes.ts'
import { makeCallEncoder, makeEncoder } from '../../codec/smallcaps.ts'
import { makeDecoder } from '../../codec/smallcapsDecode.ts'
import { classifyPassable } from '../../codec/passable.ts'
import { notDurable } from './notDurable.ts'
import type { References } from '../memory/references.ts'
import { interfaceOf, isRemotable } from './remotable.ts'
import type { Slots } from '../wire/slots.ts'

/** The source of promises and presences that are not in the tables yet. */
export interface Sources {
  exportPromise(promise: Promise<unknown>): Vref
  importPromise(vref: PromiseVref): object
  makePresence(vref: ObjectVref, interfaceName: string | undefined): object
}

export interface Codec {
  /** For the resolution of a promise. */
  encode(value: unknown): CapData<Vref>
  /** For a message: the call `[method, args]`. */
  encodeCall(method: unknown, args: readonly unknown[]): CapData<Vref>
  /** For the vat's space. The value is hardened. Refuses with `value/not-durable` or `value/not-passable`. */
  encodeStored(value: unknown, durability: Durability): CapData<Vref>
  decode(data: CapData): unknown
  /** The value for a vref: from the tables, or created now. */
  reference(vref: Vref, interfaceName?: string): object
  /** The name by which stored data may refer to the object; refuses as `encodeStored` does. */
  storedSlot(value: object, durability: Durability): ObjectVref
}

const outlivesIncarnation = (vref: ObjectVref): boolean =>
  isDurableVref(vref) || allocatorOf(vref) === 'kernel'

/** `slot`: the number of references in the value before this one. */
function storedSlot(slots: Slots, value: object, durability: Durability, slot = 0): ObjectVref {
  if (value instanceof Promise) {
    if (durability === 'virtual') return slots.nameStoredPromise(value)
    throw notDurable({ slot, reason: 'durable data cannot refer to a promise' })
  }
  const vref = slots.vrefOf(value) as ObjectVref | undefined
  if (durability === 'virtual') return vref ?? slots.nameObject(value)
  if (vref !== undefined && outlivesIncarnation(vref)) return vref
  throw notDurable({
    slot,
    reason: `durable data cannot refer to ${interfaceOf(value) ?? 'an object'}: it ends with this incarnation`,
  })
}

export function makeCodec(slots: Slots, references: References, sources: Sources): Codec {
  const exportSlot = (value: object): Vref => {
    const known = slots.vrefOf(value)
    if (known === undefined)
      return value instanceof Promise ? sources.exportPromise(value) : slots.exportObject(value)
    if (namesObject(known)) leave(known, value)
    return known
  }
  const leave = (vref: ObjectVref, value: object): void => {
    if (isStoredVref(vref)) references.noteExported(vref)
    else if (allocatorOf(vref) === 'vat') slots.exportAs(vref, value)
  }
  const reference = (vref: Vref, interfaceName?: string): object => {
    const known = slots.valueOf(vref)
    if (known !== undefined) return known
    if (isPromiseVref(vref)) return sources.importPromise(vref)
    if (isObjectVref(vref) && isStoredVref(vref)) return references.keeperOf(vref).representative(vref)
    if (isObjectVref(vref) && allocatorOf(vref) === 'kernel') {
      references.noteImported(vref)
      return sources.makePresence(vref, interfaceName)
    }
    return refuse('value/not-passable', `the slot ${JSON.stringify(vref)} names nothing in this vat`)
  }
  // Values in the tables were checked when they were added.
  const classify = (value: object): 'remotable' | 'promise' | undefined => {
    const known = slots.vrefOf(value)
    if (known !== undefined) return namesObject(known) ? 'remotable' : 'promise'
    // Messages harden their contents; plain data is copied, so only values that travel by reference matter.
    return value instanceof Promise || isRemotable(value) ? classifyPassable(harden(value)) : undefined
  }
  /**
   * The number of slots of the current encoding. The encoder may be reentered while it runs, by a trap of a
   * proxy.
   */
  let taken = 0
  const storedEncoder = (durability: Durability): ((value: unknown) => CapData<Vref>) => {
    const encode = makeEncoder({
      classify,
      interfaceOf,
      slotOf: (value) => storedSlot(slots, value, durability, taken++),
    }) as (value: unknown) => CapData<Vref>
    return (value) => {
      const outer = taken
      taken = 0
      try {
        const data = encode(value)
        assert(data.slots.length === taken, 'each reference in stored data has one slot')
        return data
      } finally {
        taken = outer
      }
    }
  }
  const stored = { durable: storedEncoder('durable'), virtual: storedEncoder('virtual') }
  const exporting = { classify, interfaceOf, slotOf: exportSlot }
  return {
    encode: makeEncoder(exporting, { checkFrozen: false }) as Codec['encode'],
    encodeCall: makeCallEncoder(exporting, { checkFrozen: false }) as Codec['encodeCall'],
    encodeStored: (value, durability) => stored[durability](harden(value)),
    decode: makeDecoder({ valueOf: (slot, interfaceName) => reference(slot as Vref, interfaceName) }, harden),
    reference,
    storedSlot: (value, durability) => storedSlot(slots, value, durability),
  }
}
