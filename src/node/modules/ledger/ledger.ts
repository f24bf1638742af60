/**
 * The ledger: units that accounts hold and transfer.
 *
 * Led1. The sum of all balances changes only by a mint.
 * Led2. Vats hear of each transfer and mint once, in their order, at the port `ledger`: the item is owed in
 *       the same step as the change (`debts.ts`).
 * Led3. Vats transfer from the account of the port only. Each request is answered at the port by its number.
 */
import { hash } from 'node:crypto'
import { isRecord } from '../../../base/guards.ts'
import type { JsonValue } from '../../../protocol/node/fields.ts'
import { addressOfHash } from '../../../protocol/node/transaction.ts'
import { Draft } from '../../state/hostState.ts'
import { isAddress, isAmount } from '../../transactions/fields.ts'
import { refuseTransaction, TransactionRefusal } from '../../transactions/refusal.ts'
import type { Context, Module } from '../module.ts'
import { refuseQuery } from '../query.ts'
import { balanceOf, credit, debit, totalOf } from './balances.ts'
import { owe, owedCount } from './debts.ts'

/** The port at which vats hear of the ledger and ask for transfers. */
export const ledgerPort = 'ledger'

/** The account of the vats behind the port. */
export const portAccount = addressOfHash(hash('sha256', `port/${ledgerPort}`))

interface Transfer {
  readonly from: string
  readonly to: string
  readonly amount: bigint
  readonly memo?: string | undefined
}

/** Moves an amount, if the sender has it. */
export function transfer({ state, emit }: Context, { from, to, amount, memo }: Transfer): void {
  debit(state, from, amount)
  credit(state, to, amount)
  const change = { from, to, amount: String(amount), ...(memo === undefined ? {} : { memo }) }
  owe(state, ledgerPort, { kind: 'transfer', ...change })
  emit('transfer', change)
}

export const ledger: Module<'ledger/transfer' | 'ledger/mint'> = {
  name: 'ledger',
  messages: {
    'ledger/transfer': (context, { to, amount, memo }, by) => {
      if (by.kind !== 'account') return refuseTransaction('ledger/insufficient', 'a vote has no account')
      transfer(context, { from: by.address, to, amount: BigInt(amount), memo })
      return null
    },
    'ledger/mint': ({ state, emit }, { to, amount }) => {
      credit(state, to, BigInt(amount))
      owe(state, ledgerPort, { kind: 'mint', to, amount })
      emit('mint', { to, amount })
      return null
    },
  },
  queries: {
    balance: (state, [address = '']) => {
      if (!isAddress(address)) refuseQuery('an address: h1 and 40 hexadecimal digits')
      return { address, balance: String(balanceOf(state, address)) }
    },
    total: (state) => ({ total: String(totalOf(state)) }),
    owed: (state) => ({ port: ledgerPort, waiting: owedCount(state, ledgerPort) }),
  },
  begin(state, { accounts }) {
    for (const { address, balance } of accounts) credit(state, address, BigInt(balance))
  },
}

/**
 * What a vat asked for at the port: `{ kind: 'transfer', to, amount }`, with the amount as a bigint or
 * digits. The answer is owed to it: `{ kind: 'answer', number, outcome, code? }` (Led3).
 */
export function takeRequest(context: Context, number: number, item: unknown): void {
  const answer = (outcome: string, code: string | null): void => {
    const data: JsonValue = { kind: 'answer', number, outcome, ...(code === null ? {} : { code }) }
    owe(context.state, ledgerPort, data)
  }
  const request = readRequest(item)
  if (request === undefined) return answer('refused', 'ledger/malformed')
  const state = new Draft(context.state)
  try {
    transfer({ ...context, state }, { from: portAccount, ...request })
  } catch (error) {
    if (!(error instanceof TransactionRefusal)) throw error
    return answer('refused', error.code)
  }
  context.state.take(state.changes())
  answer('done', null)
}

function readRequest(item: unknown): Omit<Transfer, 'from'> | undefined {
  if (!isRecord(item) || item['kind'] !== 'transfer' || !isAddress(item['to'])) return undefined
  const { amount } = item
  const digits = typeof amount === 'bigint' ? String(amount) : amount
  return isAmount(digits) ? { to: item['to'] as string, amount: BigInt(digits) } : undefined
}
