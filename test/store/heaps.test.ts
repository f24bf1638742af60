import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DatabaseSync } from 'node:sqlite'
import { vatId } from '../../src/base/ids.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { faults, heap, newStore, page, refusal } from './support.ts'

const v1 = vatId(1)
const v2 = vatId(2)

/** The stored pages and their uses, by the byte they are full of. */
function storedPages(store: Store): Record<number, number> {
  const database = new DatabaseSync(`${store.directory}/heirloom.sqlite`, { readOnly: true })
  const rows = database.prepare('SELECT uses, bytes FROM page').all() as { uses: number; bytes: Uint8Array }[]
  database.close()
  return Object.fromEntries(rows.map(({ uses, bytes }) => [bytes[0] ?? -1, uses]))
}

test('a snapshot is loaded as it was saved, in the block and after reopening', (t) => {
  const store = newStore(t)
  const saved = heap([1, 2, 3])
  store.heaps.save(v1, 7, saved)
  for (const opened of [store, undefined]) {
    const reader = opened ?? openStore(store.directory, { verify: 'all' })
    assert.deepEqual(reader.heaps.snapshot(v1), { position: 7, heapHash: saved.heapHash })
    const loaded = reader.heaps.load(v1, 7)
    assert.deepEqual(new Uint8Array(loaded?.manifestBytes ?? []), saved.manifestBytes)
    assert.equal(loaded?.heapHash, saved.heapHash)
    assert.deepEqual(new Uint8Array(reader.heaps.page(page(2).hash)), page(2).bytes)
    assert.equal(reader.heaps.load(v1, 6), undefined)
    assert.equal(reader.heaps.load(v2, 7), undefined)
    if (opened === undefined) reader.close()
    else {
      store.commit()
      store.close()
    }
  }
})

test('a page is kept as long as a snapshot lists it, once for all vats (Hep2)', (t) => {
  const store = newStore(t)
  store.heaps.save(v1, 1, heap([1, 2, 3]))
  store.heaps.save(v2, 1, heap([2, 3, 4]))
  store.commit()
  assert.deepEqual(storedPages(store), { 1: 1, 2: 2, 3: 2, 4: 1 })
  store.heaps.save(v1, 2, heap([1, 3, 5], [5]))
  store.commit()
  assert.deepEqual(storedPages(store), { 1: 1, 2: 1, 3: 2, 4: 1, 5: 1 })
  store.heaps.drop(v2, 2)
  store.commit()
  assert.deepEqual(storedPages(store), { 1: 1, 3: 1, 5: 1 })
  store.verify('all')
})

test('several snapshots of a vat in one block leave the last (Hep1)', (t) => {
  const store = newStore(t)
  store.heaps.save(v1, 1, heap([1, 2]))
  store.heaps.save(v1, 2, heap([2, 3], [3]))
  store.heaps.drop(v1, 3)
  assert.equal(store.heaps.snapshot(v1), undefined)
  store.heaps.save(v1, 3, heap([1, 3], []))
  store.commit()
  assert.deepEqual(storedPages(store), { 1: 1, 3: 1 })
  assert.equal(store.heaps.load(v1, 2), undefined)
  assert.equal(store.heaps.load(v1, 3)?.heapHash, heap([1, 3]).heapHash)
})

test('a page that one vat drops and another takes in the same block stays', (t) => {
  const store = newStore(t)
  store.heaps.save(v1, 1, heap([1]))
  store.commit()
  store.heaps.save(v1, 2, heap([2]))
  store.heaps.save(v2, 1, heap([1], []))
  store.commit()
  assert.deepEqual(storedPages(store), { 1: 1, 2: 1 })
  assert.deepEqual(new Uint8Array(store.heaps.page(page(1).hash)), page(1).bytes)
})

test('the same page many times in a manifest counts once', (t) => {
  const store = newStore(t)
  store.heaps.save(v1, 1, heap([9, 9, 9, 0, 0]))
  store.commit()
  assert.deepEqual(storedPages(store), { 0: 1, 9: 1 })
  store.heaps.save(v1, 1, heap([9], []))
  store.commit()
  assert.deepEqual(storedPages(store), { 9: 1 })
})

test('undo and an abandoned block bring the snapshot before back (Hep5)', (t) => {
  const store = newStore(t)
  store.heaps.save(v1, 1, heap([1]))
  store.commit()
  const mark = store.state.mark()
  store.heaps.save(v1, 2, heap([2]))
  store.heaps.drop(v1, 5)
  store.state.undo(mark)
  assert.equal(store.heaps.snapshot(v1)?.position, 1)
  store.heaps.save(v1, 3, heap([3]))
  store.abandonBlock()
  assert.equal(store.heaps.snapshot(v1)?.position, 1)
  refusal('store/corrupt-page', () => store.heaps.page(page(3).hash))
  store.commit()
  assert.deepEqual(storedPages(store), { 1: 1 })
})

test('a page that was written is there without the file being read again, and what verifies reads the file (Hep6)', (t) => {
  const store = newStore(t)
  store.heaps.save(v1, 1, heap([1, 2, 3]))
  store.heaps.save(v1, 2, heap([1, 2], []))
  store.commit()
  const database = new DatabaseSync(`${store.directory}/heirloom.sqlite`)
  database.prepare('UPDATE page SET bytes = ? WHERE hash = ?').run(page(7).bytes, page(2).hash)
  database.close()
  assert.deepEqual(new Uint8Array(store.heaps.page(page(2).hash)), page(2).bytes)
  refusal('store/corrupt-page', () => store.heaps.page(page(3).hash))
  refusal('store/corrupt-page', () => store.verify('all'))
})

test('what a small change writes does not grow with the heap (Hep3)', (t) => {
  const store = newStore(t)
  const bytes = Array.from({ length: 256 }, (_, index) => index)
  store.heaps.save(v1, 1, heap(bytes))
  store.commit()
  const database = new DatabaseSync(`${store.directory}/heirloom.sqlite`, { readOnly: true })
  const rowIds = (): unknown[] =>
    database
      .prepare('SELECT id FROM page ORDER BY id')
      .all()
      .map(({ id }) => id)
  const before = rowIds()
  store.heaps.save(v1, 2, heap(bytes.slice(1), []))
  store.commit()
  assert.deepEqual(rowIds(), before.slice(1))
  database.close()
})

test('dropping what is not from before the position, or not there, does nothing', (t) => {
  const store = newStore(t)
  store.heaps.save(v1, 5, heap([1]))
  store.heaps.drop(v1, 5)
  store.heaps.drop(v2, 5)
  assert.equal(store.heaps.snapshot(v1)?.position, 5)
})

test('garbage is a fault: a wrong hash, a page that is not there, a position before the last', (t) => {
  const store = newStore(t)
  const good = heap([1])
  faults(() => store.heaps.save(v1, 1, { ...good, heapHash: page(1).hash }), /hash/)
  faults(
    () => store.heaps.save(v1, 1, { ...good, added: [{ hash: page(1).hash, bytes: page(2).bytes }] }),
    /hash/,
  )
  faults(() => store.heaps.save(v1, 1, heap([1, 2], [1])), /not there/)
  faults(() => store.heaps.save(v1, -1, good), /position/)
  store.heaps.save(v1, 5, good)
  faults(() => store.heaps.save(v1, 4, good), /later/)
})

test('bytes that the caller changes after saving are saved as they were', (t) => {
  const store = newStore(t)
  const saved = heap([1])
  const bytes = saved.added[0]?.bytes as Uint8Array
  store.heaps.save(v1, 1, { ...saved, manifestBytes: Buffer.from(saved.manifestBytes) })
  bytes.fill(9)
  store.commit()
  store.verify('all')
})
