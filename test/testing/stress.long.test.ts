/** Stress in the kit for tests of vats: it changes nothing, and the same seed disturbs the same. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { bundleVat, type Remote } from '../../src/host/index.ts'
import { startTestKernel, type TestKernel, type TestKernelOptions } from '../../src/testing/index.ts'
import { withSpace } from '../kit/bundles.ts'

const bank = join(import.meta.dirname, 'fixtures', 'bank.ts')

async function startBank(t: TestContext, options: TestKernelOptions = {}): Promise<TestKernel> {
  const kernel = await startTestKernel({
    vats: { bank: { code: bank, parameters: { fee: 3n } } },
    ...options,
  })
  t.after(() => kernel.end())
  return kernel
}

/** Some work, and what came of it. */
async function work(kernel: TestKernel): Promise<unknown[]> {
  const account = (await kernel.ask('bank', 'open', 'ada')) as Remote
  for (let n = 1n; n <= 10n; n += 1n) await kernel.ask(account, 'put', n)
  await kernel.upgrade('bank', withSpace(await bundleVat(bank)), { mode: 'replay' })
  await kernel.ask('bank', 'open', 'bob')
  return [
    await kernel.ask(account, 'put', 0n),
    await kernel.ask('bank', 'opened'),
    await kernel.controller.heapHash('bank'),
  ]
}

test('stress drops workers and restarts the kernel, as the seed says, and changes nothing', async (t) => {
  const calm = await work(await startBank(t))
  const runs: string[] = []
  for (const seed of [1, 1, 2]) {
    const kernel = await startBank(t, { stress: { seed, evictions: 0.5, restarts: 0.3 } })
    let controllers = 0
    let last = kernel.controller
    const seen = async (): Promise<void> => {
      if (kernel.controller !== last) controllers += 1
      last = kernel.controller
      runs.push(`${seed}: ${controllers} ${(await kernel.controller.storeStatus()).residentWorkers}`)
    }
    for (let step = 0; step < 12; step += 1) {
      await kernel.ask('bank', 'fee')
      await seen()
    }
    const stressed = await startBank(t, { stress: { seed, evictions: 0.5, restarts: 0.3 } })
    assert.deepEqual(await work(stressed), calm)
    assert.ok(controllers >= 1, 'it was restarted')
  }
  assert.deepEqual(runs.slice(0, 12), runs.slice(12, 24), 'the same seed disturbs the same')
  assert.notDeepEqual(runs.slice(0, 12).map((run) => run.slice(2)), runs.slice(24).map((run) => run.slice(2)))
  assert.ok(runs.some((run) => run.endsWith(' 0')), 'workers were dropped')
})
