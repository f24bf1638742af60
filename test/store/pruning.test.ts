/** What retention keeps and removes, in which steps, and that nothing else depends on it. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { vatId, type Hash, type VatId } from '../../src/base/ids.ts'
import { sha256 } from '../../src/hashing/sha256.ts'
import { keepAll, type KeptTranscripts, type Retention } from '../../src/protocol/store/retention.ts'
import { limits } from '../../src/store/files/limits.ts'
import {
  exportStore,
  openStore,
  openStoreForReading,
  StoreReader,
  type Store,
} from '../../src/store/store.ts'
import { query } from '../kit/rows.ts'
import { asFormat2, entry, forge, heap, newStore, refusal, temporaryDirectory } from './support.ts'

const v1 = vatId(1)
const v2 = vatId(2)

const counted = (store: Store, table: string, where = '1'): number =>
  query<{ rows: number }>(store.directory, `SELECT count(*) AS rows FROM ${table} WHERE ${where}`)[0]?.rows ??
  0

const keeping = (transcripts: KeptTranscripts): Retention => ({ ...keepAll, transcripts })

const pagesOf = (manifest: Uint8Array): Hash[] => JSON.parse(Buffer.from(manifest).toString()) as Hash[]

function assertSound(store: Store): void {
  store.verify('all')
  assert.deepEqual(store.audit(pagesOf).deviations, [])
}

function block(store: Store): void {
  store.state.set('kernel', 'height', String(store.blocks.height + 1))
  store.sealCrank()
  store.commit()
}

/** A span of so many entries, in a block of its own. */
function span(store: Store, vat: VatId, reason: 'incarnation' | 'snapshot', entries: number): void {
  store.transcripts.beginSpan(vat, reason)
  for (let n = 0; n < entries; n += 1) store.transcripts.append(vat, entry(`${n} of ${vat}`))
  if (reason === 'snapshot')
    store.heaps.save(vat, store.transcripts.count(vat) - entries, heap([entries % 256]))
  block(store)
}

/** Blocks 1 to 6: of v1 two incarnations, 10 entries in each span; of v2 one span. */
function written(store: Store): Store {
  span(store, v1, 'incarnation', 10)
  span(store, v1, 'snapshot', 10)
  span(store, v2, 'incarnation', 5)
  span(store, v1, 'incarnation', 10)
  span(store, v1, 'snapshot', 10)
  span(store, v1, 'snapshot', 10)
  return store
}

/** What is kept → from where on the transcript of v1 is, and how many of its spans. */
const policies: readonly (readonly [keep: KeptTranscripts, from: number, spans: number])[] = [
  ['all', 0, 5],
  ['incarnation', 20, 3],
  ['restart', 40, 1],
  [{ blocks: 1 }, 40, 1],
  [{ blocks: 2 }, 30, 2],
  [{ blocks: 3 }, 20, 3],
  [{ blocks: 4 }, 10, 4],
  [{ blocks: 5 }, 10, 4],
  [{ blocks: 100 }, 0, 5],
]

for (const [keep, from, spans] of policies) {
  test(`with ${JSON.stringify(keep)} a transcript is kept from ${from} on (Prd1)`, (t) => {
    const store = written(newStore(t))
    store.setRetention(keeping(keep))
    block(store)
    assert.deepEqual(
      [store.transcripts.keptFrom(v1), store.transcripts.spans(v1).length, store.transcripts.count(v1)],
      [from, spans, 50],
    )
    assert.deepEqual(
      [counted(store, 'entry', "vat = 'v1'"), counted(store, 'span', "vat = 'v1'")],
      [50 - from, spans],
    )
    assert.deepEqual(
      [...store.transcripts.entries(v1, from, 50)].map(({ position }) => position),
      Array.from({ length: 50 - from }, (_, n) => from + n),
    )
    if (from > 0)
      assert.deepEqual(refusal('store/pruned', () => store.transcripts.entries(v1, from - 1, 50)).detail, {
        vat: v1,
        from: from - 1,
        kept: from,
      })
    assert.deepEqual(store.transcripts.incarnation(v1), from <= 20 ? { start: 20, end: 50 } : undefined)
    assert.equal(store.transcripts.keptFrom(v2), 0)
    assertSound(store)
  })

  test(`with ${JSON.stringify(keep)} the same is removed when it is asked for once, and what is asked for again is done`, (t) => {
    const store = written(newStore(t))
    block(store)
    const step = store.prune(keeping(keep), 'none')
    assert.deepEqual([step.after, step.pruned.entries, step.pruned.spans], [null, from, 5 - spans])
    assert.ok(step.pruned.entryBytes >= from * 50)
    assert.deepEqual([store.transcripts.keptFrom(v1), store.transcripts.spans(v1).length], [from, spans])
    assert.equal(store.prune(keeping(keep), 'none').pruned.entries, 0)
    assert.deepEqual(store.retention, keepAll)
    assertSound(store)
    store.close()
    openStore(store.directory, { verify: 'all' }).close()
  })
}

test('the setting is durable when it returns, holds after a new opening, and can be taken back', (t) => {
  const store = written(newStore(t))
  const retention: Retention = { transcripts: { blocks: 3 }, blocks: 50, inputs: 7 }
  store.setRetention(retention)
  store.close()
  const again = openStore(store.directory)
  assert.deepEqual(again.retention, retention)
  again.setRetention({ transcripts: 'restart', blocks: 'all', inputs: 'all' })
  again.setRetention(keepAll)
  block(again)
  assert.equal(again.transcripts.keptFrom(v1), 0)
  again.close()
  const reader = openStoreForReading(store.directory)
  assert.deepEqual(reader.retention, keepAll)
  refusal('store/opened-for-reading', () => reader.setRetention(retention))
  refusal('store/opened-for-reading', () => reader.prune(retention, 'none'))
  reader.close()
})

test('a block at work is as it was when something is pruned beside it', (t) => {
  const store = written(newStore(t))
  const other = written(newStore(t))
  for (const one of [store, other]) {
    one.transcripts.append(v1, entry('at work'))
    one.state.set('kernel', 'at work', '1')
  }
  store.prune(keeping('restart'), 'none')
  store.setRetention({ transcripts: 'restart', blocks: 2, inputs: 'all' })
  assert.equal(store.state.get('kernel', 'at work'), '1')
  for (const one of [store, other]) one.sealCrank()
  assert.deepEqual(store.commit(), other.commit())
  assertSound(store)
})

test('whatever two stores keep, they have the same hashes, and the same operational export to the byte (Ret1, Pru3)', (t) => {
  const retentions: readonly Retention[] = [
    keepAll,
    { transcripts: 'restart', blocks: 2, inputs: 'all' },
    { transcripts: { blocks: 2 }, blocks: 3, inputs: 'all' },
    keeping('incarnation'),
  ]
  const stores = retentions.map((retention) => {
    const store = newStore(t)
    store.setRetention(retention)
    return store
  })
  for (const store of stores) {
    written(store)
    for (let n = 0; n < 40; n += 1) span(store, n % 2 === 0 ? v1 : v2, 'snapshot', 3)
  }
  const [first, ...others] = stores.map((store) => store.blocks.last())
  for (const other of others) assert.deepEqual(other, first)
  const exports = stores.map((store) => {
    const to = temporaryDirectory(t)
    exportStore(store.directory, to, 'operational')
    return readdirSync(to).sort().map((name) => sha256(readFileSync(join(to, name))))
  })
  for (const other of exports) assert.deepEqual(other, exports[0])
  for (const store of stores) assertSound(store)
})

test('what lies far behind goes with several commits, each of which removes no more than its part, also after a new opening (Pru1, Pru4, Prd2)', (t) => {
  const store = newStore(t)
  const behind = 3 * limits.rowsPruned + 500
  span(store, v1, 'incarnation', behind)
  for (let n = 0; n < 20; n += 1) span(store, v1, 'snapshot', 1)
  store.setRetention(keeping('restart'))
  const counts: number[] = []
  let open = store
  for (let n = 0; n < 6; n += 1) {
    const before = counted(open, 'entry')
    open.transcripts.append(v1, entry('more'))
    block(open)
    counts.push(before + 1 - counted(open, 'entry'))
    assert.equal(open.transcripts.keptFrom(v1), behind + 19)
    assertSound(open)
    if (n !== 1) continue
    open.close()
    open = openStore(store.directory, { verify: 'all' })
    t.after(() => open.close())
  }
  assert.deepEqual(counts.slice(0, 3), [1, 1, 1].map(() => limits.rowsPruned + 2))
  assert.equal(counts.reduce((sum, count) => sum + count, 0), behind + 19)
  assert.equal(counted(open, 'span'), 1)
})

test('what was begun is finished although everything is to be kept meanwhile', (t) => {
  const store = newStore(t)
  span(store, v1, 'incarnation', limits.rowsPrunedByStep + 10)
  span(store, v1, 'snapshot', 1)
  const { after, pruned } = store.prune(keeping('restart'), 'none')
  assert.deepEqual([after, pruned.entries], ['none', limits.rowsPrunedByStep])
  assertSound(store)
  store.close()
  const again = openStore(store.directory, { verify: 'all' })
  t.after(() => again.close())
  block(again)
  assert.deepEqual([counted(again, 'entry'), counted(again, 'span')], [1, 1])
  assertSound(again)
})

test('large entries count by their bytes', (t) => {
  const store = newStore(t)
  store.transcripts.beginSpan(v1, 'incarnation')
  for (let n = 0; n < 8; n += 1) store.transcripts.append(v1, entry('x'.repeat(limits.bytesPruned / 2)))
  block(store)
  span(store, v1, 'snapshot', 1)
  store.setRetention(keeping('restart'))
  block(store)
  assert.equal(counted(store, 'entry'), 7)
  for (let n = 0; n < 4; n += 1) block(store)
  assert.equal(counted(store, 'entry'), 1)
  assertSound(store)
})

test('the records of blocks are kept for as many blocks as is set, and never fewer than two (Pru3, Prd3)', (t) => {
  const store = newStore(t)
  store.setRetention({ ...keepAll, blocks: 10 })
  for (let n = 0; n < 300; n += 1) block(store)
  assert.ok(counted(store, 'block') < 10 + limits.blocksPrunedAtOnce)
  assert.equal(store.blocks.at(300)?.height, 300)
  assert.equal(store.blocks.at(1), undefined)
  assertSound(store)
  const { pruned } = store.prune({ ...keepAll, blocks: 1 }, 'none')
  assert.ok(pruned.blocks > 0)
  assert.equal(counted(store, 'block'), 2)
  store.close()
  const again = openStore(store.directory, { verify: 'all' })
  block(again)
  again.close()
})

test('a store that is used for long under retention has a bounded number of rows, and its file stops growing', (t) => {
  const store = newStore(t, { logPages: 200 })
  store.setRetention({ transcripts: 'restart', blocks: 10, inputs: 'all' })
  const sizes: number[] = []
  const rows: number[] = []
  for (let n = 0; n < 1_000; n += 1) {
    const vat = n % 3 === 0 ? v2 : v1
    if (n < 3 || n % 50 === 0) store.transcripts.beginSpan(vat, n < 3 && n !== 2 ? 'incarnation' : 'snapshot')
    store.transcripts.append(vat, entry(`delivery ${n} ${'x'.repeat(300)}`))
    block(store)
    if (n % 100 !== 99) continue
    store.checkpoint()
    sizes.push(statSync(join(store.directory, 'heirloom.sqlite')).size)
    rows.push(['entry', 'span', 'block', 'span_begun'].reduce((sum, table) => sum + counted(store, table), 0))
  }
  assert.ok(Math.max(...rows) < 800, `rows: ${rows.join(' ')}`)
  // A page more or less is chance. Without retention the second half would add 200,000 bytes.
  assert.ok((sizes.at(-1) ?? 0) < (sizes[4] ?? 0) + 30_000, `sizes: ${sizes.join(' ')}`)
  assertSound(store)
})

test('a vat that ends when its transcript was pruned is forgotten in steps, and all is sound after each', (t) => {
  for (const removed of ['whole', 'half'] as const) {
    const store = newStore(t)
    span(store, v1, 'incarnation', removed === 'whole' ? 100 : limits.rowsPruned + 100)
    for (let n = 0; n < 3; n += 1) span(store, v1, 'snapshot', 100)
    store.setRetention(keeping('restart'))
    block(store)
    const count = store.transcripts.count(v1)
    for (let from = count - 60; from > 0; from -= 60) {
      store.transcripts.forget(v1, from)
      block(store)
      assertSound(store)
    }
    store.transcripts.forget(v1, 0)
    store.heaps.forget(v1)
    block(store)
    for (const table of ['entry', 'span', 'pruned', 'pruned_to', 'span_begun'])
      assert.equal(counted(store, table), 0, table)
    assertSound(store)
  }
})

test('a reader beside the writer is refused what was pruned meanwhile (Sre1, Sre2)', (t) => {
  const store = written(newStore(t))
  const reader = new StoreReader(store.directory)
  const [from, to] = [
    { position: 0, link: '0'.repeat(64) as Hash },
    { position: 50, link: store.transcripts.linkAt(v1, 50) },
  ]
  assert.equal([...reader.entries(v1, from, to)].length, 50)
  store.prune(keeping('restart'), 'none')
  refusal('store/pruned', () => [...reader.entries(v1, from, to)])
  reader.close()
})

test('a store of an older format keeps what it has until its blocks are of age', (t) => {
  const store = written(newStore(t))
  store.close()
  asFormat2(store.directory)
  const again = openStore(store.directory, { verify: 'all' })
  t.after(() => again.close())
  again.setRetention(keeping({ blocks: 3 }))
  block(again)
  block(again)
  assert.equal(again.transcripts.keptFrom(v1), 0)
  block(again)
  assert.equal(again.transcripts.keptFrom(v1), 40)
  assertSound(again)
})

/** What is damaged in a store of which a half is removed → refused with `store/corrupt-transcript`. */
const damages: readonly (readonly [what: string, change: string])[] = [
  [
    'an entry that is still to be removed is missing',
    `DELETE FROM entry WHERE position = ${limits.rowsPrunedByStep + 5}`,
  ],
  ['an entry that was removed is there', "INSERT INTO entry VALUES ('v1', 3, '{}')"],
  ['an entry that is kept is missing', `DELETE FROM entry WHERE position = ${limits.rowsPrunedByStep + 10}`],
  ['it is said that less was removed', `UPDATE pruned_to SET entry = ${limits.rowsPrunedByStep - 1}`],
  ['it is said that more was removed', `UPDATE pruned_to SET entry = ${limits.rowsPrunedByStep + 1}`],
  ['it is said that a span was removed', 'UPDATE pruned_to SET span = 1'],
  ['it is said that more is kept', "UPDATE pruned SET before = 7 WHERE what = 'v1'"],
]

for (const [what, change] of damages) {
  test(`damage does not pass for pruning: ${what} (Prd2)`, (t) => {
    const store = newStore(t)
    span(store, v1, 'incarnation', limits.rowsPrunedByStep + 10)
    span(store, v1, 'snapshot', 1)
    store.prune(keeping('restart'), 'none')
    store.close()
    forge(store.directory, (database) => void database.exec(change))
    refusal('store/corrupt-transcript', () => openStore(store.directory, { verify: 'all' }))
    const open = openStore(store.directory, { verify: 'lazy' })
    assert.ok(open.audit(pagesOf).found > 0)
    open.close()
  })
}
