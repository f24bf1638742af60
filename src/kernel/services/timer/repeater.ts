/**
 * A repeater: a repetition that can be started and stopped. It continues even when unreferenced.
 *
 * | method              | answer                                                                   |
 * |---------------------|--------------------------------------------------------------------------|
 * | `schedule(handler)` | undefined; from now on `handler.wake(time)` at its times, until stopped  |
 * | `disable()`         | undefined; it can be scheduled again                                     |
 *
 * Once scheduled it stays so until it is disabled, even if its handler failed or its token cancelled it.
 */
import { assert } from '../../../base/errors.ts'
import { encode } from '../../objects/kernelValues.ts'
import type { Service } from '../../tables/records.ts'
import { answer, refusal, type ServiceCall, type Methods, type Reply, type ServiceParts } from '../service.ts'
import { handlerOf } from './timer.ts'

type Repeater = Extract<Service, { kind: 'repeater' }>

export const repeater: Methods<Repeater> = { schedule, disable }

function schedule(parts: ServiceParts, service: Repeater, { target, args: [given] }: ServiceCall): Reply {
  const { tables, wakeups } = parts
  const { start, interval, token, wakeup } = service
  const handler = handlerOf(parts, given)
  if (handler.kind === 'bad') return handler.reply
  if (wakeup !== null) return refusal('repeater already scheduled')
  if (wakeups.isFull(token)) return refusal('too many wakeups wait with the cancel token of the repeater')
  assert(BigInt(interval) > 0n, 'the times of a repeater differ')
  tables.setService(target, {
    ...service,
    wakeup: wakeups.repeat({ handler: handler.value, token, start, interval }),
  })
  return answer(encode(undefined))
}

function disable({ tables, wakeups }: ServiceParts, service: Repeater, { target }: ServiceCall): Reply {
  const { wakeup } = service
  if (wakeup !== null) {
    wakeups.end(wakeup)
    tables.setService(target, { ...service, wakeup: null })
  }
  return answer(encode(undefined))
}
