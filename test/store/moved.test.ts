/**
 * The store that is open is the store on the disk: else a commit is refused, and nothing of the block is
 * lost.
 */
import assert from 'node:assert/strict'
import { cpSync, linkSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { chdir, cwd } from 'node:process'
import { test, type TestContext } from 'node:test'
import { createStore, openStore, type Store } from '../../src/store/store.ts'
import { commitBlock } from './damaging.ts'
import { refusal, temporaryDirectory } from './support.ts'

function openedStore(t: TestContext): Store {
  const store = createStore(join(temporaryDirectory(t), 'store'))
  t.after(() => store.close())
  commitBlock(store)
  return store
}

function beginBlock(store: Store): void {
  store.state.set('host', 'money', '0')
  store.sealCrank()
}

/** A commit is refused; once things are put back, it is done. */
function refusedUntil(store: Store, what: string, putBack: () => void): void {
  const { height } = store.blocks
  assert.match(
    refusal('store/moved', () => store.commit()).message,
    /no longer exists|is a different file now/,
    what,
  )
  assert.equal(store.blocks.height, height)
  assert.equal(store.state.get('host', 'money'), '0', 'the block in work is as it was')
  putBack()
  assert.equal(store.commit().height, height + 1, what)
}

const names = [
  'heirloom.sqlite',
  'heirloom.sqlite-wal',
  'heirloom.sqlite-shm',
  'heirloom.lock',
  'heirloom.last',
] as const

for (const name of names) {
  test(`a commit is refused while ${name} is gone or another (Com1)`, (t) => {
    const store = openedStore(t)
    const [path, aside] = [join(store.directory, name), join(store.directory, 'aside')]
    beginBlock(store)
    renameSync(path, aside)
    refusedUntil(store, `${name} is gone`, () => renameSync(aside, path))
    beginBlock(store)
    linkSync(path, aside)
    rmSync(path)
    cpSync(aside, path)
    refusedUntil(store, `${name} is a copy`, () => renameSync(aside, path))
    store.close()
    openStore(store.directory, { verify: 'all' }).close()
  })
}

test('a commit is refused while the directory is elsewhere', (t) => {
  const store = openedStore(t)
  const elsewhere = `${store.directory}-elsewhere`
  beginBlock(store)
  renameSync(store.directory, elsewhere)
  mkdirSync(store.directory)
  refusedUntil(store, 'the directory', () => {
    rmSync(store.directory, { recursive: true })
    renameSync(elsewhere, store.directory)
  })
})

test('a store whose directory was removed closes, and leaves another in its place alone', (t) => {
  const store = openedStore(t)
  const other = openedStore(t)
  commitBlock(other)
  beginBlock(store)
  rmSync(store.directory, { recursive: true })
  refusal('store/moved', () => store.commit())
  cpSync(other.directory, store.directory, { recursive: true })
  refusal('store/moved', () => store.commit())
  store.close()
  const found = openStore(store.directory, { verify: 'all' })
  assert.deepEqual(found.blocks.last(), other.blocks.last())
  found.close()
})

test('a host that changes its working directory goes on with a store that it opened by a relative path', (t) => {
  const parent = temporaryDirectory(t)
  const before = cwd()
  t.after(() => chdir(before))
  chdir(parent)
  const store = createStore('store')
  chdir('/')
  assert.equal(commitBlock(store).height, 1)
  store.close()
})
