/** What is refused as a genesis, with the path of the flaw. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { Application, readGenesis } from '../../src/node/index.ts'
import { CodedError } from '../../src/host/index.ts'
import { temporaryDirectory } from '../kit/world.ts'
import { alice, bob, genesisOf } from './kit.ts'

const good = await genesisOf()
const account = { address: alice.address, balance: '5' }
const member = { address: alice.address, weight: 1 }

const flawed: readonly (readonly [situation: string, changes: object, path: string])[] = [
  ['another field', { extra: 1 }, 'extra'],
  ['a chain without a name', { chain: '' }, 'chain'],
  ['a time that is a text', { time: '5' }, 'time'],
  ['a time in the past of 1970', { time: -1 }, 'time'],
  ['an initial height of 0', { initialHeight: 0 }, 'initialHeight'],
  ['no list of accounts', { accounts: {} }, 'accounts'],
  ['an account twice', { accounts: [account, account] }, 'accounts[1].address'],
  ['a balance that is a number', { accounts: [{ ...account, balance: 5 }] }, 'accounts[0].balance'],
  ['a balance of 2^128', { accounts: [{ ...account, balance: String(2n ** 128n) }] }, 'accounts[0].balance'],
  ['an account with more fields', { accounts: [{ ...account, name: 'x' }] }, 'accounts[0]'],
  ['no members', { members: [] }, 'members'],
  ['a member without weight', { members: [{ ...member, weight: 0 }] }, 'members[0].weight'],
  ['a member that is no address', { members: [{ ...member, address: 'h1' }] }, 'members[0].address'],
  ['an unknown parameter', { parameters: { nothing: 1 } }, 'parameters.nothing'],
  ['a parameter that every record has', { parameters: { constructor: 1 } }, 'parameters.constructor'],
  ['a parameter out of its bounds', { parameters: { 'block.bytes': 1 } }, 'parameters.block.bytes'],
  ['a configuration that is a list', { kernel: [] }, 'kernel'],
  ['a vat of a file', { kernel: { vats: { a: { sourceSpec: '/etc/passwd' } } } }, 'kernel.vats.a.bundleName'],
  ['a vat of no bundle', { kernel: { vats: { a: { bundleName: 'none' } } } }, 'kernel.vats.a.bundleName'],
  ['bundles in the configuration', { kernel: { bundles: {} } }, 'kernel.bundles'],
  ['a published name with a space', { published: { 'a b': 'mirror' } }, 'published.a b'],
  ['a bundle that is a text', { bundles: { mirror: 'x' } }, 'bundles.mirror'],
]
for (const [situation, changes, path] of flawed)
  test(`${situation} is refused, with its path`, () => {
    assert.throws(() => readGenesis(JSON.stringify({ ...good, ...changes })), (error: CodedError) => {
      assert.equal(error.code, 'node/bad-genesis')
      assert.equal(error.detail['path'], path)
      return true
    })
  })

test('a genesis that lacks a field, and one that is not JSON, are refused', () => {
  for (const name of Object.keys(good)) {
    const { [name as 'chain']: _left, ...rest } = good
    assert.throws(() => readGenesis(rest), { code: 'node/bad-genesis' }, name)
  }
  for (const text of ['', '{', 'null', '[]', '5']) assert.throws(() => readGenesis(text), { code: 'node/bad-genesis' })
  assert.deepEqual(readGenesis(JSON.stringify(good)), good)
})

test('garbage in any place of a genesis is refused with a code, and nothing else is thrown', () => {
  const paths = Object.keys(good) as (keyof typeof good)[]
  fc.assert(
    fc.property(fc.constantFrom(...paths), fc.jsonValue(), (name, value) => {
      try {
        readGenesis({ ...good, [name]: value })
      } catch (error) {
        assert.ok(error instanceof CodedError && error.code === 'node/bad-genesis', String(error))
      }
    }),
    { numRuns: 500, seed: 5 },
  )
})

test('a configuration that is invalid creates no store', async (t) => {
  const directory = join(temporaryDirectory(t), 'store')
  const kernel = { ...(good.kernel as object), bootstrap: 'none' }
  const genesis = readGenesis({ ...good, kernel, accounts: [{ ...account, address: bob.address }] })
  await assert.rejects(Application.open({ directory, genesis }), { code: 'config/invalid' })
  assert.equal(existsSync(directory), false)
})
