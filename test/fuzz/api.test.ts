/**
 * Every call of the host API with some oddities in the place of every argument, too early, twice and too
 * late. All oddities: `api.long.test.ts`.
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import * as api from '../../src/host/index.ts'
import { CodedError, openController, type Controller } from '../../src/host/index.ts'
import type { Code } from '../../src/protocol/codes.ts'
import { call, callNames, everyCall } from '../kit/everyCall.ts'
import { forTheFile, temporaryDirectory } from '../kit/world.ts'
import { checkUnharmed, controller, given } from './apiWorld.ts'
import { meet, meetAll, oddities, sampled, spoilt } from './meeting.ts'

test('every call of a controller is in the table of calls', () => {
  assert.deepEqual([...callNames].sort(), Object.keys(everyCall).sort())
})

for (const [index, [name, argsOf]] of Object.entries(everyCall).entries()) {
  if (argsOf(given).length === 0) continue
  test(`${name} with some garbage is refused with a code and changes nothing, or is taken`, async () => {
    assert.ok(
      (await meetAll(controller, name, argsOf(given), sampled(12, index), (args) =>
        call(controller, name, args),
      )) > 1,
    )
  })
}

test('no argument at all, and more than there are', async () => {
  for (const [name, argsOf] of Object.entries(everyCall)) {
    if (name === 'shutdown') continue
    await meet(`${name} without arguments`, () => call(controller, name, []))
    await meet(`${name} with more arguments`, () => call(controller, name, [...argsOf(given), ...oddities]))
  }
})

test('after all that the kernel runs, its audit is clean and a vat answers', checkUnharmed)

// --- too early, twice, too late

const everyName = Object.keys(everyCall)

async function refusedWith(code: Code, one: Controller, name: string): Promise<void> {
  await assert.rejects(async () => call(one, name, everyCall[name]?.(given) ?? []), (error: unknown) => {
    assert.ok(error instanceof CodedError, `${name}: ${String(error)}`)
    assert.equal(error.code, code, `${name}: ${error.message}`)
    return true
  })
}

test('while a run is under way every call is refused, and the run is not disturbed', async () => {
  await controller.sendOnly('other', 'run', ['for (let n = 0; n < 100_000; n += 1);'])
  const running = controller.run()
  for (const name of everyName) await refusedWith('api/busy', controller, name)
  assert.equal((await running).ended, 'idle')
})

test('after a shutdown every call but another shutdown is refused', async () => {
  const closed = await openController({ directory: join(temporaryDirectory(forTheFile), 'store') })
  await closed.shutdown()
  await closed.shutdown()
  for (const name of everyName) if (name !== 'shutdown') await refusedWith('api/shut-down', closed, name)
})

// --- the functions beside the controller

const whole = join(temporaryDirectory(forTheFile), 'none')
/** Arguments as they should be, but that there is no such directory or file. */
const functions: Readonly<Record<string, readonly unknown[]>> = {
  openController: [
    {
      directory: whole,
      make: 'never',
      verify: 'lazy',
      eviction: 'when-needed',
      residentWorkers: 5,
      watchdog: { seconds: 600 },
      trace: { file: '/dev/null' },
    },
  ],
  bundleVat: [whole, { limitBytes: 1_000 }],
  bundleFunction: [whole, { limitBytes: 1_000 }],
  bundleSalvage: [whole, { limitBytes: 1_000 }],
  readEndoBundle: [whole],
  exportStore: [whole, `${whole}-to`, { mode: 'archival', onProgress: () => {} }],
  storeSize: [whole],
  reinitialize: [whole],
  setKernelBundleID: [whole, 'b1-0'],
  storeStats: [whole],
  surveyPruning: [whole, { transcripts: 'restart', blocks: 1_000, pages: true }],
  importStore: [whole, `${whole}-to`, { rootHash: '0'.repeat(64), onProgress: () => {} }],
}
/** These throw what is wrong, or say it. */
const immediate: Readonly<Record<string, readonly unknown[]>> = {
  loadConfig: [whole],
  forkStore: [whole, `${whole}-fork`],
  isTraceKind: ['commit'],
  isRejection: [new Error('x')],
  isDisconnection: [{}],
}

test('every function that a host imports is in one of the two tables', () => {
  const exported = Object.entries(api)
    .filter(([name, value]) => typeof value === 'function' && /^[a-z]/.test(name))
    .map(([name]) => name)
  assert.deepEqual(exported.sort(), [...Object.keys(functions), ...Object.keys(immediate)].sort())
})

for (const [name, args] of [...Object.entries(functions), ...Object.entries(immediate)]) {
  test(`${name} with garbage is refused with a code`, async () => {
    const act = Reflect.get(api, name) as (...given: readonly unknown[]) => unknown
    // Each call may be a thread, so not all of them.
    const some = sampled(16, 0)
    for (const [where, odd] of [['nothing', [] as readonly unknown[]] as const, ...spoilt(args, some)]) {
      await meet(`${name}, argument ${where}`, async () => act(...odd))
    }
  })
}
