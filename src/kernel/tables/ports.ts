/**
 * The tables of ports.
 *
 * | table    | key                        | value                 |
 * |----------|----------------------------|-----------------------|
 * | ports    | `port.` name               | JSON `PortRecord`     |
 * | waiting  | `in.` name ` ` number      | JSON capdata          |
 * | failures | `failed.` name ` ` number  | JSON capdata          |
 * | sent     | `out.` name ` ` number     | JSON `SentRecord`     |
 *
 * The name of a port may contain dots, but no spaces.
 */
import { assert } from '../../base/errors.ts'
import { fromOrderedNumber, orderedNumber } from '../../base/ordered.ts'
import type { CapData } from '../../protocol/capdata.ts'
import type { ReasonData } from '../../protocol/results.ts'
import type { PortRecord, SentRecord } from './records.ts'
import type { Rows } from './rows.ts'
import { dataOf, portOf, sentOf, type Reading } from './values.ts'

/** The tables of numbered items at a port, and the type of item in each. */
interface Items {
  readonly in: CapData
  readonly failed: ReasonData
  readonly out: SentRecord
}
type ItemTable = keyof Items

const readings: { readonly [Table in ItemTable]: Reading<Items[Table]> } = {
  in: dataOf,
  failed: dataOf,
  out: sentOf,
}

const prefix = (table: ItemTable, name: string): string => `${table}.${name} `

export class PortTable {
  readonly #rows: Rows

  constructor(rows: Rows) {
    this.#rows = rows
  }

  find(name: string): PortRecord | undefined {
    return this.#rows.find(`port.${name}`, portOf)
  }
  get(name: string): PortRecord {
    return this.#rows.value(`port.${name}`, portOf)
  }
  set(name: string, record: PortRecord): void {
    const { delivered, waiting, unsettled, failures, failed, sent, acknowledged } = record
    assert(waiting >= 0 && waiting <= delivered, 'items that wait at a port were delivered')
    assert(unsettled >= 0 && failures >= 0 && failures <= failed, 'a port counts its items from 0')
    assert(acknowledged >= 0 && acknowledged <= sent, 'the host acknowledges only what was sent')
    this.#rows.set(`port.${name}`, JSON.stringify(record))
  }
  names(): Generator<string> {
    return this.#rows.each('port.')
  }

  setItem<Table extends ItemTable>(table: Table, name: string, number: number, item: Items[Table]): void {
    assert(number >= 1, 'items of a port are numbered from 1')
    this.#rows.set(prefix(table, name) + orderedNumber(number), JSON.stringify(item))
  }
  item<Table extends ItemTable>(table: Table, name: string, number: number): Items[Table] {
    return this.#rows.value(prefix(table, name) + orderedNumber(number), readings[table])
  }
  takeItem<Table extends ItemTable>(table: Table, name: string, number: number): Items[Table] {
    return this.#rows.takeValue(prefix(table, name) + orderedNumber(number), readings[table])
  }
  /** The numbers of the items after this one, in order. Items may be removed during the iteration. */
  *numbers(table: ItemTable, name: string, after = 0): Generator<number> {
    for (const key of this.#rows.each(prefix(table, name), after === 0 ? '' : orderedNumber(after)))
      yield fromOrderedNumber(key)
  }
}
