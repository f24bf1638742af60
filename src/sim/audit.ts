/** The audit of a store's last block, and its blocks. */
import { audit } from '../../test/kit/audit.ts'
import { query, readRows } from '../../test/kit/rows.ts'

export const auditOf = (directory: string): string[] => audit(readRows(directory, 'kernel'))

export interface Block {
  readonly height: number
  readonly cranks: number
  readonly hash: string
}

export const blocksOf = (directory: string): Block[] =>
  query<Block>(directory, 'SELECT height, cranks, activity_hash AS hash FROM block ORDER BY height')
