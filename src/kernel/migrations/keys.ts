/** The rows of a step, in order. */
import { assert } from '../../base/errors.ts'
import type { PlatformState } from '../../protocol/kernel/platform.ts'
import type { Step } from './step.ts'

type Keys = Pick<PlatformState, 'get' | 'nextKey'>

const isTable = (beginning: string): boolean => beginning.endsWith('.')
const isOf = (key: string, beginning: string): boolean =>
  isTable(beginning) ? key.startsWith(beginning) : key === beginning

/** Whether the step looks at rows with such a key. */
export const isOfStep = ({ keys }: Pick<Step, 'keys'>, key: string): boolean =>
  keys.some((beginning) => isOf(key, beginning))

/** The first key of the step after the given one; with null, its first. */
export function nextOf(state: Keys, { keys }: Pick<Step, 'keys'>, after: string | null): string | undefined {
  const begun = after === null ? 0 : keys.findIndex((beginning) => isOf(after, beginning))
  assert(begun >= 0, `the key ${after} is of the step that goes on after it`)
  for (const [index, beginning] of keys.entries()) {
    if (index < begun) continue
    const found = firstIn(state, beginning, index === begun ? after : null)
    if (found !== undefined) return found
  }
  return undefined
}

function firstIn(state: Keys, beginning: string, after: string | null): string | undefined {
  if (isTable(beginning)) return state.nextKey('kernel', beginning, after ?? beginning)
  return after === null && state.get('kernel', beginning) !== undefined ? beginning : undefined
}
