/**
 * Every call of the host API with what it must not be given: refused with a code, and nothing has changed.
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  CodedError,
  Remote,
  RemotePromise,
  openController,
  type BundledVat,
  type Controller,
} from '../../src/host/index.ts'
import type { Code } from '../../src/protocol/codes.ts'
import { bundleFile, puppetFile } from '../kit/bundles.ts'
import {
  answerOf,
  forTheFile,
  openWorld,
  preparedStore,
  puppet,
  rejectionOf,
  temporaryDirectory,
} from '../kit/world.ts'

const world = await openWorld(forTheFile, { vats: { vat: puppet } })
const bundle = await world.install()
const bundled = await bundleFile(puppetFile)
const noBundle = `b1-${'0'.repeat(64)}`
const { controller } = world
await controller.createVat('pending', bundle)
const kept = await controller.send('vat', 'echo', [])
const forgotten = await controller.send('vat', 'echo', [])
await controller.run({ cranks: 1 })
const unstarted = await controller.createVat('unstarted', bundle)
await controller.forget(forgotten)

async function refused(code: Code, call: () => Promise<unknown>): Promise<CodedError> {
  try {
    await call()
  } catch (error) {
    assert.ok(error instanceof CodedError, String(error))
    assert.equal(error.code, code, error.message)
    assert.doesNotMatch(error.message, /\n {4}at /, 'no stack')
    assert.match(error.stack ?? '', /\/refusals\.test\.ts:\d+:\d+/, 'the line of the caller')
    return error
  }
  assert.fail(`expected ${code}`)
}

/** What a test passes that the types would not let through. */
const garbage = <Type>(value: unknown): Type => value as Type

const deep = (): unknown => {
  let value: unknown = 0
  for (let depth = 0; depth < 300; depth += 1) value = [value]
  return value
}

/** Calls, and the code of their refusal. */
const calls: Readonly<Record<string, readonly [code: Code, call: (c: Controller) => Promise<unknown>]>> = {
  'a bundle that is nothing': ['api/bad-argument', (c) => c.installBundle(garbage(undefined))],
  'a bundle of text': ['api/bad-argument', (c) => c.installBundle(garbage({ bytes: 'text' }))],
  'a bundle that is too large': [
    'bundle/too-large',
    (c) =>
      c.installBundle({
        source: '',
        bytes: new Uint8Array(11 * 1024 * 1024),
        inputs: [],
        warnings: [],
        map: '',
      } satisfies BundledVat),
  ],
  'a label that is empty': ['api/bad-argument', (c) => c.installBundle(bundled, '')],
  'a label that is a number': ['api/bad-argument', (c) => c.installBundle(bundled, garbage(5))],
  'a label that is too long': ['api/bad-argument', (c) => c.installBundle(bundled, 'x'.repeat(200))],
  'a label with half of a surrogate pair': ['api/bad-argument', (c) => c.installBundle(bundled, '\ud800')],
  'the name of no bundle': ['bundle/unknown', (c) => c.bundleNamed('nobody')],
  'the id of no bundle': ['bundle/unknown', (c) => c.bundleNamed(noBundle)],
  'the id of a bundle of another kind': [
    'bundle/wrong-kind',
    async (c) => c.bundleNamed((await c.storeStatus()).kernel),
  ],
  'a name of a bundle that is none': ['api/bad-argument', (c) => c.bundleNamed(garbage({}))],
  'an engine that there is not': ['api/bad-argument', (c) => c.installWorker(garbage('v8'))],
  'an engine that is a number': ['api/bad-argument', (c) => c.installWorker(garbage(7))],
  'a use of a worker that there is not': [
    'api/bad-argument',
    (c) => c.installWorker('quickjs-wasi-3.6.2', garbage('never')),
  ],

  'a vat without a name': ['api/bad-argument', (c) => c.createVat('', bundle)],
  'a vat with a number for a name': ['api/bad-argument', (c) => c.createVat(garbage(5), bundle)],
  'a vat with a name that is none': ['vat/name-invalid', (c) => c.createVat('1st', bundle)],
  'a vat with a name that is too long': ['vat/name-invalid', (c) => c.createVat('x'.repeat(200), bundle)],
  'a vat with a name with a line\'s end': ['vat/name-invalid', (c) => c.createVat('vat\n', bundle)],
  'a vat whose name is taken': ['vat/name-taken', (c) => c.createVat('vat', bundle)],
  'a vat whose name another that waits has': ['vat/name-taken', (c) => c.createVat('unstarted', bundle)],
  'a vat of no bundle': ['bundle/unknown', (c) => c.createVat('new', noBundle)],
  'a vat of a bundle of another kind': [
    'bundle/wrong-kind',
    async (c) => c.createVat('new', (await c.storeStatus()).kernel),
  ],
  'a vat of nothing': ['api/bad-argument', (c) => c.createVat('new', garbage(undefined))],
  'a vat on no worker': [
    'worker/unknown',
    (c) => c.createVat('new', bundle, { worker: garbage(`w1-${'0'.repeat(64)}`) }),
  ],
  'a vat on garbage for a worker': [
    'api/bad-argument',
    (c) => c.createVat('new', bundle, { worker: garbage({}) }),
  ],
  'options that are null': ['api/bad-argument', (c) => c.createVat('new', bundle, garbage(null))],
  'a limit of computrons that is a number': [
    'api/bad-argument',
    (c) => c.createVat('new', bundle, { computronsPerDelivery: garbage(5) }),
  ],
  'a limit of no computrons': [
    'api/bad-argument',
    (c) => c.createVat('new', bundle, { computronsPerDelivery: 0n }),
  ],
  'a limit of too many computrons': [
    'api/bad-argument',
    (c) => c.createVat('new', bundle, { computronsPerDelivery: 2n ** 63n }),
  ],
  'a limit of heap that nothing fits': [
    'api/bad-argument',
    (c) => c.createVat('new', bundle, { heapLimitBytes: 1 }),
  ],
  'a limit of heap that is no number': [
    'api/bad-argument',
    (c) => c.createVat('new', bundle, { heapLimitBytes: NaN }),
  ],
  'parameters that cannot be sent': [
    'value/not-passable',
    (c) => c.createVat('new', bundle, { parameters: () => 1 }),
  ],
  'parameters that are too large': [
    'value/too-large',
    (c) => c.createVat('new', bundle, { parameters: 'x'.repeat(17 * 1024 * 1024) }),
  ],

  'an upgrade of no vat': ['vat/unknown', (c) => c.upgradeVat('nobody', bundle)],
  'an upgrade of a vat by an id that there is not': ['vat/unknown', (c) => c.upgradeVat('v99', bundle)],
  'an upgrade to no bundle': ['bundle/unknown', (c) => c.upgradeVat('vat', noBundle)],
  'an upgrade with a number for a message': [
    'api/bad-argument',
    (c) => c.upgradeVat('vat', bundle, { upgradeMessage: garbage(5) }),
  ],
  'an upgrade with a message that is too long': [
    'api/bad-argument',
    (c) => c.upgradeVat('vat', bundle, { upgradeMessage: 'x'.repeat(100_000) }),
  ],
  'an upgrade with parameters that cannot be sent': [
    'value/not-passable',
    (c) => c.upgradeVat('vat', bundle, { parameters: Symbol('own') }),
  ],
  'an upgrade with both parameters and kept ones': [
    'api/bad-argument',
    (c) => c.upgradeVat('vat', bundle, { parameters: 1n, parametersFrom: 'kept' }),
  ],
  'an upgrade with parameters from nowhere': [
    'api/bad-argument',
    (c) => c.upgradeVat('vat', bundle, { parametersFrom: garbage('nowhere') }),
  ],
  'an upgrade with an unknown policy': [
    'api/bad-argument',
    (c) => c.upgradeVat('vat', bundle, { onFailure: garbage('shrug') }),
  ],
  'an upgrade that drains for ever': [
    'api/bad-argument',
    (c) => c.upgradeVat('vat', bundle, { drain: { maxCranks: 1_000_001 } }),
  ],
  'an upgrade that drains for no crank': [
    'api/bad-argument',
    (c) => c.upgradeVat('vat', bundle, { drain: { maxCranks: 0 } }),
  ],
  'an upgrade that drains by the minute': [
    'api/bad-argument',
    (c) => c.upgradeVat('vat', bundle, { drain: garbage({ maxCranks: 5, minutes: 1 }) }),
  ],
  'the history of nobody': ['vat/unknown', (c) => c.history('nobody')],
  'the history of a number': ['api/bad-argument', (c) => c.history(garbage(5))],
  'an upgrade with null for options': ['api/bad-argument', (c) => c.upgradeVat('vat', bundle, garbage(null))],

  'a policy that there is not': [
    'api/bad-argument',
    (c) => c.createVat('new', bundle, { onFault: garbage('forgive') }),
  ],
  'an importance that is a boolean': [
    'api/bad-argument',
    (c) => c.createVat('new', bundle, { importance: garbage(true) }),
  ],
  'an option of a vat that there is not': [
    'api/bad-argument',
    (c) => c.createVat('new', bundle, garbage({ colour: 'red' })),
  ],

  'a suspension of no vat': ['vat/unknown', (c) => c.suspendVat('nobody', 'why')],
  'a suspension without a reason': ['api/bad-argument', (c) => c.suspendVat('vat', garbage(undefined))],
  'a suspension for nothing': ['api/bad-argument', (c) => c.suspendVat('vat', '')],
  'a suspension with a reason that is too long': [
    'api/bad-argument',
    (c) => c.suspendVat('vat', 'x'.repeat(10_001)),
  ],
  'a suspension for half a character': ['api/bad-argument', (c) => c.suspendVat('vat', '\ud800')],
  'a suspension of a vat that has not started': ['vat/not-started', (c) => c.suspendVat('unstarted', 'why')],
  'a resumption of no vat': ['vat/unknown', (c) => c.resumeVat('v99')],
  'a resumption of a number': ['api/bad-argument', (c) => c.resumeVat(garbage(1))],
  'a resumption of a vat that has not started': ['vat/not-started', (c) => c.resumeVat('unstarted')],
  'an end of no vat': ['vat/unknown', (c) => c.terminateVat('nobody', 'why')],
  'an end for a number': ['api/bad-argument', (c) => c.terminateVat('vat', garbage(5))],
  'an end of a vat that has not started': ['vat/not-started', (c) => c.terminateVat('unstarted', 'why')],
  'changes of no vat': ['vat/unknown', (c) => c.changeVatOptions('nobody', {})],
  'changes that are null': ['api/bad-argument', (c) => c.changeVatOptions('vat', garbage(null))],
  'a change of what cannot be changed': [
    'api/bad-argument',
    (c) => c.changeVatOptions('vat', garbage({ worker: 'w1' })),
  ],
  'a change to a policy that there is not': [
    'api/bad-argument',
    (c) => c.changeVatOptions('vat', { onFault: garbage(null) }),
  ],
  'a change to a heap that nothing fits': [
    'api/bad-argument',
    (c) => c.changeVatOptions('vat', { heapLimitBytes: 5 }),
  ],
  'a pause without a reason': ['api/bad-argument', (c) => c.pauseKernel(garbage(undefined))],
  'a run with half a cleanup': ['api/bad-argument', (c) => c.run({ cleanups: 0.5 })],
  'a run with fewer cleanups than none': ['api/bad-argument', (c) => c.run({ cleanups: -1 })],

  'a message to no vat': ['vat/unknown', (c) => c.send('nobody', 'f')],
  'a message to nothing': ['api/bad-argument', (c) => c.send(garbage<string>(undefined), 'f')],
  'a message to a record': ['api/bad-argument', (c) => c.send(garbage<Remote>({ kref: 'ko1' }), 'f')],
  'a message to an object with garbage for a name': [
    'value/not-passable',
    (c) => c.send(new Remote(garbage('root')), 'f'),
  ],
  'a message to an object with a list for a name': [
    'value/not-passable',
    (c) => c.send(new Remote(garbage(['ko1'])), 'f'),
  ],
  'a message to a promise': ['value/not-passable', (c) => c.send(new Remote(garbage('kp1')), 'f')],
  'a message without a method': ['api/bad-argument', (c) => c.send('vat', '')],
  'a message with a symbol for a method': [
    'api/bad-argument',
    (c) => c.send('vat', garbage<string>(Symbol.iterator)),
  ],
  'arguments that are no list': ['api/bad-argument', (c) => c.send('vat', 'f', garbage({ length: 1 }))],
  'a function as an argument': ['value/not-passable', (c) => c.send('vat', 'f', [() => 1])],
  'a promise as an argument': ['value/not-passable', (c) => c.send('vat', 'f', [Promise.resolve(1)])],
  'a promise of the kernel as an argument': [
    'value/not-passable',
    (c) => c.send('vat', 'f', [new RemotePromise('kp1')]),
  ],
  'an object with garbage for a name as an argument': [
    'value/not-passable',
    (c) => c.send('vat', 'f', [new Remote(garbage('garbage'))]),
  ],
  "a promise's name for an object's as an argument": [
    'value/not-passable',
    (c) => c.send('vat', 'f', [new Remote(garbage('kp1'))]),
  ],
  'a date as an argument': ['value/not-passable', (c) => c.send('vat', 'f', [new Map()])],
  'an argument nested too deep': ['value/not-passable', (c) => c.send('vat', 'f', [deep()])],
  'arguments that are too large': [
    'value/too-large',
    (c) => c.send('vat', 'f', ['x'.repeat(16 * 1024 * 1024)]),
  ],
  'arguments that are too large once they are written': [
    'value/too-large',
    (c) => c.send('vat', 'f', ['\u0001'.repeat(3 * 1024 * 1024)]),
  ],
  'arguments with too many references': [
    'value/too-large',
    async (c) =>
      c.send(
        'vat',
        'f',
        Array.from({ length: 10_001 }, (_, n) => new Remote(garbage(`ko${n + 1}`))),
      ),
  ],
  'a sendOnly to no vat': ['vat/unknown', (c) => c.sendOnly('nobody', 'f')],

  'the status of what was never asked': ['result/unknown', (c) => c.status({ sequence: 9_999 })],
  'the status of what was forgotten': ['result/unknown', (c) => c.status(forgotten)],
  'the status of nothing': ['api/bad-argument', (c) => c.status(garbage<{ sequence: number }>(undefined))],
  'the status of a negative number': ['api/bad-argument', (c) => c.status({ sequence: -1 })],
  'the status of a fraction': ['api/bad-argument', (c) => c.status({ sequence: 1.5 })],
  'forgetting what was never asked': ['result/unknown', (c) => c.forget({ sequence: 9_999 })],
  'forgetting twice': ['result/unknown', (c) => c.forget(forgotten)],
  'forgetting garbage': ['api/bad-argument', (c) => c.forget(garbage({}))],

  'a run with null for options': ['api/bad-argument', (c) => c.run(garbage(null))],
  'a run of no cranks': ['api/bad-argument', (c) => c.run({ cranks: 0 })],
  'a run of a text of cranks': ['api/bad-argument', (c) => c.run({ cranks: garbage('all') })],
  'a run of a number of computrons': ['api/bad-argument', (c) => c.run({ computrons: garbage(5) })],
  'a run of negative computrons': ['api/bad-argument', (c) => c.run({ computrons: -5n })],
  'a run that records garbage': ['api/bad-argument', (c) => c.run({ onCrank: garbage('sing') })],

  'reading of no vat': ['vat/unknown', (c) => c.vat('nobody')],
  'reading of a vat by garbage': ['api/bad-argument', (c) => c.vat(garbage(null))],
  'the root of no vat': ['vat/unknown', (c) => c.root('nobody')],
  'the heap of no vat': ['vat/unknown', (c) => c.heapHash('nobody')],
  'the heap of a vat that has not started': ['vat/not-started', (c) => c.heapHash('unstarted')],
  'a verification that there is not': ['api/bad-argument', (c) => c.verify(garbage('hard'))],
  'host state under no key': ['api/bad-argument', (c) => c.getHostState('')],
  'host state under a key that is not ASCII': ['api/bad-argument', (c) => c.setHostState('schlüssel', 'x')],
  'host state under a key that is too long': [
    'api/bad-argument',
    (c) => c.setHostState('k'.repeat(5_000), 'x'),
  ],
  'host state that is a number': ['api/bad-argument', (c) => c.setHostState('key', garbage(5))],
  'host state with half of a surrogate pair': ['api/bad-argument', (c) => c.setHostState('key', '\ud800')],
  'reading host state under a key that is not ASCII': ['api/bad-argument', (c) => c.getHostState('ü')],
}

for (const [name, [code, call]] of Object.entries(calls)) {
  // Ma4.
  // Co1.
  test(`${name} is refused, and nothing has changed`, async () => {
    const before = await controller.storeStatus()
    await refused(code, () => call(controller))
    assert.deepEqual(await controller.storeStatus(), before)
  })
}

// L1, Ma1.
test('what was asked before all that is answered', async () => {
  await controller.run()
  assert.deepEqual(answerOf(await controller.status(kept)), [])
  assert.equal((await controller.status(unstarted)).kind, 'fulfilled')
})

/** References to objects that were collected since: no fault, but a rejection. */
test('an object that is gone, as an argument or a parameter, is a rejection with a code', async () => {
  const gone = new Remote(garbage('ko88888'))
  rejectionOf(await world.outcome('vat', 'echo', gone), 'object-unknown')
  rejectionOf(await world.outcome(gone, 'f'), 'object-unknown')
  rejectionOf(
    await world.settle(await controller.createVat('other', bundle, { parameters: gone })),
    'service-refused',
  )
  rejectionOf(
    await world.settle(await controller.upgradeVat('vat', bundle, { parameters: [gone] })),
    'service-refused',
  )
  assert.equal((await controller.storeStatus()).state.kind, 'ready')
})

test('the same bundle installed again has the same id; a label moves to what it was given last', async () => {
  const first = await controller.installBundle(bundled, 'label')
  const again = await controller.installBundle(bundled, 'label')
  assert.deepEqual(first, again)
  assert.equal(await controller.bundleNamed('label'), first.id)
  const other = await controller.installBundle(
    { ...bundled, bytes: new TextEncoder().encode(`${bundled.source} `) },
    'label',
  )
  assert.notEqual(other.id, first.id)
  assert.equal(await controller.bundleNamed('label'), other.id)
})

test('a message as large as it may be is taken, and comes back', async () => {
  const text = 'x'.repeat(14 * 1024 * 1024)
  assert.equal(await world.ask('vat', 'same', text), text)
})

// --- while it commits, and what opens it twice; every call in every state is in test/fuzz/api.test.ts

test('while a commit is under way every other call is refused', async () => {
  const committing = controller.commit()
  await refused('api/busy', () => controller.send('vat', 'echo'))
  await committing
})

test('a store that is open is refused to a second controller, and is open to it after a shutdown', async () => {
  await refused('store/in-use', () => openController({ directory: world.directory }))
  const directory = join(temporaryDirectory(forTheFile), 'store')
  const first = await openController({ directory, make: 'always' })
  await refused('store/in-use', () => openController({ directory }))
  await first.shutdown()
  await (await openController({ directory, make: 'never' })).shutdown()
  await refused('store/exists', () => openController({ directory, make: 'always' }))
})

/** Options of opening that are refused, and by what. */
const openings: Readonly<Record<string, readonly [code: Code, options: () => unknown]>> = {
  'no options': ['api/bad-argument', () => undefined],
  'no directory': ['api/bad-argument', () => ({})],
  'a directory that is a number': ['api/bad-argument', () => ({ directory: 5 })],
  'a directory without a store': ['store/not-found', () => ({ directory: '/nowhere/at/all', make: 'never' })],
  'a way of making that there is not': ['api/bad-argument', () => ({ directory: 'x', make: 'perhaps' })],
  'a verification that there is not': ['api/bad-argument', () => ({ directory: 'x', verify: 'hard' })],
  'an eviction that there is not': ['api/bad-argument', () => ({ directory: 'x', eviction: 'never' })],
  'no resident workers': ['api/bad-argument', () => ({ directory: 'x', residentWorkers: 0 })],
  'an engine that there is not': ['config/invalid', () => ({ directory: 'x', config: { engine: 'v8' } })],
  'a snapshot interval of 0': ['config/invalid', () => ({ directory: 'x', config: { snapshotInterval: 0 } })],
  'a collection interval that is a fraction': [
    'config/invalid',
    () => ({ directory: 'x', config: { collectionInterval: 1.5 } }),
  ],
  'computrons that are a number': [
    'config/invalid',
    () => ({ directory: 'x', config: { computronsPerDelivery: 5 } }),
  ],
  'a configuration that is a number': ['api/bad-argument', () => ({ directory: 'x', config: 5 })],
  'a trace that is a number': ['api/bad-argument', () => ({ directory: 'x', traceFile: 5 })],
}

for (const [name, [code, options]] of Object.entries(openings)) {
  test(`opening with ${name} is refused`, async () => {
    const given = options() as { directory?: string } | undefined
    const there =
      given?.directory === 'x' ? { ...given, directory: join(await preparedStore(), 'inside') } : given
    await refused(code, () => openController(garbage(there)))
  })
}
