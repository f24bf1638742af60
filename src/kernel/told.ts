/**
 * What vats are told of a rejection by the kernel: an error, where the host gets a record.
 *
 * To1. The message begins with the words that vats and libraries written for SwingSet look for. What this kernel has to
 *      say stands behind them; where a message must be those words and nothing else, it is the cause of the error.
 * To2. The error has the code of the record, so that nobody has to read texts.
 */
import { goneMessage } from '../protocol/results.ts'
import type { KernelRejection, RejectionCode } from '../protocol/results.ts'

/** An error with which the kernel rejects vats. */
export interface ToldError {
  readonly name?: 'Error' | 'TypeError'
  readonly message: string
  /** Of the record, or of the refusal of a start or a replay. */
  readonly code?: string
  readonly cause?: ToldError
}

type Record = Omit<KernelRejection, 'name'>

/** What vats are told of a record. */
export type Tell = (record: Record) => ToldError

/** The words for each code for which SwingSet has any. */
const words: { readonly [Code in RejectionCode]?: string } = {
  'upgrade-refused': 'vat-upgrade failure',
  'start-refused': 'Vat Creation Error',
  'computrons-exhausted': 'Compute meter exceeded',
  'heap-exhausted': 'Allocate meter exceeded',
  'meter-exhausted': 'meter underflow',
}

/** The error for a record. What a start or an upgrade was refused for is its cause. */
export function toldOf(record: Record): ToldError {
  const { code, reason } = record
  const cause = reason === undefined ? {} : { cause: { message: reason.message, code: reason.code } }
  return { message: messageOf(record), code, ...cause }
}

function messageOf({ code, message, reason, vat }: Record): string {
  const begin = words[code]
  if (begin === undefined) return message
  // Here the words of the vat's own error follow at once.
  return code === 'start-refused' && reason !== undefined ? `${begin}: ${reason.message} (vat ${vat} did not start)` : `${begin}: ${message}`
}

/** For whoever waits for an answer of a vat that has ended, by its fault for instance. Who knows these words tries again. */
export const toldOfEnd = (cause: ToldError): ToldError => ({ message: goneMessage, code: 'vat-terminated', cause })

/** For whoever waits for the end of a vat that ended by its fault. */
export function toldOfFault(record: Record): ToldError {
  const told = toldOf(record)
  return record.code === 'meter-exhausted' ? { ...told, message: `meter underflow, vat terminated: ${record.message}` } : told
}
