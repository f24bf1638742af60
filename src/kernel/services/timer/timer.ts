/**
 * The timer, for vats, in the shape of SwingSet's. Arguments are time records or bigints (`times.ts`), in the
 * host's unit of time; answers are records.
 *
 * | method                                                | answer                                             |
 * |-------------------------------------------------------|----------------------------------------------------|
 * | `getCurrentTimestamp()`                               | the time                                           |
 * | `setWakeup(when, handler, cancelToken?)`              | `when`; then, once, `handler.wake(time)`           |
 * | `wakeAt(when, cancelToken?)`                          | the time, once it has reached `when`               |
 * | `delay(interval, cancelToken?)`                       | the time, after the interval                       |
 * | `repeatAfter(delay, interval, handler, cancelToken?)` | undefined; `handler.wake(time)` repeatedly         |
 * | `makeRepeater(delay, interval, cancelToken?)`         | a repeater (`repeater.ts`)                         |
 * | `makeNotifier(delay, interval, cancelToken?)`         | a notifier (`timerNotifier.ts`)                    |
 * | `cancel(cancelToken)`                                 | the times of the cancelled wakeups                 |
 * | `getClock()`, `getTimerBrand()`                       | its clock, and the brand of its times (`timerClock.ts`) |
 * | `createTimerService()`                                | the timer itself, as SwingSet's vats ask for it    |
 */
import { assert } from '../../../base/errors.ts'
import type { ObjectKref } from '../../../base/ids.ts'
import { timerLimits } from '../../../protocol/limits.ts'
import { encode, Reference } from '../../objects/kernelValues.ts'
import type { Repetition } from '../../external/repetitions.ts'
import type { Service } from '../../tables/records.ts'
import { newService } from '../../objects/kernelObjects.ts'
import {
  answer,
  later,
  nameOf,
  objectOf,
  refusal,
  type ServiceCall,
  type Methods,
  type Reply,
  type ServiceParts,
} from '../service.ts'
import { getClock, getCurrentTimestamp, getTimerBrand } from './timerClock.ts'
import { newNotifier } from './timerNotifier.ts'
import { timestamp } from '../../external/timestamps.ts'
import { timeArgument, isTime } from './times.ts'

export const timer: Methods<Extract<Service, { kind: 'timer' }>> = {
  getCurrentTimestamp,
  getClock,
  getTimerBrand,
  setWakeup: (parts, _timer, { args: [when, handler, token] }) => setWakeup(parts, when, handler, token),
  wakeAt: (parts, _timer, asked) => wakeAt(parts, asked),
  delay: (parts, _timer, asked) => delay(parts, asked),
  repeatAfter: (parts, _timer, { args: [first, interval, handler, token] }) =>
    repeatAfter(parts, first, interval, handler, token),
  makeRepeater: (parts, _timer, { args: [first, interval, token] }) =>
    makeRepeater(parts, first, interval, token),
  makeNotifier: (parts, _timer, { args: [first, interval, token] }) =>
    makeNotifier(parts, first, interval, token),
  cancel: (parts, _timer, { args: [token] }) => cancel(parts, token),
  createTimerService: (_parts, _timer, { target }) => answer(encode(new Reference(target, 'Alleged: timer'))),
}

type CheckedArgument<Value> =
  { readonly kind: 'good'; readonly value: Value } | { readonly kind: 'bad'; readonly reply: Reply }
const good = <Value,>(value: Value): CheckedArgument<Value> => ({ kind: 'good', value })
const bad = (message: string): CheckedArgument<never> => ({ kind: 'bad', reply: refusal(message) })

function timeOf(
  { tables }: ServiceParts,
  name: string,
  unit: 'absValue' | 'relValue',
  given: unknown,
): CheckedArgument<bigint> {
  const read = timeArgument(tables, name, unit, given)
  return read.kind === 'time' ? good(read.time) : bad(read.message)
}

/** The time after this delay. */
function timeAfter(parts: ServiceParts, given: unknown): CheckedArgument<bigint> {
  const delay = timeOf(parts, 'delay', 'relValue', given)
  if (delay.kind === 'bad') return delay
  const when = parts.wakeups.now + delay.value
  return isTime(when)
    ? good(when)
    : bad(`the time after the delay is at most 2n ** 64n - 1n, not ${nameOf(when)}`)
}

/** The token, or null when absent. */
function tokenOf({ wakeups }: ServiceParts, given: unknown): CheckedArgument<ObjectKref | null> {
  if (given === undefined || given === null) return good(null)
  const token = objectOf(given)
  if (token === undefined) return bad(`a cancel token is an object, not ${nameOf(given)}`)
  return wakeups.isFull(token)
    ? bad(`${timerLimits.perToken} wakeups wait with this cancel token already; take another`)
    : good(token)
}

/** The handler to wake: an object of a vat. */
export function handlerOf({ tables }: ServiceParts, given: unknown): CheckedArgument<ObjectKref> {
  const handler = objectOf(given)
  if (handler === undefined) return bad(`a handler is an object with the method wake, not ${nameOf(given)}`)
  return tables.object(handler).owner === 'kernel'
    ? bad('an object of the kernel cannot be woken')
    : good(handler)
}

function setWakeup(parts: ServiceParts, at: unknown, given: unknown, givenToken: unknown): Reply {
  const when = timeOf(parts, 'when', 'absValue', at)
  if (when.kind === 'bad') return when.reply
  const handler = handlerOf(parts, given)
  if (handler.kind === 'bad') return handler.reply
  const token = tokenOf(parts, givenToken)
  if (token.kind === 'bad') return token.reply
  const { tables, wakeups } = parts
  if (when.value <= wakeups.now) wakeups.sendTime(handler.value, wakeups.now)
  else wakeups.add({ kind: 'once', handler: handler.value, token: token.value, due: String(when.value) })
  return answer(encode(timestamp(tables, when.value)))
}

function wakeAt(parts: ServiceParts, { args: [at, token], result }: ServiceCall): Reply {
  const when = timeOf(parts, 'when', 'absValue', at)
  return when.kind === 'good' ? promiseAt(parts, when.value, token, result) : when.reply
}

function delay(parts: ServiceParts, { args: [interval, token], result }: ServiceCall): Reply {
  const when = timeAfter(parts, interval)
  return when.kind === 'good' ? promiseAt(parts, when.value, token, result) : when.reply
}

/** Without a waiting promise there is nothing to wake. */
function promiseAt(
  parts: ServiceParts,
  when: bigint,
  givenToken: unknown,
  result: ServiceCall['result'],
): Reply {
  const token = tokenOf(parts, givenToken)
  if (token.kind === 'bad') return token.reply
  const { tables, wakeups } = parts
  if (when <= wakeups.now || result === null) return answer(encode(timestamp(tables, wakeups.now)))
  wakeups.add({ kind: 'promise', promise: result, token: token.value, due: String(when) })
  return later
}

/** The times of a repetition. */
function timesOf(parts: ServiceParts, first: unknown, every: unknown): CheckedArgument<Repetition> {
  const start = timeAfter(parts, first)
  if (start.kind === 'bad') return start
  const interval = timeOf(parts, 'interval', 'relValue', every)
  if (interval.kind === 'bad') return interval
  if (interval.value === 0n) return bad('interval is at least 1n, not 0n')
  assert(start.value >= parts.wakeups.now, 'a repetition starts now or later')
  return good({ start: String(start.value), interval: String(interval.value) })
}

function repeatAfter(
  parts: ServiceParts,
  first: unknown,
  every: unknown,
  given: unknown,
  givenToken: unknown,
): Reply {
  const times = timesOf(parts, first, every)
  if (times.kind === 'bad') return times.reply
  const handler = handlerOf(parts, given)
  if (handler.kind === 'bad') return handler.reply
  const token = tokenOf(parts, givenToken)
  if (token.kind === 'bad') return token.reply
  parts.wakeups.repeat({ handler: handler.value, token: token.value, ...times.value })
  return answer(encode(undefined))
}

function makeRepeater(parts: ServiceParts, first: unknown, every: unknown, givenToken: unknown): Reply {
  const times = timesOf(parts, first, every)
  if (times.kind === 'bad') return times.reply
  const token = tokenOf(parts, givenToken)
  if (token.kind === 'bad') return token.reply
  if (token.value !== null) parts.references.add(token.value)
  return answer(
    encode(
      newService(
        parts,
        { kind: 'repeater', ...times.value, token: token.value, wakeup: null },
        'Alleged: repeater',
      ),
    ),
  )
}

function makeNotifier(parts: ServiceParts, first: unknown, every: unknown, givenToken: unknown): Reply {
  const times = timesOf(parts, first, every)
  if (times.kind === 'bad') return times.reply
  const token = tokenOf(parts, givenToken)
  return token.kind === 'good'
    ? answer(encode(newNotifier(parts, { ...times.value, token: token.value })))
    : token.reply
}

/** Cancelling something that has no wakeups is not an error. */
function cancel({ tables, wakeups }: ServiceParts, given: unknown): Reply {
  const token = objectOf(given)
  return answer(
    encode(token === undefined ? [] : wakeups.cancel(token).map((time) => timestamp(tables, time))),
  )
}
