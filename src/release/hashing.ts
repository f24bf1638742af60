import { hash } from 'node:crypto'
import type { Hash } from '../base/ids.ts'

/** SHA-256, as 64 hex digits. */
export const hashOf = (data: string | Uint8Array): Hash => hash('sha256', data, 'hex') as Hash
