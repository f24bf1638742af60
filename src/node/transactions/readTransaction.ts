/**
 * Reads transactions strictly (`protocol/node/transaction.ts`): what is read has exactly one form, and
 * anything else is refused with a code.
 *
 * Rtx1. Whether bytes are a transaction does not depend on the machine: nesting is limited before anything
 *       recurses, and the signature is checked by one rule (`signatures.ts`).
 */
import { hash } from 'node:crypto'
import { isRecord } from '../../base/guards.ts'
import {
  bodyOffset,
  canonicalJson,
  maxNesting,
  maxTransactionBytes,
  signedBytes,
  transactionLayout,
  type AccountMessage,
  type TransactionBody,
} from '../../protocol/node/transaction.ts'
import { messageTable } from '../../protocol/node/messages.ts'
import { FieldFlaw, isAddress, isAmount, isName, readMessage } from './fields.ts'
import { refuseTransaction } from './refusal.ts'
import { isSignedBy } from './signatures.ts'

/** A transaction that was read: its form and its signature are right. */
export interface Transaction extends TransactionBody {
  /** SHA-256 of its bytes, in hexadecimal digits. */
  readonly hash: string
  /** The public key, in hexadecimal digits. */
  readonly key: string
  readonly bytes: number
}

export const hashOfTransaction = (bytes: Uint8Array): string => hash('sha256', bytes)

const bodyFields = ['chain', 'expires', 'fee', 'message', 'nonce', 'sender'] as const

/**
 * The last transactions that were read: the same bytes are checked, proposed and executed. There is room for
 * more than a mempool holds: otherwise all of its signatures would be checked again for each block.
 */
const recent = new Map<string, Transaction>()
const maxRecent = 60_000
const maxRecentBytes = 250_000_000
let recentBytes = 0

/** @throws TransactionRefusal `tx/…` */
export function readTransaction(bytes: Uint8Array): Transaction {
  const known = recent.get(hashOfTransaction(bytes))
  if (known !== undefined) return known
  const transaction = readNew(bytes)
  recent.set(transaction.hash, transaction)
  recentBytes += transaction.bytes
  for (const [hash, { bytes: size }] of recent) {
    if (recent.size <= maxRecent && recentBytes <= maxRecentBytes) break
    recent.delete(hash)
    recentBytes -= size
  }
  return transaction
}

function readNew(bytes: Uint8Array): Transaction {
  if (bytes.length > maxTransactionBytes)
    refuseTransaction('tx/too-large', `${bytes.length} bytes; at most ${maxTransactionBytes}`)
  if (bytes.length <= bodyOffset) refuseTransaction('tx/malformed', 'too short for a signature, a key and a body')
  const publicKey = bytes.subarray(transactionLayout.signature, bodyOffset)
  const encoded = bytes.subarray(bodyOffset)
  const body = readBody(encoded)
  const signature = bytes.subarray(0, transactionLayout.signature)
  if (!isSignedBy(publicKey, signedBytes(publicKey, encoded), signature))
    refuseTransaction('tx/bad-signature', 'the signature is not that of the key over these bytes')
  return {
    ...body,
    hash: hashOfTransaction(bytes),
    key: Buffer.from(publicKey).toString('hex'),
    bytes: bytes.length,
  }
}

function readBody(encoded: Uint8Array): TransactionBody {
  const value: unknown = readCanonical(encoded)
  if (!isRecord(value)) return refuseTransaction('tx/malformed', 'the body is a record')
  for (const name of Object.keys(value))
    if (!(bodyFields as readonly string[]).includes(name))
      refuseTransaction('tx/malformed', `${name}: not a field of a transaction`)
  const { chain, expires, fee, message, nonce, sender } = value
  const must = (holds: boolean, what: string): void => {
    if (!holds) refuseTransaction('tx/malformed', what)
  }
  must(isName(chain), 'chain: must be the id of a chain')
  must(Number.isSafeInteger(expires) && (expires as number) >= 1, 'expires: must be a height')
  must(isAmount(fee), 'fee: must be an amount, in decimal digits')
  must(isNonce(nonce), 'nonce: must be a number below 2^64, in decimal digits')
  must(isAddress(sender), 'sender: must be an address')
  return { ...(value as Omit<TransactionBody, 'message'>), message: messageIn(message) }
}

function messageIn(value: unknown): AccountMessage {
  try {
    return readMessage(value, 'message', 'account') as AccountMessage
  } catch (error) {
    if (!(error instanceof FieldFlaw)) throw error
    const { kind } = isRecord(value) ? value : {}
    const isForVotes =
      typeof kind === 'string' && Object.hasOwn(messageTable, kind) && error.message.endsWith('needs a vote')
    return refuseTransaction(isForVotes ? 'tx/not-by-account' : 'tx/malformed', error.message)
  }
}

const isNonce = (value: unknown): boolean =>
  typeof value === 'string' && /^(0|[1-9][0-9]{0,19})$/.test(value) && BigInt(value) < 2n ** 64n

/** JSON in its canonical form (Tx1). */
function readCanonical(encoded: Uint8Array): unknown {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(encoded)
  } catch {
    return refuseTransaction('tx/malformed', 'the body is not UTF-8')
  }
  if (nestingOf(text) > maxNesting) refuseTransaction('tx/malformed', `nested deeper than ${maxNesting}`)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return refuseTransaction('tx/malformed', 'the body is not JSON')
  }
  if (canonicalJson(value) !== text)
    refuseTransaction('tx/not-canonical', 'not in canonical form: a doubled key, keys out of order, or a space')
  return value
}

/** How deep brackets outside of strings are nested, at least. */
function nestingOf(text: string): number {
  let [depth, deepest, isString] = [0, 0, false]
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at]
    if (isString) {
      if (letter === '\\') at += 1
      else if (letter === '"') isString = false
    } else if (letter === '"') isString = true
    else if (letter === '{' || letter === '[') deepest = Math.max(deepest, (depth += 1))
    else if (letter === '}' || letter === ']') depth -= 1
  }
  return deepest
}
