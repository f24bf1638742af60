/**
 * The tables of the timer.
 *
 * | table   | key                          | value         |
 * |---------|------------------------------|---------------|
 * | time    | `time`                       | decimal       |
 * | waking  | `waking`                     | empty; exists while a `wakeups` item is queued |
 * | wakeups | `wakeup.` id                 | JSON `Wakeup` |
 * | alarms  | `alarm.` time `.` id         | empty         |
 * | tokens  | `token.` ko `.` id           | empty         |
 * |         | `tokens.` ko                 | count         |
 *
 * Times and ids are written so that text order is numeric order: alarms are in the order of their times, and
 * those of equal times in the order of registration.
 */
import { assert } from '../../base/errors.ts'
import type { ObjectKref } from '../../base/ids.ts'
import { fromOrderedNumber, orderedNumber } from '../../base/ordered.ts'
import type { Time, Wakeup } from './records.ts'
import type { Rows } from './rows.ts'
import { countOf, timeOf, wakeupOf } from './values.ts'

export class WakeupTable {
  readonly #rows: Rows

  constructor(rows: Rows) {
    this.#rows = rows
  }

  now(): bigint {
    return BigInt(this.#rows.find('time', timeOf) ?? '0')
  }
  setNow(now: bigint): void {
    assert(now >= this.now(), 'the time never goes back')
    this.#rows.set('time', String(now))
  }
  get waking(): boolean {
    return this.#rows.get('waking') !== undefined
  }
  set waking(waking: boolean) {
    if (waking) this.#rows.set('waking', '')
    else this.#rows.delete('waking')
  }

  newId(): number {
    return this.#rows.count('wakeup')
  }
  find(id: number): Wakeup | undefined {
    return this.#rows.find(`wakeup.${id}`, wakeupOf)
  }
  *all(): Generator<Wakeup> {
    for (const id of this.#rows.each('wakeup.')) yield this.#rows.value(`wakeup.${id}`, wakeupOf)
  }
  /** Writes the wakeup, and the alarm for its time. */
  set(id: number, wakeup: Wakeup): void {
    this.#rows.set(`wakeup.${id}`, JSON.stringify(wakeup))
    if (wakeup.due !== null) this.#rows.set(alarmKey(wakeup.due, id), '')
  }
  delete(id: number, { due }: Wakeup): void {
    this.#rows.delete(`wakeup.${id}`)
    if (due !== null) this.deleteAlarm(due, id)
  }
  deleteAlarm(due: Time, id: number): void {
    this.#rows.delete(alarmKey(due, id))
  }
  /** The first alarm. */
  firstAlarm(): { readonly due: bigint; readonly id: number } | undefined {
    const [, due, id] = this.#rows.first('alarm.')?.split('.') ?? []
    if (due === undefined || id === undefined) return undefined
    return { due: BigInt(due.slice(1)), id: fromOrderedNumber(id) }
  }

  countOf(token: ObjectKref): number {
    return this.#rows.find(`tokens.${token}`, countOf) ?? 0
  }
  setToken(token: ObjectKref, id: number): void {
    this.#rows.set(`token.${token}.${orderedNumber(id)}`, '')
    this.#rows.set(`tokens.${token}`, String(this.countOf(token) + 1))
  }
  deleteToken(token: ObjectKref, id: number): void {
    this.#rows.delete(`token.${token}.${orderedNumber(id)}`)
    const left = this.countOf(token) - 1
    if (left === 0) this.#rows.delete(`tokens.${token}`)
    else this.#rows.set(`tokens.${token}`, String(left))
  }
  /** The wakeups of the token, in the order of registration. They may be deleted during the iteration. */
  *idsOf(token: ObjectKref): Generator<number> {
    for (const id of this.#rows.each(`token.${token}.`)) yield fromOrderedNumber(id)
  }
}

const alarmKey = (due: Time, id: number): string => `alarm.${orderedNumber(BigInt(due))}.${orderedNumber(id)}`
