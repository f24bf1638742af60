/** A store whose file was changed behind its back: refused with the code that says what, and where. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { DatabaseSync } from 'node:sqlite'
import { vatId } from '../../src/base/ids.ts'
import type { Code } from '../../src/protocol/codes.ts'
import { formatVersion } from '../../src/store/sql/schema.ts'
import { createStore, openStore, type Store } from '../../src/store/store.ts'
import type { Verification } from '../../src/protocol/store/views.ts'
import { entry, forge, heap, page, refusal, tamper, temporaryDirectory } from './support.ts'

const v1 = vatId(1)
const code = new TextEncoder().encode('({ buildRootObject() {} })')

/** A closed store with something in every table, two spans of three entries, a snapshot of three pages. */
function wholeStore(t: TestContext): string {
  const directory = temporaryDirectory(t)
  const store = createStore(directory)
  store.bundles.put('vat', code)
  for (const reason of ['incarnation', 'snapshot'] as const) {
    store.transcripts.beginSpan(v1, reason)
    for (const said of ['a', 'b', 'c']) store.transcripts.append(v1, entry(said))
  }
  store.heaps.save(v1, 3, heap([1, 2, 3]))
  for (let key = 0; key < 1_000; key += 1) store.state.set('vat/v1', `k${key}`, `value ${key}`)
  store.sealCrank()
  store.commit()
  store.close()
  return directory
}

/** Opening with each of these meets the refusal; the others do not. Gives the detail of the refusal. */
function refusedBy(
  directory: string,
  code: Code,
  by: readonly Verification[],
): Readonly<Record<string, unknown>> {
  let detail: Readonly<Record<string, unknown>> = {}
  for (const verify of ['lazy', 'live', 'all'] as const) {
    if (by.includes(verify)) detail = refusal(code, () => openStore(directory, { verify })).detail
    else openStore(directory, { verify }).close()
  }
  return detail
}

function atUse(
  directory: string,
  code: Code,
  use: (store: Store) => unknown,
): Readonly<Record<string, unknown>> {
  const store = openStore(directory, { verify: 'lazy' })
  const { detail } = refusal(code, () => use(store))
  store.close()
  return detail
}

const path = (directory: string): string => join(directory, 'heirloom.sqlite')

/** One byte in the middle of a blob or text column becomes another. */
const flip = (table: string, column: string, where: string) => (database: DatabaseSync) => {
  const { changes } = database
    .prepare(`UPDATE ${table} SET ${column} = CASE typeof(${column})
      WHEN 'text' THEN replace(${column}, substr(${column}, 5, 1), '~')
      ELSE CAST(substr(${column}, 1, 4) || x'fe' || substr(${column}, 6) AS BLOB) END WHERE ${where}`)
    .run()
  assert.equal(changes, 1)
}

test('nothing damaged is opened by every verification (Sto7)', (t) => {
  refusedBy(wholeStore(t), 'store/corrupt-file', [])
})

test('a flipped byte in a page is refused when opening and when used', (t) => {
  const directory = wholeStore(t)
  const { hash } = page(2)
  tamper(directory, flip('page', 'bytes', `hash = '${hash}'`))
  assert.deepEqual(refusedBy(directory, 'store/corrupt-page', ['live', 'all']), { hash, vat: 'v1' })
  assert.deepEqual(
    atUse(directory, 'store/corrupt-page', (store) => store.heaps.page(hash)),
    { hash, vat: 'v1' },
  )
})

test('a page that is gone is refused', (t) => {
  const directory = wholeStore(t)
  tamper(directory, (database) => database.exec(`DELETE FROM page WHERE hash = '${page(2).hash}'`))
  assert.equal(refusedBy(directory, 'store/corrupt-page', ['live', 'all'])['vat'], 'v1')
})

test('a wrong count of uses is refused when everything is checked (Hep2)', (t) => {
  const directory = wholeStore(t)
  tamper(directory, (database) => database.exec(`UPDATE page SET uses = 2 WHERE hash = '${page(2).hash}'`))
  assert.equal(refusedBy(directory, 'store/corrupt-page', ['all'])['hash'], page(2).hash)
})

test('a flipped byte in a manifest is refused when opening and when used (Hep4)', (t) => {
  const directory = wholeStore(t)
  const detail = { vat: 'v1', position: 3, heapHash: heap([1, 2, 3]).heapHash }
  tamper(directory, flip('snapshot', 'manifest', "vat = 'v1'"))
  assert.deepEqual(refusedBy(directory, 'store/corrupt-snapshot', ['live', 'all']), detail)
  assert.deepEqual(atUse(directory, 'store/corrupt-snapshot', (store) => store.heaps.load(v1, 3)), detail)
})

test('a flipped byte in an entry of the current span is refused when opening and when used (Trs3)', (t) => {
  const directory = wholeStore(t)
  const detail = { vat: 'v1', span: 1, start: 3, end: 6 }
  tamper(directory, flip('entry', 'text', 'position = 4'))
  assert.deepEqual(refusedBy(directory, 'store/corrupt-transcript', ['live', 'all']), detail)
  assert.deepEqual(
    atUse(directory, 'store/corrupt-transcript', (store) => [...store.transcripts.entries(v1, 3, 4)]),
    detail,
  )
})

test('a flipped byte in an old span is refused when everything is checked and when used', (t) => {
  const directory = wholeStore(t)
  const detail = { vat: 'v1', span: 0, start: 0, end: 3 }
  tamper(directory, flip('entry', 'text', 'position = 1'))
  assert.deepEqual(refusedBy(directory, 'store/corrupt-transcript', ['all']), detail)
  assert.deepEqual(
    atUse(directory, 'store/corrupt-transcript', (store) => [...store.transcripts.entries(v1, 0, 6)]),
    detail,
  )
})

for (const [what, change] of [
  ['an entry that is gone', 'DELETE FROM entry WHERE position = 5'],
  ['an entry that is gone from the middle', 'DELETE FROM entry WHERE position = 4'],
  ['a span with another hash', `UPDATE span SET hash = '${'ab'.repeat(32)}' WHERE number = 1`],
  [
    'a span that begins elsewhere in the chain',
    `UPDATE span SET previous = '${'ab'.repeat(32)}' WHERE number = 1`,
  ],
  [
    'two entries that changed places',
    'UPDATE entry SET text = (SELECT text FROM entry AS other WHERE other.position = 9 - entry.position) WHERE position IN (4, 5)',
  ],
] as const) {
  test(`${what} is refused`, (t) => {
    const directory = wholeStore(t)
    forge(directory, (database) => database.exec(change))
    assert.deepEqual(refusedBy(directory, 'store/corrupt-transcript', ['live', 'all']), {
      vat: 'v1',
      span: 1,
      start: 3,
      end: 6,
    })
  })
}

test('a flipped byte in a bundle is refused when opening and when used (Bun1)', (t) => {
  const directory = wholeStore(t)
  tamper(directory, flip('bundle', 'bytes', "kind = 'vat'"))
  const { bundle } = refusedBy(directory, 'store/corrupt-bundle', ['live', 'all'])
  atUse(directory, 'store/corrupt-bundle', (store) =>
    store.bundles.get(store.bundles.list()[0]?.id ?? assert.fail(), 'vat'),
  )
  assert.match(String(bundle), /^b1-/)
})

for (const [what, change] of [
  ['value', "UPDATE state SET value = 'value 501' WHERE key = 'k500'"],
  ['key', "UPDATE state SET key = 'k500' || char(33) WHERE key = 'k500'"],
] as const) {
  test(`a changed ${what} in the state is refused when everything is checked and when used`, (t) => {
    const directory = wholeStore(t)
    tamper(directory, (database) => database.exec(change))
    assert.equal(refusedBy(directory, 'store/corrupt-state', ['all'])['space'], 'vat/v1')
    atUse(directory, 'store/corrupt-state', (store) => [
      store.state.get('vat/v1', 'k500'),
      store.state.get('vat/v1', 'k500!'),
    ])
    atUse(directory, 'store/corrupt-state', (store) => store.state.nextKey('vat/v1', 'k500', ''))
  })
}

test('a file that was cut off is refused as truncated, wherever it was cut', (t) => {
  const directory = wholeStore(t)
  const { size } = statSync(path(directory))
  for (const length of [size - 1, size - 4096, 4096, 4095, 100, 99, 20]) {
    truncateSync(path(directory), length)
    const { detail } = refusal('store/truncated', () => openStore(directory, { verify: 'lazy' }))
    assert.equal(detail['length'], length)
    assert.equal(statSync(path(directory)).size, length, 'what is refused is not touched')
  }
})

/** The store's file and log as they are while it is open, and then its file after it was closed. */
function interruptedCheckpoint(t: TestContext): { directory: string; closed: Buffer } {
  const source = wholeStore(t)
  const directory = temporaryDirectory(t)
  const store = openStore(source)
  for (let key = 0; key < 1_000; key += 1) store.state.set('vat/v2', `k${key}`, 'x'.repeat(500))
  store.sealCrank()
  store.commit()
  execFileSync('cp', [path(source), `${path(source)}-wal`, join(source, 'heirloom.last'), directory])
  store.close()
  return { directory, closed: readFileSync(path(source)) }
}

test('a file that is short because a checkpoint was interrupted opens: the log has what it lacks (Fil3)', (t) => {
  const { directory, closed } = interruptedCheckpoint(t)
  const before = readFileSync(path(directory))
  assert.ok(before.length < closed.length)
  writeFileSync(path(directory), Buffer.concat([closed.subarray(0, 4096), before.subarray(4096)]))
  const store = openStore(directory, { verify: 'all' })
  assert.equal(store.state.get('vat/v2', 'k999'), 'x'.repeat(500))
  store.close()
})

test('a file that was cut off is refused although there is a log', (t) => {
  const { directory } = interruptedCheckpoint(t)
  truncateSync(path(directory), 8_192)
  refusal('store/truncated', () => openStore(directory))
  assert.equal(statSync(path(directory)).size, 8_192)
})

test('pages overwritten with garbage are refused', (t) => {
  const directory = wholeStore(t)
  const bytes = readFileSync(path(directory))
  for (let at = 4096; at < bytes.length; at += 4096) bytes.fill(0xa5, at, at + 512)
  writeFileSync(path(directory), bytes)
  refusal('store/corrupt-file', () => openStore(directory, { verify: 'lazy' }))
})

test('what is no SQLite file, and an SQLite file that is no store, are refused (Fil1)', (t) => {
  const directory = wholeStore(t)
  for (const bytes of ['', 'short', 'x'.repeat(10_000)]) {
    writeFileSync(path(directory), bytes)
    refusal('store/not-a-store', () => openStore(directory))
    assert.equal(readFileSync(path(directory), 'utf8'), bytes, 'what is refused is not touched')
  }
  writeFileSync(path(directory), '')
  tamper(directory, (database) => database.exec('CREATE TABLE other (a); PRAGMA user_version = 1'))
  refusal('store/not-a-store', () => openStore(directory))
})

test('a store of a newer format is refused with both numbers, and an impossible format too', (t) => {
  const directory = wholeStore(t)
  tamper(directory, (database) => database.exec(`PRAGMA user_version = ${formatVersion + 1}`))
  const { detail } = refusal('store/newer-format', () => openStore(directory))
  assert.deepEqual([detail['format'], detail['known']], [formatVersion + 1, formatVersion])
  tamper(directory, (database) => database.exec('PRAGMA user_version = 0'))
  refusal('store/not-a-store', () => openStore(directory))
})

test('after a refusal nothing holds the store: put right, it opens', (t) => {
  const directory = wholeStore(t)
  const bytes = readFileSync(path(directory))
  truncateSync(path(directory), 8_192)
  refusal('store/truncated', () => openStore(directory))
  writeFileSync(path(directory), bytes)
  openStore(directory, { verify: 'all' }).close()
})
