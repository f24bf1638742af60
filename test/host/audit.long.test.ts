/**
 * The audit of a whole store through the host API: the file, the kernel's tables, and what the two say of
 * each other.
 */
import assert from 'node:assert/strict'
import { cpSync } from 'node:fs'
import { test, type TestContext } from 'node:test'
import type { DatabaseSync } from 'node:sqlite'
import { openController } from '../../src/host/index.ts'
import { storeAuditCodes, type AuditReport } from '../../src/protocol/reports/audit.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { unpackStore } from '../../tools/golden/store.ts'
import { forge, query, tamper, unconstrained } from '../kit/rows.ts'
import { forTheFile, openWorld, puppet, temporaryDirectory } from '../kit/world.ts'

const world = await openWorld(forTheFile, {
  vats: { first: puppet, second: puppet },
  config: { snapshotInterval: 3 },
})
for (let round = 0; round < 7; round += 1) {
  await world.run(
    'first',
    'return E(args[0]).run("baggage.init(String(args[0]), 1)", args[1])',
    await world.root('second'),
    BigInt(round),
  )
  await world.controller.commit()
}
const post = await (await world.controller.openPort('post')).remote()
for (const item of [1n, 2n]) await world.run('first', 'return E(args[0]).send(args[1])', post, item)
await world.controller.commit()
await world.controller.port('post').acknowledge(1)
await world.controller.run()
await world.controller.sendOnly('first', 'echo')
await world.end()

function copyOf(t: TestContext): string {
  const directory = temporaryDirectory(t)
  cpSync(world.directory, directory, { recursive: true })
  return directory
}

async function report(directory: string, depth: 'kernel' | 'all' = 'all'): Promise<AuditReport> {
  const controller = await openController({ directory, make: 'never', verify: 'lazy' })
  try {
    return await controller.audit({ depth })
  } finally {
    await controller.shutdown()
  }
}

const found = ({ deviations }: AuditReport): string[] =>
  deviations.map(({ code, where }) => `${code} ${where}`)

test('a sound store has no deviations; what was counted is told', async (t) => {
  const { deviations, found: count, counted, store } = await report(copyOf(t))
  assert.deepEqual(deviations, [])
  assert.equal(count, 0)
  assert.deepEqual([counted?.vats, counted?.queued], [2, 1])
  const [{ pages = 0, blocks = 0, rows = 0 } = {}] = query<{ pages: number; blocks: number; rows: number }>(
    world.directory,
    'SELECT (SELECT count(*) FROM page) AS pages, (SELECT count(*) FROM block) AS blocks, (SELECT count(*) FROM state) AS rows',
  )
  assert.ok(pages > 10 && rows > 50)
  assert.deepEqual(
    { pages: store?.pages, blocks: store?.blocks, stateRows: store?.stateRows, snapshots: store?.snapshots },
    { pages, blocks, stateRows: rows, snapshots: 2 },
  )
})

const one = <Row extends object>(sql: string): Row => query<Row>(world.directory, sql)[0] ?? assert.fail(sql)
const { hash } = one<{ hash: string }>('SELECT hash FROM page ORDER BY id LIMIT 1')
const { snapshotAt } = one<{ snapshotAt: number }>(
  "SELECT position AS snapshotAt FROM snapshot WHERE vat = 'v1'",
)
const { start, end, number } = one<{ start: number; end: number; number: number }>(
  "SELECT start, end, number FROM span WHERE vat = 'v1' AND end > start + 1 ORDER BY number LIMIT 1",
)
const { bundle } = one<{ bundle: string }>("SELECT id AS bundle FROM bundle WHERE kind = 'vat'")
const { height } = one<{ height: number }>('SELECT max(height) AS height FROM block')
const zeros = '0'.repeat(64)

type Damage = (database: DatabaseSync) => unknown
const sql =
  (...statements: readonly string[]): Damage =>
  (database) =>
    database.exec(statements.join(';'))
const unchecked =
  (statement: string, table: string): Damage =>
  (database) =>
    unconstrained(database, table, () => database.exec(statement))
const inStore =
  (change: (store: Store) => void) =>
  (directory: string): void => {
    const store = openStore(directory, { verify: 'lazy' })
    change(store)
    store.sealCrank()
    store.commit()
    store.close()
  }
const inFile =
  (damage: Damage) =>
  (directory: string): void =>
    tamper(directory, damage)
/** By somebody who computes all checksums again. */
const forged = (damage: Damage) => (directory: string): void => forge(directory, damage)
const vatRow = (store: Store): string => store.state.get('kernel', 'vat.v1') ?? ''

const cases: readonly (readonly [
  situation: string,
  damage: (directory: string) => void,
  ...found: readonly string[],
])[] = [
  [
    "a row that breaks SQLite's own rules",
    inFile(
      sql('PRAGMA ignore_check_constraints = 1', "UPDATE page SET uses = -1 WHERE hash = '" + hash + "'"),
    ),
    'store/corrupt-file file',
    `store/corrupt-page page ${hash}`,
  ],
  [
    'bytes of a bundle',
    inFile(sql(`UPDATE bundle SET bytes = x'00' WHERE id = '${bundle}'`)),
    `store/corrupt-bundle bundle ${bundle}`,
  ],
  [
    'bytes of a manifest',
    inFile(sql("UPDATE snapshot SET manifest = CAST(manifest || x'00' AS BLOB) WHERE vat = 'v1'")),
    `store/corrupt-snapshot snapshot v1 ${snapshotAt}`,
  ],
  [
    'pages kept for a vat that its manifest does not list',
    inFile(
      sql(
        `INSERT INTO page (hash, uses, bytes) VALUES ('6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d', 1, x'00')`,
        "INSERT INTO page_use SELECT 'v1', max(id) FROM page",
      ),
    ),
    `store/corrupt-snapshot snapshot v1 ${snapshotAt}`,
  ],
  [
    'bytes of a page',
    inFile(sql(`UPDATE page SET bytes = x'00' WHERE hash = '${hash}'`)),
    `store/corrupt-page page ${hash}`,
  ],
  [
    'uses of a page',
    inFile(sql(`UPDATE page SET uses = uses + 1 WHERE hash = '${hash}'`)),
    `store/corrupt-page page ${hash}`,
  ],
  [
    'an entry of an old span',
    inFile(sql(`UPDATE entry SET text = text || ' ' WHERE vat = 'v1' AND position = ${start}`)),
    `store/corrupt-transcript transcript v1 ${start}..${end}`,
  ],
  [
    'an entry that is gone',
    inFile(sql(`DELETE FROM entry WHERE vat = 'v1' AND position = ${start}`)),
    `store/corrupt-transcript transcript v1 ${start}..${end}`,
  ],
  [
    'a span that begins elsewhere in the chain',
    forged(
      sql(`UPDATE span SET previous = '${zeros.replace('0', '1')}' WHERE vat = 'v1' AND number = ${number}`),
    ),
    `store/corrupt-transcript transcript v1 ${start}..${end}`,
    `store/corrupt-transcript transcript v1 ${start}..${end}`,
  ],
  [
    'an entry behind the last span',
    inFile(sql("INSERT INTO entry VALUES ('v1', 9999, '{}')")),
    'transcript/stray transcript v1',
  ],
  [
    'two rows of the state',
    inFile(sql("UPDATE state SET checksum = checksum + 1 WHERE key IN ('size.o+d2/1', 'entry.o+d2/1.s3')")),
    'storage/count kernel stored.v2',
    'store/corrupt-state vat/v2 entry.o+d2/1.s3',
    'store/corrupt-state vat/v2 size.o+d2/1',
  ],
  [
    "a row that the kernel's audit must read",
    inFile(sql("UPDATE state SET checksum = checksum + 1 WHERE key = 'name.first'")),
    'store/corrupt-state kernel name.first',
    'vat/name kernel vat.v1',
  ],
  [
    'a block that is gone',
    inFile(sql(`DELETE FROM block WHERE height = ${height - 1}`)),
    `block/chain block ${height}`,
  ],
  [
    'a hash that changed without a crank',
    forged(
      sql(
        `INSERT INTO block SELECT height + 1, cranks, '${zeros}', inbox_last, inbox_taken, outbox_last, outbox_acknowledged, 0 FROM block WHERE height = ${height}`,
      ),
    ),
    `block/chain block ${height + 1}`,
    // No inputs were recorded for a block that was not run.
    'store/corrupt-block inputs',
  ],
  [
    'a counter of a block',
    inFile(sql(`UPDATE block SET inbox_last = inbox_last + 1 WHERE height = ${height - 1}`)),
    `store/corrupt-block block ${height - 1}`,
    `block/chain block ${height}`,
  ],
  [
    'the text of an item of the outbox',
    inFile(sql(`UPDATE outbox SET item = '{"body":"#3","slots":[]}'`)),
    'store/corrupt-channel outbox',
    'channel/gap outbox',
  ],
  [
    'a row of the state that is gone',
    inFile(sql("DELETE FROM state WHERE key = 'size.o+d2/1'")),
    'storage/count kernel stored.v2',
    'store/corrupt-state vat/v2',
  ],
  [
    'a number in the place of a text',
    inFile(unchecked("UPDATE state SET value = 7 WHERE key = 'size.o+d2/1'", 'state')),
    'storage/count kernel stored.v2',
    'store/corrupt-file file',
    'store/corrupt-state vat/v2 size.o+d2/1',
  ],
  [
    'the name of a bundle',
    inFile(sql(`INSERT INTO bundle_name VALUES ('vat:other', '${bundle}', 0)`)),
    'store/corrupt-bundle bundle name vat:other',
  ],
  [
    'an item of the inbox that was taken',
    forged(sql("INSERT INTO inbox VALUES (1, '{}', 0)")),
    'channel/gap inbox',
  ],
  [
    'an item of the outbox that nobody sent',
    forged(sql("INSERT INTO outbox VALUES (7, 'port', '{}', 0)")),
    'channel/gap outbox',
    'outbox/other outbox 7',
  ],
  [
    'an item of the outbox that no port knows',
    inStore((store) => store.outbox.append('post', '{}')),
    'outbox/other outbox 3',
  ],
  [
    'an item that was sent and is kept nowhere',
    inStore((store) => store.outbox.release(2)),
    'outbox/other outbox 2',
  ],
  [
    "a heap that is not the kernel's",
    inStore((store) =>
      store.state.set(
        'kernel',
        'vat.v1',
        vatRow(store).replace(/"heapHash":"[0-9a-f]+"/, `"heapHash":"${zeros}"`),
      ),
    ),
    `heap/other snapshot v1 ${snapshotAt}`,
  ],
  [
    'rows of a vat that is not there',
    inStore((store) => store.state.set('vat/v9', 'key', 'value')),
    'space/stray vat/v9',
  ],
  [
    'a count of the kernel',
    inStore((store) => store.state.set('kernel', 'object.ko1', 'kernel 2 2')),
    'object/count kernel object.ko1',
  ],
  [
    'a record of the kernel that is no record',
    inStore((store) => store.state.set('kernel', 'vat.v1', '{')),
    'object/count kernel object.ko2',
    'row/unreadable kernel vat.v1',
    'vat/name kernel name.first',
    'vat/number kernel vats',
  ],
]

for (const [situation, damage, ...expected] of cases) {
  // Au1.
  test(`found: ${situation}`, async (t) => {
    const directory = copyOf(t)
    damage(directory)
    const audited = await report(directory)
    assert.deepEqual(found(audited).sort(), [...expected].sort(), JSON.stringify(audited.deviations, null, 1))
    assert.equal(audited.found, expected.length)
    assert.deepEqual(found(await report(directory)), found(audited), 'the audit has changed nothing')
  })
}

test('every code has a case that finds it (Aud1)', () => {
  const met = new Set(cases.flatMap(([, , ...expected]) => expected.map((each) => each.split(' ')[0])))
  assert.deepEqual(Object.keys(storeAuditCodes).filter((code) => !met.has(code)), [])
})

test("at the depth of the kernel the file's hashes are not looked at", async (t) => {
  const directory = copyOf(t)
  tamper(directory, sql(`UPDATE page SET bytes = x'00' WHERE hash = '${hash}'`))
  assert.deepEqual(found(await report(directory, 'kernel')), [])
})

// Au2.
test('a store of release 0.1.0, whose kernel cannot audit, is audited by this release', async (t) => {
  const directory = temporaryDirectory(t)
  unpackStore('0.1.0', directory)
  const sound = await report(directory)
  assert.deepEqual([sound.deviations, sound.counted?.vats], [[], 1])
  inStore((store) => store.state.set('kernel', 'object.ko1', 'kernel 2 2'))(directory)
  assert.deepEqual(found(await report(directory)), ['object/count kernel object.ko1'])
})

test('what was accepted and not yet committed is audited too, and nothing changes by it', async (t) => {
  const live = await openWorld(t, { vats: { first: puppet } })
  await live.controller.send('first', 'echo', [await live.root('first')])
  const before = await live.activityHash()
  const { counted, deviations } = await live.controller.audit({ depth: 'all' })
  assert.deepEqual([counted?.queued, deviations], [1, []])
  assert.equal(await live.activityHash(), before)
  await assert.rejects(live.controller.audit({ depth: 'some' as 'all' }), { code: 'api/bad-argument' })
})
