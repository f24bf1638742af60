/** The arguments of messages of accounts: smallcaps without slots. */
import { CodedError } from '../../../base/errors.ts'
import { decodeValue, encodeValue } from '../../../api/values.ts'
import type { JsonValue } from '../../../protocol/node/fields.ts'
import { refuseTransaction } from '../../transactions/refusal.ts'

/** The list of arguments. Whatever `checkArguments` accepts can be sent. */
export const decodeArguments = (args: JsonValue): unknown[] =>
  decodeValue({ body: `#${JSON.stringify(args)}`, slots: [] }) as unknown[]

/** Refuses what is not a list of values that can be sent. */
export function checkArguments(method: string, args: JsonValue): void {
  try {
    if (!Array.isArray(args)) refuseTransaction('kernel/refused', 'the arguments are a list, as smallcaps')
    encodeValue([method, decodeArguments(args)])
  } catch (error) {
    if (!(error instanceof CodedError)) throw error
    refuseTransaction('kernel/refused', error.message)
  }
}
