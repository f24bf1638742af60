/**
 * The statements of the undo log: temporary triggers that save each row of the logged tables before its first
 * change, and the statements that put the saved rows back.
 *
 * The triggers belong to a connection: the file has none, and a file with one is refused
 * (`../sql/schema.ts`). They call `undo_checksum(part, key1, …)`, which the connection defines.
 *
 * A row of `undo` is either the saved row (`was` is 1) or says that there was none (0). The first change of a
 * row decides. No statement uses a conflict clause: that of the statement that fires a trigger would replace
 * it.
 */

/** Which changes of a table are logged, and how they are taken back. */
interface LoggedPart {
  readonly part: string
  readonly table: string
  /** One or two columns. */
  readonly keys: readonly [string] | readonly [string, string]
  readonly cells: readonly string[]
  readonly fires: readonly Event[]
  /** Rows that are not logged, as an expression over NEW or OLD. */
  readonly except?: (row: 'NEW' | 'OLD') => string
  readonly restoring: 'replace' | 'add' | 'update'
}

/** `assign`: an insertion whose key SQLite chooses, so that there was no such row. */
type Event = 'insert' | 'assign' | 'update' | 'delete'

const all: readonly Event[] = ['insert', 'update', 'delete']
const host = "SELECT id FROM space WHERE name = 'host'"

const parts: readonly LoggedPart[] = [
  {
    part: 'space',
    table: 'space',
    keys: ['id'],
    cells: ['name', 'rows', 'digest', 'checksum'],
    fires: ['assign', 'update', 'delete'],
    except: (row) => `${row}.name = 'host'`,
    restoring: 'replace',
  },
  {
    part: 'state',
    table: 'state',
    keys: ['space', 'key'],
    cells: ['value', 'checksum'],
    fires: all,
    except: (row) => `${row}.space IS (${host})`,
    restoring: 'replace',
  },
  {
    part: 'span',
    table: 'span',
    keys: ['vat', 'number'],
    cells: ['start', 'end', 'reason', 'previous', 'hash', 'checksum'],
    fires: all,
    restoring: 'replace',
  },
  { part: 'entry', table: 'entry', keys: ['vat', 'position'], cells: ['text'], fires: all, restoring: 'replace' },
  {
    part: 'snapshot',
    table: 'snapshot',
    keys: ['vat'],
    cells: ['position', 'heap_hash', 'manifest', 'checksum'],
    fires: all,
    restoring: 'replace',
  },
  {
    part: 'page',
    table: 'page',
    keys: ['id'],
    cells: ['hash', 'uses', 'bytes'],
    fires: ['assign', 'delete'],
    restoring: 'replace',
  },
  // After the pages. Counting a use does not save the bytes of the page.
  { part: 'page_uses', table: 'page', keys: ['id'], cells: ['uses'], fires: ['update'], restoring: 'update' },
  { part: 'page_use', table: 'page_use', keys: ['vat', 'page'], cells: [], fires: all, restoring: 'replace' },
  {
    part: 'pruned',
    table: 'pruned',
    keys: ['what'],
    cells: ['before'],
    fires: all,
    except: (row) => `${row}.what = 'block'`,
    restoring: 'replace',
  },
  {
    part: 'pruned_to',
    table: 'pruned_to',
    keys: ['vat'],
    cells: ['entry', 'span', 'checksum'],
    fires: all,
    restoring: 'replace',
  },
  {
    part: 'span_begun',
    table: 'span_begun',
    keys: ['vat', 'start'],
    cells: ['height', 'checksum'],
    fires: all,
    restoring: 'replace',
  },
  // Items that were taken come back; none that was appended goes.
  {
    part: 'inbox',
    table: 'inbox',
    keys: ['sequence'],
    cells: ['item', 'checksum'],
    fires: ['delete'],
    restoring: 'add',
  },
  {
    part: 'outbox',
    table: 'outbox',
    keys: ['sequence'],
    cells: ['port', 'item', 'checksum'],
    fires: all,
    restoring: 'replace',
  },
]

/** The columns of `undo` for the cells of a saved row. */
const cellColumns = ['cell1', 'cell2', 'cell3', 'cell4', 'cell5', 'cell6'] as const

const saved = ['part', 'key1', 'key2', 'was', ...cellColumns]

/** The columns of a row of `undo` but its checksum, which covers them. */
export const savedColumns: string = saved.join(', ')

const keysIn = ({ keys: [first, second] }: LoggedPart, row: string): readonly [string, string] => [
  row + first,
  second === undefined ? '0' : row + second,
]

/** `undo` has no row for this key yet. */
const isNew = (part: LoggedPart, row: string): string => {
  const [first, second] = keysIn(part, row)
  return `NOT EXISTS (SELECT 1 FROM undo WHERE part = '${part.part}' AND key1 = ${first} AND key2 = ${second})`
}

function saving(part: LoggedPart, row: string, was: 0 | 1): string {
  const cells = cellColumns.map((_, index) => {
    const cell = part.cells[index]
    return was === 0 || cell === undefined ? 'NULL' : row + cell
  })
  const values = [`'${part.part}'`, ...keysIn(part, row), was, ...cells].join(', ')
  return `INSERT INTO undo (${savedColumns}, checksum) SELECT ${values}, undo_checksum(${values})`
}

/** What a trigger does for a change of the row. */
function actions(part: LoggedPart, event: Event): readonly string[] {
  switch (event) {
    case 'insert': {
      const [first, second] = part.keys
      const same = [first, second].filter((key) => key !== undefined).map((key) => `${key} = NEW.${key}`)
      return [
        `${saving(part, '', 1)} FROM ${part.table} WHERE ${same.join(' AND ')} AND ${isNew(part, 'NEW.')}`,
        `${saving(part, 'NEW.', 0)} WHERE ${isNew(part, 'NEW.')}`,
      ]
    }
    case 'assign':
      return [`${saving(part, 'NEW.', 0)} WHERE ${isNew(part, 'NEW.')}`]
    case 'update':
    case 'delete':
      return [`${saving(part, 'OLD.', 1)} WHERE ${isNew(part, 'OLD.')}`]
  }
}

/** SQLite knows a key that it chooses only after the insertion. */
const moments = { insert: 'BEFORE INSERT', assign: 'AFTER INSERT', update: 'BEFORE UPDATE', delete: 'BEFORE DELETE' }

const triggerName = ({ part }: LoggedPart, event: Event): string => `undo_${part}_${event}`

const triggers: readonly (readonly [name: string, definition: string])[] = [
  ...parts.flatMap((part) =>
    part.fires.map((event) => {
      const { except } = part
      const when = except === undefined ? '' : `WHEN NOT (${except(event === 'insert' || event === 'assign' ? 'NEW' : 'OLD')})`
      const does = actions(part, event).join('; ')
      return [triggerName(part, event), `${moments[event]} ON ${part.table} ${when} BEGIN ${does}; END`] as const
    }),
  ),
  [
    'undo_counted',
    `AFTER INSERT ON undo BEGIN UPDATE undo_log SET rows = rows + 1, digest = (digest + NEW.checksum) % ${2 ** 32}; END`,
  ],
]

export const createTriggers: readonly string[] = triggers.map(
  ([name, definition]) => `CREATE TEMP TRIGGER ${name} ${definition}`,
)
export const dropTriggers: readonly string[] = triggers.map(([name]) => `DROP TRIGGER IF EXISTS temp.${name}`)

function restoring(part: LoggedPart): readonly string[] {
  const { table, keys, cells } = part
  const from = `FROM undo WHERE part = '${part.part}'`
  const values = ['key1', 'key2'].slice(0, keys.length)
  const columns = [...keys, ...cells].join(', ')
  const add = `INSERT INTO ${table} (${columns}) SELECT ${[...values, ...cellColumns.slice(0, cells.length)].join(', ')} ${from} AND was = 1`
  switch (part.restoring) {
    case 'replace':
      return [`DELETE FROM ${table} WHERE (${keys.join(', ')}) IN (SELECT ${values.join(', ')} ${from})`, add]
    case 'add':
      return [add]
    case 'update':
      return [
        `UPDATE ${table} SET ${cells[0]} = (SELECT cell1 ${from} AND key1 = ${keys[0]}) WHERE ${keys[0]} IN (SELECT key1 ${from})`,
      ]
  }
}

/** Put every saved row back. The triggers are dropped by then. */
export const restoreSaved: readonly string[] = parts.flatMap(restoring)
