/**
 * A notifier of the timer, in the shape of those of `@agoric/notifier`, and its iterator. Its updates are the
 * times of a repetition, reported only on request.
 *
 * | of the notifier           | answer                                                                      |
 * |---------------------------|-----------------------------------------------------------------------------|
 * | `getUpdateSince(count)`   | `{ value, updateCount }`: its latest time and that time's number; waits for the next one if there is none yet or `count` is the latest |
 * | `[Symbol.asyncIterator]()` | an iterator                                                                |
 *
 * | of the iterator           | answer                                                                      |
 * |---------------------------|-----------------------------------------------------------------------------|
 * | `next()`                  | `{ value, done }`, the latest update, or the next one                          |
 *
 * Tn1. After cancellation it always reports the time of the cancellation, without `updateCount`; pending
 *      requests get the same.
 */
import { assert } from '../../../base/errors.ts'
import { encode, Reference } from '../../objects/kernelValues.ts'
import type { ObjectKref } from '../../../base/ids.ts'
import { latestOf, nextOf } from '../../external/repetitions.ts'
import type { Service } from '../../tables/records.ts'
import { newService } from '../../objects/kernelObjects.ts'
import {
  answer,
  later,
  refusal,
  type ServiceCall,
  type Methods,
  type Reply,
  type ServiceParts,
} from '../service.ts'
import { updateAt } from '../../external/timestamps.ts'
import { isTime } from './times.ts'

type Notifier = Extract<Service, { kind: 'timerNotifier' }>
type Iterator = Extract<Service, { kind: 'timerIterator' }>

export const timerNotifier: Methods<Notifier> = {
  getUpdateSince: (parts, notifier, { args: [count], result }) =>
    updateSince(parts, notifier, count, result, null),
  [Symbol.asyncIterator]: makeIterator,
}

export const timerIterator: Methods<Iterator> = { next }

function makeIterator(parts: ServiceParts, _notifier: Notifier, { target }: ServiceCall): Reply {
  parts.references.add(target)
  return answer(
    encode(
      newService(
        parts,
        { kind: 'timerIterator', notifier: target, updateCount: null, asked: false },
        'Alleged: timerIterator',
      ),
    ),
  )
}

function updateSince(
  { tables, wakeups }: ServiceParts,
  notifier: Notifier,
  count: unknown,
  result: ServiceCall['result'],
  iterator: ObjectKref | null,
): Reply {
  const { start, interval, token, final } = notifier
  const updated = (time: bigint, updateCount?: bigint): Reply => {
    const update = updateAt(tables, time, updateCount)
    return answer(encode(iterator === null ? update : wakeups.iterate(iterator, update)))
  }
  if (final !== null) return updated(BigInt(final))
  const latest = latestOf(notifier, wakeups.now)
  if (latest !== undefined && latest.count !== count) return updated(latest.time, latest.count)
  const due = nextOf(notifier, wakeups.now)
  if (!isTime(due)) return refusal('the next update would be after the last time there is')
  if (wakeups.isFull(token)) return refusal('too many wakeups wait with the cancel token of the notifier')
  if (result !== null)
    wakeups.add({ kind: 'update', promise: result, token, start, interval, iterator, due: String(due) })
  return later
}

function next(parts: ServiceParts, iterator: Iterator, { target, result }: ServiceCall): Reply {
  if (iterator.asked)
    return refusal('timer iterator dislikes overlapping next(): ask when the last answer is there')
  // No one would learn that it continued.
  if (result === null) return later
  const { tables } = parts
  const notifier = tables.service(iterator.notifier)
  assert(notifier.kind === 'timerNotifier', 'an iterator holds its notifier (Tn1)')
  const { updateCount } = iterator
  tables.setService(target, { ...iterator, asked: true })
  const reply = updateSince(
    parts,
    notifier,
    updateCount === null ? undefined : BigInt(updateCount),
    result,
    target,
  )
  if (reply.kind === 'refuse') tables.setService(target, iterator)
  return reply
}

/** Creates a notifier of the times; a token, if any, can cancel it. */
export function newNotifier(
  parts: ServiceParts,
  { start, interval, token }: Pick<Notifier, 'start' | 'interval' | 'token'>,
): Reference {
  const { tables, references, wakeups } = parts
  const notifier: Notifier = { kind: 'timerNotifier', start, interval, token, wakeup: null, final: null }
  const reference = newService(parts, notifier, 'Alleged: timerNotifier')
  if (token === null) return reference
  references.add(token)
  const kref = reference.kref as ObjectKref
  tables.setService(kref, {
    ...notifier,
    wakeup: wakeups.add({ kind: 'notifier', notifier: kref, token, due: null }),
  })
  return reference
}
