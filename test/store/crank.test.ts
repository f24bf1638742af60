import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { vatId, type Hash } from '../../src/base/ids.ts'
import { sha256 } from '../../src/hashing/sha256.ts'
import type { Store, StoreOptions } from '../../src/store/store.ts'
import { Dice, entry, faults, heap, newStore } from './support.ts'

const v1 = vatId(1)

/** The activity hash after one crank of these changes in a new store. */
function hashAfter(test: TestContext, crank: (store: Store) => void): Hash {
  const store = newStore(test)
  store.transcripts.beginSpan(v1, 'incarnation')
  crank(store)
  return store.sealCrank().hash
}

/** Three hundred random cranks; the hash after each. */
function history(
  test: TestContext,
  options: StoreOptions,
  endOfCrank: (store: Store, crank: number) => void,
): Hash[] {
  const dice = new Dice(4711)
  const store = newStore(test, options)
  const hashes: Hash[] = []
  store.transcripts.beginSpan(v1, 'incarnation')
  for (let crank = 1; crank <= 300; crank += 1) {
    for (let change = dice.roll(8); change > 0; change -= 1) randomChange(store, dice)
    hashes.push(store.sealCrank().hash)
    endOfCrank(store, crank)
  }
  return hashes
}

function randomChange(store: Store, dice: Dice): void {
  const key = `k${dice.roll(60)}`
  const roll = dice.roll(10)
  if (roll < 4)
    store.state.set('kernel', key, `${store.state.get('kernel', key) ?? ''}+${dice.roll(9)}`.slice(-40))
  else if (roll < 5) store.state.delete('vat/v1', key)
  else if (roll < 7) store.state.set('vat/v1', key, store.state.nextKey('kernel', 'k', key) ?? 'none')
  else if (roll < 9) store.transcripts.append(v1, entry(key))
  else store.outbox.append('bank', key)
}

test('cranks count from 1 and each has the hash of the chain (Blk2)', (t) => {
  const store = newStore(t)
  store.state.set('kernel', 'k', 'v')
  const first = store.sealCrank()
  assert.equal(first.crank, 1)
  assert.equal(first.hash, sha256('0'.repeat(64) + sha256('s6,1,1:kernelkv')))
  const second = store.sealCrank()
  assert.deepEqual(second, { crank: 2, hash: sha256(first.hash + sha256('')) })
  assert.equal(store.blocks.activityHash, second.hash)
  assert.equal(store.blocks.cranks, 2)
})

test('the same changes in another store give the same hash', (t) => {
  const changes = (store: Store): void => {
    store.state.set('vat/v1', 'k', 'v')
    store.transcripts.append(v1, entry('said'))
    store.state.delete('kernel', 'gone')
    store.outbox.append('bank', 'pay')
  }
  assert.equal(hashAfter(t, changes), hashAfter(t, changes))
})

test('any one byte that differs gives another hash (Crk1)', (t) => {
  const hashes = [
    hashAfter(t, () => {}),
    hashAfter(t, (store) => store.state.set('kernel', 'key', 'value')),
    hashAfter(t, (store) => store.state.set('kernel', 'key', 'valuf')),
    hashAfter(t, (store) => store.state.set('kernel', 'kez', 'value')),
    hashAfter(t, (store) => store.state.set('kernel', 'keyv', 'alue')),
    hashAfter(t, (store) => store.state.set('kernel', 'key', '')),
    hashAfter(t, (store) => store.state.set('host', 'key', 'value')),
    hashAfter(t, (store) => store.state.set('vat/v1', 'key', 'value')),
    hashAfter(t, (store) => store.state.set('vat/v11', 'ey', 'value')),
    hashAfter(t, (store) => store.state.delete('kernel', 'key')),
    hashAfter(t, (store) => store.state.delete('kernel', 'kez')),
    hashAfter(t, (store) => store.transcripts.append(v1, entry('a'))),
    hashAfter(t, (store) => store.transcripts.append(v1, entry('b'))),
    hashAfter(t, (store) => store.outbox.append('bank', 'pay')),
    hashAfter(t, (store) => store.outbox.append('bank', 'pax')),
    hashAfter(t, (store) => store.outbox.append('bankp', 'ay')),
  ]
  assert.equal(new Set(hashes).size, hashes.length)
})

test('a change that tries to look like two changes has another hash than the two (Crk1)', (t) => {
  const two = hashAfter(t, (store) => {
    store.state.set('kernel', 'a', '1')
    store.state.set('kernel', 'b', '2')
  })
  const one = hashAfter(t, (store) => store.state.set('kernel', 'a', '1s6,1,1:kernelb2'))
  assert.notEqual(one, two)
})

test('what was undone leaves no trace in the hash (Jnl4)', (t) => {
  const straight = hashAfter(t, (store) => {
    store.state.set('kernel', 'a', '1')
    store.state.set('kernel', 'b', '2')
  })
  const detour = hashAfter(t, (store) => {
    store.state.set('kernel', 'a', '1')
    const mark = store.state.mark()
    store.state.set('kernel', 'c', '3')
    store.state.set('kernel', 'a', 'other')
    store.transcripts.append(v1, entry('undone'))
    store.outbox.append('bank', 'undone')
    store.state.undo(mark)
    store.state.set('kernel', 'b', '2')
  })
  assert.equal(straight, detour)
})

test('a key written many times counts once, with its last value', (t) => {
  const once = hashAfter(t, (store) => store.state.set('kernel', 'a', 'last'))
  const often = hashAfter(t, (store) => {
    store.state.set('kernel', 'a', 'first')
    store.state.mark()
    store.state.delete('kernel', 'a')
    store.state.set('kernel', 'a', 'last')
  })
  assert.equal(once, often)
})

test('where blocks end, what is evicted, spans and heaps do not enter the chain (Blk3, Crk2)', (t) => {
  const straight = history(t, {}, () => {})
  const everyCrank = history(t, {}, (store) => store.commit())
  const everySeventhWithoutCache = history(t, { cacheCharacters: 1 }, (store, crank) => {
    if (crank % 7 === 0) store.commit()
  })
  const withSnapshots = history(t, {}, (store, crank) => {
    if (crank % 20 !== 0) return
    store.heaps.save(v1, store.transcripts.count(v1), heap([crank % 256]))
    store.transcripts.beginSpan(v1, 'snapshot')
    store.bundles.put('vat', new Uint8Array([crank]))
    store.commit()
  })
  assert.equal(new Set(straight).size, straight.length)
  assert.deepEqual(everyCrank, straight)
  assert.deepEqual(everySeventhWithoutCache, straight)
  assert.deepEqual(withSnapshots, straight)
})

test('an abandoned block gives its crank numbers and hashes back', (t) => {
  const store = newStore(t)
  store.state.set('kernel', 'a', '1')
  store.sealCrank()
  const block = store.commit()
  store.state.set('kernel', 'a', '2')
  const lost = store.sealCrank()
  store.abandonBlock()
  assert.equal(store.blocks.activityHash, block.activityHash)
  store.state.set('kernel', 'a', '2')
  assert.deepEqual(store.sealCrank(), lost)
})

test('a commit in the middle of a crank is a fault and changes nothing (Sto3)', (t) => {
  const store = newStore(t)
  const mark = store.state.mark()
  store.state.set('kernel', 'a', '1')
  faults(() => store.commit(), /sealed/)
  store.state.undo(mark)
  store.commit()
  store.inbox.append('item')
  store.inbox.take(1)
  faults(() => store.commit(), /sealed/)
  store.sealCrank()
  assert.deepEqual(store.commit(), store.blocks.last())
  assert.equal(store.blocks.height, 2)
})
