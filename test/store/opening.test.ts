import assert from 'node:assert/strict'
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { DatabaseSync } from 'node:sqlite'
import { vatId } from '../../src/base/ids.ts'
import { createStore, openStore } from '../../src/store/store.ts'
import { entry, heap, newStore, refusal, temporaryDirectory } from './support.ts'

const v1 = vatId(1)

test('a directory without a store is refused, and stays as it was (Dir2)', (t) => {
  const directory = temporaryDirectory(t)
  refusal('store/not-found', () => openStore(directory))
  refusal('store/not-found', () => openStore(join(directory, 'nowhere')))
  assert.deepEqual(readdirSync(directory), [])
})

test('making a store makes its directory, and a second time is refused', (t) => {
  const directory = join(temporaryDirectory(t), 'deep', 'down')
  const store = createStore(directory)
  refusal('store/exists', () => createStore(directory))
  store.close()
  refusal('store/exists', () => createStore(directory))
  openStore(directory).close()
})

test('a store that was killed while it was being made is made anew (Fil2)', (t) => {
  const directory = temporaryDirectory(t)
  writeFileSync(join(directory, 'heirloom.sqlite.new'), 'half a store')
  refusal('store/not-found', () => openStore(directory))
  createStore(directory).close()
  openStore(directory, { verify: 'all' }).close()
  assert.equal(existsSync(join(directory, 'heirloom.sqlite.new')), false)
})

test('a new store is at block 0 with the first link of the chain (Blk1)', (t) => {
  const store = newStore(t)
  assert.deepEqual(store.blocks.last(), { height: 0, cranks: 0, activityHash: '0'.repeat(64) })
  assert.deepEqual(store.blocks.at(0), store.blocks.last())
  assert.equal(store.blocks.at(1), undefined)
  assert.equal(store.blocks.at(0.5), undefined)
})

test('a second writer in the same process is refused until the first closes (Sto6)', (t) => {
  const store = newStore(t)
  refusal('store/in-use', () => openStore(store.directory))
  store.state.set('kernel', 'a', '1')
  store.sealCrank()
  store.commit()
  refusal('store/in-use', () => openStore(store.directory))
  store.close()
  const next = openStore(store.directory)
  assert.equal(next.state.get('kernel', 'a'), '1')
  next.close()
})

test('a closed store refuses every method, and closing it again does nothing (Sto8)', (t) => {
  const store = newStore(t)
  const mark = store.state.mark()
  store.close()
  store.close()
  const { state, transcripts, heaps, bundles, inbox, outbox, blocks } = store
  const id = 'b1-' as Parameters<typeof bundles.get>[0]
  const methods: (() => unknown)[] = [
    () => state.get('kernel', 'a'),
    () => state.set('kernel', 'a', '1'),
    () => state.delete('kernel', 'a'),
    () => state.nextKey('kernel', '', ''),
    () => state.mark(),
    () => state.undo(mark),
    () => transcripts.append(v1, entry('a')),
    () => transcripts.beginSpan(v1, 'worker'),
    () => transcripts.span(v1),
    () => transcripts.spans(v1),
    () => transcripts.count(v1),
    () => transcripts.vats(),
    () => transcripts.entries(v1, 0, 0),
    () => heaps.save(v1, 0, heap([1])),
    () => heaps.snapshot(v1),
    () => heaps.load(v1, 0),
    () => heaps.page(heap([1]).heapHash),
    () => heaps.drop(v1, 0),
    () => bundles.put('vat', new Uint8Array()),
    () => bundles.get(id, 'vat'),
    () => bundles.has(id, 'vat'),
    () => bundles.list(),
    () => bundles.name('a', id),
    () => bundles.named('a'),
    () => inbox.append('a'),
    () => inbox.next(),
    () => inbox.take(1),
    () => inbox.untaken,
    () => outbox.append('a', 'a'),
    () => outbox.read(),
    () => outbox.acknowledge(0),
    () => blocks.height,
    () => blocks.cranks,
    () => blocks.activityHash,
    () => blocks.last(),
    () => blocks.at(0),
    () => store.sealCrank(),
    () => store.commit(),
    () => store.abandonBlock(),
    () => store.verify('all'),
  ]
  for (const method of methods) refusal('store/closed', method)
})

test('closing drops the block in work and leaves no log behind (Sto2)', (t) => {
  const store = newStore(t)
  store.state.set('kernel', 'a', 'committed')
  store.sealCrank()
  store.commit()
  store.state.set('kernel', 'a', 'lost')
  store.sealCrank()
  store.close()
  const log = join(store.directory, 'heirloom.sqlite-wal')
  assert.ok(!existsSync(log) || statSync(log).size === 0)
  const again = openStore(store.directory)
  assert.equal(again.state.get('kernel', 'a'), 'committed')
  again.close()
})

test('a commit that fails leaves the file at the last block and the block in work as it was (Sto4)', (t) => {
  const store = newStore(t)
  store.state.set('kernel', 'a', 'before')
  store.sealCrank()
  store.commit()
  store.state.set('kernel', 'a', 'after')
  store.state.set('vat/v7', 'new', 'space')
  store.transcripts.beginSpan(v1, 'incarnation')
  store.transcripts.append(v1, entry('a'))
  store.outbox.append('bank', 'pay')
  store.heaps.save(v1, 1, heap([1, 2]))
  store.sealCrank()
  const intruder = new DatabaseSync(join(store.directory, 'heirloom.sqlite'))
  intruder.exec('BEGIN IMMEDIATE')
  refusal('store/in-use', () => store.commit())
  assert.equal(intruder.prepare("SELECT value FROM state WHERE key = 'a'").get()?.['value'], 'before')
  intruder.close()
  assert.equal(store.blocks.height, 1)
  assert.equal(store.state.get('kernel', 'a'), 'after')
  assert.deepEqual(store.outbox.read(), [])
  store.commit()
  store.close()
  const again = openStore(store.directory, { verify: 'all' })
  assert.equal(again.state.get('vat/v7', 'new'), 'space')
  assert.equal(again.transcripts.count(v1), 1)
  assert.equal(again.outbox.read().length, 1)
  again.close()
})

test('a commit that failed may be abandoned instead (Sto5)', (t) => {
  const store = newStore(t)
  store.state.set('vat/v7', 'new', 'space')
  store.sealCrank()
  const intruder = new DatabaseSync(join(store.directory, 'heirloom.sqlite'))
  intruder.exec('BEGIN IMMEDIATE')
  refusal('store/in-use', () => store.commit())
  intruder.close()
  store.abandonBlock()
  assert.equal(store.state.get('vat/v7', 'new'), undefined)
  store.state.set('vat/v8', 'other', 'space')
  store.state.set('vat/v7', 'new', 'again')
  store.sealCrank()
  store.commit()
  assert.equal(store.state.get('vat/v8', 'other'), 'space')
  assert.equal(store.state.nextKey('vat/v7', '', ''), 'new')
})

test('the log does not grow without bound while the store is open', (t) => {
  const store = newStore(t)
  for (let block = 0; block < 60; block += 1) {
    for (let key = 0; key < 500; key += 1) store.state.set('host', `${block}.${key}`, 'x'.repeat(4_000))
    store.sealCrank()
    store.commit()
  }
  assert.ok(statSync(join(store.directory, 'heirloom.sqlite-wal')).size < 80 * 1024 * 1024)
  assert.ok(statSync(join(store.directory, 'heirloom.sqlite')).size > 40 * 1024 * 1024, 'it was checkpointed')
})
