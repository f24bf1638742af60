/** Patterns and guards of the worker, for vats that do not bundle `@endo/patterns`. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { bundleVat, type Remote } from '../../src/host/index.ts'
import { startTestKernel } from '../../src/testing/index.ts'
import { M } from '../../src/vat/index.ts'

const code = await bundleVat(join(import.meta.dirname, 'fixtures', 'guarded.ts'))
const kernel = await startTestKernel({ vats: { guarded: { code } } })
after(() => kernel.end())

interface Guarded {
  make(count: bigint): { add(by: bigint): bigint }
  isSmall(value: unknown): boolean
  check(value: unknown): void
}
const root = await kernel.root<Guarded>('guarded')

test('a guard of M checks the arguments of a kind', async () => {
  const counter = await kernel.ask(root, 'make', 1n)
  assert.equal(await kernel.ask(counter, 'add', 4n), 5n)
  await assert.rejects(kernel.ask(counter as Remote, 'add', 'x'), /arg 0: .* - Must be a bigint/)
})

test('a shape of M checks the state of a kind', async () => {
  const counter = await kernel.ask(root, 'make', 1n)
  await assert.rejects(kernel.ask(counter, 'add', -5n), /Counter\.state\.count: .* - Must be >= /)
})

test('matches and mustMatch', async () => {
  assert.deepEqual(
    [await kernel.ask(root, 'isSmall', 9n), await kernel.ask(root, 'isSmall', 10n)],
    [true, false],
  )
  await kernel.ask(root, 'check', { name: 'tea' })
  await assert.rejects(kernel.ask(root, 'check', { name: 5 }), /the order: name: .* - Must be a string/)
})

test('the bundle contains no copy of the patterns, and nothing of them in a vat that uses none', async () => {
  assert.ok(code.bytes.length < 10_000, `${code.bytes.length} bytes`)
  const plain = await bundleVat(
    join(import.meta.dirname, '..', '..', 'examples', 'tour', 'vats', 'market.ts'),
  )
  assert.ok(!plain.source.includes('VatData'), plain.source)
})

test('outside of a vat M says where to get it', () => {
  assert.throws(() => M.string(), {
    name: 'TypeError',
    message: /^M is provided by the worker of a vat\. .*import M from @endo\/patterns/,
  })
})
