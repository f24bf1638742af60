/** Keys of accounts: ed25519. */
import { ed25519 } from '@noble/curves/ed25519.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { addressOfHash } from '../protocol/node/transaction.ts'
import { fromHex, toHex } from './bytes.ts'
import { NodeError } from './nodeError.ts'

/** A key that signs. The seed is the secret: with it, the key can be made again. */
export interface Key {
  /** 32 bytes. */
  readonly seed: Uint8Array
  /** 32 bytes. */
  readonly publicKey: Uint8Array
}

export const seedLength = 32

/** A key from a secure source of randomness. */
export const newKey = (): Key => keyOfSeed(crypto.getRandomValues(new Uint8Array(seedLength)))

/**
 * The key of a seed: 32 bytes, or 64 hexadecimal digits.
 * @throws NodeError `client/bad-key`
 */
export function keyOfSeed(seed: Uint8Array | string): Key {
  const bytes = typeof seed === 'string' ? fromHex(seed, seedLength) : Uint8Array.from(seed)
  if (bytes?.length !== seedLength)
    throw new NodeError('client/bad-key', 'a seed is 32 bytes, or 64 hexadecimal digits', null)
  return { seed: bytes, publicKey: ed25519.getPublicKey(bytes) }
}

/** The address of the account that the key founds. */
export const addressOf = ({ publicKey }: Pick<Key, 'publicKey'>): string =>
  addressOfHash(toHex(sha256(publicKey)))

/** The public key as messages have it: 64 hexadecimal digits. */
export const publicKeyText = ({ publicKey }: Pick<Key, 'publicKey'>): string => toHex(publicKey)
