/** The keys of simulated accounts, each made from a number, and the transactions that they sign. */
import { createPrivateKey, createPublicKey, hash, sign, type KeyObject } from 'node:crypto'
import { addressOfHash, signedBytes, transactionBytes } from '../../../protocol/node/transaction.ts'

/** A key and the address that it founds. */
export interface Account {
  readonly privateKey: KeyObject
  readonly publicKey: Uint8Array
  readonly address: string
}

/** What precedes an ed25519 seed in its DER form (RFC 8410). */
const derPrefix = Buffer.from('302e020100300506032b657004220420', 'hex')

/** An account whose key follows from a number. */
export function accountOf(number: number): Account {
  const seed = Buffer.from(hash('sha256', `account ${number}`), 'hex')
  const privateKey = createPrivateKey({ key: Buffer.concat([derPrefix, seed]), format: 'der', type: 'pkcs8' })
  const publicKey = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-32)
  return { privateKey, publicKey, address: addressOfHash(hash('sha256', publicKey)) }
}

/** Signs the text of a body. */
export function signed({ publicKey, privateKey }: Account, text: string): Uint8Array {
  const body = new TextEncoder().encode(text)
  return transactionBytes(sign(null, signedBytes(publicKey, body), privateKey), publicKey, body)
}
