/**
 * What vats are told of rejections by the kernel: errors that begin with the words of SwingSet, where hosts
 * get records.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isDisconnection, isRejection, type Remote } from '../../src/host/index.ts'
import type { FaultCode } from '../../src/protocol/results.ts'
import { forge } from '../kit/rows.ts'
import { forTheFile, openWorld, puppet, reasonOf, rejectionOf } from '../kit/world.ts'

const world = await openWorld(forTheFile, { vats: { boss: puppet } })
/** A store that is asked for SwingSet's way with faults, and cleans up in small steps. */
const strict = await openWorld(forTheFile, {
  vats: { boss: puppet },
  config: { onFault: 'terminate', cleanupBudget: 60 },
})
const vatAdmin = await world.controller.vatAdmin()
const bundle = await world.install()

interface Told {
  readonly isError: boolean
  readonly name: string
  readonly message: string
  readonly code: string
  readonly cause: Told | undefined
}

/** How a vat sees that what the code gives is rejected, or what it gives. */
const helpers = `const seen = (e) => e === undefined ? undefined : harden({ isError: e instanceof Error, name: e.name, message: e.message, code: e.code, cause: seen(e.cause) });
  const how = (p) => p.then((value) => harden({ value }), seen);`
const boss = (code: string, ...args: unknown[]): Promise<unknown> =>
  world.run('boss', `${helpers} ${code}`, ...args)
const told = async (call: string, ...args: unknown[]): Promise<Told> =>
  (await boss(`return how(${call})`, ...args)) as Told

/**
 * Calls that are refused, and how the message that the vat gets begins. The arguments are vatAdmin, the
 * bundle and an admin node.
 */
const refused: Readonly<
  Record<string, readonly [call: string, begins: string, code: string, name?: string]>
> = {
  'an upgrade whose code throws': [
    'E(args[2]).upgrade(args[1], { vatParameters: { setup: "throw Error(`no`)" } })',
    'vat-upgrade failure: ',
    'upgrade-refused',
  ],
  'an upgrade with options that it does not have': [
    'E(args[2]).upgrade(args[1], { bad: 1, worse: 2 })',
    'upgrade() received unknown options: "bad,worse"',
    'service-refused',
  ],
  'an upgrade to what is no bundle': [
    'E(args[2]).upgrade(args[0])',
    'vatAdmin.upgrade() requires a bundlecap',
    'service-refused',
  ],
  'a change of an option that it does not have': [
    'E(args[2]).changeOptions({ bad: 1 })',
    'invalid option "bad"',
    'service-refused',
  ],
  'a change to an interval that is none': [
    'E(args[2]).changeOptions({ reapInterval: "soon" })',
    'invalid reapInterval value',
    'service-refused',
  ],
  'a vat whose code throws': [
    'E(args[0]).createVat(args[1], { vatParameters: { setup: "throw TypeError(`no`)" } })',
    'Vat Creation Error: TypeError: no',
    'start-refused',
  ],
  'a vat of what is no bundle': [
    'E(args[0]).createVat(args[2])',
    'Vat Creation Error: createVat() requires a bundlecap',
    'service-refused',
  ],
  'a vat of a bundle that is not installed': [
    `E(args[0]).createVat("b1-${'0'.repeat(64)}")`,
    'unknown bundle',
    'service-refused',
  ],
  'a vat with options that it does not have': [
    'E(args[0]).createVat(args[1], { bogus: 1, metre: 2 })',
    'CreateVatOptions: unknown options "bogus,metre"',
    'service-refused',
  ],
  'a vat with a name that is none': [
    'E(args[0]).createVat(args[1], { name: "no spaces" })',
    'CreateVatOptions: bad vat name "no spaces"',
    'service-refused',
  ],
  'a vat of a manager type that there is not': [
    'E(args[0]).createVat(args[1], { managerType: "clay" })',
    'CreateVatOptions: bad managerType "clay"',
    'service-refused',
  ],
  'a vat with an option of the wrong type': [
    'E(args[0]).createVat(args[1], { reapInterval: "soon" })',
    'CreateVatOptions(reapInterval)',
    'service-refused',
  ],
  'a bundle by a name that none has': [
    'E(args[0]).getNamedBundleCap("nope")',
    'unknown bundle name "nope"',
    'service-refused',
  ],
  'a vat by a name that no bundle has': [
    'E(args[0]).createVatByName("nope")',
    'unknown bundle name "nope"',
    'service-refused',
  ],
  'a bundle by an id that none has': [
    `E(args[0]).getBundleCap("b1-${'0'.repeat(64)}")`,
    `bundleID not yet installed: b1-${'0'.repeat(64)}`,
    'service-refused',
  ],
  'a method that vatAdmin does not have': [
    'E(args[0]).destroy()',
    'target has no method "destroy", has ["createBoundedVatAdmin",',
    'service-refused',
    'TypeError',
  ],
  'a method that an admin node does not have': [
    'E(args[2]).createVat()',
    'target has no method "createVat", has ["changeOptions","done","history",',
    'service-refused',
    'TypeError',
  ],
  'a call of the service as a function': [
    'E(args[0])()',
    'Cannot invoke target as a function',
    'service-refused',
    'TypeError',
  ],
  'a message to data': [
    'E(E(args[2]).status()).promote()',
    'data is not callable, has no method promote',
    'target-not-object',
  ],
}

const victim = await world.create('victim')
for (const [situation, [call, begins, code, name = 'Error']] of Object.entries(refused)) {
  // To1, To2.
  test(`a vat is told by an error: ${situation}`, async () => {
    const reason = await told(call, vatAdmin, bundle, victim.adminNode)
    assert.deepEqual([reason.isError, reason.name, reason.code], [true, name, code])
    assert.ok(reason.message.startsWith(begins), reason.message)
  })
}

test('what an upgrade was refused for is the cause, with its code', async () => {
  const { message, cause } = await told(
    'E(args[0]).upgrade(args[1], { vatParameters: { setup: "throw Error(`no`)" } })',
    victim.adminNode,
    bundle,
  )
  assert.match(message, /^vat-upgrade failure: vat victim \(v\d+\) keeps incarnation 0: Error: no$/)
  assert.deepEqual([cause?.message, cause?.code], ['Error: no', 'start/threw'])
})

test('an option that is misspelt is told with what was probably meant', async () => {
  const { message } = await told('E(args[0]).createVat(args[1], { metre: 1 })', vatAdmin, bundle)
  assert.match(message, /did you mean meter\?$/)
})

test('the host is told of the same refusals by records', async () => {
  const upgrade = rejectionOf(
    await world.outcome(victim.adminNode, 'upgrade', bundle, {
      vatParameters: { setup: 'throw Error("no")' },
    }),
    'upgrade-refused',
  )
  assert.deepEqual(
    [upgrade.name, upgrade.reason?.code, isRejection(upgrade)],
    ['KernelRejection', 'start/threw', true],
  )
  const option = rejectionOf(
    await world.outcome(vatAdmin, 'createVat', bundle, { bogus: 1 }),
    'service-refused',
  )
  assert.deepEqual([option.name, isRejection(option)], ['KernelRejection', true])
})

test('an error of the kernel stays what it is when a vat keeps it and passes it on', async () => {
  const [first, second] = (await boss(
    `const reason = await E(args[0]).upgrade(args[1], { vatParameters: { setup: "throw Error('no')" } }).catch((e) => e);
     const passed = await E(args[2]).same(harden({ reason })); return harden([seen(reason), seen(passed.reason)])`,
    victim.adminNode, bundle, victim.root,
  )) as Told[]
  assert.deepEqual([second?.isError, second?.message, second?.code], [true, first?.message, first?.code])
})

// --- the end of a vat

const gone = (cause: Partial<Told> | undefined): unknown => ({
  isError: true,
  name: 'Error',
  message: 'vat terminated',
  code: 'vat-terminated',
  cause,
})

test('all that a vat was to answer is rejected with the same error when it has ended, and the cause says why', async () => {
  const { root, adminNode } = await world.create('dying')
  const asked =
    'const p = E(args[0]).run("return new Promise(() => {})"); const all = [how(p), how(E(p).piped())]; await E(args[1]).terminateWithFailure(Error("because")); all.push(how(E(args[0]).add(1n, 1n)))'
  const reasons = (await boss(`${asked}; return Promise.all(all)`, root, adminNode)) as Told[]
  for (const reason of reasons.slice(0, 2))
    assert.deepEqual([reason, reason.cause?.message], [gone(reason.cause), 'because'])
  assert.deepEqual(reasons[2], gone(undefined))
})

test('the host is told of a promise of an ended vat by the record of disconnection', async () => {
  await world.create('brief')
  const { sequence } = await world.controller.send('brief', 'run', ['return new Promise(() => {})'])
  await world.controller.run()
  await world.controller.terminateVat('brief', 'enough')
  await world.controller.run()
  const reason = reasonOf(
    await world.controller.status({ sequence } as Parameters<typeof world.controller.status>[0]),
  )
  assert.ok(isDisconnection(reason))
  assert.deepEqual([reason.name, reason.upgradeMessage], ['vatTerminated', 'enough'])
})

test('the message in which a vat ends by its failure is rejected as all that it was to answer', async () => {
  const { root, adminNode } = await world.create('quitter')
  const [message, done] = (await boss(
    'return Promise.all([how(E(args[0]).run("vatPowers.exitVatWithFailure(Error(`I quit`))")), how(E(args[1]).done())])',
    root,
    adminNode,
  )) as Told[]
  assert.deepEqual(
    [message?.message, message?.code, message?.cause?.message],
    ['vat terminated', 'vat-terminated', 'I quit'],
  )
  assert.deepEqual([done?.isError, done?.message], [true, 'I quit'])
})

// Te3.
test('a vat that ends is told of in order: what it was to answer, who ended it, who came too late, who waits for its end', async () => {
  const { root, adminNode } = await world.create('mortal')
  const code = `const log = []; const note = (name, p) => p.then((v) => { log.push(name + ' kept ' + typeof v) }, () => { log.push(name + ' rejected') })
    await Promise.all([note('never', E(args[0]).run('return new Promise(() => {})')), note('terminate', E(args[1]).terminateWithFailure('because')),
      note('done', E(args[1]).done()), note('again', E(args[1]).terminateWithFailure('again'))]); return harden(log)`
  assert.deepEqual(await boss(code, root, adminNode), [
    'never rejected',
    'terminate kept undefined',
    'again rejected',
    'done rejected',
  ])
  assert.equal(
    (await told('E(args[0]).done().catch((e) => { throw Error(e) })', adminNode)).message,
    'because',
  )
})

// Te3.
test('the end is told after the last of the promises, however many steps they take', async () => {
  const { root, adminNode } = await strict.create('busy')
  const code = `const log = []; const asked = []; for (let n = 0; n < 100; n += 1) asked.push(E(args[0]).run('return new Promise(() => {})').catch(() => log.push(n)))
    E(args[1]).done().catch(() => log.push('done')); const done = E(args[1]).done().catch(() => log.push('done too')); await null
    E(args[1]).terminateWithFailure('because'); await Promise.all([...asked, done]); return harden(log)`
  assert.deepEqual(await strict.run('boss', code, root, adminNode), [
    ...Array.from({ length: 100 }, (_, n) => n),
    'done',
    'done too',
  ])
  await strict.audit()
})

test('who waits for an end is told of it when nobody has the admin node any more', async () => {
  await world.run(
    'boss',
    'const { root, adminNode } = await E(args[0]).createVat(args[1], { name: "orphan" }); me.orphan = root; me.ended = E(adminNode).done().then(() => 0, (reason) => reason)',
    vatAdmin,
    bundle,
  )
  await world.controller.collectAll()
  await world.controller.terminateVat('orphan', 'alone')
  await world.controller.run()
  assert.equal(((await world.run('boss', 'return me.ended')) as Error).message, 'alone')
  await world.audit()
})

test('a job that an older kernel left while it told of the end goes on: promises and waiters are told', async (t) => {
  const old = await openWorld(t, { vats: { boss: puppet }, config: { cleanupBudget: 60 } })
  const { adminNode } = await old.create('busy')
  await old.run(
    'boss',
    'me.log = []; for (let n = 0; n < 50; n += 1) E(args[0]).run("return new Promise(() => {})").catch((e) => me.log.push(e.message)); E(args[1]).done().catch((e) => me.log.push(e.message))',
    await old.root('busy'),
    adminNode,
  )
  await old.controller.terminateVat('busy', 'the end')
  await old.controller.run({ cleanups: 0 })
  await old.controller.commit()
  await old.controller.shutdown()
  forge(old.directory, (database) => {
    database.exec(
      `UPDATE state SET value = replace(value, '"phase":"promises"', '"phase":"askers"') WHERE key LIKE 'job.%'`,
    )
    database.exec(
      `UPDATE state SET value = replace(value, ',"telling":"waits"', '') WHERE key LIKE 'ended.%'`,
    )
  })
  await old.open()
  assert.ok([...(await old.rows('kernel')).values()].some((value) => value.includes('"phase":"askers"')))
  await old.controller.run()
  const log = (await old.run('boss', 'return [...me.log]')) as string[]
  assert.deepEqual(
    [
      log.filter((message) => message === 'vat terminated').length,
      log.filter((message) => message === 'the end').length,
    ],
    [50, 1],
  )
  await old.audit()
})

// --- faults

/** Faults, how they come about, and the words for who waits for the end of the vat. */
const faults: Readonly<
  Record<string, readonly [code: FaultCode, run: string, words: string, limits: object]>
> = {
  'too many computrons': [
    'computrons-exhausted',
    'for (;;);',
    'Compute meter exceeded',
    { computronsPerDelivery: 20_000_000n },
  ],
  'too much heap': [
    'heap-exhausted',
    'const all = []; for (;;) all.push(new Uint8Array(1_000_000))',
    'Allocate meter exceeded',
    { heapLimitBytes: 48 * 1024 * 1024 },
  ],
}

test('a store whose configuration asks for it ends a vat with its fault, in the words of SwingSet', async () => {
  for (const [situation, [code, run, words, limits]] of Object.entries(faults)) {
    const { root, adminNode } = await strict.create(`spinner-${code}`, limits)
    const call = `${helpers} const spun = await how(E(args[0]).run(args[2])); return harden([spun, await how(E(args[0]).add(1n, 1n)), await how(E(args[1]).done())])`
    const [spun, after, done] = (await strict.run('boss', call, root, adminNode, run)) as Told[]
    assert.deepEqual(
      [spun?.message, spun?.code, spun?.cause?.code],
      ['vat terminated', 'vat-terminated', code],
      situation,
    )
    assert.deepEqual(after, gone(undefined), situation)
    assert.ok(done?.isError === true && done.message.startsWith(`${words}: vat spinner-`), done?.message)
    assert.equal(done.code, code)
    const record = rejectionOf(await strict.outcome(adminNode, 'done'), code)
    assert.equal(record.name, 'KernelRejection')
  }
})

test('a vat with an empty meter ends in a store that asks for it, and lives where the maker chose otherwise', async () => {
  const make = `${helpers} const meter = await E(args[0]).createMeter(30_000_000n, 0n); const { root, adminNode } = await E(args[0]).createVat(args[1], { meter, ...args[2] });
    const spun = await how(E(root).run('for (;;);')); return harden([spun, await how(Promise.race([E(adminNode).done(), E(adminNode).status()]))])`
  const [code, admin] = [await strict.install(), await strict.controller.vatAdmin()]
  const [spun, done] = (await strict.run('boss', make, admin, code, {})) as Told[]
  assert.deepEqual([spun?.message, spun?.cause?.code], ['vat terminated', 'meter-exhausted'])
  assert.match(done?.message ?? '', /^meter underflow, vat terminated/)
  const [rejected, lives] = (await strict.run('boss', make, admin, code, { onFault: 'reject' })) as [
    Told,
    { value?: { status: { kind: string } } },
  ]
  assert.match(rejected.message, /^meter underflow: /)
  assert.equal(lives.value?.status.kind, 'running')
})

test('without a word a vat lives on after a fault, and the sender is told in the words of SwingSet', async () => {
  const { root } = await world.create('tough', { computronsPerDelivery: 20_000_000n })
  const spun = await told('E(args[0]).run("for (;;);")', root as Remote)
  assert.deepEqual([spun.isError, spun.code], [true, 'computrons-exhausted'])
  assert.match(
    spun.message,
    /^Compute meter exceeded: vat tough \(v\d+\) used more than its 20000000 computrons for one delivery$/,
  )
  assert.equal(await world.ask('tough', 'add', 1n, 2n), 3n)
})
