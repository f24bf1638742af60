/**
 * SHA-256 by Node, for everything outside of vats and kernels. Code that runs in an engine has the one in
 * `base/sha256.ts`.
 */
import { createHash, hash } from 'node:crypto'
import type { Hash } from '../base/ids.ts'

/**
 * SHA-256 in the only spelling of ids and chains: 64 hex digits. Text is hashed as UTF-8; all hashed text is
 * well-formed, so that is one-to-one.
 */
export const sha256 = (data: string | Uint8Array): Hash => hash('sha256', data, 'hex') as Hash

/** SHA-256 as 32 bytes. */
export const sha256Bytes = (data: Uint8Array): Buffer => hash('sha256', data, 'buffer')

/** SHA-256 of data that comes in pieces. */
export class Sha256 {
  readonly #hash = createHash('sha256')

  add(bytes: Uint8Array): void {
    this.#hash.update(bytes)
  }

  /** The hash of all pieces. Called once. */
  end(): Hash {
    return this.#hash.digest('hex') as Hash
  }
}
