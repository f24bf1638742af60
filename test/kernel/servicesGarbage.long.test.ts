/**
 * Everything that can be passed, in every place of every message to every service of the kernel: each is
 * answered or refused, the kernel goes on, and nothing is left that an audit finds.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { adminNode } from '../../src/kernel/services/vatAdmin/adminNode.ts'
import { meter } from '../../src/kernel/services/vatAdmin/meter.ts'
import { notifier } from '../../src/kernel/services/timer/notifier.ts'
import { port } from '../../src/kernel/services/port.ts'
import { repeater } from '../../src/kernel/services/timer/repeater.ts'
import { timer } from '../../src/kernel/services/timer/timer.ts'
import { timerBrand, timerClock } from '../../src/kernel/services/timer/timerClock.ts'
import { timerIterator, timerNotifier } from '../../src/kernel/services/timer/timerNotifier.ts'
import { vatAdmin } from '../../src/kernel/services/vatAdmin/vatAdmin.ts'
import { vatOptions } from '../../src/protocol/host/vatOptions.ts'
import { forTheFile, openWorld, puppet } from '../kit/world.ts'

const world = await openWorld(forTheFile, { vats: { boss: puppet } })
const bundle = await world.install()
const services = [
  await world.controller.vatAdmin(),
  await world.controller.timer(),
  await (await world.controller.openPort('bank')).remote(),
]
await world.run(
  'boss',
  `const [vatAdmin, timer, port, bundle] = args
  const { adminNode } = await E(vatAdmin).createVat(bundle, { name: 'ruled' })
  const cap = await E(vatAdmin).getBundleCap(bundle)
  me.services = { vatAdmin, timer, port, adminNode, cap, meter: await E(vatAdmin).createMeter(1000n, 5n), notifier: await E(E(vatAdmin).createMeter(1000n, 5n)).getNotifier(), repeater: await E(timer).makeRepeater(1n, 1n),
    timerClock: await E(timer).getClock(), timerBrand: await E(timer).getTimerBrand(), timerNotifier: await E(timer).makeNotifier(1n, 1n), timerIterator: await E(E(timer).makeNotifier(1n, 1n))[Symbol.asyncIterator]() }
  me.things = [
    undefined, null, true, 0, -0, 1.5, -1, NaN, Infinity, 2 ** 53, 0n, -1n, 1n, 2n ** 200n, '', 'x', '\\ud800', 'never', 'constructor', bundle, 'x'.repeat(20_000),
    Symbol.for('x'), Symbol.iterator, [], [[[]]], {}, { toString: 1, valueOf: 2 }, { then: 1 }, { length: -1 }, { maxCranks: { valueOf: 1 } }, { deliveries: Symbol.for('x') },
    { maxCranks: Symbol.for('x') }, { name: { toString: null } }, Error('x'), Far('thing', {}), cap, vatAdmin, timer, port, adminNode, me.services.meter, me.services.repeater,
  ].map(harden)
  me.ways = []`, ...services, bundle)

const optionNames = Object.keys(vatOptions)

/** Sends all and waits for all; gives how many were answered and how many refused. */
async function told(
  calls: string,
  ...args: readonly unknown[]
): Promise<{ readonly taken: bigint; readonly refused: bigint }> {
  const found = await world.run(
    'boss',
    `const { services, things } = me
    let [taken, refused] = [0n, 0n]
    const told = []
    const tell = (answer) => told.push(Promise.race([answer, me.late]).then(() => { taken += 1n }, () => { refused += 1n }))
    ${calls}
    await Promise.all(told)
    return harden({ taken, refused })`, ...args)
  assert.equal((await world.controller.storeStatus()).state.kind, 'ready')
  await world.audit()
  return found as { taken: bigint; refused: bigint }
}

// What is answered later, or never, is not waited for.
const calm = `me.late = Promise.resolve(E(services.timer).getCurrentTimestamp()).then(() => E(services.timer).getCurrentTimestamp());`

for (const [name, methods] of Object.entries({
  vatAdmin,
  timer,
  port,
  meter,
  notifier,
  repeater,
  timerClock,
  timerBrand,
  timerNotifier,
  timerIterator,
  adminNode,
})) {
  for (const method of Object.keys(methods)) {
    // The vat that is ruled ends with the last of them, and a start for each thing takes long.
    if (method === 'terminateWithFailure') continue
    test(`${name}.${method} of anything`, async () => {
      const { taken, refused } = await told(
        `${calm} for (const thing of things) { tell(E(services[args[0]])[args[1]](thing)); tell(E(services[args[0]])[args[1]](1n, thing)); tell(E(services[args[0]])[args[1]](1n, 1n, thing)); tell(E(services[args[0]])[args[1]](1n, 1n, things[34], thing)) }`,
        name,
        method,
      )
      assert.equal((taken + refused) % 4n, 0n)
    })
  }
}

for (const call of ['changeOptions', 'upgrade', 'createVat']) {
  test(`options of ${call} that are anything`, async () => {
    const ask = {
      changeOptions: 'E(services.adminNode).changeOptions(options)',
      upgrade: 'E(services.adminNode).upgrade(args[1], options)',
      createVat: 'E(services.vatAdmin).createVat(args[1], options)',
    }[call]
    // One good option alone makes no vat, and upgrades none.
    const beside = {
      changeOptions: '',
      upgrade: 'parameters: 1n, parametersFrom: "kept",',
      createVat: 'useTranscript: false,',
    }[call]
    const { refused } = await told(
      `${calm} for (const name of args[0]) for (const thing of things) { const options = harden({ ${beside} [name]: thing }); tell(${ask}) }`,
      optionNames,
      bundle,
    )
    assert.ok(refused > 100n, String(refused))
  })
}

test('a reason for the end that is anything', async () => {
  const count = (await told(`for (const thing of things) {
    const { adminNode } = await E(services.vatAdmin).createVat(args[0])
    const done = E(adminNode).done().then(() => { throw Error('it was no failure') }, () => {})
    tell(E(adminNode).terminateWithFailure(thing).then(() => done))
  }`, bundle)) as { refused: bigint }
  assert.equal(count.refused, 0n)
})
