/**
 * Data that vats publish for readers outside: at the port `publish`, as `{ name, value }`, where the value is
 * JSON of at most 100,000 characters. The last versions of each name are kept, with their heights.
 */
import { isRecord } from '../../../base/guards.ts'
import type { JsonValue } from '../../../protocol/node/fields.ts'
import type { StateReader } from '../../state/hostState.ts'
import { numberId, tableOf } from '../../state/table.ts'
import { isName } from '../../transactions/fields.ts'
import type { Context, Module } from '../module.ts'
import { parameterOf } from '../parameters/parameters.ts'
import { notFound, refuseQuery } from '../query.ts'

/** The port at which vats publish. */
export const publishPort = 'publish'

const maxCharacters = 100_000

/** One version of what is published under a name. */
export interface Published {
  readonly height: number
  readonly value: JsonValue
}

const versions = (name: string) => tableOf<Published>(`published.${name}`)
const names = tableOf<{ readonly height: number }>('published')

/** Publishes an item; what has not the form is an event, and otherwise ignored. */
export function takePublication(context: Context, number: number, item: unknown): void {
  const { state, height, emit } = context
  const found = readItem(item)
  if (found === undefined) return emit('publication-refused', { number })
  const { name, value } = found
  const table = versions(name)
  table.set(state, numberId(height), { height, value })
  names.set(state, name, { height })
  const ids = table.ids(state)
  const tooMany = ids.length - parameterOf(state, 'publishing.kept')
  for (const id of ids.slice(0, Math.max(0, tooMany))) table.delete(state, id)
  emit('published', { name, value })
}

function readItem(item: unknown): { readonly name: string; readonly value: JsonValue } | undefined {
  if (!isRecord(item) || !isName(item['name']) || !('value' in item)) return undefined
  try {
    const text = JSON.stringify(item['value'])
    if (text === undefined || text.length > maxCharacters) return undefined
    return { name: item['name'] as string, value: JSON.parse(text) as JsonValue }
  } catch {
    return undefined
  }
}

function versionAt(state: StateReader, name: string, height: string | undefined): Published {
  const table = versions(name)
  const ids = table.ids(state)
  if (height !== undefined && !/^\d{1,16}$/.test(height)) refuseQuery('a height: decimal digits')
  const last = height === undefined ? ids.at(-1) : ids.findLast((id) => id <= numberId(Number(height)))
  const found = last === undefined ? undefined : table.get(state, last)
  return found ?? notFound(`nothing is published as ${name}${height === undefined ? '' : ` at height ${height}`}`)
}

export const publishing: Module = {
  name: 'publishing',
  messages: {},
  queries: {
    names: (state) => names.ids(state).map((name) => ({ name, height: names.get(state, name)?.height ?? 0 })),
    show: (state, [name = '', height]) => ({ ...versionAt(state, name, height) }),
    history: (state, [name = '']) =>
      versions(name)
        .ids(state)
        .map((id) => Number(id)),
  },
}
