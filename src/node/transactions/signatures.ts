/**
 * Signatures of transactions: ed25519 by the rule of ZIP-215 (https://zips.z.cash/zip-0215), the same on every
 * machine.
 *
 * Sig1. A signature that OpenSSL accepts is valid by ZIP-215: OpenSSL checks the equation without the cofactor
 *       and compares encodings, which is stricter. So only what it refuses is checked again, by the exact rule.
 */
import { createPublicKey, verify } from 'node:crypto'
import { ed25519 } from '@noble/curves/ed25519.js'

/** What precedes an ed25519 key in its DER form (RFC 8410). */
const derPrefix = Buffer.from('302a300506032b6570032100', 'hex')

/** Whether the bytes are signed by the key. Never throws. */
export function isSignedBy(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean {
  return isAcceptedByOpenSsl(publicKey, bytes, signature) || isValid(publicKey, bytes, signature)
}

function isAcceptedByOpenSsl(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean {
  try {
    const key = createPublicKey({ key: Buffer.concat([derPrefix, publicKey]), format: 'der', type: 'spki' })
    return verify(null, bytes, key, signature)
  } catch {
    return false
  }
}

function isValid(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean {
  try {
    return ed25519.verify(signature, bytes, publicKey, { zip215: true })
  } catch {
    return false
  }
}
