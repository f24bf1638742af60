/**
 * Values that the kernel itself creates or reads: rejections, records of services, their arguments.
 * References in them are `Reference` objects here and slots on the wire.
 */
import { isPromiseKref, type Kref } from '../../base/ids.ts'
import type { CapData } from '../../protocol/capdata.ts'
import { maxReasonLength } from '../../protocol/limits.ts'
import {
  cancelledMessage,
  goneMessage,
  type Disconnection,
  type GoneCode,
  type KernelRejection,
  type ReasonData,
} from '../../protocol/results.ts'
import { makeDecoder } from '../../codec/smallcapsDecode.ts'
import { makeEncoder } from '../../codec/smallcaps.ts'
import { vatErrorOf, vatErrorOfEnd, type VatErrorOf, type VatError } from './vatErrors.ts'

/** A reference in a value of the kernel. */
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
  {
    valueOf: (slot: string, interfaceName: string | undefined) => new Reference(slot as Kref, interfaceName),
  },
  (value) => value,
)

/** Cuts a text of any length that came from a vat to the length shown to people. */
export const cut = (text: string, length: number = maxReasonLength): string =>
  text.slice(0, length).toWellFormed()

/** The part of a text before its first stack frame: frames of the supervisor do not help a reader. */
export const withoutFrames = (text: string): string => text.split(/\n\s*at /, 1)[0] ?? ''

/**
 * The kernel's own reasons. A mark identifies them, never the shape of a reason: a vat may reject with the
 * same shape. The mark stays with the data in the kernel's rows; data that crosses to or from a vat is
 * translated slot by slot (`mapSlots`) and carries no mark.
 */
const kernelReason = (value: unknown, vatError?: VatError): ReasonData => ({
  ...encode(value),
  by: 'kernel',
  ...(vatError === undefined ? {} : { toVats: bodyOf(vatError) }),
})

/** The host gets the record; vats get the error (`vatErrors.ts`), by default that of the record. */
export function rejection(
  given: Omit<KernelRejection, 'name'>,
  errorFor: VatErrorOf = vatErrorOf,
): ReasonData {
  const record = { ...given, message: cut(given.message) }
  return kernelReason({ name: 'KernelRejection', ...record } satisfies KernelRejection, errorFor(record))
}

/** The host gets the vat's own reason. */
export const failureOf = ({ body, slots }: CapData, vatError: VatError): ReasonData => ({
  body,
  slots,
  toVats: bodyOf(vatError),
})

/** The format of `@endo/marshal` for an error, followed by code and cause (`docs/wires/capdata.md`). */
function bodyOf({ name = 'Error', message, code, cause }: VatError): string {
  const { body } = encode(Object.assign(new Error(message), { name }, code === undefined ? {} : { code }))
  return cause === undefined ? body : `${body.slice(0, -1)},"cause":${bodyOf(cause).slice(1)}}`
}

/** The data of a settled promise as vats receive it. */
export const dataForVat = ({ body, slots, toVats }: ReasonData): CapData =>
  toVats === undefined ? { body, slots } : { body: toVats, slots: [] }

/** The rejection of a message to an abandoned object or an ended vat. */
export const gone = (code: GoneCode, vatError?: VatError): ReasonData =>
  kernelReason(Object.assign(new Error(goneMessage), { code }), vatError)

/** The rejection of a timer promise whose wakeup was cancelled. */
export const timerCancelled = (): ReasonData =>
  kernelReason(Object.assign(new Error(cancelledMessage), { code: 'timer-cancelled' }))

/** Decodes data that a vat settled a promise with; returns undefined if it is garbage. */
export function decodeAny(data: CapData): unknown {
  try {
    return decode(data)
  } catch {
    return undefined
  }
}

/** For an upgrade vats get the record, as in SwingSet; for the end of the vat an error. */
export const disconnection = (record: Disconnection): ReasonData =>
  kernelReason(
    record,
    record.name === 'vatUpgraded' ? undefined : vatErrorOfEnd({ message: record.upgradeMessage }),
  )
