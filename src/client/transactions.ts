/** Makes transactions (`protocol/node/transaction.ts`). */
import { ed25519 } from '@noble/curves/ed25519.js'
import { sha256 } from '@noble/hashes/sha2.js'
import {
  bodyOffset,
  canonicalJson,
  signedBytes,
  transactionBytes,
  type AccountMessage,
  type TransactionBody,
} from '../protocol/node/transaction.ts'
import { toHex } from './bytes.ts'
import { addressOf, type Key } from './keys.ts'

/** What is signed. */
export interface TransactionFields {
  /** The id of the chain. */
  readonly chain: string
  /** The last height at which it may be executed. */
  readonly expires: number
  /** The most that the sender pays. */
  readonly fee: bigint | number | string
  readonly message: AccountMessage
  /** Default: 64 random bits. */
  readonly nonce?: bigint | string
  /** Default: the account that the key founds. Another one after `accounts/set-key`. */
  readonly sender?: string
}

/** The bytes of the transaction, signed. */
export function signTransaction(key: Key, fields: TransactionFields): Uint8Array {
  const { chain, expires, fee, message, nonce = randomNonce(), sender = addressOf(key) } = fields
  const body: TransactionBody = { chain, expires, fee: String(fee), message, nonce: String(nonce), sender }
  const encoded = new TextEncoder().encode(canonicalJson(body))
  const signature = ed25519.sign(signedBytes(key.publicKey, encoded), key.seed)
  return transactionBytes(signature, key.publicKey, encoded)
}

/** SHA-256 of the bytes, in hexadecimal digits: the name of the transaction. */
export const hashOfTransaction = (bytes: Uint8Array): string => toHex(sha256(bytes))

/** The last height at which the transaction may be executed. It is not checked otherwise. */
export function expiryOf(bytes: Uint8Array): number {
  const body = JSON.parse(new TextDecoder().decode(bytes.subarray(bodyOffset))) as TransactionBody
  return body.expires
}

function randomNonce(): bigint {
  const [nonce = 0n] = crypto.getRandomValues(new BigUint64Array(1))
  return nonce
}
