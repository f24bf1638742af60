/**
 * Transactions: the bytes that an account signs.
 *
 * ```
 * 64 bytes   the signature (ed25519) of: "heirloom/tx/1\n", the public key, the body
 * 32 bytes   the public key
 * the rest   the body: JSON in its canonical form, in UTF-8
 * ```
 *
 * Tx1. The body is canonical: no space, keys in the order of their code units, each once. So each body has one
 *      form, and what was signed is what is read.
 * Tx2. A transaction with this sender and nonce is executed at most once, at a height up to `expires`.
 */
import type { AccountMessageKind, MessageOf } from './messages.ts'

/** The message of a transaction. */
export type AccountMessage = { readonly [Kind in AccountMessageKind]: MessageOf<Kind> }[AccountMessageKind]

/** What an account signs. */
export interface TransactionBody {
  /** The id of the chain. */
  readonly chain: string
  /** The last height at which it may be executed. */
  readonly expires: number
  /** The most that the sender pays, in decimal digits. */
  readonly fee: string
  readonly message: AccountMessage
  /** A number below 2^64 that the sender has not used in a transaction that has not expired; digits. */
  readonly nonce: string
  readonly sender: string
}

export const transactionLayout = { signature: 64, publicKey: 32 } as const

/** Where the body begins. */
export const bodyOffset = transactionLayout.signature + transactionLayout.publicKey

/** What precedes the public key and the body in the signed bytes. */
export const signaturePrefix = 'heirloom/tx/1\n'

/** No transaction is longer, whatever the parameters say. In bytes. */
export const maxTransactionBytes = 1_000_000

/** How deep JSON in messages may be nested. */
export const maxNesting = 40

/** The canonical form of JSON (Tx1). */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const fields = Object.entries(value).filter(([, field]) => field !== undefined)
  fields.sort(([one], [other]) => (one < other ? -1 : 1))
  return `{${fields.map(([key, field]) => `${JSON.stringify(key)}:${canonicalJson(field)}`).join(',')}}`
}

/** The bytes that are signed. */
export function signedBytes(publicKey: Uint8Array, body: Uint8Array): Uint8Array {
  const prefix = Uint8Array.from(signaturePrefix, (letter) => letter.charCodeAt(0))
  const bytes = new Uint8Array(prefix.length + publicKey.length + body.length)
  bytes.set(prefix)
  bytes.set(publicKey, prefix.length)
  bytes.set(body, prefix.length + publicKey.length)
  return bytes
}

/** The transaction: signature, public key and body. */
export function transactionBytes(signature: Uint8Array, publicKey: Uint8Array, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(bodyOffset + body.length)
  bytes.set(signature)
  bytes.set(publicKey, transactionLayout.signature)
  bytes.set(body, bodyOffset)
  return bytes
}

/** How the address of an account begins. */
export const addressPrefix = 'h1'

/** The address of an account whose first key has this SHA-256, in hexadecimal digits. */
export const addressOfHash = (hash: string): string => `${addressPrefix}${hash.slice(0, 40)}`
