import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bundleId, type BundleId } from '../../src/base/ids.ts'
import { sha256 } from '../../src/hashing/sha256.ts'
import type { BundleKind } from '../../src/protocol/bundle/bundle.ts'
import { limits } from '../../src/store/files/limits.ts'
import { openStore } from '../../src/store/store.ts'
import { faults, newStore, refusal } from './support.ts'

const code = new TextEncoder().encode('({ buildRootObject() {} })')
const unknown = bundleId(sha256('nothing'))

test('a bundle is named by its bytes and comes back after reopening (Bun1)', (t) => {
  const store = newStore(t)
  const id = store.bundles.put('vat', code)
  assert.equal(id, `b1-${sha256(code)}`)
  assert.deepEqual(new Uint8Array(store.bundles.get(id, 'vat')), code)
  store.commit()
  store.close()
  const again = openStore(store.directory)
  assert.deepEqual(new Uint8Array(again.bundles.get(id, 'vat')), code)
  assert.deepEqual(again.bundles.list(), [{ id, kind: 'vat', size: code.length }])
  again.close()
})

test('installing the same bundle twice gives the same id, in one block and in two (Bun2)', (t) => {
  const store = newStore(t)
  const id = store.bundles.put('vat', code)
  assert.equal(store.bundles.put('vat', code), id)
  store.commit()
  assert.equal(store.bundles.put('vat', code), id)
  store.commit()
  assert.equal(store.bundles.list().length, 1)
})

test('the same bytes as another kind are refused (Bun2)', (t) => {
  const store = newStore(t)
  const id = store.bundles.put('vat', code)
  refusal('bundle/wrong-kind', () => store.bundles.put('kernel', code))
  store.commit()
  refusal('bundle/wrong-kind', () => store.bundles.put('kernel', code))
  const { detail } = refusal('bundle/wrong-kind', () => store.bundles.get(id, 'engine'))
  assert.deepEqual(detail, { bundle: id, kind: 'vat', wanted: 'engine' })
  assert.equal(store.bundles.has(id, 'vat'), true)
  assert.equal(store.bundles.has(id, 'engine'), false)
})

test('a bundle that is not installed is refused, and so is what is no id', (t) => {
  const store = newStore(t)
  refusal('bundle/unknown', () => store.bundles.get(unknown, 'vat'))
  refusal('bundle/unknown', () => store.bundles.get('../etc' as BundleId, 'vat'))
  refusal('bundle/unknown', () => store.bundles.name('issuer', unknown))
  assert.equal(store.bundles.has(unknown, 'vat'), false)
  faults(() => store.bundles.put('toy' as BundleKind, code), /kind/)
})

test('a bundle over the limit is refused', (t) => {
  const store = newStore(t)
  refusal('bundle/too-large', () => store.bundles.put('image', new Uint8Array(limits.bundleBytes + 1)))
  assert.deepEqual(store.bundles.list(), [])
})

test('a name moves from bundle to bundle and outlives the process (Bun4)', (t) => {
  const store = newStore(t)
  const first = store.bundles.put('vat', code)
  const second = store.bundles.put('vat', new Uint8Array([...code, 32]))
  store.bundles.name('issuer', first)
  assert.equal(store.bundles.named('issuer'), first)
  store.commit()
  store.bundles.name('issuer', second)
  store.commit()
  store.close()
  const again = openStore(store.directory)
  assert.equal(again.bundles.named('issuer'), second)
  assert.equal(again.bundles.named('nobody'), undefined)
  faults(() => again.bundles.name('', first), /name/)
  again.close()
})

test('an abandoned block takes its bundles and names with it', (t) => {
  const store = newStore(t)
  const id = store.bundles.put('vat', code)
  store.bundles.name('issuer', id)
  store.abandonBlock()
  assert.equal(store.bundles.has(id, 'vat'), false)
  assert.equal(store.bundles.named('issuer'), undefined)
})

test('bytes that the caller changes after installing are kept as they were', (t) => {
  const store = newStore(t)
  const bytes = Buffer.from(code)
  const id = store.bundles.put('vat', bytes)
  bytes.fill(0)
  assert.deepEqual(new Uint8Array(store.bundles.get(id, 'vat')), code)
})
