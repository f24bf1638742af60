/** Rows of the machine in the host's space, under keys that no host can use (`machineKeys`). */
import { refuse } from '../protocol/codes.ts'
import type { PlatformState } from '../protocol/kernel/platform.ts'

/** The keys of the host's space that begin with the prefix, in order; after one of them, if it is given. */
export function* hostKeys(
  state: Pick<PlatformState, 'nextKey'>,
  prefix: string,
  after: string | null = null,
): Generator<string> {
  for (
    let key = state.nextKey('host', prefix, after ?? prefix);
    key !== undefined;
    key = state.nextKey('host', prefix, key)
  )
    yield key
}

/** Refuses a row that the machine has not written so. */
export const damagedRow = (key: string): never =>
  refuse('store/corrupt-state', `The row ${key} of the host is not as it is written`, { space: 'host', key })
