/** Handles of the host's requests, by the numbers of their inbox items. */
import { assert } from '../../base/errors.ts'
import type { ResultHandle } from '../config/options.ts'

/** The handle of the request that the machine accepted under this number. */
export function handleOf<Answer>(sequence: number): ResultHandle<Answer> {
  assert(Number.isSafeInteger(sequence) && sequence >= 1, 'items of the inbox are numbered from 1')
  return { sequence }
}
