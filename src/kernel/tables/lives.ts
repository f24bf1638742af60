/**
 * Tables of the lifecycles of vats: retained data of ended vats, waiters for an end, jobs, and the pause of
 * the kernel. Their keys are in the list of `tables.ts`.
 */
import { assert } from '../../base/errors.ts'
import type { ObjectKref, PromiseKref, VatId } from '../../base/ids.ts'
import { fromOrderedNumber, orderedNumber } from '../../base/ordered.ts'
import type { EndedVat, Job } from './records.ts'
import type { Pause } from '../../protocol/kernel/views.ts'
import type { Rows } from './rows.ts'
import { endedOf, jobOf, objectOf, pauseOf, promiseOf } from './values.ts'

export class LifeTables {
  readonly #rows: Rows
  #crank: number | undefined

  constructor(rows: Rows) {
    this.#rows = rows
  }

  // --- vats that have ended, and their admin nodes

  ended(vat: VatId): EndedVat | undefined {
    return this.#rows.find(`ended.${vat}`, endedOf)
  }
  setEnded(vat: VatId, record: EndedVat): void {
    this.#rows.set(`ended.${vat}`, JSON.stringify(record))
  }
  /** Deletes and returns the retained data of the vat. */
  takeEnded(vat: VatId): EndedVat {
    return this.#rows.takeValue(`ended.${vat}`, endedOf)
  }
  setAdminNode(vat: VatId, kref: ObjectKref): void {
    this.#rows.set(`admin.${vat}`, kref)
  }
  adminNode(vat: VatId): ObjectKref | undefined {
    return this.#rows.find(`admin.${vat}`, objectOf)
  }
  hasAdminNode(vat: VatId): boolean {
    return this.adminNode(vat) !== undefined
  }
  deleteAdminNode(vat: VatId): void {
    this.#rows.delete(`admin.${vat}`)
  }

  // --- waiters for the end of a vat

  addAsker(vat: VatId, result: PromiseKref): void {
    this.#rows.set(`asker.${vat}.${orderedNumber(this.#rows.count('asker'))}`, result)
  }
  /** Takes the promise that has waited longest. */
  takeAsker(vat: VatId): PromiseKref | undefined {
    const key = this.#rows.first(`asker.${vat}.`)
    return key === undefined ? undefined : this.#rows.takeValue(key, promiseOf)
  }

  // --- jobs

  addJob(job: Job): number {
    const number = this.#rows.count('job')
    this.setJob(number, job)
    return number
  }
  setJob(number: number, job: Job): void {
    assert(job.steps >= 0 && job.rows >= 0, 'the work of a job is counted from 0')
    this.#rows.set(`job.${orderedNumber(number)}`, JSON.stringify(job))
  }
  deleteJob(number: number): void {
    this.#rows.delete(`job.${orderedNumber(number)}`)
  }
  firstJob(): { readonly number: number; readonly job: Job } | undefined {
    for (const entry of this.jobs()) return entry
    return undefined
  }
  *jobs(): Generator<{ readonly number: number; readonly job: Job }> {
    for (const ordered of this.#rows.each('job.')) {
      yield { number: fromOrderedNumber(ordered), job: this.#rows.value(`job.${ordered}`, jobOf) }
    }
  }

  // --- the kernel as a whole

  paused(): Pause | undefined {
    return this.#rows.find('paused', pauseOf)
  }
  setPaused(pause: Pause): void {
    this.#rows.set('paused', JSON.stringify(pause))
  }
  deletePaused(): void {
    this.#rows.delete('paused')
  }
  /**
   * The number of the current crank, which the host passes with each event: the kernel's only measure of when
   * something happened. It does not know block heights, since block boundaries are not an input.
   */
  get crank(): number {
    assert(this.#crank !== undefined, 'the kernel knows the number of its crank')
    return this.#crank
  }
  beginCrank(number: number): void {
    assert(number >= 1, 'cranks count from 1')
    this.#crank = number
  }
}
