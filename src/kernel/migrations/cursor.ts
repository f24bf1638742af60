/**
 * Where a migration is: a row of the kernel's space, under the key `migrating`, while it is under way.
 *
 * The version of tables, in the configuration, is the old one until all steps are done.
 */
import { isRecord, isText } from '../../base/guards.ts'
import type { PlatformState } from '../../protocol/kernel/platform.ts'
import { refuseRow } from '../tables/rows.ts'
import { parsed } from '../tables/values.ts'

const cursorKey = 'migrating'
const configKey = 'config'

type State = Pick<PlatformState, 'get' | 'set' | 'delete'>

export interface Cursor {
  readonly step: string
  /** The last row that the step has looked at; null before the first. */
  readonly after: string | null
}

export function readCursor(state: Pick<State, 'get'>): Cursor | undefined {
  const text = state.get('kernel', cursorKey)
  if (text === undefined) return undefined
  const { step, after } = recordIn(cursorKey, text)
  if (!isText(step) || !(after === null || isText(after))) return refuseRow(cursorKey, 'is no cursor')
  return { step, after }
}

export const writeCursor = (state: State, { step, after }: Cursor): void =>
  state.set('kernel', cursorKey, JSON.stringify({ step, after }))

/** The version of the tables as they are, or were before the migration that is under way. */
export function versionOf(state: Pick<State, 'get'>): number {
  const { tablesVersion } = configIn(state)
  return Number.isSafeInteger(tablesVersion)
    ? (tablesVersion as number)
    : refuseRow(configKey, 'has no version of tables')
}

/** The tables are of the version. */
export function endMigration(state: State, tablesVersion: number): void {
  const config = configIn(state)
  if (config['tablesVersion'] !== tablesVersion)
    state.set('kernel', configKey, JSON.stringify({ ...config, tablesVersion }))
  if (state.get('kernel', cursorKey) !== undefined) state.delete('kernel', cursorKey)
}

type Fields = Readonly<Record<string, unknown>>

const configIn = (state: Pick<State, 'get'>): Fields =>
  recordIn(configKey, state.get('kernel', configKey) ?? refuseRow(configKey, 'is missing'))

function recordIn(key: string, text: string): Fields {
  const value = parsed(text)
  return isRecord(value) ? value : refuseRow(key, 'is no record')
}
