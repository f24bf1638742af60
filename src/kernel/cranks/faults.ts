/**
 * The action on a vat whose delivery fails through its own fault.
 *
 * |                      | a message, an item of a port  | anything else           |
 * |----------------------|-------------------------------|-------------------------|
 * | `onFault: reject`    | rejected, the vat continues   | vat suspended, item waits |
 * | `onFault: suspend`   | vat suspended, item waits     | vat suspended, item waits |
 * | `onFault: terminate` | rejected, the vat ends        | the vat ends            |
 * | critical             | vat suspended, item waits; kernel paused | the same    |
 */
import { assert } from '../../base/errors.ts'
import type { OnFault } from '../../protocol/results.ts'
import type { QueueItem, VatRecord } from '../tables/records.ts'

export function actionOn(
  { onFault, importance }: Pick<VatRecord, 'onFault' | 'importance'>,
  item: QueueItem['kind'],
): OnFault {
  assert(item !== 'react' && item !== 'wakeups', 'an item of the kernel itself is delivered to no vat')
  if (importance === 'critical') return 'suspend'
  if (onFault === 'reject' && item !== 'send' && item !== 'receive') return 'suspend'
  return onFault
}
