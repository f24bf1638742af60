/**
 * Values between the host and vats: passable data, with objects of vats as `Remote`.
 */
import { isObjectKref, type ObjectKref } from '../base/ids.ts'
import { CodedError } from '../base/errors.ts'
import type { CapData } from '../protocol/capdata.ts'
import { refuse } from '../protocol/codes.ts'
import { deliveryLimits, messageLimits } from '../protocol/limits.ts'
import { makeDecoder } from '../codec/smallcapsDecode.ts'
import { makeEncoder } from '../codec/smallcaps.ts'
import { calledFrom, callSite } from './callSites.ts'

declare const remoteInterface: unique symbol

/**
 * An object of a vat or of the kernel, as the host holds it: it can be sent, and sent to. `T` is the
 * interface that its vat declares: `controller.root<Bank>('bank')`. It is for the compiler only.
 */
export class Remote<T = unknown> {
  declare readonly [remoteInterface]?: T
  /** Its name in the kernel. */
  readonly kref: ObjectKref
  /** Its own description of itself, unverified. */
  readonly interfaceName: string

  constructor(kref: ObjectKref, interfaceName = 'Alleged: object') {
    this.kref = kref
    this.interfaceName = interfaceName
    Object.freeze(this)
  }
}

/** A promise of the kernel in data that the host reads; it cannot be sent to. */
export class RemotePromise {
  readonly kref: string

  constructor(kref: string) {
    this.kref = kref
    Object.freeze(this)
  }
}

/** Anyone can make a `Remote`; only the name of an object may reach the kernel. */
export function krefOf({ kref }: Remote<unknown>): ObjectKref {
  if (typeof kref !== 'string' || !isObjectKref(kref))
    refuse('value/not-passable', `${JSON.stringify(kref)} is not an object of the kernel`)
  return kref
}

const encode = makeEncoder(
  {
    classify: (value: object) => (value instanceof Remote ? 'remotable' : undefined),
    slotOf: (value: object) => krefOf(value as Remote),
    interfaceOf: (value: object) => (value as Remote).interfaceName,
  },
  { checkFrozen: false },
)

/**
 * A refusal's stack has the caller's lines, not those of the encoder, which may be nested as deep as the
 * value.
 */
function encodeFromHere(value: unknown): CapData {
  try {
    return encode(value)
  } catch (error) {
    throw error instanceof CodedError ? calledFrom(error, callSite(encodeFromHere)) : error
  }
}

export const decodeValue: (data: CapData) => unknown = makeDecoder(
  {
    valueOf: (slot: string, interfaceName: string | undefined) =>
      isObjectKref(slot) ? new Remote(slot, interfaceName) : new RemotePromise(slot),
  },
  (value) => value,
)

/** @throws CodedError `value/not-passable`, `value/too-large` */
export function encodeValue(value: unknown): CapData {
  const data = encodeFromHere(value)
  if (data.body.length > messageLimits.body || data.slots.length > messageLimits.slots) {
    refuse(
      'value/too-large',
      `a message of ${data.body.length} characters and ${data.slots.length} references; the limits are ${messageLimits.body} and ${messageLimits.slots}`,
    )
  }
  // The inbox keeps the body as text, which may be longer.
  if (data.body.length > deliveryLimits.written / 6 && JSON.stringify(data).length > deliveryLimits.written) {
    refuse('value/too-large', `a message of more than ${deliveryLimits.written} characters as JSON`)
  }
  return data
}
