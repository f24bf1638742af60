/** Typed access to the tables of the host: each is defined once, by the module that owns it. */
import type { JsonValue } from '../../protocol/node/fields.ts'
import type { Draft, StateReader } from './hostState.ts'

/** A table whose rows are JSON. */
export interface Table<Row> {
  readonly name: string
  get(state: StateReader, id: string): Row | undefined
  set(state: Draft, id: string, row: Row): void
  delete(state: Draft, id: string): void
  ids(state: StateReader): readonly string[]
}

/**
 * Defines a table. `Row` is JSON whose fields are always written in the same order, so that the same state has
 * the same bytes.
 */
export const tableOf = <Row extends JsonValue | object>(name: string): Table<Row> => ({
  name,
  get(state, id) {
    const text = state.get(name, id)
    return text === undefined ? undefined : (JSON.parse(text) as Row)
  },
  set: (state, id, row) => state.set(name, id, JSON.stringify(row)),
  delete: (state, id) => state.set(name, id, undefined),
  ids: (state) => state.ids(name),
})

/** A number as an id, so that ids have the order of the numbers. */
export const numberId = (number: number): string => String(number).padStart(16, '0')

/** A row that counts. */
export interface Counter {
  get(state: StateReader): number
  set(state: Draft, value: number): void
  /** Counts one more, and returns it. */
  next(state: Draft): number
}

/** A counter of the table of counters, from 0 on. */
export const counterOf = (id: string): Counter => {
  const get = (state: StateReader): number => Number(state.get('counter', id) ?? '0')
  const set = (state: Draft, value: number): void => state.set('counter', id, String(value))
  return {
    get,
    set,
    next(state) {
      const value = get(state) + 1
      set(state, value)
      return value
    },
  }
}
