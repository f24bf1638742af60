/**
 * The timer's wakeups: events and their times. Time is an input; it does not advance between two inputs.
 *
 * Wk1. Time never goes back.
 * Wk2. Due wakeups are triggered in the order of their times, and for equal times in the order of
 *      registration, in batches: no crank triggers more than one batch.
 * Wk3. A wakeup holds its handler or promise and its token until it ends: it was triggered or cancelled, or
 *      its handler no longer exists. That of a notifier holds nothing and ends with it.
 * Wk4. A repeated wakeup is scheduled again once its handler has answered, at its next future time; so a
 *      handler is never behind by more than one. A rejected answer ends it, except when the handler could not
 *      be reached, or was upgraded meanwhile.
 */
import { assert } from '../../base/errors.ts'
import { isVatId, type Kref, type ObjectKref } from '../../base/ids.ts'
import { timerLimits } from '../../protocol/limits.ts'
import type { ReasonData } from '../../protocol/results.ts'
import { decodeAny, encode, timerCancelled } from '../objects/kernelValues.ts'
import { latestOf, nextOf } from './repetitions.ts'
import type { Promises } from '../objects/promises.ts'
import type { References } from '../objects/references.ts'
import type { RunQueue } from '../objects/runQueue.ts'
import type { PromiseState, Service, Wakeup } from '../tables/records.ts'
import type { Tables } from '../tables/tables.ts'
import { timestamp, updateAt, wakeCall, type TimeUpdate } from './timestamps.ts'

interface TimerParts {
  readonly tables: Tables
  readonly references: References
  readonly promises: Promises
  readonly queue: RunQueue
}

type Repeat = Extract<Wakeup, { kind: 'repeat' }>
type NotifierWakeup = Extract<Wakeup, { kind: 'notifier' }>

export class Timer {
  readonly #parts: TimerParts

  constructor(parts: TimerParts) {
    this.#parts = parts
  }

  get now(): bigint {
    return this.#parts.tables.wakeups.now()
  }

  /** Wk1: an earlier time changes nothing. */
  advance(now: bigint): void {
    const { wakeups } = this.#parts.tables
    if (now <= wakeups.now()) return
    assert(now <= timerLimits.time, 'the host sets no time after the last one')
    wakeups.setNow(now)
    if (!wakeups.waking) this.#scheduleWakeups()
  }

  /** Triggers due wakeups, up to a batch (Wk2). */
  wake(): void {
    const { wakeups } = this.#parts.tables
    const now = wakeups.now()
    wakeups.waking = false
    for (let count = 0; count < timerLimits.batch; count += 1) {
      const alarm = wakeups.firstAlarm()
      if (alarm === undefined || alarm.due > now) return
      this.#trigger(alarm.id, now)
    }
    this.#scheduleWakeups()
  }

  // --- registering

  add(wakeup: Wakeup): number {
    const { tables, references } = this.#parts
    const id = tables.wakeups.newId()
    assert(tables.wakeups.find(id) === undefined, 'the number of a new wakeup is unused (Wk2)')
    tables.wakeups.set(id, wakeup)
    if (wakeup.token !== null) tables.wakeups.setToken(wakeup.token, id)
    for (const kref of referencesOf(wakeup)) references.add(kref)
    return id
  }

  /** Schedules the first future time `start + k * interval`; if that is now, it triggers at once. */
  repeat(wakeup: Omit<Repeat, 'kind' | 'due'>): number {
    const now = this.now
    const due = BigInt(wakeup.start) === now ? now : nextOf(wakeup, now)
    const id = this.add({ kind: 'repeat', ...wakeup, due: String(due) })
    if (due === now) this.#trigger(id, now)
    return id
  }

  /** Sends the current time to the handler. */
  sendTime(handler: ObjectKref, now: bigint): void {
    const { tables, queue } = this.#parts
    if (this.#isLive(handler)) queue.send(handler, { methargs: wakeCall(tables, now), result: null })
  }

  isFull(token: ObjectKref | null): boolean {
    return token !== null && this.#parts.tables.wakeups.countOf(token) >= timerLimits.perToken
  }

  /** Answers the iterator's request with the update; returns the answer. */
  iterate(
    iterator: ObjectKref,
    { value, updateCount }: TimeUpdate,
  ): { readonly value: TimeUpdate['value']; readonly done: boolean } {
    const { tables } = this.#parts
    const service = tables.service(iterator)
    assert(service.kind === 'timerIterator' && service.asked, `${iterator} is no iterator that was asked`)
    tables.setService(iterator, {
      ...service,
      asked: false,
      updateCount: updateCount === undefined ? null : String(updateCount),
    })
    return { value, done: updateCount === undefined }
  }

  // --- ending

  /** Cancels what was registered with the token; returns the times for which it was. */
  cancel(token: ObjectKref): bigint[] {
    const times: bigint[] = []
    for (const id of this.#parts.tables.wakeups.idsOf(token)) {
      const due = this.end(id)
      if (due !== null) times.push(due)
    }
    return times
  }

  /** Ends the wakeup, if it has not ended; returns its scheduled time. */
  end(id: number): bigint | null {
    const { tables, promises } = this.#parts
    const wakeup = tables.wakeups.find(id)
    if (wakeup === undefined) return null
    if (wakeup.kind === 'promise') promises.settle(wakeup.promise, 'rejected', timerCancelled())
    else if (wakeup.kind === 'update') this.#update(wakeup, updateAt(tables, this.now, undefined))
    else if (wakeup.kind === 'notifier') this.#endNotifier(wakeup)
    this.#remove(id, wakeup)
    return wakeup.due === null ? null : BigInt(wakeup.due)
  }

  /** A notifier is unreferenced. */
  onServiceDeleted(service: Service): void {
    if (service.kind !== 'timerNotifier' || service.wakeup === null) return
    const wakeup = this.#parts.tables.wakeups.find(service.wakeup)
    if (wakeup !== undefined) this.#remove(service.wakeup, wakeup)
  }

  /** Handles the answer of a repeated wakeup's handler (Wk4). */
  onAnswer(id: number, state: PromiseState, data: ReasonData): void {
    const { wakeups } = this.#parts.tables
    const wakeup = wakeups.find(id)
    if (wakeup === undefined) return
    assert(
      wakeup.kind === 'repeat' && wakeup.due === null,
      `wakeup ${id} is answered and waits for no answer`,
    )
    if (!this.#isLive(wakeup.handler) || (state === 'rejected' && !isTransient(data)))
      return this.#remove(id, wakeup)
    const due = nextOf(wakeup, wakeups.now())
    assert(due > wakeups.now(), 'a repeated wakeup is scheduled in the future (Wk4)')
    if (due > timerLimits.time) return this.#remove(id, wakeup)
    wakeups.set(id, { ...wakeup, due: String(due) })
  }

  // --- inside

  #scheduleWakeups(): void {
    const { tables, queue } = this.#parts
    const first = tables.wakeups.firstAlarm()
    if (first === undefined || first.due > tables.wakeups.now()) return
    tables.wakeups.waking = true
    queue.push({ kind: 'wakeups' })
  }

  #trigger(id: number, now: bigint): void {
    const { tables, promises, queue } = this.#parts
    const wakeup = tables.wakeups.find(id)
    assert(wakeup !== undefined && wakeup.due !== null, `alarm of ${id}, which is no wakeup that waits`)
    assert(BigInt(wakeup.due) <= now, 'only a due wakeup is triggered (Wk2)')
    if (wakeup.kind === 'promise')
      promises.settle(wakeup.promise, 'fulfilled', encode(timestamp(tables, now)))
    else if (wakeup.kind === 'update') this.#update(wakeup, this.#latest(wakeup, now))
    else if (!this.#isLive(wakeup.handler)) return this.#remove(id, wakeup)
    else if (wakeup.kind === 'once') this.sendTime(wakeup.handler, now)
    else {
      tables.wakeups.deleteAlarm(wakeup.due, id)
      tables.wakeups.set(id, { ...wakeup, due: null })
      queue.send(wakeup.handler, {
        methargs: wakeCall(tables, now),
        result: promises.expect({ kind: 'woken', wakeup: id }),
      })
      return
    }
    this.#remove(id, wakeup)
  }

  #latest(wakeup: Pick<Repeat, 'start' | 'interval'>, now: bigint): TimeUpdate {
    const latest = latestOf(wakeup, now)
    assert(latest !== undefined, `an update is due before its first time`)
    return updateAt(this.#parts.tables, latest.time, latest.count)
  }

  #update({ promise, iterator }: Extract<Wakeup, { kind: 'update' }>, update: TimeUpdate): void {
    this.#parts.promises.settle(
      promise,
      'fulfilled',
      encode(iterator === null ? update : this.iterate(iterator, update)),
    )
  }

  #endNotifier({ notifier }: NotifierWakeup): void {
    const { tables } = this.#parts
    const service = tables.service(notifier)
    assert(service.kind === 'timerNotifier', `${notifier} is no notifier of the timer`)
    assert(service.final === null, 'a notifier is cancelled once')
    tables.setService(notifier, { ...service, wakeup: null, final: String(this.now) })
  }

  #remove(id: number, wakeup: Wakeup): void {
    const { tables, references } = this.#parts
    tables.wakeups.delete(id, wakeup)
    if (wakeup.token !== null) tables.wakeups.deleteToken(wakeup.token, id)
    for (const kref of referencesOf(wakeup)) references.remove(kref)
  }

  #isLive(handler: ObjectKref): boolean {
    return isVatId(this.#parts.tables.object(handler).owner)
  }
}

/** The references that a wakeup holds (Wk3). */
export function referencesOf(wakeup: Wakeup): Kref[] {
  const token = wakeup.token === null ? [] : [wakeup.token]
  switch (wakeup.kind) {
    case 'once':
    case 'repeat':
      return [wakeup.handler, ...token]
    case 'promise':
      return [wakeup.promise, ...token]
    case 'update':
      return [wakeup.promise, ...(wakeup.iterator === null ? [] : [wakeup.iterator]), ...token]
    case 'notifier':
      return []
  }
}

/**
 * Whether the kernel itself rejected, for a reason that does not count against the handler: it was upgraded,
 * or its vat's queue is full.
 */
function isTransient(data: ReasonData): boolean {
  if (data.by !== 'kernel') return false
  const reason = decodeAny(data)
  if (typeof reason !== 'object' || reason === null) return false
  const { name, code } = reason as { readonly name?: unknown; readonly code?: unknown }
  return name === 'vatUpgraded' || (name === 'KernelRejection' && code === 'vat-suspended')
}
