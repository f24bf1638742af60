/** SHA-256 in the store's only spelling: 64 hex digits. */
import { hash } from 'node:crypto'
import type { Hash } from '../../base/ids.ts'

/** Text is hashed as UTF-8; all hashed text is well-formed, so that is one-to-one. */
export const sha256 = (data: string | Uint8Array): Hash => hash('sha256', data, 'hex') as Hash

/** The first link of every chain: no entry and no crank has this hash. */
export const chainStart = '0'.repeat(64) as Hash
