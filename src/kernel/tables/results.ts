/** The table of the results that the host has not forgotten, by the number of their inbox item. */
import { assert } from '../../base/errors.ts'
import type { PromiseKref } from '../../base/ids.ts'
import type { Rows } from './rows.ts'
import { countOf, promiseOf } from './values.ts'

export class ResultTable {
  readonly #rows: Rows

  constructor(rows: Rows) {
    this.#rows = rows
  }

  promise(sequence: number): PromiseKref | undefined {
    return this.#rows.find(`result.${sequence}`, promiseOf)
  }

  set(sequence: number, promise: PromiseKref): void {
    assert(sequence >= 1, 'items of the inbox are numbered from 1')
    this.#rows.set(`result.${sequence}`, promise)
  }

  delete(sequence: number): void {
    this.#rows.delete(`result.${sequence}`)
  }

  /** The number of the first message of a store created from a configuration. */
  bootstrap(): number | undefined {
    return this.#rows.find('bootstrap', countOf)
  }

  setBootstrap(sequence: number): void {
    assert(this.bootstrap() === undefined, 'a store has one first message')
    this.#rows.set('bootstrap', String(sequence))
  }
}
