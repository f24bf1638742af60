/**
 * Checksums of the rows of the state, and the digest of a space: the number of its rows, and the sum of their
 * checksums modulo 2³². So a missing row, or one of an older block, is detected, which row checksums alone
 * cannot do.
 */
import { crc32 } from 'node:zlib'
import type { Space } from '../../protocol/kernel/platform.ts'
import { refuse } from '../../protocol/codes.ts'

/**
 * Detects any burst of up to 32 wrong bits in a stored row. Covers the name, not the number, of its space.
 */
export const stateChecksum = (space: string, key: string, value: string): number =>
  crc32(value, crc32(`${space}\u0000${key}\u0000`))

/** Number of rows of a space, and the sum of their checksums modulo 2³² (Row7). */
export interface Digest {
  readonly rows: number
  readonly sum: number
}

export const emptyDigest: Digest = { rows: 0, sum: 0 }

export const withRow = ({ rows, sum }: Digest, check: number): Digest => ({
  rows: rows + 1,
  sum: (sum + check) % 2 ** 32,
})

export const withoutRow = ({ rows, sum }: Digest, check: number): Digest => ({
  rows: rows - 1,
  sum: (sum - check + 2 ** 32) % 2 ** 32,
})

/** Refuses with `store/corrupt-state` a space that lacks the rows that were written (Row7). */
export function verifyDigest(space: Space, found: Digest, kept: Digest): void {
  if (found.rows === kept.rows && found.sum === kept.sum) return
  const rows =
    found.rows === kept.rows
      ? `${found.rows} rows, of which some are not the last ones written`
      : `${found.rows} rows; ${kept.rows} were written`
  refuse('store/corrupt-state', `The space ${space} has ${rows}`, {
    space,
    found: found.rows,
    written: kept.rows,
  })
}

/** Refuses with `store/corrupt-state` a row that is not as it was written. */
export function verifyRow(space: Space, key: string, value: string, check: number): void {
  if (stateChecksum(space, key, value) === check) return
  refuse('store/corrupt-state', `The value of ${key} in ${space} is not the value that was written`, {
    space,
    key,
  })
}
