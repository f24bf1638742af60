/**
 * How much may be in the log: its bound, what a reader keeps there, and that opening and closing take it in.
 */
import assert from 'node:assert/strict'
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { DatabaseSync } from 'node:sqlite'
import { createStore, openStore, type Store } from '../../src/store/store.ts'
import { lay } from './crash/disk.ts'
import { commitBlock, copyOf } from './damaging.ts'
import { temporaryDirectory } from './support.ts'

const logPages = 60
const frameBytes = 4_096 + 24
/** The largest of the blocks that `commitBlock` makes. */
const blockPages = 20

const logBytes = (store: Store): number => statSync(join(store.directory, 'heirloom.sqlite-wal')).size
const bound = (logPages + blockPages) * frameBytes

test('a commit that leaves the log at its bound takes it into the file (Com4)', (t) => {
  const store = createStore(temporaryDirectory(t), { logPages })
  t.after(() => store.close())
  for (let block = 0; block < 40; block += 1) {
    commitBlock(store)
    assert.ok(logBytes(store) <= bound, `${logBytes(store)} bytes after block ${block}`)
  }
})

test('a log that a reader needs grows, and is cut back to its bound when the reader is done', (t) => {
  const store = createStore(temporaryDirectory(t), { logPages })
  t.after(() => store.close())
  commitBlock(store)
  const reader = new DatabaseSync(join(store.directory, 'heirloom.sqlite'), { readOnly: true })
  reader.exec('BEGIN')
  assert.equal(reader.prepare('SELECT max(height) AS height FROM block').get()?.['height'], 1)
  for (let block = 0; block < 40; block += 1) commitBlock(store)
  assert.ok(logBytes(store) > 2 * bound, 'the reader keeps it')
  assert.equal(reader.prepare('SELECT max(height) AS height FROM block').get()?.['height'], 1)
  const dead = copyOf(store)
  reader.close()
  for (let block = 0; block < 3; block += 1) commitBlock(store)
  assert.ok(logBytes(store) <= bound, `${logBytes(store)} bytes`)
  const directory = join(temporaryDirectory(t), 'dead')
  lay(directory, dead.files)
  const found = openStore(directory, { verify: 'all' })
  assert.deepEqual(found.blocks.last(), dead.last, 'a process that dies beside a reader loses nothing')
  found.close()
})

test('opening a store whose process died takes its log into the file (Com4)', (t) => {
  const parent = temporaryDirectory(t)
  const store = createStore(join(parent, 'made'))
  for (let block = 0; block < 5; block += 1) commitBlock(store)
  lay(join(parent, 'dead'), copyOf(store).files)
  store.close()
  const found = openStore(join(parent, 'dead'))
  assert.equal(logBytes(found), 0)
  found.checkpoint()
  found.close()
  assert.ok(!existsSync(join(parent, 'dead', 'heirloom.sqlite-wal')))
})
