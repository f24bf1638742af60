/**
 * Values that the kernel itself makes or reads: rejections, records of services, their arguments.
 * References in them are `Reference` objects here and slots on the wire.
 */
import { isPromiseKref } from '../base/ids.ts'
import type { Kref } from '../base/ids.ts'
import type { CapData } from '../protocol/capdata.ts'
import { maximumReason } from '../protocol/limits.ts'
import { cancelledMessage, goneMessage } from '../protocol/results.ts'
import type { Disconnection, GoneCode, KernelRejection, ReasonData } from '../protocol/results.ts'
import { makeDecoder, makeEncoder } from '../protocol/smallcaps.ts'
import { toldOf, toldOfEnd } from './told.ts'
import type { Tell, ToldError } from './told.ts'

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

/** What is said before the first frame of a stack: frames of the supervisor say nothing to whoever reads the reason. */
export const withoutFrames = (text: string): string => text.split(/\n\s*at /, 1)[0] ?? ''

/**
 * Reasons of the kernel's own. Who decided is known by the mark, never by the shape of a reason: a vat may
 * reject with the same. The mark stays with the data in the kernel's rows; what crosses to or from a vat
 * is translated slot by slot (`mapSlots`), and has none.
 */
const own = (value: unknown, told?: ToldError): ReasonData => ({ ...encode(value), by: 'kernel', ...(told === undefined ? {} : { toVats: bodyOf(told) }) })

/** The host gets the record; vats get the error (`told.ts`), that of the record where nothing else is said. */
export function rejection(given: Omit<KernelRejection, 'name'>, tell: Tell = toldOf): ReasonData {
  const record = { ...given, message: cut(given.message) }
  return own({ name: 'KernelRejection', ...record } satisfies KernelRejection, tell(record))
}

/** The host gets the reason of the vat itself. */
export const failureOf = ({ body, slots }: CapData, told: ToldError): ReasonData => ({ body, slots, toVats: bodyOf(told) })

/** How `@endo/marshal` writes an error, with the code and the cause behind (`docs/wires/capdata.md`). */
function bodyOf({ name = 'Error', message, code, cause }: ToldError): string {
  const { body } = encode(Object.assign(new Error(message), { name }, code === undefined ? {} : { code }))
  return cause === undefined ? body : `${body.slice(0, -1)},"cause":${bodyOf(cause).slice(1)}}`
}

/** What a vat gets to read of a promise that is settled. */
export const dataForVat = ({ body, slots, toVats }: ReasonData): CapData => (toVats === undefined ? { body, slots } : { body: toVats, slots: [] })

/** With what a message to something that is gone is rejected. */
export const gone = (code: GoneCode, told?: ToldError): ReasonData => own(Object.assign(new Error(goneMessage), { code }), told)

/** With what a promise of the timer is rejected whose wakeup was cancelled. */
export const timerCancelled = (): ReasonData => own(Object.assign(new Error(cancelledMessage), { code: 'timer-cancelled' }))

/** For what a vat has settled a promise with, which may be garbage: then it is undefined. */
export function decodeAny(data: CapData): unknown {
  try {
    return decode(data)
  } catch {
    return undefined
  }
}

/** Of an upgrade vats get the record, as SwingSet's; of the end of the vat an error. */
export const disconnection = (record: Disconnection): ReasonData =>
  own(record, record.name === 'vatUpgraded' ? undefined : toldOfEnd({ message: record.upgradeMessage }))
