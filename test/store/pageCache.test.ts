import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PageCache } from '../../src/store/contents/pageCache.ts'
import { page } from './support.ts'

const kept = (cache: PageCache, names: readonly number[]): number[] =>
  names.filter((name) => cache.get(page(name).hash) !== undefined)

test('the pages that were not used for longest go first', () => {
  const cache = new PageCache(3)
  for (const name of [1, 2, 3]) cache.put(page(name).hash, page(name).bytes)
  assert.equal(cache.get(page(1).hash)?.[0], 1)
  cache.put(page(4).hash, page(4).bytes)
  cache.put(page(4).hash, page(4).bytes)
  assert.deepEqual(kept(cache, [1, 2, 3, 4]), [1, 3, 4])
})

test('a page that was removed is not there', () => {
  const cache = new PageCache(3)
  cache.put(page(1).hash, page(1).bytes)
  cache.remove(page(1).hash)
  cache.remove(page(2).hash)
  assert.deepEqual(kept(cache, [1, 2]), [])
})
