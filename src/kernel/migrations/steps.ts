/** The steps of this kernel, in the order in which they apply. A new version of tables adds its own. */
import {
  migrateRow,
  migrations,
  oldestTables,
  tablesVersion,
  type MigratedTable,
} from '../tables/migrations.ts'
import { assertChain, type Step } from './step.ts'

/** Rows of older forms of version 1, which the kernel reads as well (Mig2). */
const ownForms = (table: MigratedTable, keys: readonly string[]): Step => {
  const own = migrations.filter((step) => step.table === table)
  return {
    name: `${table}-1`,
    table,
    from: 1,
    to: 1,
    keys,
    adds: [],
    apply({ key, text }) {
      const after = migrateRow(own, text)
      return after === undefined ? [] : [[key, after]]
    },
  }
}

export const steps: readonly Step[] = [
  ownForms('config', ['config']),
  ownForms('vats', ['vat.']),
  ownForms('items', ['run.', 'parked.', 'drain.']),
]

assertChain(steps, oldestTables, tablesVersion)

/** The steps for tables of the version. */
export const stepsFrom = (version: number): readonly Step[] => steps.filter(({ from }) => from >= version)
