/** The state of the kernel and of the vats as it was when the undo log began, read from the file. */
import type { PlatformState, Space } from '../../protocol/kernel/platform.ts'
import type { SqlFile, SqlQuery } from '../sql/sql.ts'
import { successor } from '../state/sorted.ts'

export class StateBefore implements Pick<PlatformState, 'get' | 'nextKey'> {
  readonly #oldSpace: SqlQuery<[number]>
  readonly #sameSpace: SqlQuery<[number]>
  readonly #value: SqlQuery<[string]>
  readonly #nextKey: SqlQuery<[string]>

  constructor(sql: SqlFile) {
    this.#oldSpace = sql.query("SELECT key1 FROM undo WHERE part = 'space' AND was = 1 AND cell1 = ?", 'undo', [
      'count',
    ])
    this.#sameSpace = sql.query(
      "SELECT id FROM space WHERE name = ? AND NOT EXISTS (SELECT 1 FROM undo WHERE part = 'space' AND key1 = id)",
      'space',
      ['count'],
    )
    this.#value = sql.query(
      `SELECT cell1 FROM undo WHERE part = 'state' AND key1 = ?1 AND key2 = ?2 AND was = 1
       UNION ALL
       SELECT value FROM state WHERE space = ?1 AND key = ?2 AND ${isUnchanged}`,
      'state',
      ['text'],
    )
    this.#nextKey = sql.query(
      `SELECT key FROM (SELECT key FROM state WHERE space = ?1 AND key >= ?2 AND ${isUnchanged} ORDER BY key LIMIT 1)
       UNION ALL
       SELECT key FROM (SELECT key2 AS key FROM undo WHERE part = 'state' AND key1 = ?1 AND key2 >= ?2 AND was = 1 ORDER BY key2 LIMIT 1)
       ORDER BY key LIMIT 1`,
      'state',
      ['text'],
    )
  }

  get(space: Space, key: string): string | undefined {
    const id = this.#idOf(space)
    return id === undefined ? undefined : this.#value.one(id, key)?.[0]
  }

  nextKey(space: Space, prefix: string, after: string): string | undefined {
    const id = this.#idOf(space)
    if (id === undefined) return undefined
    const key = this.#nextKey.one(id, after < prefix ? prefix : successor(after))?.[0]
    return key?.startsWith(prefix) === true ? key : undefined
  }

  /** The number that the space had. */
  #idOf(space: Space): number | undefined {
    return (this.#oldSpace.one(space) ?? this.#sameSpace.one(space))?.[0]
  }
}

const isUnchanged =
  "NOT EXISTS (SELECT 1 FROM undo WHERE part = 'state' AND key1 = state.space AND key2 = state.key)"
