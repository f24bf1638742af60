/**
 * Values that the kernel itself makes or reads: rejections, records of services, their arguments.
 * References in them are `Reference` objects here and slots on the wire.
 */
import { isPromiseKref } from '../base/ids.ts'
import type { Kref } from '../base/ids.ts'
import type { CapData } from '../protocol/capdata.ts'
import { maximumReason } from '../protocol/limits.ts'
import { goneMessage } from '../protocol/results.ts'
import type { Disconnection, GoneCode, KernelRejection } from '../protocol/results.ts'
import { makeDecoder, makeEncoder } from '../protocol/smallcaps.ts'

/** A reference in a value of the kernel's. */
export class Reference {
  readonly kref: Kref
  readonly interfaceName: string | undefined

  constructor(kref: Kref, interfaceName?: string) {
    this.kref = kref
    this.interfaceName = interfaceName
    Object.freeze(this)
  }
}

function krefOf(value: object): Kref {
  if (!(value instanceof Reference)) throw new TypeError('not a reference')
  return value.kref
}

export const encode = makeEncoder(
  {
    classify: (value: object) => {
      if (!(value instanceof Reference)) return undefined
      return isPromiseKref(value.kref) ? 'promise' : 'remotable'
    },
    slotOf: krefOf,
    interfaceOf: (value: object) => (value instanceof Reference ? value.interfaceName : undefined),
  },
  { checkFrozen: false },
)

export const decode: (data: CapData) => unknown = makeDecoder(
  { valueOf: (slot: string, interfaceName: string | undefined) => new Reference(slot as Kref, interfaceName) },
  (value) => value,
)

/** A text that may be as long as a vat likes, as people are told it. */
export const cut = (text: string, length: number = maximumReason): string => text.slice(0, length).toWellFormed()

export const rejection = (record: Omit<KernelRejection, 'name'>): CapData =>
  encode({ name: 'KernelRejection', ...record, message: cut(record.message) } satisfies KernelRejection)

/** With what a message to something that is gone is rejected. */
export const gone = (code: GoneCode): CapData => encode(Object.assign(new Error(goneMessage), { code }))

/** For what a vat has settled a promise with, which may be garbage: then it is undefined. */
export function decodeAny(data: CapData): unknown {
  try {
    return decode(data)
  } catch {
    return undefined
  }
}

/** What a value that somebody was told says to people. It may be the body of a vat, which may be garbage. */
export function textOf(data: CapData): string {
  const value = decodeAny(data)
  const text = typeof value === 'string' ? value : messageOf(value) ?? data.body.replace(/^#/, '')
  return cut(text)
}

function messageOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || !('message' in value)) return undefined
  return typeof value.message === 'string' ? value.message : undefined
}

export const disconnection = (record: Disconnection): CapData => encode(record)
