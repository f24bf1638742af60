/**
 * Older forms of rows of the present version of tables, brought to the current layout. What leads from one
 * version to the next is in `migrations/steps.ts`.
 *
 * Mig1. A step is pure and idempotent: it changes no row of the current layout, except the order of fields.
 * Mig2. Steps are applied in one place, where a row is parsed (`values.ts`). No other code of the kernel
 * knows
 *      an older layout, so the fields of a record are optional only if their absence means something.
 *
 * A kernel that replaces another in place runs the same steps over the rows of a store (`migrateRow`).
 */
import { isRecord } from '../../base/guards.ts'
import { assert } from '../../base/errors.ts'

export type Fields = Readonly<Record<string, unknown>>

/** The version of the current layout. A kernel that changes it supplies the steps from the version before. */
export const tablesVersion = 1

/** The oldest version whose rows the steps bring up to date. */
export const oldestTables = 1

/** `items`: the items of the run-queue, those parked for a vat, and upgrades that wait for a drain. */
export type MigratedTable = 'config' | 'vats' | 'items'

export interface Migration {
  readonly name: string
  readonly table: MigratedTable
  /** The layout that the step leads to. Version 1 includes its own older forms: it grew while it was 1. */
  readonly tablesVersion: number
  readonly apply: (fields: Fields) => Fields
}

/**
 * Adds fields that are missing. They come first even if none is missing: the order of a record's fields is
 * the order in its row, which is hashed.
 */
const withDefaults =
  (defaults: Fields) =>
  (fields: Fields): Fields => ({ ...defaults, ...fields })

/** Options that a new vat has unless its creator chooses others. */
export const vatDefaults = { onFault: 'reject', importance: 'ordinary', nextHeapLimitPages: null } as const

const startedBy: ReadonlySet<unknown> = new Set(['start', 'upgrade'])

/** All steps, in the order in which they apply to a row. */
export const migrations: readonly Migration[] = [
  {
    name: 'config-cleanup-budget',
    table: 'config',
    tablesVersion: 1,
    apply: withDefaults({ cleanupBudget: 1_000 }),
  },
  {
    name: 'vat-fault-policy',
    table: 'vats',
    tablesVersion: 1,
    apply: withDefaults(vatDefaults),
  },
  {
    // The kernel did not record the crank of a suspension.
    name: 'vat-suspended-since',
    table: 'vats',
    tablesVersion: 1,
    apply(fields) {
      const { status } = fields
      if (!isRecord(status) || status['kind'] !== 'suspended' || status['since'] !== undefined) return fields
      return { ...fields, status: { ...status, since: null } }
    },
  },
  {
    // Only the host started and upgraded vats.
    name: 'item-requester',
    table: 'items',
    tablesVersion: 1,
    apply: (fields) =>
      startedBy.has(fields['kind']) && fields['by'] === undefined ? { ...fields, by: 'host' } : fields,
  },
]

const stepsOf: { readonly [Table in MigratedTable]: readonly Migration[] } = {
  config: migrations.filter(({ table }) => table === 'config'),
  vats: migrations.filter(({ table }) => table === 'vats'),
  items: migrations.filter(({ table }) => table === 'items'),
}

/** Brings a row's value to the current layout. The result may still be invalid. */
export function migrated(table: MigratedTable, fields: Fields): Fields {
  let current = fields
  for (const { apply } of stepsOf[table]) current = apply(current)
  return current
}

/**
 * Applies steps to the text of a row. Returns undefined if the row is of the current layout already, and need
 * not be rewritten.
 */
export function migrateRow(steps: readonly Migration[], text: string): string | undefined {
  const before: unknown = JSON.parse(text)
  assert(isRecord(before), 'a row with migrations holds a JSON record')
  let after: Fields = before
  for (const { apply } of steps) after = apply(after)
  return sameFields(before, after) ? undefined : JSON.stringify(after)
}

/** Ignores the order of fields. A step that changes a field replaces its value (Mig1). */
const sameFields = (before: Fields, after: Fields): boolean =>
  Object.keys(before).length === Object.keys(after).length &&
  Object.entries(after).every(([name, value]) => before[name] === value)
