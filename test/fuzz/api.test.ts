/** Every call of the host API with every oddity in the place of every argument, and of every field of every argument that is a record. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import * as api from '../../src/controller/index.ts'
import { CodedError, codes, openController } from '../../src/controller/index.ts'
import type { Code, Controller } from '../../src/controller/index.ts'
import { bundleFile, puppetFile } from '../kit/bundles.ts'
import { call, callNames, everyCall } from '../kit/everyCall.ts'
import type { Given } from '../kit/everyCall.ts'
import { forTheFile, openWorld, puppet, temporaryDirectory } from '../kit/world.ts'
import { jsonOddities, liveOddities, nameOddities } from './oddities.ts'

// Many an oddity is the name of a file.
process.chdir(temporaryDirectory(forTheFile))

const world = await openWorld(forTheFile, { vats: { vat: puppet, other: puppet } })
const { controller } = world
const given: Given = {
  bundled: await bundleFile(puppetFile),
  bundle: await world.install(),
  vat: 'vat',
  object: await world.root('other'),
  result: await controller.send('other', 'echo', []),
}
const oddities: readonly unknown[] = [...jsonOddities, ...liveOddities, ...nameOddities.filter((name) => /^(?:v9|k|o\+0)/.test(name))]

/** What no argument may bring about. */
const never: readonly Code[] = ['machine/gone', 'kernel/fault', 'kernel/faulted', 'api/shut-down', 'api/busy']

test('every call of a controller is in the table of calls', () => {
  assert.deepEqual([...callNames].sort(), Object.keys(everyCall).sort())
})

/** Refused with a code of the list, or taken; nothing else. */
async function meet(what: string, act: () => unknown): Promise<'taken' | 'refused'> {
  try {
    const promise = act()
    assert.ok(promise instanceof Promise, `${what} gives a promise`)
    await promise
    return 'taken'
  } catch (error) {
    // What a getter of the caller's own throws, the caller gets.
    if (error instanceof Error && error.message.endsWith('that throws')) return 'refused'
    assert.ok(error instanceof CodedError, `${what}: ${error instanceof Error ? error.stack : 'not an error'}`)
    assert.ok(Object.hasOwn(codes, error.code) && !never.includes(error.code as Code), `${what}: ${error.code}: ${error.message}`)
    assert.doesNotMatch(error.message, /\n {4}at /, `${what}: no stack`)
    return 'refused'
  }
}

const isPlain = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype

/** The arguments with an oddity in each place in turn, in the records among them too. */
function* spoilt(args: readonly unknown[], some = oddities): Generator<readonly [where: string, args: readonly unknown[]]> {
  for (const [index, arg] of args.entries()) {
    for (const [number, oddity] of some.entries()) {
      yield [`${index}, oddity ${number}`, args.with(index, oddity)]
      if (!isPlain(arg)) continue
      for (const field of [...Object.keys(arg), 'other']) yield [`${index}.${field}, oddity ${number}`, args.with(index, { ...arg, [field]: oddity })]
    }
  }
}

for (const [name, argsOf] of Object.entries(everyCall)) {
  if (argsOf(given).length === 0) continue
  test(`${name} with garbage is refused with a code and changes nothing, or is taken`, async () => {
    let before = await controller.storeStatus()
    let refusals = 0
    for (const [where, args] of spoilt(argsOf(given))) {
      const outcome = await meet(`${name}, argument ${where}`, () => call(controller, name, args))
      const after = await controller.storeStatus()
      if (outcome === 'refused') {
        refusals += 1
        assert.deepEqual(after, before, `${name}, argument ${where}: nothing has changed`)
      }
      before = after
    }
    assert.ok(refusals > 20, `${refusals} refusals`)
  })
}

test('no argument at all, and more than there are', async () => {
  for (const [name, argsOf] of Object.entries(everyCall)) {
    if (name === 'shutdown') continue
    await meet(`${name} without arguments`, () => call(controller, name, []))
    await meet(`${name} with more arguments`, () => call(controller, name, [...argsOf(given), ...oddities]))
  }
})

test('after all that the kernel runs, its audit is clean and a vat answers', async () => {
  await controller.resumeKernel()
  await controller.setTrace(null)
  await controller.run()
  assert.equal((await controller.storeStatus()).state.kind, 'ready')
  assert.equal(await world.ask('other', 'add', 1n, 2n), 3n)
  await world.audit()
})

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
  openController: [{ directory: whole, make: 'never', verify: 'lazy', eviction: 'when-needed', residentWorkers: 5, trace: { file: '/dev/null' } }],
  bundleVat: [whole, { limitBytes: 1_000 }],
  bundleFunction: [whole, { limitBytes: 1_000 }],
  bundleSalvage: [whole, { limitBytes: 1_000 }],
  readEndoBundle: [whole],
  exportStore: [whole, `${whole}-to`, { mode: 'archival', onProgress: () => {} }],
  importStore: [whole, `${whole}-to`, { rootHash: '0'.repeat(64), onProgress: () => {} }],
}
/** These throw what is wrong, or say it. */
const immediate: Readonly<Record<string, readonly unknown[]>> = { loadConfig: [whole], forkStore: [whole, `${whole}-fork`], isTraceKind: ['commit'], isRejection: [new Error('x')], isDisconnection: [{}] }

test('every function that a host imports is in one of the two tables', () => {
  const exported = Object.entries(api).filter(([name, value]) => typeof value === 'function' && /^[a-z]/.test(name)).map(([name]) => name)
  assert.deepEqual(exported.sort(), [...Object.keys(functions), ...Object.keys(immediate)].sort())
})

for (const [name, args] of [...Object.entries(functions), ...Object.entries(immediate)]) {
  test(`${name} with garbage is refused with a code`, async () => {
    const act = Reflect.get(api, name) as (...given: readonly unknown[]) => unknown
    // Each call may be a thread, so not all of them.
    const some = oddities.filter((_, index) => index % 4 === 0)
    for (const [where, odd] of [['nothing', [] as readonly unknown[]] as const, ...spoilt(args, some)]) {
      await meet(`${name}, argument ${where}`, async () => act(...odd))
    }
  })
}
