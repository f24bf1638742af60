/** A transaction or a message that is refused: with a code whose number all nodes agree on. */
import type { ResultCode } from '../../protocol/node/resultCodes.ts'

export class TransactionRefusal extends Error {
  readonly code: ResultCode

  constructor(code: ResultCode, message: string) {
    super(message)
    this.code = code
  }
}

export const refuseTransaction = (code: ResultCode, message: string): never => {
  throw new TransactionRefusal(code, message)
}
