/**
 * What nodes of all releases agree on: numbers of result codes, bytes of transactions, the hash of a genesis.
 *
 * `golden/node` changes only by additions, or together with an upgrade at a height that changes the rule.
 * `HEIRLOOM_BLESS=1` writes it.
 */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { appHashOf } from '../../src/node/state/appHash.ts'
import { hashOfBlock } from '../../src/node/application/blockInWork.ts'
import { hashOfGenesis } from '../../src/node/application/genesis.ts'
import { addressOfKey } from '../../src/node/modules/accounts/accounts.ts'
import { readTransaction } from '../../src/node/transactions/readTransaction.ts'
import { resultCodes } from '../../src/protocol/node/resultCodes.ts'
import { messageTable } from '../../src/protocol/node/messages.ts'
import type { Genesis } from '../../src/protocol/node/genesis.ts'
import type { Hash } from '../../src/base/ids.ts'
import { accountOf, alice, bob, signed, transfer } from './kit.ts'
import { canonicalJson } from '../../src/protocol/node/transaction.ts'

const folder = join(import.meta.dirname, '..', '..', 'golden', 'node')

/** Compares the text with the file. */
function golden(name: string, text: string): void {
  const path = join(folder, name)
  if (process.env['HEIRLOOM_BLESS'] === '1') writeFileSync(path, text)
  assert.equal(text, readFileSync(path, 'utf8'))
}

test('every result code has its number', () => {
  golden('result-codes.txt', Object.entries(resultCodes).map(([code, number]) => `${number} ${code}\n`).join(''))
  assert.equal(new Set(Object.values(resultCodes)).size, Object.keys(resultCodes).length)
})

test('every message has its fields', () => {
  const rows = Object.entries(messageTable).map(([kind, { by, needs, fields }]) =>
    [kind, by, needs, ...Object.entries(fields).map(([name, field]) => `${name}:${field}`)].join(' '),
  )
  golden('messages.txt', `${rows.join('\n')}\n`)
})

test('the bytes of a transaction, its hash and its address are as they were, and it is read', () => {
  const body = {
    chain: 'golden',
    expires: 100,
    fee: '10',
    message: { ...transfer(bob, 5), memo: 'für "dich"\n' },
    nonce: '18446744073709551615',
    sender: alice.address,
  }
  const bytes = signed(alice, canonicalJson(body))
  const { hash, key } = readTransaction(bytes)
  const lines = [Buffer.from(bytes).toString('hex'), hash, key, addressOfKey(key), accountOf(1).address]
  golden('transaction.txt', `${lines.join('\n')}\n`)
})

test('the hashes of a genesis, a block and an app hash are as they were', () => {
  const genesis: Genesis = {
    chain: 'golden',
    time: 1_000,
    initialHeight: 1,
    accounts: [{ address: alice.address, balance: '5' }],
    members: [{ address: alice.address, weight: 1 }],
    parameters: { 'governance.period': 3 },
    kernel: { ports: ['ledger'] },
    published: {},
    bundles: {},
  }
  const block = hashOfBlock({ height: 7, time: 2_000, transactions: [Uint8Array.of(1, 2), Uint8Array.of()] })
  golden('hashes.txt', `${[hashOfGenesis(genesis), block, appHashOf('0'.repeat(64) as Hash)].join('\n')}\n`)
})
