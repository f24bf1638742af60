/**
 * Whom the host takes for the one who rejected: the kernel only where the kernel did, whatever a reason looks
 * like.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { objectKref } from '../../src/base/ids.ts'
import { isDisconnection, isRejection, Remote, type RemotePromise } from '../../src/host/index.ts'
import type { GoneError, ReasonData } from '../../src/protocol/results.ts'
import { forTheFile, openWorld, reasonOf, rejectionOf } from '../kit/world.ts'

const world = await openWorld(forTheFile, { vats: { home: {}, friend: {} } })

/** Reasons that a vat makes, as its code. */
const forged: readonly (readonly [situation: string, code: string])[] = [
  ['a record like that of the kernel', '{ name: "KernelRejection", code: "vat-suspended", message: "m" }'],
  [
    'the same with a reason',
    '{ name: "KernelRejection", code: "upgrade-refused", message: "m", reason: { code: "start/threw", message: "m", names: [], stack: "" } }',
  ],
  [
    'the same with a reason that is none',
    '{ name: "KernelRejection", code: "upgrade-refused", message: "m", reason: {} }',
  ],
  ['one whose code is a number', '{ name: "KernelRejection", code: 5 }'],
  [
    'the error of an abandoned object',
    'Object.defineProperty(Error("vat terminated"), "code", { value: "object-abandoned" })',
  ],
  [
    'the error of a vat that is gone',
    'Object.defineProperty(Error("vat terminated"), "code", { value: "vat-terminated" })',
  ],
  ['that error without its code', 'Error("vat terminated")'],
  ['a disconnection', '{ name: "vatUpgraded", upgradeMessage: "u", incarnationNumber: 0 }'],
  [
    'the disconnection of a vat that ended',
    '{ name: "vatTerminated", upgradeMessage: "u", incarnationNumber: 0 }',
  ],
  ['data that says who decided', '{ by: "kernel" }'],
  ['nothing', 'undefined'],
  ['null', 'null'],
  ['text', '"vat terminated"'],
]
for (const [situation, code] of forged) {
  // Rj1.
  test(`no rejection by the kernel: a vat rejects with ${situation}`, async () => {
    const status = await world.outcome('home', 'run', `return Promise.reject(harden(${code}))`)
    const reason = reasonOf(status)
    assert.deepEqual(
      [status.kind === 'rejected' && status.by, isRejection(reason), isDisconnection(reason)],
      ['vat', false, false],
    )
  })
}

test('an object that is gone is told by an error with the code; what else the kernel refuses by a record', async () => {
  const old = await world.run('home', 'return Far("old", { f: () => 1 })')
  await world.upgrade('home')
  const gone = rejectionOf(
    await world.outcome('friend', 'run', 'return E(args[0]).f()', old),
    'object-abandoned',
  )
  assert.deepEqual([gone instanceof Error, gone.name, gone.message], [true, 'Error', 'vat terminated'])
  const refused = rejectionOf(await world.outcome(new Remote(objectKref(999_998)), 'f'), 'object-unknown')
  assert.equal(refused.name, 'KernelRejection')
  assert.equal(isDisconnection(gone), false)
})

// Kp5.
test('a vat can catch the error by its code, and pass it on with it; then it is the vat that rejects', async () => {
  const old = await world.run('home', 'return Far("old", { f: () => 1 })')
  await world.upgrade('home')
  assert.equal(
    await world.run('friend', 'return E(args[0]).f().catch((error) => error.code)', old),
    'object-abandoned',
  )
  const inside = (await world.run(
    'friend',
    'return E(args[0]).f().catch((error) => harden({ error }))',
    old,
  )) as { error: unknown }
  assert.equal((inside.error as GoneError).code, 'object-abandoned')
  const again = await world.outcome(
    'friend',
    'run',
    'return E(args[0]).f().catch((error) => { throw error })',
    old,
  )
  assert.equal((reasonOf(again) as GoneError).code, 'object-abandoned')
  assert.deepEqual(
    [isRejection(inside.error), isRejection(reasonOf(again)), again.kind === 'rejected' && again.by],
    [false, false, 'vat'],
  )
})

// Kp5.
test('what is sent to a promise that the kernel rejected is rejected by the kernel, and by the vat where the vat did', async () => {
  const old = await world.run('home', 'return Far("old", { f: () => 1 })')
  await world.upgrade('home')
  const [home, friend] = [await world.root('home'), await world.root('friend')]
  const piped = 'return E(E(args[0]).f()).g().then(() => 0, (error) => harden([error.code, error.message]))'
  assert.deepEqual(await world.run('friend', piped, old), ['object-abandoned', 'vat terminated'])
  const { piped: inside } = (await world.run(
    friend,
    'const piped = E(E(args[0]).f()).g(); piped.catch(() => {}); return harden({ piped })',
    old,
  )) as { readonly piped: RemotePromise }
  const data = (await world.rows('kernel')).get(`data.${inside.kref}`) ?? assert.fail()
  assert.equal((JSON.parse(data) as ReasonData).by, 'kernel')
  const mine = await world.outcome(home, 'run', 'return E(E(args[0]).throws("no")).g()', home)
  assert.equal(mine.kind === 'rejected' && mine.by, 'vat')
})

test('a reason of the kernel is known as the object that the host was given, and not as a copy of it', async () => {
  const reason = rejectionOf(await world.outcome(new Remote(objectKref(999_999)), 'f'), 'object-unknown')
  assert.deepEqual(
    [isRejection(reason), isRejection({ ...reason }), isRejection(structuredClone(reason))],
    [true, false, false],
  )
})

test('a vat that ended by a fault is told of by the kernel, one that ended by its own word by the vat', async () => {
  const { adminNode } = await world.create('spender', {
    onFault: 'terminate',
    computronsPerDelivery: 10_000_000n,
  })
  rejectionOf(await world.outcome('spender', 'run', 'for (;;);'), 'computrons-exhausted')
  rejectionOf(await world.outcome(adminNode, 'done'), 'computrons-exhausted')
  const liar = await world.create('liar')
  const end = await world.outcome(
    'liar',
    'run',
    'vatPowers.exitVatWithFailure(harden({ name: "KernelRejection", code: "vat-suspended", message: "m" }))',
  )
  const done = await world.outcome(liar.adminNode, 'done')
  for (const status of [end, done])
    assert.deepEqual([status.kind, status.kind === 'rejected' && status.by], ['rejected', 'vat'])
})

test('results that one crank rejects are all reported, in the order in which they were, however long their reasons are together', async () => {
  const [many, long] = [1_700, 10_000]
  const asked = []
  for (let n = 0; n < many; n += 1)
    asked.push(
      (await world.controller.send('home', 'run', ['return new Promise(() => {})'], { onRejection: 'log' }))
        .sequence,
    )
  await world.controller.run()
  const upgrade = await world.controller.upgradeVat('home', await world.install(), {
    upgradeMessage: 'x'.repeat(long),
  })
  const { rejections } = await world.controller.run()
  assert.equal((await world.take(upgrade)).kind, 'fulfilled')
  assert.deepEqual(
    rejections.map(({ sequence }) => sequence).sort((one, other) => one - other),
    asked,
  )
  assert.ok(
    rejections.every(
      ({ reason, by }) => by === 'kernel' && isDisconnection(reason) && reason.upgradeMessage.length === long,
    ),
  )
})
