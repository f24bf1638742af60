/** The client without a node: keys, transactions, values, and its build for browsers. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { build } from 'esbuild'
import { addressOfKey } from '../../src/node/modules/accounts/accounts.ts'
import { readTransaction } from '../../src/node/transactions/readTransaction.ts'
import {
  addressOf,
  decodeResult,
  encodeArguments,
  expiryOf,
  hashOfTransaction,
  keyOfSeed,
  newKey,
  publicKeyText,
  signTransaction,
  VatObject,
} from '../../src/client/index.ts'

const message = { kind: 'ledger/transfer', to: `h1${'0'.repeat(40)}`, amount: '5', memo: 'tea – \ud83c\udf75' } as const
const fields = { chain: 'c', expires: 9, fee: 3n, message }

test('a key of a seed is the same key, and its address is that of the node', () => {
  const key = newKey()
  assert.deepEqual(keyOfSeed(Buffer.from(key.seed).toString('hex')), key)
  assert.equal(addressOf(key), addressOfKey(publicKeyText(key)))
  assert.notDeepEqual(newKey(), key)
  for (const seed of ['', 'zz', '1'.repeat(63), new Uint8Array(31)])
    assert.throws(() => keyOfSeed(seed), { code: 'client/bad-key' })
})

test('a node reads what the client signs', () => {
  const key = newKey()
  const bytes = signTransaction(key, fields)
  const { hash, key: publicKey, bytes: size, ...body } = readTransaction(bytes)
  assert.deepEqual([hash, publicKey, size], [hashOfTransaction(bytes), publicKeyText(key), bytes.length])
  assert.deepEqual({ ...body, nonce: '' }, { ...fields, fee: '3', sender: addressOf(key), nonce: '' })
  assert.equal(expiryOf(bytes), 9)
})

test('two transactions with the same message differ by their nonces', () => {
  const key = newKey()
  const [one, other] = [signTransaction(key, fields), signTransaction(key, fields)]
  assert.notEqual(hashOfTransaction(one), hashOfTransaction(other))
  const given = { ...fields, nonce: 7n, sender: `h1${'a'.repeat(40)}` }
  assert.deepEqual(signTransaction(key, given), signTransaction(key, given))
})

test('a changed byte is a bad signature', () => {
  const bytes = signTransaction(newKey(), fields)
  const changed = Uint8Array.from(bytes, (byte, at) => (at === 10 ? byte ^ 1 : byte))
  assert.throws(() => readTransaction(changed), { code: 'tx/bad-signature' })
})

const values = [5n, -(2n ** 90n), undefined, NaN, Infinity, -Infinity, null, true, '!x', '+5', '', 1.5, { a: [{ b: undefined }] }]

test('arguments are lossless', () => {
  assert.deepEqual(decodeResult(encodeArguments(...values)), values)
  const [error] = decodeResult(encodeArguments(new RangeError('no'))) as readonly Error[]
  assert.deepEqual([error?.name, error?.message], ['RangeError', 'no'])
})

test('what cannot be sent is refused with its path', () => {
  for (const value of [() => 1, { a: [Promise.resolve()] }, new Map(), Symbol('x')])
    assert.throws(() => encodeArguments(value), { code: 'value/not-passable' })
})

test('objects of vats in an answer are signs, each the same at all its places', () => {
  const [one, other, again] = decodeResult(['$0.Alleged: Purse', '&1', '$0']) as readonly VatObject[]
  assert.deepEqual([one?.kind, one?.name, other?.kind], ['object', 'Alleged: Purse', 'promise'])
  assert.equal(one, again)
  assert.throws(() => decodeResult('#error'), { code: 'value/not-passable' })
})

test('the client builds for browsers, without a module of Node', async () => {
  const entry = join(import.meta.dirname, '..', '..', 'src', 'client', 'index.ts')
  const { outputFiles, metafile } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    metafile: true,
    platform: 'browser',
    format: 'esm',
    logLevel: 'silent',
  })
  const imports = Object.values(metafile.inputs).flatMap(({ imports: all }) => all.map(({ path }) => path))
  assert.deepEqual(imports.filter((path) => path.startsWith('node:')), [])
  const text = outputFiles[0]?.text ?? ''
  assert.doesNotMatch(text, /\bBuffer\.|\bprocess\./)
  const module = (await import(`data:text/javascript;base64,${Buffer.from(text).toString('base64')}`)) as {
    readonly addressOf: typeof addressOf
    readonly keyOfSeed: typeof keyOfSeed
  }
  assert.equal(module.addressOf(module.keyOfSeed('5'.repeat(64))), addressOf(keyOfSeed('5'.repeat(64))))
})
