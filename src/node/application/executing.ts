/**
 * Executes the transactions of a block on a draft of the host's state.
 *
 * Exe1. A transaction whose form, signature, chain, key, nonce, expiry and fee are right uses up its nonce
 *       and pays, even if its message is refused then; any other leaves no trace.
 * Exe2. A message that is refused leaves nothing on the draft.
 */
import { assert } from '../../base/errors.ts'
import type { JsonValue } from '../../protocol/node/fields.ts'
import { resultCodes, type ResultCode } from '../../protocol/node/resultCodes.ts'
import type { CheckResult, NodeEvent, TransactionResult } from '../../protocol/node/views.ts'
import { isKeyOf, isNonceUsed, useNonce } from '../modules/accounts/accounts.ts'
import { assertTakesMessages } from '../modules/kernel/kernel.ts'
import { balanceOf, credit, debit, feeAccount } from '../modules/ledger/balances.ts'
import { execute } from '../modules/modules.ts'
import type { Context } from '../modules/module.ts'
import { parameterOf } from '../modules/parameters/parameters.ts'
import { Draft, type StateReader } from '../state/hostState.ts'
import { hashOfTransaction, readTransaction, type Transaction } from '../transactions/readTransaction.ts'
import { refuseTransaction, TransactionRefusal } from '../transactions/refusal.ts'
import { metaOf } from '../state/meta.ts'

/** The fee of a transaction by the parameters of now. */
export function feeOf(state: StateReader, { message, bytes }: Transaction): bigint {
  const kind = message.kind
  const perKind =
    kind === 'kernel/upload-chunk' ? 'fees.upload' : kind === 'kernel/send' ? 'fees.kernel' : 'fees.host'
  return BigInt(parameterOf(state, perKind)) + BigInt(parameterOf(state, 'fees.byte')) * BigInt(bytes)
}

/** Exe1. Returns the fee, or throws the reason why the transaction leaves no trace. */
function admit(state: StateReader, transaction: Transaction, height: number): bigint {
  const { chain, sender, key, expires, nonce, fee } = transaction
  const own = metaOf(state)?.chain
  if (chain !== own) refuseTransaction('tx/wrong-chain', `this is ${own}, not ${chain}`)
  if (!isKeyOf(state, sender, key)) refuseTransaction('tx/wrong-key', `${sender} does not sign with this key`)
  if (expires < height) refuseTransaction('tx/expired', `it expired at height ${expires}; this is ${height}`)
  const last = height + parameterOf(state, 'transactions.lifetime')
  if (expires > last) refuseTransaction('tx/expires-too-late', `it may expire at height ${last} at most`)
  if (isNonceUsed(state, { sender, nonce, expires }, height))
    refuseTransaction('tx/nonce-used', `${sender} has used nonce ${nonce}`)
  const due = feeOf(state, transaction)
  if (BigInt(fee) < due) refuseTransaction('tx/fee-too-low', `the fee is ${due}, more than ${fee}`)
  const balance = balanceOf(state, sender)
  if (balance < due) refuseTransaction('tx/cannot-pay', `${sender} has ${balance}, and the fee is ${due}`)
  return due
}

/** Takes the fee and the nonce of a transaction. Returns the fee; throws as `admit` does. */
export function charge(state: Draft, transaction: Transaction, height: number): bigint {
  const due = admit(state, transaction, height)
  debit(state, transaction.sender, due)
  credit(state, feeAccount, due)
  useNonce(state, transaction)
  return due
}

/** What a transaction paid. */
export interface PaidFee {
  readonly from: string
  readonly amount: string
}

/** A transaction of a block: its result, its events and its fee. */
export interface Executed {
  readonly result: TransactionResult
  readonly events: readonly NodeEvent[]
  readonly paid: PaidFee | null
}

export function executeTransaction(context: Context, bytes: Uint8Array): Executed {
  const { state, height } = context
  let transaction: Transaction
  let due: bigint
  try {
    transaction = readTransaction(bytes)
    due = charge(state, transaction, height)
  } catch (error) {
    return refused(hashOfTransaction(bytes), error)
  }
  const paid = due === 0n ? null : { from: transaction.sender, amount: String(due) }
  return { ...executeMessage(context, transaction, Number(due)), paid }
}

/** Exe2. */
function executeMessage(context: Context, transaction: Transaction, gas: number): Omit<Executed, 'paid'> {
  const { hash, sender, message } = transaction
  const state = new Draft(context.state)
  const events: NodeEvent[] = []
  const emit: Context['emit'] = (kind, data) => void events.push({ kind, transaction: hash, data })
  try {
    const by = { kind: 'account', address: sender, transaction: hash } as const
    const data = execute({ ...context, state, emit }, message, by)
    context.state.take(state.changes())
    return { result: resultOf(hash, 'ok', { gas, data }), events }
  } catch (error) {
    if (!(error instanceof TransactionRefusal)) throw error
    return { result: resultOf(hash, error.code, { gas, log: error.message }), events: [] }
  }
}

function refused(hash: string, error: unknown): Executed {
  if (!(error instanceof TransactionRefusal)) throw error
  return { result: resultOf(hash, error.code, { log: error.message }), events: [], paid: null }
}

export function resultOf(
  hash: string,
  code: ResultCode,
  { gas = 0, data = null, log = '' }: { readonly gas?: number; readonly data?: JsonValue; readonly log?: string },
): TransactionResult {
  return { hash, code, number: resultCodes[code], gas, data, log }
}

const codesByNumber = new Map<number, ResultCode>(
  Object.entries(resultCodes).map(([code, number]) => [number, code as ResultCode]),
)

/** The code with this number. */
export function codeOfNumber(number: number): ResultCode {
  const code = codesByNumber.get(number)
  assert(code !== undefined, 'a result has a number of the table')
  return code
}

/** What the transaction would come to in the next block, as far as the committed state shows. */
export function checkTransaction(state: StateReader, bytes: Uint8Array, height: number): CheckResult {
  const hash = hashOfTransaction(bytes)
  try {
    const transaction = readTransaction(bytes)
    admit(state, transaction, height)
    const { kind } = transaction.message
    if (kind === 'kernel/send') assertTakesMessages(state)
    return { code: 'ok', number: 0, log: '', hash, priority: priorityOf(bytes) }
  } catch (error) {
    if (!(error instanceof TransactionRefusal)) throw error
    return { code: error.code, number: resultCodes[error.code], log: error.message, hash, priority: 'ordinary' }
  }
}

/** Which transactions come first in a block; any bytes have a priority. */
export function priorityOf(bytes: Uint8Array): CheckResult['priority'] {
  try {
    return readTransaction(bytes).message.kind.startsWith('governance/') ? 'vote' : 'ordinary'
  } catch (error) {
    if (!(error instanceof TransactionRefusal)) throw error
    return 'ordinary'
  }
}
