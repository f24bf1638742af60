/**
 * The timer, for vats. Times and intervals are bigints in whatever unit the host tells time.
 *
 * | method                                                | answer                                             |
 * |-------------------------------------------------------|----------------------------------------------------|
 * | `getCurrentTimestamp()`                               | the time                                           |
 * | `setWakeup(when, handler, cancelToken?)`              | `when`; then, once, `handler.wake(time)`           |
 * | `wakeAt(when, cancelToken?)`                          | the time, once it is not before `when`             |
 * | `delay(interval, cancelToken?)`                       | the time, once so much has passed                  |
 * | `repeatAfter(delay, interval, handler, cancelToken?)` | undefined; `handler.wake(time)` again and again    |
 * | `makeRepeater(delay, interval, cancelToken?)`         | a repeater (`repeater.ts`)                         |
 * | `cancel(cancelToken)`                                 | the times of what was cancelled                    |
 * | `createTimerService()`                                | the timer itself, as SwingSet's vats ask for it    |
 */
import type { ObjectKref } from '../../base/ids.ts'
import { timerLimits } from '../../protocol/limits.ts'
import { encode, Reference } from '../data.ts'
import type { Service } from '../tables/records.ts'
import { answer, later, nameOf, objectOf, refusal } from './service.ts'
import type { Asked, Methods, Reply, ServiceParts } from './service.ts'

export const timer: Methods<Extract<Service, { kind: 'timer' }>> = {
  getCurrentTimestamp: ({ wakeups }) => answer(encode(wakeups.now)),
  setWakeup: (parts, _timer, { args: [when, handler, token] }) => setWakeup(parts, when, handler, token),
  wakeAt: (parts, _timer, asked) => wakeAt(parts, asked),
  delay: (parts, _timer, asked) => delay(parts, asked),
  repeatAfter: (parts, _timer, { args: [first, interval, handler, token] }) => repeatAfter(parts, first, interval, handler, token),
  makeRepeater: (parts, _timer, { args: [first, interval, token] }) => makeRepeater(parts, first, interval, token),
  cancel: (parts, _timer, { args: [token] }) => cancel(parts, token),
  createTimerService: (_parts, _timer, { target }) => answer(encode(new Reference(target, 'Alleged: timer'))),
}

const isTime = (value: unknown): value is bigint => typeof value === 'bigint' && value >= 0n && value <= timerLimits.time
const noTime = (name: string, given: unknown): Reply => refusal(`${name} is a bigint from 0n to 2n ** 64n - 1n, not ${nameOf(given)}`)
const noInterval = (given: unknown): Reply => refusal(`interval is a bigint from 1n to 2n ** 64n - 1n, not ${nameOf(given)}`)

type Checked<Value> = { readonly kind: 'good'; readonly value: Value } | { readonly kind: 'bad'; readonly reply: Reply }
const good = <Value>(value: Value): Checked<Value> => ({ kind: 'good', value })
const bad = (message: string): Checked<never> => ({ kind: 'bad', reply: refusal(message) })

/** The token, or null when none was given. */
function tokenOf({ wakeups }: ServiceParts, given: unknown): Checked<ObjectKref | null> {
  if (given === undefined) return good(null)
  const token = objectOf(given)
  if (token === undefined) return bad(`a cancel token is an object, not ${nameOf(given)}`)
  return wakeups.isFull(token) ? bad(`${timerLimits.perToken} wakeups wait with this cancel token already; take another`) : good(token)
}

/** Who is woken: an object of a vat. */
export function handlerOf({ tables }: ServiceParts, given: unknown): Checked<ObjectKref> {
  const handler = objectOf(given)
  if (handler === undefined) return bad(`a handler is an object with the method wake, not ${nameOf(given)}`)
  return tables.object(handler).owner === 'kernel' ? bad('an object of the kernel cannot be woken') : good(handler)
}

function setWakeup(parts: ServiceParts, when: unknown, given: unknown, givenToken: unknown): Reply {
  if (!isTime(when)) return noTime('when', when)
  const handler = handlerOf(parts, given)
  if (handler.kind === 'bad') return handler.reply
  const token = tokenOf(parts, givenToken)
  if (token.kind === 'bad') return token.reply
  const { wakeups } = parts
  if (when <= wakeups.now) wakeups.tell(handler.value, wakeups.now)
  else wakeups.add({ kind: 'once', handler: handler.value, token: token.value, due: String(when) })
  return answer(encode(when))
}

function wakeAt(parts: ServiceParts, { args: [when, token], result }: Asked): Reply {
  return isTime(when) ? promiseAt(parts, when, token, result) : noTime('when', when)
}

function delay(parts: ServiceParts, { args: [interval, token], result }: Asked): Reply {
  if (!isTime(interval)) return noTime('delay', interval)
  const when = parts.wakeups.now + interval
  return isTime(when) ? promiseAt(parts, when, token, result) : noTime('the time after the delay', when)
}

/** When nobody waits for the promise there is nothing to wake. */
function promiseAt(parts: ServiceParts, when: bigint, givenToken: unknown, result: Asked['result']): Reply {
  const token = tokenOf(parts, givenToken)
  if (token.kind === 'bad') return token.reply
  const { wakeups } = parts
  if (when <= wakeups.now || result === null) return answer(encode(wakeups.now))
  wakeups.add({ kind: 'promise', promise: result, token: token.value, due: String(when) })
  return later
}

/** The first time of a repetition. */
function startOf({ wakeups }: ServiceParts, first: unknown, interval: unknown): Checked<{ start: bigint; interval: bigint }> {
  if (!isTime(first)) return { kind: 'bad', reply: noTime('delay', first) }
  if (!isTime(interval) || interval === 0n) return { kind: 'bad', reply: noInterval(interval) }
  const start = wakeups.now + first
  return isTime(start) ? good({ start, interval }) : { kind: 'bad', reply: noTime('the time after the delay', start) }
}

function repeatAfter(parts: ServiceParts, first: unknown, every: unknown, given: unknown, givenToken: unknown): Reply {
  const times = startOf(parts, first, every)
  if (times.kind === 'bad') return times.reply
  const handler = handlerOf(parts, given)
  if (handler.kind === 'bad') return handler.reply
  const token = tokenOf(parts, givenToken)
  if (token.kind === 'bad') return token.reply
  const { start, interval } = times.value
  parts.wakeups.repeat({ handler: handler.value, token: token.value, start: String(start), interval: String(interval) })
  return answer(encode(undefined))
}

function makeRepeater(parts: ServiceParts, first: unknown, every: unknown, givenToken: unknown): Reply {
  const times = startOf(parts, first, every)
  if (times.kind === 'bad') return times.reply
  const token = tokenOf(parts, givenToken)
  if (token.kind === 'bad') return token.reply
  const { tables, references } = parts
  const { start, interval } = times.value
  const object = tables.newObjectKref()
  tables.setObject(object, { owner: 'kernel', reachable: 0, recognizable: 0 })
  tables.setService(object, { kind: 'repeater', start: String(start), interval: String(interval), token: token.value, wakeup: null })
  if (token.value !== null) references.add(token.value)
  references.suspect(object)
  return answer(encode(new Reference(object, 'Alleged: repeater')))
}

function cancel({ wakeups }: ServiceParts, given: unknown): Reply {
  const token = objectOf(given)
  if (token === undefined) return refusal(`a cancel token is an object, not ${nameOf(given)}`)
  return answer(encode(wakeups.cancel(token)))
}
