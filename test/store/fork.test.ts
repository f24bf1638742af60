import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { vatId } from '../../src/base/ids.ts'
import { formatVersion } from '../../src/store/sql/schema.ts'
import { createStore, forkStore, openStore, type Store } from '../../src/store/store.ts'
import type { Said } from './asked.ts'
import { entry, heap, newStore, refusal, tamper, temporaryDirectory } from './support.ts'

const v1 = vatId(1)

function fill(store: Store): void {
  store.bundles.name('issuer', store.bundles.put('vat', new Uint8Array([1, 2, 3])))
  store.transcripts.beginSpan(v1, 'incarnation')
  store.transcripts.append(v1, entry('a'))
  store.heaps.save(v1, 1, heap([1, 2]))
  store.inbox.append('in')
  store.outbox.append('bank', 'out')
  store.state.set('kernel', 'a', 'committed')
  store.sealCrank()
  store.commit()
}

test('a fork of an open store is its last block, and the two go their own ways (Sto6)', (t) => {
  const store = newStore(t)
  fill(store)
  store.state.set('kernel', 'a', 'in work')
  store.sealCrank()
  const directory = join(temporaryDirectory(t), "it's a fork")
  forkStore(store.directory, directory)
  const fork = openStore(directory, { verify: 'all' })
  assert.deepEqual(fork.blocks.last(), store.blocks.last())
  assert.equal(fork.state.get('kernel', 'a'), 'committed')
  assert.equal(fork.transcripts.count(v1), 1)
  assert.equal(fork.heaps.snapshot(v1)?.position, 1)
  assert.equal(fork.inbox.untaken, 1)
  assert.equal(fork.outbox.read().length, 1)
  assert.notEqual(fork.bundles.named('issuer'), undefined)
  fork.state.set('kernel', 'a', 'of the fork')
  fork.sealCrank()
  fork.commit()
  store.commit()
  assert.equal(store.state.get('kernel', 'a'), 'in work')
  fork.close()
})

test('a fork of a closed store leaves it as it was (Rea1)', (t) => {
  const store = newStore(t)
  fill(store)
  store.close()
  const directory = temporaryDirectory(t)
  forkStore(store.directory, directory)
  openStore(directory, { verify: 'all' }).close()
  openStore(store.directory, { verify: 'all' }).close()
})

test('a fork does not let a second writer in (Rea5)', (t) => {
  const store = newStore(t)
  fill(store)
  forkStore(store.directory, temporaryDirectory(t))
  refusal('store/in-use', () => openStore(store.directory))
  store.state.set('kernel', 'a', 'after')
  store.sealCrank()
  store.commit()
  assert.equal(store.blocks.height, 2)
})

test('forks taken while another process writes are each one whole block (Rea2)', async (t) => {
  const directory = temporaryDirectory(t)
  createStore(directory).close()
  const writer = spawn(execPath, [join(import.meta.dirname, 'killed-writer.ts'), directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => writer.kill('SIGKILL'))
  await once(writer.stdout, 'data')
  let last = -1
  for (let round = 0; round < 8; round += 1) {
    await once(writer.stdout, 'data')
    const to = temporaryDirectory(t)
    forkStore(directory, to)
    const fork = openStore(to, { verify: 'all' })
    const { height } = fork.blocks
    assert.ok(height > last, 'each fork is of a later block')
    assert.equal(fork.state.get('kernel', 'height'), height === 0 ? undefined : String(height))
    assert.equal(fork.transcripts.count(v1), height)
    assert.equal(fork.inbox.last, 2 * height)
    last = height
    fork.close()
  }
  const closed = once(writer, 'close')
  writer.kill('SIGKILL')
  await closed
  const to = temporaryDirectory(t)
  forkStore(directory, to)
  openStore(to, { verify: 'all' }).close()
})

test('a fork is refused from where no store is, and to where one is', (t) => {
  const store = newStore(t)
  const empty = temporaryDirectory(t)
  refusal('store/not-found', () => forkStore(empty, temporaryDirectory(t)))
  refusal('store/exists', () => forkStore(store.directory, store.directory))
  const foreign = temporaryDirectory(t)
  writeFileSync(join(foreign, 'heirloom.sqlite'), 'x'.repeat(5_000))
  refusal('store/not-a-store', () => forkStore(foreign, empty))
  const newer = temporaryDirectory(t)
  createStore(newer).close()
  tamper(newer, (database) => database.exec(`PRAGMA user_version = ${formatVersion + 1}`))
  refusal('store/newer-format', () => forkStore(newer, empty))
  assert.deepEqual(readdirSync(empty), [])
})

test('a fork over the remains of one that was killed is made anew', (t) => {
  const store = newStore(t)
  fill(store)
  const directory = join(temporaryDirectory(t), 'fork')
  mkdirSync(directory)
  writeFileSync(join(directory, 'heirloom.sqlite.new'), 'half a fork')
  forkStore(store.directory, directory)
  openStore(directory, { verify: 'all' }).close()
})

test('several processes fork a closed store at the same time (Rea3)', async (t) => {
  const parent = temporaryDirectory(t)
  const store = join(parent, 'store')
  createStore(store).close()
  const processes = [1, 2, 3, 4].map(async (number) => {
    const forks = Array.from({ length: 25 }, (_, index) => [
      'fork',
      store,
      join(parent, `${number}-${index}`),
    ])
    const { stdout } = await promisify(execFile)(execPath, [
      join(import.meta.dirname, 'asked.ts'),
      JSON.stringify(forks),
    ])
    return (JSON.parse(stdout) as readonly Said[]).map(({ code, message }) =>
      code === 'ok' ? code : `${code}: ${message}`,
    )
  })
  assert.deepEqual([...new Set((await Promise.all(processes)).flat())], ['ok'])
})
