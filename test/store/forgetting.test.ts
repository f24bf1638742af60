/** What is kept of a vat that has ended goes in bounded pieces, and what is left meanwhile is whole. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { vatId } from '../../src/base/ids.ts'
import { sha256 } from '../../src/hashing/sha256.ts'
import { limits } from '../../src/store/files/limits.ts'
import { openStore, type NewSnapshot, type Store } from '../../src/store/store.ts'
import { query } from '../kit/rows.ts'
import { entry, heap, newStore } from './support.ts'

const v1 = vatId(1)
const v2 = vatId(2)

const counted = (store: Store, table: string): number =>
  query<{ rows: number }>(store.directory, `SELECT count(*) AS rows FROM ${table} WHERE vat = '${v1}'`)[0]
    ?.rows ?? 0

/** Six spans of ten entries, in three blocks. */
function written(store: Store): Store {
  for (let span = 0; span < 6; span += 1) {
    store.transcripts.beginSpan(v1, span === 0 ? 'incarnation' : 'snapshot')
    for (let n = 0; n < 10; n += 1) store.transcripts.append(v1, entry(`${span}.${n}`))
    store.sealCrank()
    if (span % 2 === 1) store.commit()
  }
  return store
}

/** Where a transcript of six spans of ten is forgotten from, and how many entries and spans are left. */
const cuts: readonly (readonly [from: number, entries: number, spans: number])[] = [
  [60, 60, 6],
  [59, 60, 6],
  [51, 60, 6],
  [50, 50, 5],
  [49, 50, 5],
  [21, 30, 3],
  [20, 20, 2],
  [1, 10, 1],
  [0, 0, 0],
]
for (const [from, entries, spans] of cuts) {
  test(`a transcript forgotten from ${from} on has ${spans} whole spans left (Trs1)`, (t) => {
    const store = written(newStore(t))
    store.transcripts.forget(v1, from)
    for (const reader of ['in the block', 'after it']) {
      assert.deepEqual(
        [store.transcripts.spans(v1).length, store.transcripts.count(v1)],
        [spans, entries],
        reader,
      )
      assert.deepEqual(store.transcripts.vats(), spans === 0 ? [] : [v1])
      if (reader === 'in the block') {
        store.sealCrank()
        store.commit()
      }
    }
    assert.deepEqual([counted(store, 'entry'), counted(store, 'span')], [entries, spans])
    store.close()
    const again = openStore(store.directory, { verify: 'all' })
    assert.equal(again.transcripts.count(v1), entries)
    again.close()
  })
}

test('forgetting is undone with its crank, and with its block', (t) => {
  const store = written(newStore(t))
  const mark = store.state.mark()
  store.transcripts.forget(v1, 0)
  store.heaps.forget(v1)
  store.state.undo(mark)
  assert.equal(store.transcripts.count(v1), 60)
  store.transcripts.forget(v1, 20)
  const inner = store.state.mark()
  store.transcripts.forget(v1, 0)
  store.state.undo(inner)
  assert.equal(store.transcripts.count(v1), 20)
  store.sealCrank()
  store.abandonBlock()
  assert.equal(store.transcripts.count(v1), 60)
  store.transcripts.append(v1, entry('it lives'))
  store.sealCrank()
  store.commit()
  store.verify('all')
})

test('a vat that began and ended in one block leaves nothing', (t) => {
  const store = newStore(t)
  store.transcripts.beginSpan(v1, 'incarnation')
  store.transcripts.append(v1, entry('a'))
  store.heaps.save(v1, 1, heap([1, 2]))
  store.transcripts.forget(v1, 0)
  store.heaps.forget(v1)
  store.sealCrank()
  store.commit()
  assert.deepEqual(
    ['entry', 'span', 'snapshot', 'page_use'].map((table) => counted(store, table)),
    [0, 0, 0, 0],
  )
  assert.deepEqual(query(store.directory, 'SELECT * FROM page'), [])
  store.verify('all')
})

test('nothing is appended to a transcript that is being forgotten', (t) => {
  const store = written(newStore(t))
  store.transcripts.forget(v1, 30)
  assert.throws(() => store.transcripts.append(v1, entry('late')), /being forgotten/)
})

test('what is forgotten enters no crank', (t) => {
  const one = written(newStore(t))
  const other = written(newStore(t))
  one.transcripts.forget(v1, 30)
  one.heaps.forget(v1)
  assert.equal(one.sealCrank().hash, other.sealCrank().hash)
})

/** A heap of so many pages that no other has. */
function large(pages: number): NewSnapshot {
  const added = Array.from({ length: pages }, (_, n) => new Uint8Array([n & 255, n >> 8])).map((bytes) => ({
    hash: sha256(bytes),
    bytes,
  }))
  const manifestBytes = new TextEncoder().encode(`a heap of ${pages} pages`)
  return { manifestBytes, heapHash: sha256(manifestBytes), added, pages: added.map(({ hash }) => hash) }
}

test('the pages of a large heap go with several commits, also after a new opening, and those that another has stay (Hep2)', (t) => {
  const store = newStore(t)
  const pages = 2 * limits.pagesFreed + 10
  store.heaps.save(v1, 1, large(pages))
  store.heaps.save(v2, 1, { ...large(pages), added: [], pages: large(3).pages })
  store.commit()
  store.heaps.forget(v1)
  assert.equal(store.heaps.snapshot(v1), undefined)
  assert.equal(counted(store, 'page_use'), pages)
  store.commit()
  assert.deepEqual([counted(store, 'snapshot'), counted(store, 'page_use')], [0, pages - limits.pagesFreed])
  store.verify('all')
  store.close()

  const again = openStore(store.directory, { verify: 'all' })
  t.after(() => again.close())
  again.commit()
  assert.equal(counted(again, 'page_use'), 10)
  again.commit()
  assert.equal(counted(again, 'page_use'), 0)
  assert.equal(query(again.directory, 'SELECT * FROM page').length, 3)
  again.verify('all')
})
