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
 * A name of a port may hold dots; a space cannot be in one.
 */
import { fromOrderedNumber, orderedNumber } from '../../base/ordered.ts'
import type { CapData } from '../../protocol/capdata.ts'
import type { ReasonData } from '../../protocol/results.ts'
import type { PortRecord, SentRecord } from './records.ts'
import { parse } from './rows.ts'
import type { Rows } from './rows.ts'

/** The tables of numbered items at a port, and what an item is there. */
interface Items {
  readonly in: CapData
  readonly failed: ReasonData
  readonly out: SentRecord
}
type ItemTable = keyof Items

const prefix = (table: ItemTable, name: string): string => `${table}.${name} `

export class PortTable {
  readonly #rows: Rows

  constructor(rows: Rows) {
    this.#rows = rows
  }

  find(name: string): PortRecord | undefined {
    const text = this.#rows.get(`port.${name}`)
    return text === undefined ? undefined : parse<PortRecord>(text)
  }
  get(name: string): PortRecord {
    return parse<PortRecord>(this.#rows.need(`port.${name}`))
  }
  set(name: string, record: PortRecord): void {
    this.#rows.set(`port.${name}`, JSON.stringify(record))
  }
  names(): Generator<string> {
    return this.#rows.each('port.')
  }

  setItem<Table extends ItemTable>(table: Table, name: string, number: number, item: Items[Table]): void {
    this.#rows.set(prefix(table, name) + orderedNumber(number), JSON.stringify(item))
  }
  item<Table extends ItemTable>(table: Table, name: string, number: number): Items[Table] {
    return parse<Items[Table]>(this.#rows.need(prefix(table, name) + orderedNumber(number)))
  }
  takeItem<Table extends ItemTable>(table: Table, name: string, number: number): Items[Table] {
    return parse<Items[Table]>(this.#rows.take(prefix(table, name) + orderedNumber(number)))
  }
  /** The numbers of the items after this one, in order. Items may be taken meanwhile. */
  *numbers(table: ItemTable, name: string, after = 0): Generator<number> {
    for (const key of this.#rows.each(prefix(table, name), after === 0 ? '' : orderedNumber(after))) yield fromOrderedNumber(key)
  }
}
