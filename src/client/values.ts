/** The arguments and the answers of messages to vats: smallcaps without slots. */
import { makeEncoder } from '../codec/smallcaps.ts'
import { makeDecoder } from '../codec/smallcapsDecode.ts'
import type { JsonValue } from '../protocol/node/fields.ts'

/** An object or a promise of a vat in an answer. It is only a sign: no account can send to it. */
export class VatObject {
  readonly kind: 'object' | 'promise'
  /** What the object calls itself, such as `Alleged: Purse`; unverified. */
  readonly name: string

  constructor(kind: VatObject['kind'], name: string) {
    this.kind = kind
    this.name = name
    Object.freeze(this)
  }
}

const encode = makeEncoder(
  { classify: () => undefined, slotOf: () => '', interfaceOf: () => undefined },
  { checkFrozen: false },
)

const decode = makeDecoder(
  {
    valueOf: (_slot, name, kind) =>
      new VatObject(kind === 'promise' ? 'promise' : 'object', name ?? 'Alleged: object'),
  },
  (value) => value,
)

/**
 * The `args` of a `kernel/send`: data of any kind, bigints, `undefined`, NaN and errors too.
 * @throws CodedError `value/not-passable` with the path of what cannot be sent
 */
export const encodeArguments = (...values: readonly unknown[]): JsonValue =>
  JSON.parse(encode(values).body.slice(1)) as JsonValue

/**
 * The value of an answer, or the reason of a rejection. Objects of vats are `VatObject`.
 * @throws CodedError `value/not-passable`
 */
export function decodeResult(value: JsonValue): unknown {
  const text = JSON.stringify(value)
  return decode({ body: `#${text}`, slots: slotsIn(text) })
}

/** A name for each slot that the text may mention. */
function slotsIn(text: string): string[] {
  let count = 0
  for (const [, digits] of text.matchAll(/"[$&](\d{1,5})/g)) count = Math.max(count, Number(digits) + 1)
  return Array.from({ length: count }, (_, index) => String(index))
}
