/** The kit for tests of vats: a kernel for one test, stress that changes nothing, replays of what was. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { bundleVat, CodedError, isRejection, type Remote } from '../../src/host/index.ts'
import {
  replayTranscript,
  startTestKernel,
  type TestKernel,
  type TestKernelOptions,
} from '../../src/testing/index.ts'
import { bundleSource, withSpace } from '../kit/bundles.ts'

const bank = join(import.meta.dirname, 'fixtures', 'bank.ts')

async function startBank(t: TestContext, options: TestKernelOptions = {}): Promise<TestKernel> {
  const kernel = await startTestKernel({
    vats: { bank: { code: bank, parameters: { fee: 3n } } },
    ...options,
  })
  t.after(() => kernel.end())
  return kernel
}

const coded = (code: string) => (error: unknown) => error instanceof CodedError && error.code === code

test('a vat is made, asked and upgraded in a line each, and nothing stays behind', async (t) => {
  const kernel = await startBank(t)
  const account = (await kernel.ask('bank', 'open', 'ada')) as Remote
  assert.equal(await kernel.ask(account, 'put', 5n), 5n)
  assert.equal(await kernel.ask('bank', 'fee'), 3n)
  const { incarnationNumber } = await kernel.upgrade('bank', withSpace(await bundleVat(bank)), {
    parameters: { fee: 4n },
  })
  assert.equal(incarnationNumber, 1)
  assert.deepEqual(
    [
      await kernel.ask('bank', 'fee'),
      await kernel.ask(account, 'put', 5n),
      await kernel.ask('bank', 'opened'),
    ],
    [4n, 10n, 0n],
  )
  assert.ok(existsSync(kernel.directory))
  await kernel.end()
  await kernel.end()
  assert.ok(!existsSync(kernel.directory))
})

test('on disk the store is among the temporary files', async (t) => {
  const kernel = await startBank(t, { storage: 'disk' })
  assert.ok(kernel.directory.startsWith(tmpdir()))
  assert.equal(await kernel.ask('bank', 'opened'), 0n)
})

test('what a message is rejected with is thrown, and an answer that never comes is told', async (t) => {
  const kernel = await startBank(t)
  await assert.rejects(kernel.ask('bank', 'fails'), /RangeError: no/)
  await assert.rejects(kernel.ask('bank', 'never'), coded('testing/pending'))
  await assert.rejects(kernel.ask('nobody', 'x'), coded('vat/unknown'))
  await assert.rejects(
    kernel.upgrade('bank', await bundleSource('export const buildRootObject = () => null')),
    (reason) => isRejection(reason) && reason.code === 'upgrade-refused',
  )
  assert.equal(await kernel.ask('bank', 'fee'), 3n)
})

test('time goes on as the test says, and never back', async (t) => {
  const kernel = await startBank(t, { stress: { seed: 2, restarts: 0.5 } })
  await kernel.advanceTime(5n)
  await kernel.advanceTime(5n)
  assert.equal(await kernel.controller.currentTime(), 5n)
  await assert.rejects(kernel.advanceTime(4n), coded('time/backwards'))
  assert.equal(await kernel.controller.currentTime(), 5n)
})

for (const [what, stress] of Object.entries({
  'a seed that is no number': { seed: 'x' },
  'a share above one': { seed: 1, evictions: 2 },
  'a share that is no number': { seed: 1, restarts: Number.NaN },
})) {
  test(`stress with ${what} is refused`, async () => {
    await assert.rejects(startTestKernel({ stress: stress as { seed: number } }), coded('api/bad-argument'))
  })
}

test('what a vat has lived through is replayed on other code, and the store is only read', async (t) => {
  const kernel = await startBank(t)
  const account = (await kernel.ask('bank', 'open', 'ada')) as Remote
  await kernel.ask(account, 'put', 5n)
  assert.equal(await kernel.ask('bank', 'opened'), 1n)
  await kernel.controller.commit()
  const before = await kernel.controller.storeStatus()
  assert.deepEqual(await replayTranscript(kernel.directory, 'bank', withSpace(await bundleVat(bank))), {
    kind: 'same',
    deliveries: 4,
  })
  const { source, ...rest } = await bundleVat(bank)
  const other = source.replace('opened += 1n', 'opened += 2n')
  assert.notEqual(other, source)
  const verdict = await replayTranscript(kernel.directory, 'bank', {
    ...rest,
    source: other,
    bytes: new TextEncoder().encode(other),
  })
  assert.equal(verdict.kind, 'differs')
  assert.match(verdict.kind === 'differs' ? (verdict.refusal.divergence?.sent ?? '') : '', /resolve.*\+2/)
  assert.deepEqual(await kernel.controller.storeStatus(), before)
  await assert.rejects(replayTranscript(kernel.directory, 'nobody', bank), coded('vat/unknown'))
})
