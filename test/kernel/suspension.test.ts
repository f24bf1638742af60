/** Vats that stand still: what waits for them, in which order it comes, and what is told of it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CodedError } from '../../src/base/errors.ts'
import type { CreateOptions, Remote } from '../../src/host/index.ts'
import { answerOf, forTheFile, openWorld, puppet, reasonOf, rejectionOf, type World } from '../kit/world.ts'

const suspend = async (world: World, vat: string, reason = 'tea'): Promise<unknown> =>
  answerOf(await world.take(await world.controller.suspendVat(vat, reason)))
const resume = async (world: World, vat: string): Promise<unknown> =>
  answerOf(await world.take(await world.controller.resumeVat(vat)))

// Su1.
test('every kind of item waits for a suspended vat, and comes in order when it is resumed, over a new opening', async (t) => {
  const world = await openWorld(t, { vats: { v: puppet, w: puppet }, config: { collectionInterval: 5 } })
  await world.run(
    'v',
    'E(args[0]).run("return new Promise((yes) => { me.yes = yes })")',
    await world.root('w'),
  )
  const held = await world.controller.send('v', 'run', ['return Far("thing", {})'])
  await world.controller.run()
  assert.equal((await world.transcript('v')).length, 3)
  await world.ask('v', 'echo')
  await world.controller.sendOnly('v', 'echo')
  await world.controller.run({ cranks: 1 })
  assert.equal((await world.controller.storeStatus()).queued, 1, 'a collection is due')

  const since = (await world.controller.storeStatus()).cranks + 1
  assert.deepEqual(await suspend(world, 'v'), {
    outcome: 'suspended',
    cause: 'requested',
    message: 'tea',
    since,
  })
  await world.controller.sendOnly('v', 'echo', [1n])
  await world.controller.sendOnly('w', 'run', ['me.yes(5n)'])
  await world.controller.run()
  await world.controller.forget(held)
  await world.controller.sendOnly('v', 'echo', [2n])
  await world.reopen()
  await world.controller.run()
  const { parked, status } = await world.controller.vat('v')
  assert.deepEqual([parked, status], [6, { kind: 'suspended', cause: 'requested', message: 'tea', since }])
  await world.audit()

  const before = (await world.transcript('v')).length
  assert.deepEqual(await resume(world, 'v'), { outcome: 'resumed', released: 6 })
  await world.controller.run()
  const kinds = (await world.transcript('v')).slice(before).map(({ delivery }) => delivery.kind)
  assert.deepEqual(kinds.slice(0, 6), [
    'bringOutYourDead',
    'message',
    'notify',
    'dropExports',
    'retireExports',
    'message',
  ])
  assert.deepEqual((await world.controller.vat('v')).status, { kind: 'running' })
})

// Su1.
test('what was parked comes before what was queued when the vat was resumed', async (t) => {
  const world = await openWorld(t, { vats: { v: { setup: 'me.log = []' } } })
  await suspend(world, 'v')
  for (const n of [1n, 2n]) await world.controller.sendOnly('v', 'run', [`me.log.push(${n}n)`])
  await world.controller.run()
  await world.controller.sendOnly('v', 'run', ['me.log.push(3n)'])
  await resume(world, 'v')
  await world.controller.sendOnly('v', 'run', ['me.log.push(4n)'])
  await world.controller.run()
  assert.deepEqual(await world.run('v', 'return [...me.log]'), [1n, 2n, 3n, 4n])
})

const world = await openWorld(forTheFile, { vats: { boss: puppet, w: puppet } })
const vatAdmin = await world.controller.vatAdmin()
const bundle = await world.install()
const criticalVatKey = await world.controller.criticalVatKey()
const boss = (code: string, ...args: unknown[]): Promise<unknown> =>
  world.run(
    'boss',
    `const [vatAdmin, bundle, key, ...more] = args; ${code}`,
    vatAdmin,
    bundle,
    criticalVatKey,
    ...args,
  )

// Su2.
test('suspending twice says so and keeps the first reason; resuming twice says so', async () => {
  await world.create('twice')
  const first = await suspend(world, 'twice', 'one')
  assert.deepEqual(await suspend(world, 'twice', 'two'), { ...(first as object), outcome: 'was-suspended' })
  assert.deepEqual(await resume(world, 'twice'), { outcome: 'resumed', released: 0 })
  assert.deepEqual(await resume(world, 'twice'), { outcome: 'was-running', released: 0 })
})

test('the holder of the admin node suspends and resumes in the order of its messages', async () => {
  const seen = (await boss(`
    me.kit = await E(vatAdmin).createVat(bundle, { name: "ruled", parameters: { setup: "me.log = []" } })
    const { root, adminNode } = me.kit
    const before = E(root).run("me.log.push(1n)")
    const suspended = E(adminNode).suspend("tea")
    me.waits = E(root).run("me.log.push(2n); return [...me.log]")
    await before
    return [await suspended, await E(adminNode).suspend("more tea"), await E(adminNode).status()]`)) as Record<
    string,
    unknown
  >[]
  assert.deepEqual(seen.map(({ outcome, message }) => [outcome, message]).slice(0, 2), [
    ['suspended', 'tea'],
    ['was-suspended', 'tea'],
  ])
  const { status, parked } = seen[2] as { status: { kind: string; cause: string }; parked: number }
  assert.deepEqual([status.kind, status.cause, parked], ['suspended', 'requested', 1])
  assert.deepEqual(
    await boss('const resumed = await E(me.kit.adminNode).resume(); return [resumed, await me.waits]'),
    [{ outcome: 'resumed', released: 1 }, [1n, 2n]],
  )
})

test('a vat suspends itself through its admin node and still answers the message at work', async () => {
  await boss('E.sendOnly(me.kit.root).put("node", me.kit.adminNode)')
  assert.equal(await boss('return E(me.kit.root).run("E.sendOnly(me.node).suspend(`me`); return 5n")'), 5n)
  assert.equal((await world.controller.vat('ruled')).status.kind, 'suspended')
  await resume(world, 'ruled')
})

test('a suspended vat that is upgraded runs, and gets what waited first', async () => {
  await world.create('heir')
  await suspend(world, 'heir')
  const waits = await world.controller.send('heir', 'add', [1n, 2n])
  await world.controller.run()
  const { collectionSkipped } = answerOf(await world.upgrade('heir')) as { collectionSkipped: string }
  assert.match(collectionSkipped, /the vat was suspended: tea/)
  assert.equal(answerOf(await world.take(waits)), 3n)
})

test('a suspended vat whose upgrade fails is suspended as it was', async () => {
  await world.create('stuck')
  await suspend(world, 'stuck')
  const before = (await world.controller.vat('stuck')).status
  rejectionOf(await world.upgrade('stuck', { setup: 'throw Error("no")' }), 'upgrade-refused')
  assert.deepEqual((await world.controller.vat('stuck')).status, before)
})

test('a vat that ran out of heap goes on where it stood once it may have more', async () => {
  const heap = 48 * 1024 * 1024
  await world.create('hungry', { heapLimitBytes: heap, onFault: 'suspend' })
  const waits = await world.controller.send('hungry', 'run', [
    'me.all = Array.from({ length: 60 }, () => new Uint8Array(1_000_000)); return me.all.length',
  ])
  await world.controller.run()
  const { status } = await world.controller.vat('hungry')
  assert.ok(status.kind === 'suspended' && status.cause === 'heap-exhausted')
  const hash = await world.controller.heapHash('hungry')
  assert.equal(
    answerOf(
      await world.take(await world.controller.changeVatOptions('hungry', { heapLimitBytes: 4 * heap })),
    ),
    undefined,
  )
  assert.equal(await world.controller.heapHash('hungry'), hash, 'the limit is no part of the heap')
  await resume(world, 'hungry')
  await world.controller.run()
  assert.equal(answerOf(await world.take(waits)), 60)
})

test('less heap is from the next incarnation on; what the vat has it keeps', async () => {
  const heap = 48 * 1024 * 1024
  await world.create('thrifty', { heapLimitBytes: 2 * heap })
  const fill = 'me.all = Array.from({ length: 60 }, () => new Uint8Array(1_000_000)); return me.all.length'
  await world.run('thrifty', fill)
  answerOf(await world.take(await world.controller.changeVatOptions('thrifty', { heapLimitBytes: heap })))
  await world.reopen()
  assert.equal(await world.run('thrifty', 'return me.all.length'), 60)
  answerOf(await world.upgrade('thrifty'))
  rejectionOf(await world.outcome('thrifty', 'run', fill), 'heap-exhausted')
})

/** Options that are changed by the admin node, and that the vat has then. */
const changes: Readonly<Record<string, readonly [code: string, then: Partial<CreateOptions>]>> = {
  'a policy': ['{ onFault: "terminate" }', { onFault: 'terminate' }],
  'an importance': ['{ critical: key }', { importance: 'critical' }],
  several: [
    '{ onFault: "suspend", importance: "ordinary", computronsPerDelivery: 5_000_000n, heapLimitBytes: 100_000_000 }',
    { onFault: 'suspend', importance: 'ordinary' },
  ],
  none: ['{}', { onFault: 'suspend', importance: 'ordinary' }],
  'one that is not given': ['{ onFault: undefined }', { onFault: 'suspend' }],
}
for (const [name, [code, then]] of Object.entries(changes)) {
  test(`the admin node changes ${name}`, async () => {
    assert.equal(await boss(`return E(me.kit.adminNode).changeOptions(${code})`), undefined)
    const view = await world.controller.vat('ruled')
    for (const [key, value] of Object.entries(then))
      assert.equal(view[key as 'onFault' | 'importance'], value)
  })
}

test('fewer computrons are there for the next delivery', async () => {
  assert.equal((await world.outcome(await world.root('ruled'), 'run', 'for (;;);')).kind, 'pending')
  assert.equal((await world.controller.vat('ruled')).status.kind, 'suspended')
  const { status } = (await boss('return E(me.kit.adminNode).status()')) as {
    status: { cause: string; message: string }
  }
  assert.equal(status.cause, 'computrons-exhausted')
  assert.match(status.message, /ruled .* more than its 5000000 computrons/)
})

/** Messages to an admin node that are refused, and what the reason says. */
const refusals: Readonly<Record<string, readonly [call: string, message: RegExp]>> = {
  'a suspension without a reason': ['suspend()', /reason of a suspension/],
  'a suspension for a number': ['suspend(5n)', /reason of a suspension/],
  'a suspension for nothing at all': ['suspend("")', /reason of a suspension/],
  'a suspension for an object': ['suspend(vatAdmin)', /reason of a suspension/],
  'a suspension with a reason too long': ['suspend("x".repeat(10_001))', /1 to 10000 characters/],
  'a suspension for half a character': ['suspend("\\ud800")', /reason of a suspension/],
  'no options': ['changeOptions()', /options of changeOptions are a record/],
  'a list of options': ['changeOptions([])', /options of changeOptions are a record/],
  'an option that there is not': [
    'changeOptions({ onFault: "suspend", colour: "red" })',
    /invalid option "colour"/,
  ],
  'an option by the name of a method': ['changeOptions({ toString: 5n })', /invalid option "toString"/],
  'a policy that there is not': [
    'changeOptions({ onFault: "forgive" })',
    /onFault is one of reject, suspend, terminate/,
  ],
  'a policy that is an object': ['changeOptions({ onFault: vatAdmin })', /onFault is one of/],
  'an importance that there is not': [
    'changeOptions({ importance: true })',
    /importance is 'ordinary'; a vat becomes critical by the option critical/,
  ],
  'an importance without the key': [
    'changeOptions({ importance: "critical" })',
    /importance is 'ordinary'; a vat becomes critical by the option critical/,
  ],
  'a critical vat without the key': [
    'changeOptions({ critical: true })',
    /critical is the key of getCriticalVatKey\(\), or false; what was given is an invalid criticalVatKey/,
  ],
  'a critical vat with another object': ['changeOptions({ critical: vatAdmin })', /invalid criticalVatKey/],
  'no computrons': ['changeOptions({ computronsPerDelivery: 0n })', /computronsPerDelivery is a bigint/],
  'computrons that are a number': [
    'changeOptions({ computronsPerDelivery: 5 })',
    /computronsPerDelivery is a bigint/,
  ],
  'too many computrons': [
    'changeOptions({ computronsPerDelivery: 2n ** 63n })',
    /computronsPerDelivery is a bigint/,
  ],
  'a heap too small': [
    'changeOptions({ heapLimitBytes: 1000 })',
    /heapLimitBytes is a whole number of bytes from/,
  ],
  'a heap that is half a byte': [
    'changeOptions({ heapLimitBytes: 1e8 + 0.5 })',
    /heapLimitBytes is a whole number/,
  ],
  'a heap that is a bigint': [
    'changeOptions({ heapLimitBytes: 100_000_000n })',
    /heapLimitBytes is a whole number/,
  ],
  'a good option beside a bad one': [
    'changeOptions({ critical: key, heapLimitBytes: NaN })',
    /heapLimitBytes is a whole number/,
  ],
}
for (const [name, [call, message]] of Object.entries(refusals)) {
  // Vo1, Vo2.
  test(`an admin node refuses ${name}, and nothing is changed by it`, async () => {
    const before = await world.controller.vat('ruled')
    const reason = (await boss(
      `return E(me.kit.adminNode).${call}.then(() => 'taken', (reason) => reason)`,
    )) as { code: string; message: string }
    assert.equal(reason.code, 'service-refused')
    assert.match(reason.message, message)
    assert.deepEqual(await world.controller.vat('ruled'), before)
  })
}

/** Options of `createVat` that are refused. */
for (const [option, message] of [
  ['onFault: "forgive"', /onFault is one of/],
  ['importance: 5n', /importance is 'ordinary'/],
  ['importance: "critical"', /importance is 'ordinary'/],
  ['critical: true', /invalid criticalVatKey/],
] as const) {
  test(`a vat is not made with ${option}`, async () => {
    const reason = (await boss(
      `return E(vatAdmin).createVat(bundle, { name: "odd", ${option} }).catch((reason) => reason)`,
    )) as { message: string }
    assert.match(reason.message, message)
  })
}

test('a vat is made with a policy and an importance by a vat', async () => {
  await boss('return E(vatAdmin).createVat(bundle, { name: "chosen", onFault: "terminate", critical: key })')
  const { onFault, importance } = await world.controller.vat('chosen')
  assert.deepEqual([onFault, importance], ['terminate', 'critical'])
})

// Su3.
test('the kernel is paused and resumed by its host: nothing runs, and a new opening changes nothing', async (t) => {
  const world = await openWorld(t, { vats: { v: puppet } })
  const asked = await world.controller.send('v', 'add', [1n, 2n])
  const made = await world.controller.createVat('later', await world.install(), { parameters: {} })
  await world.controller.pauseKernel('the operator sleeps')
  const since = (await world.controller.storeStatus()).cranks
  await world.controller.pauseKernel('again')
  for (const again of [false, true]) {
    if (again) await world.reopen()
    const { ended, cranks } = await world.controller.run()
    assert.deepEqual([ended, cranks], ['paused', 0])
    assert.deepEqual((await world.controller.storeStatus()).paused, {
      vat: null,
      code: 'requested',
      message: 'the operator sleeps',
      since,
    })
  }
  for (const early of [
    () => world.controller.suspendVat('later', 'x'),
    () => world.controller.resumeVat('later'),
    () => world.controller.terminateVat('later', 'x'),
    () => world.controller.changeVatOptions('later', {}),
  ]) {
    await assert.rejects(early, { code: 'vat/not-started' })
  }
  await world.controller.resumeKernel()
  await world.controller.resumeKernel()
  assert.equal((await world.controller.storeStatus()).paused, null)
  assert.equal(answerOf(await world.settle(asked)), 3n)
  answerOf(await world.take(made))
})

// Rqp1.
test('a paused kernel refuses messages and new vats and says since when and why, and accepts what may help', async (t) => {
  const world = await openWorld(t, { vats: { v: puppet, w: puppet } })
  const { controller } = world
  const bundle = await world.install()
  await controller.pauseKernel('the operator sleeps')
  const since = (await controller.storeStatus()).paused?.since
  const last = await controller.lastRequest()
  for (const refused of [
    () => controller.send('v', 'add', [1n, 2n]),
    () => controller.sendOnly('v', 'add', [1n, 2n]),
    () => controller.createVat('later', bundle, { parameters: {} }),
  ])
    await assert.rejects(refused, (error: CodedError) => {
      assert.equal(error.code, 'kernel/paused')
      assert.match(error.message, new RegExp(`since crank ${since} .*the operator sleeps`))
      assert.deepEqual(error.detail, { vat: null, code: 'requested', message: 'the operator sleeps', since })
      return true
    })
  assert.equal(await controller.lastRequest(), last)
  await controller.advanceTime(10n)
  const upgraded = await controller.upgradeVat('v', await world.install())
  const suspended = await controller.suspendVat('w', 'x')
  assert.equal((await controller.run()).ended, 'paused')
  await controller.resumeKernel()
  assert.equal((await controller.run()).ended, 'idle')
  for (const each of [upgraded, suspended]) answerOf(await world.take(each))
  assert.equal((await controller.vat('w')).status.kind, 'suspended')
})

test('a critical vat that ends pauses the kernel, however it ends', async () => {
  for (const [name, code] of [
    ['exits', 'vatPowers.exitVat(1n)'],
    ['fails', 'vatPowers.exitVatWithFailure(Error("no"))'],
    ['is ended', ''],
  ] as const) {
    const vat = name.replace(' ', '-')
    await world.create(vat, { importance: 'critical' })
    if (code === '') await world.take(await world.controller.terminateVat(vat, 'by the host'))
    else await world.controller.sendOnly(vat, 'run', [code])
    assert.equal((await world.controller.run()).ended, 'paused')
    const { paused } = await world.controller.storeStatus()
    assert.equal(paused?.code, 'vat-terminated')
    assert.match(paused.message, new RegExp(`critical vat ${vat}`))
    await world.controller.resumeKernel()
    assert.equal((await world.controller.run()).ended, 'idle')
  }
})

test('a vat that waits for a suspended one learns of its end', async () => {
  const { root } = (await world.create('quiet')) as { root: Remote }
  await suspend(world, 'quiet')
  await boss('me.quiet = E(more[0]).add(1n, 2n); me.quiet.catch(() => {})', root)
  await world.take(await world.controller.terminateVat('quiet', 'for good'))
  const reason = (await boss('return me.quiet.catch((reason) => reason)')) as { code: string }
  assert.equal(reason.code, 'vat-terminated')
  assert.ok(reasonOf(await world.outcome(root, 'add', 1n, 2n)))
})
