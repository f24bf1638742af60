/**
 * Brings all rows of a store to the current layout, when this kernel takes the place of an older one.
 *
 * Rows of an older layout are brought up to date where they are read as well (Mig2); afterwards none is left.
 */
import type { PlatformState } from '../../protocol/kernel/platform.ts'
import type { MigratedRows } from '../../protocol/kernel/events.ts'
import { migrateRow, migrations, type MigratedTable } from './migrations.ts'

/** The beginnings of the keys of each table with migrations. */
const prefixes: { readonly [Table in MigratedTable]: readonly string[] } = {
  config: ['config'],
  vats: ['vat.'],
  items: ['run.', 'parked.', 'drain.'],
}

/** Applies all steps to all rows. Returns how many rows each table had, and how many changed. */
export function migrate(state: Pick<PlatformState, 'get' | 'set' | 'nextKey'>): readonly MigratedRows[] {
  return (Object.keys(prefixes) as MigratedTable[]).map((table) => {
    const steps = migrations.filter((step) => step.table === table)
    let [rows, changed] = [0, 0]
    for (const key of keysOf(state, prefixes[table])) {
      rows += 1
      const text = migrateRow(steps, state.get('kernel', key) ?? '')
      if (text === undefined) continue
      state.set('kernel', key, text)
      changed += 1
    }
    return { table, steps: steps.map(({ name }) => name), rows, changed }
  })
}

function* keysOf(
  state: Pick<PlatformState, 'nextKey'>,
  beginnings: readonly string[],
): Generator<string> {
  for (const prefix of beginnings) {
    if (!prefix.endsWith('.')) {
      yield prefix
      continue
    }
    for (
      let key = state.nextKey('kernel', prefix, prefix);
      key !== undefined;
      key = state.nextKey('kernel', prefix, key)
    )
      yield key
  }
}
