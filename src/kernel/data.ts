/**
 * Values that the kernel itself makes or reads: rejections, records of services, their arguments.
 * References in them are `Reference` objects here and slots on the wire.
 */
import { isPromiseKref } from '../base/ids.ts'
import type { Kref } from '../base/ids.ts'
import type { CapData } from '../protocol/capdata.ts'
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

export const rejection = (record: Omit<KernelRejection, 'name'>): CapData =>
  encode({ name: 'KernelRejection', ...record } satisfies KernelRejection)

/** With what a message to something that is gone is rejected. */
export const gone = (code: GoneCode): CapData => encode(Object.assign(new Error(goneMessage), { code }))

export const disconnection = (record: Disconnection): CapData => encode(record)
