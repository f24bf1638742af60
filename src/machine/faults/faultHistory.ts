/**
 * The history of faults of a store's kernels, and of what was done about them: rows in the host's space,
 * under keys that no host can use (`machineKeys`).
 *
 * | row   | key                     | value            |
 * |-------|-------------------------|------------------|
 * | event | `faults.` number        | JSON `FaultEvent` |
 */
import { isCount, isRecord } from '../../base/guards.ts'
import { fromOrderedNumber, orderedNumber } from '../../base/ordered.ts'
import { refuse } from '../../protocol/codes.ts'
import { machineKeys } from '../../protocol/host/names.ts'
import type { PlatformState } from '../../protocol/kernel/platform.ts'
import { faultEventKinds, type FaultEvent } from '../../protocol/machine/faults.ts'

const prefix = `${machineKeys}faults.`

type State = Pick<PlatformState, 'get' | 'set' | 'nextKey'>

/** Returns the row, which a later fault must not take back. */
export function addFaultEvent(
  state: State,
  event: FaultEvent,
): { readonly key: string; readonly text: string } {
  let last = 0
  for (const key of keys(state)) last = fromOrderedNumber(key.slice(prefix.length))
  const [key, text] = [prefix + orderedNumber(last + 1), JSON.stringify(event)]
  state.set('host', key, text)
  return { key, text }
}

/** Oldest first. */
export const faultEvents = (state: State): readonly FaultEvent[] =>
  [...keys(state)].map((key) => {
    const event: unknown = JSON.parse(state.get('host', key) ?? '')
    if (isEvent(event)) return event
    return refuse('store/corrupt-state', `The row ${key} of the host is not as it is written`, {
      space: 'host',
      key,
    })
  })

function* keys(state: State): Generator<string> {
  for (
    let key = state.nextKey('host', prefix, prefix);
    key !== undefined;
    key = state.nextKey('host', prefix, key)
  )
    yield key
}

const isEvent = (value: unknown): value is FaultEvent =>
  isRecord(value) && faultEventKinds.some((kind) => kind === value['kind']) && isCount(value['block'])
