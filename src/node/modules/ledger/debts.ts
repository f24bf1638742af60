/**
 * What the host owes vats: items for ports, kept here until the kernel has got them.
 *
 * Deb1. Each port has its items numbered from 1 on, without gaps; the number is that of the item at the port.
 *       So an item that is handed over twice is taken once.
 * Deb2. Nothing is refused for a port that is full or a kernel that is faulted: the items wait here.
 */
import { assert } from '../../../base/errors.ts'
import type { JsonValue } from '../../../protocol/node/fields.ts'
import type { Draft, StateReader } from '../../state/hostState.ts'
import { counterOf, numberId, tableOf } from '../../state/table.ts'

/** The number of the last item that the port is owed, and of the last that the kernel got. */
const owed = (port: string) => counterOf(`owed.${port}`)
const handed = (port: string) => counterOf(`handed.${port}`)
const items = (port: string) => tableOf<{ readonly item: JsonValue }>(`debt.${port}`)

/** Owes the port an item, if it is open: no one would ever hear of it otherwise. */
export function owe(state: Draft, port: string, item: JsonValue): void {
  if (state.get('port', port) === undefined) return
  items(port).set(state, numberId(owed(port).next(state)), { item })
}

/** How many items the kernel has not got. */
export const owedCount = (state: StateReader, port: string): number =>
  owed(port).get(state) - handed(port).get(state)

/** An item that the kernel has not got, with its number. */
export interface Debt {
  readonly port: string
  readonly number: number
  readonly item: JsonValue
}

/** The first of the items that the kernel has not got. */
export function firstDebts(state: StateReader, port: string, limit: number): readonly Debt[] {
  const first = handed(port).get(state) + 1
  const last = Math.min(owed(port).get(state), first + limit - 1)
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => {
    const number = first + index
    const row = items(port).get(state, numberId(number))
    assert(row !== undefined, 'an item that is owed is kept until the kernel has it (Deb1)')
    return { port, number, item: row.item }
  })
}

/** The kernel has got the items up to this number. */
export function settleDebts(state: Draft, port: string, upTo: number): void {
  for (let number = handed(port).get(state) + 1; number <= upTo; number += 1)
    items(port).delete(state, numberId(number))
  handed(port).set(state, Math.max(upTo, handed(port).get(state)))
}
