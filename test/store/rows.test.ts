/**
 * Rows and tables that are not those that the store writes: refused where they are read, with their place.
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import { CodedError } from '../../src/base/errors.ts'
import { vatId } from '../../src/base/ids.ts'
import type { Code } from '../../src/protocol/codes.ts'
import { tableColumns } from '../../src/store/sql/rowFormat.ts'
import {
  createStore,
  exportStore,
  forkStore,
  openStore,
  StoreReader,
  type Store,
} from '../../src/store/store.ts'
import { query, unconstrained } from '../kit/rows.ts'
import { entry, heap, refusal, tamper, temporaryDirectory } from './support.ts'

const v1 = vatId(1)

/** A closed store with something in every table but `pruned`. */
function wholeStore(t: TestContext): string {
  const directory = temporaryDirectory(t)
  const store = createStore(directory)
  store.bundles.name('vat:one', store.bundles.put('vat', new TextEncoder().encode('code')))
  for (const reason of ['incarnation', 'snapshot'] as const) {
    store.transcripts.beginSpan(v1, reason)
    for (const said of ['a', 'b', 'c']) store.transcripts.append(v1, entry(said))
  }
  store.heaps.save(v1, 3, heap([1, 2, 3]))
  for (let key = 0; key < 20; key += 1) store.state.set('vat/v1', `k${key}`, `value ${key}`)
  store.outbox.append('bank', 'an item')
  store.inbox.append('an item')
  store.sealCrank()
  store.commit()
  store.close()
  return directory
}

/** How a store is read as a whole. */
const readings = {
  'opening it': (directory: string): void => openStore(directory, { verify: 'all' }).close(),
  'exporting it': (directory: string) => exportStore(directory, `${directory}-export`, 'archival'),
} as const

function refusedByAll(t: TestContext, code: Code, damage: (database: DatabaseSync) => void): void {
  for (const [how, read] of Object.entries(readings)) {
    const directory = join(wholeStore(t))
    tamper(directory, damage)
    assert.ok(refusal(code, () => read(directory)).message.length > 0, how)
  }
}

/** Undefined where the store is refused when it is opened: the last block, the spaces. */
function openOrRefused(directory: string, code: Code): Store | undefined {
  try {
    return openStore(directory, { verify: 'lazy' })
  } catch (error) {
    assert.ok(error instanceof CodedError && error.code === code, String(error))
    return undefined
  }
}

const codeOf = {
  span: 'store/corrupt-transcript',
  snapshot: 'store/corrupt-snapshot',
  bundle_name: 'store/corrupt-bundle',
  inbox: 'store/corrupt-channel',
  outbox: 'store/corrupt-channel',
  block: 'store/corrupt-block',
  space: 'store/corrupt-state',
} as const

for (const [table, code] of Object.entries(codeOf)) {
  const columns = tableColumns[table as keyof typeof codeOf].map(([name]) => name)
  for (const [what, value] of [
    ['NULL', 'NULL'],
    ['a blob', "x'00ff'"],
    ['a real', '1.5'],
    ['a huge integer', '9223372036854775807'],
  ] as const) {
    test(`${what} in a column of ${table} is refused as ${code} (Fmt1)`, (t) => {
      const column = columns.at(-2)
      const directory = wholeStore(t)
      tamper(directory, (database) =>
        unconstrained(database, table, () => database.exec(`UPDATE ${table} SET ${column} = ${value}`)),
      )
      const store = openOrRefused(directory, code)
      if (store === undefined) return
      const { deviations } = store.audit(() => [])
      store.close()
      assert.ok(deviations.some((deviation) => deviation.code === code), JSON.stringify(deviations))
    })
  }
}

test('a cell that was changed to another of its type does not have the checksum of its row (Fmt2, Fmt3)', (t) => {
  refusedByAll(t, 'store/corrupt-channel', (database) => database.exec("UPDATE outbox SET item = 'another'"))
  refusedByAll(t, 'store/corrupt-channel', (database) => database.exec("UPDATE inbox SET item = 'another'"))
  refusedByAll(t, 'store/corrupt-bundle', (database) =>
    database.exec("UPDATE bundle_name SET label = 'vat:two'"),
  )
  refusedByAll(t, 'store/corrupt-transcript', (database) =>
    database.exec("UPDATE span SET reason = 'worker' WHERE number = 1"),
  )
  refusedByAll(t, 'store/corrupt-block', (database) =>
    database.exec('UPDATE block SET cranks = 7 WHERE height = 0'),
  )
})

test('a row of the state that is gone, or is one of an older block, is found by the digest of its space (Row7)', (t) => {
  refusedByAll(t, 'store/corrupt-state', (database) => database.exec("DELETE FROM state WHERE key = 'k7'"))
  const directory = wholeStore(t)
  const older = query<Record<string, SQLInputValue>>(
    directory,
    "SELECT value, checksum FROM state WHERE key = 'k7'",
  ).flatMap((row) => Object.values(row))
  const store = openStore(directory)
  store.state.set('vat/v1', 'k7', 'newer')
  store.sealCrank()
  store.commit()
  store.close()
  tamper(directory, (database) =>
    database.prepare("UPDATE state SET value = ?, checksum = ? WHERE key = 'k7'").run(...older),
  )
  refusal('store/corrupt-state', () => openStore(directory, { verify: 'all' }))
})

test('the digest of a space follows what is set, overwritten and deleted, read before or not (Row5, Row7)', (t) => {
  const directory = wholeStore(t)
  for (let round = 0; round < 4; round += 1) {
    const store = openStore(directory, { verify: 'all' })
    if (round % 2 === 0) store.state.get('vat/v1', 'k3')
    store.state.set('vat/v1', 'k3', `round ${round}`)
    store.state.set('vat/v1', 'k4', `round ${round}`)
    store.state.delete('vat/v1', `k${10 + round}`)
    store.state.delete('vat/v1', 'never there')
    store.state.set('vat/v1', `new ${round}`, 'new')
    store.sealCrank()
    store.commit()
    store.state.set('vat/v1', `new ${round}`, 'again')
    store.state.delete('vat/v1', 'k4')
    store.sealCrank()
    store.commit()
    store.close()
  }
  openStore(directory, { verify: 'all' }).close()
})

for (const change of [
  'DROP TABLE inbox',
  'ALTER TABLE block DROP COLUMN checksum',
  'ALTER TABLE outbox RENAME COLUMN item TO content',
  'ALTER TABLE state ADD COLUMN more TEXT',
  'CREATE INDEX extra ON entry (text)',
  'CREATE TABLE extra (a)',
  'CREATE TRIGGER greedy AFTER INSERT ON block BEGIN DELETE FROM entry; END',
  'ALTER TABLE page RENAME TO pages; CREATE VIEW page AS SELECT * FROM pages',
]) {
  test(`refused as another schema, however it is opened: ${change}`, (t) => {
    const directory = wholeStore(t)
    tamper(directory, (database) => database.exec(change))
    for (const verify of ['lazy', 'live', 'all'] as const)
      refusal('store/corrupt-schema', () => openStore(directory, { verify }))
    refusal('store/corrupt-schema', () => forkStore(directory, `${directory}-fork`))
    refusal('store/corrupt-schema', () => exportStore(directory, `${directory}-export`, 'archival'))
    refusal('store/corrupt-schema', () => new StoreReader(directory))
  })
}

test('what SQLite gathers for its planner is no part of the schema', (t) => {
  const directory = wholeStore(t)
  tamper(directory, (database) => database.exec('ANALYZE'))
  openStore(directory, { verify: 'all' }).close()
})

test('a row that the store does not know of is refused when a commit meets it, and the block in work is kept', (t) => {
  const directory = wholeStore(t)
  tamper(directory, (database) => database.exec("INSERT INTO entry VALUES ('v1', 6, '{}')"))
  const store = openStore(directory, { verify: 'lazy' })
  store.transcripts.append(v1, entry('d'))
  store.sealCrank()
  assert.equal(refusal('store/corrupt-transcript', () => store.commit()).detail['table'], 'entry')
  assert.equal(store.transcripts.count(v1), 7)
  store.close()
})
