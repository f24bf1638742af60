/**
 * Keys that come and go leave nothing in memory: names of promises and places in queues are new all the time.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { newStore } from './support.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

function heapUsed(): number {
  collect()
  return process.memoryUsage().heapUsed
}

const blocks = 100
const keysEach = 1_500

/** What a key goes through in its block; nothing of it is left after that. */
const lives = {
  'written, and deleted in the next block': (state, key, before) => {
    state.set('kernel', key, 'a value')
    if (before !== undefined) state.delete('kernel', before)
  },
  'written and deleted in one block': (state, key) => {
    state.set('kernel', key, 'a value')
    state.delete('kernel', key)
  },
  'asked for and not there': (state, key) => void state.get('kernel', key),
  'of a vat of its own, which ends': (state, key, before) => {
    if (!key.endsWith('0')) return
    state.set(`vat/${key}`, 'key', 'a value')
    if (before !== undefined) state.delete(`vat/${before}`, 'key')
  },
} as const satisfies Record<
  string,
  (state: ReturnType<typeof newStore>['state'], key: string, before: string | undefined) => void
>

for (const [name, live] of Object.entries(lives)) {
  test(`a key that is ${name}`, (t) => {
    const store = newStore(t)
    const key = (block: number, number: number): string => `k${block}.${number}`
    store.state.set('kernel', 'stays', '1')
    let used = 0
    for (let block = 0; block < blocks; block += 1) {
      for (let number = 0; number < keysEach; number += 1)
        live(store.state, key(block, number), block === 0 ? undefined : key(block - 1, number))
      if (block === 10) used = heapUsed()
      store.sealCrank()
      store.commit()
    }
    const grown = heapUsed() - used
    assert.ok(grown < 3_000_000, `${grown} bytes for ${blocks * keysEach} keys`)

    // What was forgotten is not mistaken.
    assert.equal(store.state.get('kernel', key(1, 1)), undefined)
    store.state.set('kernel', key(1, 1), 'again')
    assert.deepEqual(
      [store.state.get('kernel', key(1, 1)), store.state.get('kernel', 'stays')],
      ['again', '1'],
    )
    store.sealCrank()
    store.commit()
    assert.equal(store.state.get('kernel', key(1, 1)), 'again')
    store.close()
  })
}
