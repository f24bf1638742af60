/**
 * The errors that vats get for a rejection by the kernel, where the host gets a record.
 *
 * To1. The message begins with the words that vats and libraries written for SwingSet look for. This kernel's
 *      own explanation follows; where the message must be those words and nothing else, it is the cause of
 *      the error.
 * To2. The error has the code of the record, so that no one has to parse texts.
 */
import { goneMessage, type KernelRejection, type RejectionCode } from '../../protocol/results.ts'

/** An error with which the kernel rejects vats. */
export interface VatError {
  readonly name?: 'Error' | 'TypeError'
  readonly message: string
  /** Of the record, or of the refusal of a start or a replay. */
  readonly code?: string
  readonly cause?: VatError
}

type RejectionRecord = Omit<KernelRejection, 'name'>

/** The error that vats get for a record. */
export type VatErrorOf = (record: RejectionRecord) => VatError

/** SwingSet's words for the codes that have any. */
const words: { readonly [Code in RejectionCode]?: string } = {
  'upgrade-refused': 'vat-upgrade failure',
  'start-refused': 'Vat Creation Error',
  'computrons-exhausted': 'Compute meter exceeded',
  'heap-exhausted': 'Allocate meter exceeded',
  'meter-exhausted': 'meter underflow',
}

/** The error for a record. The reason why a start or an upgrade was refused is its cause. */
export function vatErrorOf(record: RejectionRecord): VatError {
  const { code, reason } = record
  const cause = reason === undefined ? {} : { cause: { message: reason.message, code: reason.code } }
  return { message: messageOf(record), code, ...cause }
}

function messageOf({ code, message, reason, vat }: RejectionRecord): string {
  const begin = words[code]
  if (begin === undefined) return message
  // Here the words of the vat's own error follow directly.
  return code === 'start-refused' && reason !== undefined
    ? `${begin}: ${reason.message} (vat ${vat} did not start)`
    : `${begin}: ${message}`
}

/**
 * For pending answers of a vat that has ended, by its fault for instance. Callers that know these words
 * retry.
 */
export const vatErrorOfEnd = (cause: VatError): VatError => ({
  message: goneMessage,
  code: 'vat-terminated',
  cause,
})

/** For those that wait for the end of a vat that ended by its fault. */
export function vatErrorOfFault(record: RejectionRecord): VatError {
  const error = vatErrorOf(record)
  return record.code === 'meter-exhausted'
    ? { ...error, message: `meter underflow, vat terminated: ${record.message}` }
    : error
}
