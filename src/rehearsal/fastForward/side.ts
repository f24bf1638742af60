/** One side of a fast-forward: the store as it was recorded, or the fork. */
import { CodedError } from '../../base/errors.ts'
import type { VatId } from '../../base/ids.ts'
import type { Replica } from '../../machine/blockReplay/replica.ts'
import type { KernelReader } from '../../protocol/kernel/kernel.ts'
import type { VatKeys } from './vatKeys.ts'

export interface Side {
  readonly replica: Replica
  readonly read: KernelReader
  readonly vats: VatKeys
}

export const nameOf = ({ read }: Side, vat: VatId | undefined): string | null =>
  vat === undefined ? null : (read.vat(vat)?.name ?? vat)

/** While the store's tables are migrated, nothing of it can be read; the fork has no part in that. */
export function isReadable({ read }: Pick<Side, 'read'>): boolean {
  try {
    read.queueLength()
    return true
  } catch (error) {
    if (error instanceof CodedError && error.code === 'kernel/migrating') return false
    throw error
  }
}
