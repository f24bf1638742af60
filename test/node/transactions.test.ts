/** Transactions: their one form, their signatures, their fees, and that each is executed at most once. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ed25519 } from '@noble/curves/ed25519.js'
import { bodyOffset, canonicalJson } from '../../src/protocol/node/transaction.ts'
import { resultCodes, type ResultCode } from '../../src/protocol/node/resultCodes.ts'
import { isSignedBy } from '../../src/node/transactions/signatures.ts'
import { readTransaction } from '../../src/node/transactions/readTransaction.ts'
import { TransactionRefusal } from '../../src/node/transactions/refusal.ts'
import { forTheFile } from '../kit/world.ts'
import { accountOf, alice, bob, dave, sending, signed, TestNode, transaction, transfer } from './kit.ts'

const node = await TestNode.open(forTheFile, { genesis: { parameters: { 'fees.byte': 1, 'fees.host': 100 } } })
await node.block()

const body = (changes: object): string =>
  canonicalJson({
    chain: 'test',
    expires: 100,
    fee: '10000',
    message: transfer(bob, 1),
    nonce: '1',
    sender: alice.address,
    ...changes,
  })

const good = body({})
const flipped = (bytes: Uint8Array, at: number): Uint8Array => {
  const copy = Uint8Array.from(bytes)
  copy[at] = (copy[at] ?? 0) ^ 1
  return copy
}
const deep = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels)

const refused: readonly (readonly [situation: string, bytes: Uint8Array, code: ResultCode])[] = [
  ['nothing', new Uint8Array(), 'tx/malformed'],
  ['a signature without a body', signed(alice, good).subarray(0, bodyOffset), 'tx/malformed'],
  ['more than any transaction may have', new Uint8Array(1_000_001), 'tx/too-large'],
  ['bytes that are not UTF-8', signedRaw(Uint8Array.of(0xff, 0xfe)), 'tx/malformed'],
  ['a body that begins with a byte order mark', signed(alice, `\ufeff${good}`), 'tx/malformed'],
  ['text that is not JSON', signed(alice, 'transfer 5 to bob'), 'tx/malformed'],
  ['JSON that is not a record', signed(alice, '[1]'), 'tx/malformed'],
  ['JSON nested deeper than allowed', signed(alice, body({ message: JSON.parse(deep(50)) as unknown })), 'tx/malformed'],
  ['JSON nested deeper than a stack', signed(alice, deep(200_000)), 'tx/malformed'],
  ['a space', signed(alice, good.replace(',"fee"', ', "fee"')), 'tx/not-canonical'],
  ['a byte after the end', signed(alice, `${good}\n`), 'tx/not-canonical'],
  ['a doubled key', signed(alice, good.replace('"nonce":"1"', '"nonce":"1","nonce":"1"')), 'tx/not-canonical'],
  ['keys out of order', signed(alice, good.replace('"chain":"test",', '').replace(/}$/, ',"chain":"test"}')), 'tx/not-canonical'],
  ['a number in another form', signed(alice, good.replace('"expires":100', '"expires":1e2')), 'tx/not-canonical'],
  ['an escape that is not needed', signed(alice, good.replace('"test"', '"t\\u0065st"')), 'tx/not-canonical'],
  ['an unknown field', signed(alice, body({ gas: 5 })), 'tx/malformed'],
  ['an unknown field of the message', signed(alice, body({ message: { ...transfer(bob, 1), note: '' } })), 'tx/malformed'],
  ['a missing field of the message', signed(alice, body({ message: { kind: 'ledger/transfer', to: bob.address } })), 'tx/malformed'],
  ['an unknown kind of message', signed(alice, body({ message: { kind: 'ledger/steal' } })), 'tx/malformed'],
  ['a kind that every record has', signed(alice, body({ message: { kind: 'constructor' } })), 'tx/malformed'],
  ['a message that needs a vote', signed(alice, body({ message: { kind: 'kernel/retry' } })), 'tx/not-by-account'],
  ['a proposal of a message of accounts', signed(alice, body({ message: { kind: 'governance/propose', title: '', messages: [transfer(bob, 1)] } })), 'tx/malformed'],
  ['an amount below zero', signed(alice, body({ message: { ...transfer(bob, 1), amount: '-1' } })), 'tx/malformed'],
  ['an amount with a leading zero', signed(alice, body({ message: { ...transfer(bob, 1), amount: '01' } })), 'tx/malformed'],
  ['an amount of 2^128', signed(alice, body({ message: { ...transfer(bob, 1), amount: String(2n ** 128n) } })), 'tx/malformed'],
  ['a number as an amount', signed(alice, body({ message: { ...transfer(bob, 1), amount: 1 } })), 'tx/malformed'],
  ['a lone surrogate', signed(alice, body({ message: { ...transfer(bob, 1), memo: '\ud800' } })), 'tx/malformed'],
  ['a nonce of 2^64', signed(alice, body({ nonce: String(2n ** 64n) })), 'tx/malformed'],
  ['an expiry that is not a height', signed(alice, body({ expires: 0.5 })), 'tx/malformed'],
  ['a changed byte of the body', flipped(signed(alice, good), bodyOffset + good.indexOf('"amount":"1"') + 10), 'tx/bad-signature'],
  ['a changed byte of the signature', flipped(signed(alice, good), 3), 'tx/bad-signature'],
  ['a changed byte of the key', flipped(signed(alice, good), 70), 'tx/bad-signature'],
  ['another chain', signed(alice, body({ chain: 'other' })), 'tx/wrong-chain'],
  ['the key of another account', signed(bob, good), 'tx/wrong-key'],
  ['an expiry in the past', signed(alice, body({ expires: 1 })), 'tx/expired'],
  ['an expiry too far ahead', signed(alice, body({ expires: 5_000 })), 'tx/expires-too-late'],
  ['a fee below what is due', signed(alice, body({ fee: '100' })), 'tx/fee-too-low'],
  ['an account without units', signed(dave, body({ sender: dave.address })), 'tx/cannot-pay'],
]

/** Signed bytes that are no text. */
function signedRaw(bytes: Uint8Array): Uint8Array {
  const whole = signed(alice, 'x')
  return Uint8Array.from([...whole.subarray(0, bodyOffset), ...bytes])
}

for (const [situation, bytes, code] of refused)
  test(`Tx1, Rtx1, Exe1: ${situation}: refused, in a check and in a block, and it leaves no trace`, async () => {
    assert.equal(node.app.check(bytes).code, code)
    const before = [node.balance(alice), node.balance(bob), node.query('ledger/total')]
    const { results } = await node.block(bytes)
    assert.equal(results[0]?.code, code)
    assert.deepEqual([results[0].number, results[0].gas], [resultCodes[code], 0])
    assert.notEqual(results[0].log, '')
    assert.deepEqual([node.balance(alice), node.balance(bob), node.query('ledger/total')], before)
  })

test('Rtx1: bytes of any kind are read or refused with a code, and never fail otherwise', () => {
  const start = signed(alice, good)
  const mutated = fc
    .tuple(fc.nat(start.length - 1), fc.nat(255), fc.nat(3))
    .map(([at, byte, cut]) => Uint8Array.from([...start.subarray(0, at), byte, ...start.subarray(at + cut)]))
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 400 }), mutated), (bytes) => {
      try {
        readTransaction(bytes)
      } catch (error) {
        assert.ok(error instanceof TransactionRefusal, String(error))
      }
    }),
    { numRuns: 300, seed: 7 },
  )
})

test('Tx2, Acc1: a transaction is executed once, even if its message fails or it is in a block twice', async () => {
  const bytes = transaction(alice, transfer(bob, 7))
  const before = node.balance(bob)
  const { results } = await node.block(bytes, bytes)
  assert.deepEqual(results.map(({ code }) => code), ['ok', 'tx/nonce-used'])
  assert.equal((await node.block(bytes)).results[0]?.code, 'tx/nonce-used')
  assert.equal(node.balance(bob), before + 7n)
  const failing = transaction(alice, transfer(bob, 10n ** 12n))
  assert.equal((await node.block(failing)).results[0]?.code, 'ledger/insufficient')
  assert.equal((await node.block(failing)).results[0]?.code, 'tx/nonce-used')
})

test('Acc1: nonces are used in any order, and again once the first transaction has expired', async () => {
  const { height } = node.app.info
  const at = (nonce: string, expires: number) => transaction(alice, transfer(bob, 1), { nonce, expires })
  const codesOf = async (...all: Uint8Array[]) => (await node.block(...all)).results.map(({ code }) => code)
  assert.deepEqual(await codesOf(at('900', height + 2), at('18446744073709551615', 400), at('899', 400)), [
    'ok',
    'ok',
    'ok',
  ])
  assert.deepEqual(await codesOf(at('900', 300)), ['tx/nonce-used'])
  assert.deepEqual(await codesOf(at('900', 300)), ['ok'])
  assert.deepEqual(await codesOf(at('899', 401)), ['tx/nonce-used'])
})

test('Exe1: a message that fails costs its fee, and uses up its nonce, and changes nothing else (Exe2)', async () => {
  const before = [node.balance(alice), node.balance(bob)]
  const bytes = transaction(alice, transfer(bob, 10n ** 30n))
  const { results, events } = await node.block(bytes)
  assert.deepEqual([results[0]?.code, results[0]?.gas], ['ledger/insufficient', 100 + bytes.length])
  assert.deepEqual(events, [])
  const left = (before[0] ?? 0n) - 100n - BigInt(bytes.length)
  assert.deepEqual([node.balance(alice), node.balance(bob)], [left, before[1]])
})

test('an account signs with its new key from the next transaction on, and with no other', async () => {
  const next = accountOf(40)
  const key = Buffer.from(next.publicKey).toString('hex')
  await node.good(bob, { kind: 'accounts/set-key', key })
  const { results } = await node.block(
    transaction(bob, transfer(alice, 1)),
    transaction(next, transfer(alice, 1), { sender: bob.address }),
  )
  assert.deepEqual(results.map(({ code }) => code), ['tx/wrong-key', 'ok'])
})

test('a message to a vat whose arguments cannot be sent is refused, and costs its fee', async () => {
  for (const args of [{ a: 1 }, ['&7'], ['+x'], 'text', null]) {
    const message = { ...sending('echo'), args } as Parameters<typeof transaction>[1]
    const { results } = await node.block(transaction(alice, message))
    assert.equal(results[0]?.code, 'kernel/refused', JSON.stringify(args))
    assert.ok(results[0].gas > 0)
  }
})

// Sig1. The points of small order in all encodings: what ZIP-215 defines and other rules refuse.
const smallOrder = [
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0000000000000000000000000000000000000000000000000000000000000080',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
  '0100000000000000000000000000000000000000000000000000000000000080',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
].map((hex) => Buffer.from(hex, 'hex'))

test('Sig1: every pair of points of small order is a valid signature with s = 0, as ZIP-215 has it', () => {
  const message = Buffer.from('Zcash')
  for (const key of smallOrder)
    for (const point of smallOrder)
      assert.ok(isSignedBy(key, message, Buffer.concat([point, Buffer.alloc(32)])), point.toString('hex'))
})

const seeds = fc.uint8Array({ minLength: 32, maxLength: 32 })

test('Sig1: the quick check accepts nothing that the exact rule refuses, and s is below the order', () => {
  const message = Buffer.from('text')
  const whole = signed(alice, 'text')
  const signature = whole.subarray(0, 64)
  assert.equal(isSignedBy(alice.publicKey, message, signature), false)
  fc.assert(
    fc.property(seeds, fc.uint8Array({ maxLength: 50 }), (seed, text) => {
      const key = ed25519.getPublicKey(seed)
      const right = ed25519.sign(text, seed)
      assert.equal(isSignedBy(key, text, right), true)
      const order = 2n ** 252n + 27742317777372353535851937790883648493n
      const s = BigInt(`0x${Buffer.from(right.subarray(32)).reverse().toString('hex')}`) + order
      const large = Buffer.from(s.toString(16).padStart(64, '0'), 'hex').reverse()
      assert.equal(isSignedBy(key, text, Buffer.concat([right.subarray(0, 32), large])), false)
    }),
    { numRuns: 20, seed: 3 },
  )
})
