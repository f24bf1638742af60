/**
 * Accounts: their keys, and the nonces that they have used.
 *
 * Acc1. A nonce of an account is used once. It is state until the transaction that used it would have expired,
 *       and no transaction is executed after it expires: so none is executed twice.
 */
import { hash } from 'node:crypto'
import { addressOfHash } from '../../../protocol/node/transaction.ts'
import type { Draft, StateReader } from '../../state/hostState.ts'
import { numberId } from '../../state/table.ts'
import { refuseTransaction } from '../../transactions/refusal.ts'
import type { Context, Module } from '../module.ts'
import { balanceOf } from '../ledger/balances.ts'
import { refuseQuery } from '../query.ts'

const keys = 'account.key'

/** One table for each height at which nonces expire. */
const noncesUntil = (height: number): string => `nonce.${numberId(height)}`

/** The address of the account that this key founds. */
export const addressOfKey = (key: string): string => addressOfHash(hash('sha256', Buffer.from(key, 'hex')))

/** Whether the account signs with this key. */
export function isKeyOf(state: StateReader, address: string, key: string): boolean {
  const set = state.get(keys, address)
  return set === undefined ? addressOfKey(key) === address : set === key
}

interface UsedNonce {
  readonly sender: string
  readonly nonce: string
  readonly expires: number
}

/** The account's nonce, in a table of its own for each expiry: the same nonce may be used again later. */
export function isNonceUsed(state: StateReader, { sender, nonce }: UsedNonce, height: number): boolean {
  const until = state.get('nonce', `${sender}/${nonce}`)
  return until !== undefined && Number(until) >= height
}

/** Acc1. */
export function useNonce(state: Draft, { sender, nonce, expires }: UsedNonce): void {
  const id = `${sender}/${nonce}`
  state.set('nonce', id, String(expires))
  state.set(noncesUntil(expires), id, '')
}

/** Forgets nonces of transactions that have expired. */
function forgetNonces({ state, height }: Context): void {
  const table = noncesUntil(height - 1)
  for (const id of state.ids(table)) {
    state.set(table, id, undefined)
    if (state.get('nonce', id) === String(height - 1)) state.set('nonce', id, undefined)
  }
}

export const accounts: Module<'accounts/set-key'> = {
  name: 'accounts',
  messages: {
    'accounts/set-key': ({ state, emit }, { key }, by) => {
      if (by.kind !== 'account') return refuseTransaction('accounts/wrong-key', 'only an account has a key')
      state.set(keys, by.address, key)
      emit('key-set', { address: by.address, key })
      return null
    },
  },
  queries: {
    show: (state, [address = '']) => {
      if (!/^h1[0-9a-f]{40}$/.test(address)) refuseQuery('an address: h1 and 40 hexadecimal digits')
      return { address, balance: String(balanceOf(state, address)), key: state.get(keys, address) ?? null }
    },
  },
  beginBlock: forgetNonces,
}
