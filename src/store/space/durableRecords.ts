/** Counts the records of durable kinds of each vat, in the last block of a store that may be open. */
import { compareVatIds, type VatId } from '../../base/ids.ts'
import { isRecord } from '../../base/guards.ts'
import { fromOrderedNumber } from '../../base/ordered.ts'
import { durableObjectsPrefix, kindPrefix } from '../../protocol/worker/estate.ts'
import type { KindCount } from '../../protocol/store/views.ts'
import { assertStoreExists } from '../opening/file.ts'
import { openForReading } from '../opening/reading.ts'

const vatSpacePrefix = 'vat/'

/** By the number of the vat, and in the order in which it defined the kinds. */
export function countDurableRecords(directory: string): readonly KindCount[] {
  assertStoreExists(directory)
  const sql = openForReading(directory)
  try {
    sql.execute('BEGIN')
    const spaces = sql.query("SELECT id, name FROM space WHERE name GLOB 'vat/*'", 'space', ['count', 'space'])
    const kinds = sql.query(
      'SELECT key, value FROM state WHERE space = ? AND key >= ? AND key < ? ORDER BY key',
      'state',
      ['text', 'text'],
    )
    const records = sql.query(
      'SELECT count(*) FROM state WHERE space = ? AND key >= ? AND key < ?',
      'state',
      ['count'],
    )
    const counts = spaces.all().flatMap(([id, space]) => {
      const vat = space.slice(vatSpacePrefix.length) as VatId
      return kinds.all(id, kindPrefix, endOf(kindPrefix)).map(([key, value]): KindCount => {
        const kind = fromOrderedNumber(key.slice(kindPrefix.length))
        const prefix = durableObjectsPrefix(kind)
        return { vat, kind, tag: tagIn(value), records: records.one(id, prefix, endOf(prefix))?.[0] ?? 0 }
      })
    })
    return counts.sort((one, other) => compareVatIds(one.vat, other.vat) || one.kind - other.kind)
  } finally {
    sql.close()
  }
}

/** The first text after all that begin with the prefix, whose last character is ASCII. */
const endOf = (prefix: string): string =>
  prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1)

/** Empty for what a foreign supervisor has written. */
function tagIn(value: string): string {
  try {
    const kind: unknown = JSON.parse(value)
    return isRecord(kind) && typeof kind['tag'] === 'string' ? kind['tag'] : ''
  } catch {
    return ''
  }
}
