/**
 * Every method of a port with every oddity in the place of every argument, too early, too much, twice and too
 * late.
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { CodedError, openController, Port } from '../../src/host/index.ts'
import type { Code } from '../../src/protocol/codes.ts'
import { portLimits } from '../../src/protocol/limits.ts'
import { bundleFile, puppetFile } from '../kit/bundles.ts'
import { call, everyPortCall, portCallNames, type Given } from '../kit/everyCall.ts'
import { forTheFile, openWorld, puppet, temporaryDirectory } from '../kit/world.ts'
import { meet, meetAll, oddities } from './meeting.ts'

const world = await openWorld(forTheFile, { vats: { vat: puppet, other: puppet } })
const { controller } = world
const port = await controller.openPort('bank')
await world.run(
  'vat',
  'E.sendOnly(args[0]).onReceive(Far("clerk", { receive: (data) => { if (data === "no") throw RangeError("not this one") } })); E.sendOnly(args[0]).send({ due: 7n })',
  await port.remote(),
)
for (const item of [1n, 'no']) await port.deliver(item)
await controller.run()
await controller.commit()
const many = await world.run(
  'other',
  'return (me.many = Array.from({ length: args[0] }, (_, n) => Far(`far ${n}`, {})))',
  portLimits.slots + 1,
)
const given: Given = {
  bundled: await bundleFile(puppetFile),
  bundle: '',
  vat: 'vat',
  object: await world.root('other'),
  result: { sequence: 1 },
}
const names = Object.keys(everyPortCall)
const argsOf = (name: string): readonly unknown[] => everyPortCall[name]?.(given) ?? []

const refusedWith = (code: Code, what: string, act: () => unknown): Promise<void> =>
  assert.rejects(async () => act(), (error: unknown) => {
    assert.ok(error instanceof CodedError, `${what}: ${String(error)}`)
    assert.equal(error.code, code, `${what}: ${error.message}`)
    return true
  })

test('every method of a port is in the table of its calls', () => {
  assert.deepEqual([...portCallNames].sort(), [...names].sort())
})

for (const name of names) {
  if (argsOf(name).length === 0) continue
  test(`${name} of a port with garbage is refused with a code and changes nothing, or is taken`, async () => {
    assert.ok(
      (await meetAll(controller, name, argsOf(name), oddities, (args) => call(port, name, args))) > 20,
    )
  })
}

test('no argument at all, and more than there are', async () => {
  for (const name of names) {
    await meet(`${name} without arguments`, () => call(port, name, []))
    await meet(`${name} with more arguments`, () => call(port, name, [...argsOf(name), ...oddities]))
  }
})

test('a port of a name that is none, or of which there is none, refuses every call', async () => {
  await refusedWith('port/unknown', 'none', () => controller.port('none').status())
  for (const odd of oddities) {
    for (const name of names)
      await meet(`${name} of a port that is odd`, async () =>
        call(Reflect.apply(controller.port, controller, [odd]) as Port, name, argsOf(name)),
      )
  }
  assert.deepEqual(await controller.ports(), ['bank'])
})

/** What is asked too early, of too much, or twice, and what the port says; `null` is that it is taken. */
const situations: Readonly<Record<string, readonly [act: () => unknown, code: Code | null]>> = {
  'an item before the one that comes next': [
    async () => port.deliver('x', { number: (await port.status()).delivered + 2 }),
    'port/gap',
  ],
  'an item at the last number there is': [
    () => port.deliver('x', { number: Number.MAX_SAFE_INTEGER }),
    'port/gap',
  ],
  'an item again under its number': [() => port.deliver('x', { number: 1 }), null],
  'an item of too many characters': [() => port.deliver('a'.repeat(portLimits.body)), 'port/too-large'],
  'an item of too many references': [() => port.deliver(many), 'port/too-large'],
  'what was not sent yet': [() => port.acknowledge(99), 'port/not-sent'],
  'what was sent, once': [() => port.acknowledge(1), null],
  'what was sent, twice': [() => port.acknowledge(1), null],
  'a failure that there is not': [() => port.dismissFailures(Number.MAX_SAFE_INTEGER), null],
  'failures, twice': [() => port.dismissFailures(2), null],
  'more items than are told at once': [() => port.receive({ limit: 1_001 }), 'api/bad-argument'],
  'more failures than are told at once': [() => port.failures({ limit: 1_001 }), 'api/bad-argument'],
  'items after all there are': [() => port.receive({ after: Number.MAX_SAFE_INTEGER }), null],
  'failures after all there are': [() => port.failures({ after: Number.MAX_SAFE_INTEGER }), null],
}

for (const [name, [act, code]] of Object.entries(situations)) {
  test(`a port is asked for ${name}: ${code ?? 'it is taken'}`, async () => {
    const before = await controller.storeStatus()
    if (code === null) {
      await act()
      return
    }
    await refusedWith(code, name, act)
    assert.deepEqual(await controller.storeStatus(), before, 'nothing has changed')
  })
}

test('opening a port twice is opening it once', async () => {
  const before = await controller.storeStatus()
  assert.equal((await controller.openPort('bank')).name, 'bank')
  assert.deepEqual(await controller.storeStatus(), before)
})

test('after all that the port works, the kernel runs and its audit is clean', async () => {
  await controller.run()
  const { number, outcome } = await port.deliver('more')
  assert.equal(outcome, 'taken')
  await controller.run()
  const { delivered, waiting, unsettled } = await port.status()
  assert.deepEqual([delivered, waiting, unsettled], [number, 0, 0])
  assert.equal((await controller.storeStatus()).state.kind, 'ready')
  await world.audit()
})

test('while a run is under way every call of a port is refused, and the run is not disturbed', async () => {
  await controller.sendOnly('other', 'run', ['for (let n = 0; n < 100_000; n += 1);'])
  const running = controller.run()
  for (const name of names) await refusedWith('api/busy', name, () => call(port, name, argsOf(name)))
  assert.equal((await running).ended, 'idle')
})

test('after a shutdown every call of a port is refused', async () => {
  const closed = await openController({ directory: join(temporaryDirectory(forTheFile), 'store') })
  const late = await closed.openPort('late')
  await closed.shutdown()
  for (const name of names) await refusedWith('api/shut-down', name, () => call(late, name, argsOf(name)))
})
