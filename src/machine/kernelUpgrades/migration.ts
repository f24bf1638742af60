/**
 * A migration that is spread over blocks: rows in the host's space, under keys that no host can use
 * (`machineKeys`).
 *
 * | row       | key               | value                                                              |
 * |-----------|-------------------|--------------------------------------------------------------------|
 * | progress  | `migration`       | JSON `MigrationView`, while a migration is under way               |
 * | last view | `migration.view`  | JSON `LastView`: what the host read of the tables before it        |
 *
 * Mib1. While a migration is under way, nothing reads the kernel's tables or writes them, except the kernel's
 *       `migrate` event: they are of no version.
 * Mib2. How far a migration is stands in the store, so that a process that dies goes on from its last block.
 */
import { assert } from '../../base/errors.ts'
import { isCount, isRecord } from '../../base/guards.ts'
import { refuse } from '../../protocol/codes.ts'
import { machineKeys } from '../../protocol/host/names.ts'
import type { PortView } from '../../protocol/host/port.ts'
import type { MigratedRows } from '../../protocol/kernel/events.ts'
import type { PlatformState } from '../../protocol/kernel/platform.ts'
import type { MigrationView } from '../../protocol/machine/kernelUpgrades.ts'
import type { StoreStatus } from '../../protocol/machine/reports.ts'
import { damagedRow } from '../hostRows.ts'

const progressKey = `${machineKeys}migration`
const viewKey = `${machineKeys}migration.view`

type State = Pick<PlatformState, 'get' | 'set' | 'delete'>

/** What the host goes on to read, as of the block before the upgrade. */
export interface LastView {
  /** The interface level of the old kernel, which gets what waits if the new one fails. */
  readonly level: number
  readonly ports: readonly PortView[]
  /** Decimal digits. */
  readonly now: string
  readonly bootstrap: number | null
  readonly status: Pick<StoreStatus, 'queued' | 'vats' | 'workers' | 'paused' | 'cleanups'>
}

export class Migration {
  readonly #state: State
  #view: MigrationView | null = null
  #last: LastView | null = null

  constructor(state: State) {
    this.#state = state
    this.refresh()
  }

  /** Reads the rows again: the state was taken back. */
  refresh(): void {
    this.#view = parsed<MigrationView>(this.#state, progressKey, ({ rows, total, rowsPerBlock, steps }) =>
      [rows, total, rowsPerBlock].every(isCount) && Array.isArray(steps),
    )
    this.#last = parsed<LastView>(this.#state, viewKey, ({ level, ports, status }) =>
      isCount(level) && Array.isArray(ports) && isRecord(status),
    )
  }

  /** Null: none is under way. */
  get view(): MigrationView | null {
    return this.#view
  }

  /** Null: none is under way, and the tables say it. */
  get last(): LastView | null {
    return this.#last
  }

  begin(view: Omit<MigrationView, 'rows' | 'steps'>, last: LastView): void {
    assert(this.#view === null, 'a store has one migration at a time')
    this.#last = last
    this.#state.set('host', viewKey, JSON.stringify(last))
    this.#write({ ...view, rows: 0, steps: [] })
  }

  /** What the next piece did. */
  add(piece: readonly MigratedRows[]): void {
    const view = this.#view
    assert(view !== null, 'a piece is of a migration that is under way')
    const rows = piece.reduce((sum, step) => sum + step.rows, view.rows)
    this.#write({ ...view, rows, total: Math.max(view.total, rows), steps: summed(view.steps, piece) })
  }

  end(): void {
    if (this.#view === null) return
    this.#state.delete('host', progressKey)
    this.#state.delete('host', viewKey)
    this.#view = null
    this.#last = null
  }

  /** Refuses what needs the kernel's tables (Mib1). */
  assertNone(): void {
    const view = this.#view
    if (view === null) return
    const { rows, total, to } = view
    refuse(
      'kernel/migrating',
      `the kernel ${to} brings the tables of the store up to date: ${rows} of about ${total} rows are done`,
      { rows, total, kernel: to },
    )
  }

  #write(view: MigrationView): void {
    this.#view = view
    this.#state.set('host', progressKey, JSON.stringify(view))
  }
}

/** The steps of both, each once. */
export function summed(
  before: readonly MigratedRows[],
  piece: readonly MigratedRows[],
): readonly MigratedRows[] {
  const steps = new Map(before.map((step) => [step.step, step]))
  for (const step of piece) {
    const { rows, changed } = steps.get(step.step) ?? { rows: 0, changed: 0 }
    steps.set(step.step, { ...step, rows: rows + step.rows, changed: changed + step.changed })
  }
  return [...steps.values()]
}

function parsed<Value>(
  state: State,
  key: string,
  isWhole: (fields: Readonly<Record<string, unknown>>) => boolean,
): Value | null {
  const text = state.get('host', key)
  if (text === undefined) return null
  const value: unknown = JSON.parse(text)
  if (isRecord(value) && isWhole(value)) return value as Value
  return damagedRow(key)
}
