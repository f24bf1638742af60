/**
 * Salvage: a bundle looks through a copy of a vat's heap, and what it finds is in the baggage of the heir.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DurableUpgrade, KernelRejection } from '../../src/protocol/results.ts'
import type { HistoryEntry } from '../../src/protocol/reports/history.ts'
import type { Remote, SalvageOptions } from '../../src/host/index.ts'
import type { Salvage } from '../../src/protocol/worker/salvage.ts'
import { historyLimits } from '../../src/protocol/limits.ts'
import { bundleSalvageSource } from '../kit/bundles.ts'
import { answerOf, forTheFile, openWorld, puppet, readTrace, rejectionOf, type World } from '../kit/world.ts'

const world = await openWorld(forTheFile, { vats: { peer: puppet } })

let names = 0
const newName = (): string => `vat${(names += 1)}`

/** A puppet that has lived through this code, and its name. */
async function vatWith(code: string, ...args: readonly unknown[]): Promise<string> {
  const vat = newName()
  await world.create(vat)
  await world.run(vat, code, ...args)
  return vat
}

/** The bundle that gives what this expression of `root` and `exports` gives. */
const looking = async (expression: string, on: World = world): Promise<string> =>
  on.installBundle(
    await bundleSalvageSource(`export const salvage = (root: any, exports: any): unknown => ${expression}\n`),
  )

/** What a puppet gives that runs this code in the copy. */
const salvageBy = async (
  vat: string,
  expression: string,
  options: SalvageOptions = {},
  on: World = world,
): Promise<Salvage> => on.controller.salvage(vat, await looking(expression, on), options)
const salvageRun = (vat: string, code: string): Promise<Salvage> =>
  salvageBy(vat, `root.run(${JSON.stringify(code)})`)

/** What must not change. Code is installed before: that is a request. */
/**
 * How much memory the workers take is no state: an instance that a check has used is kept for the next
 * worker.
 */
async function stateOf(vat: string): Promise<unknown[]> {
  const { residentBytes: _bytes, ...status } = await world.controller.storeStatus()
  return [await world.controller.heapHash(vat), status]
}

/** An heir that keeps what it found under `found`. */
const heir = { setup: 'me.found = baggage.has("salvage") ? baggage.get("salvage") : "nothing"' }
const upgradeWith = (vat: string, salvage: Salvage, recipe = heir) => world.upgrade(vat, recipe, { salvage })
const staleOf = (status: Parameters<typeof rejectionOf>[0]): KernelRejection['reason'] => {
  const { reason } = rejectionOf(status, 'upgrade-refused')
  assert.equal(reason?.code, 'salvage/stale', reason?.message)
  return reason
}

// --- what can be rescued

test('what only the heap knew is in the baggage of the heir, before its code begins', async () => {
  const vat = await vatWith(
    'const map = new Map([["tea", 3n], ["milk", 5n]]); me.list = () => harden([...map])',
  )
  const salvage = await salvageRun(vat, 'return me.list()')
  assert.deepEqual(salvage.summary, { text: '[["tea","+3"],["milk","+5"]]', characters: 29, references: 0 })
  answerOf(await upgradeWith(vat, salvage))
  assert.deepEqual(await world.ask(vat, 'take', 'found'), [['tea', 3n], ['milk', 5n]])
  assert.deepEqual(await world.run(vat, 'return baggage.get("salvage")'), [['tea', 3n], ['milk', 5n]])
})

// W4.
test('the vat itself does not change by it: heap, rows, transcript and activity hash are as they were', async () => {
  const vat = await vatWith(
    'me.n = 1n; me.grow = () => { me.n += 1n; me.list = Array.from({ length: 10_000 }, () => ({})); return me.n }',
  )
  const bundle = await looking('root.run("return me.grow()")')
  const [image, transcript] = [await world.imageOf(vat), await world.transcript(vat)]
  const before = await stateOf(vat)
  assert.equal((await world.controller.salvage(vat, bundle)).summary.text, '"+2"')
  assert.equal(
    (await world.controller.salvage(vat, bundle)).summary.text,
    '"+2"',
    'each time it is another copy',
  )
  assert.deepEqual(await stateOf(vat), before)
  assert.deepEqual([await world.imageOf(vat), await world.transcript(vat)], [image, transcript])
  assert.equal(await world.ask(vat, 'take', 'n'), 1n)
})

// Slv1.
test('of its exports those of the heap and those that are stored can be asked, by their vrefs in order', async () => {
  const vat = newName()
  await world.create(vat, {
    setup:
      'me.make = defineDurableKind(makeKindHandle("Thing"), (n) => ({ n }), { n: ({ state }) => state.n })',
  })
  const counter = await world.run(vat, 'let n = 5n; return Far("counter", { add: () => (n += 1n) })')
  const things = await world.run(vat, 'return [me.make(1n), me.make(2n)]')
  const kept = await world.run(vat, 'return Far("kept", {})')
  await world.ask(counter as Remote, 'add')
  const named = await world.run(
    vat,
    'const bell = Far("bell", { ring: () => "ding" }); vatPowers.nameExport("bell", bell); return bell',
  )
  assert.equal((await salvageBy(vat, 'exports["o+d6/1"].ring()')).summary.text, '"ding"')
  const { data } = await salvageBy(
    vat,
    '[Object.keys(exports), exports["o+1"].add(), exports["o+d10/2"].n(), exports["o+d10/1"]]',
  )
  assert.deepEqual(data, {
    body: '#[["o+1","o+2","o+d10/1","o+d10/2","o+d6/1"],"+7","+2","$0.Alleged: Thing"]',
    slots: ['o+d10/1'],
  })
  assert.equal(await world.ask(counter as Remote, 'add'), 7n, 'the object itself was not asked')
  assert.ok([things, kept, named].every((one) => one !== undefined))
})

test('durable objects that were never exported and that only the heap knew live on in the heir', async () => {
  const kind =
    'me.make = defineDurableKind(HANDLE, (n) => ({ n }), { n: ({ state }) => state.n, add: ({ state }) => (state.n += 1n) })'
  const vat = newName()
  await world.create(vat, {
    setup: `baggage.init("handle", makeKindHandle("Thing")); ${kind.replace('HANDLE', 'baggage.get("handle")')}`,
  })
  await world.run(vat, 'me.things = [me.make(1n), me.make(2n)]; me.things[0].add()')
  const salvage = await salvageRun(vat, 'return harden({ first: me.things[0] })')
  assert.deepEqual(salvage.data.slots, ['o+d10/1'])
  answerOf(await world.upgrade(vat, { setup: kind.replace('HANDLE', 'baggage.get("handle")') }, { salvage }))
  await world.controller.collectAll()
  await world.controller.run()
  assert.equal(await world.run(vat, 'return baggage.get("salvage").first.n()'), 2n)
  const objects = [...(await world.rows(`vat/${(await world.controller.vat(vat)).vat}`)).keys()].filter(
    (key) => key.startsWith('object.'),
  )
  assert.deepEqual(objects, ['object.o+d10/1'], 'the other one has ended with the heap')
})

test('an object of another vat that only the heap knew is held for the heir, and let go with the entry', async () => {
  const object = await world.run('peer', 'me.held = 0; return Far("of peer", { ping: () => "pong" })')
  const vat = await vatWith('me.friend = args[0]', object)
  await world.forgetAll()
  const salvage = await salvageRun(vat, 'return me.friend')
  assert.deepEqual(salvage.data, { body: '#"$0.Alleged: of peer"', slots: [(object as Remote).kref] })
  answerOf(await upgradeWith(vat, salvage, { setup: '' }))
  await world.forgetAll()
  await world.controller.collectAll()
  await world.controller.run()
  await world.audit()
  assert.equal(await world.run(vat, 'return E(baggage.get("salvage")).ping()'), 'pong')
  await world.run(vat, 'baggage.delete("salvage")')
  await world.controller.collectAll()
  await world.controller.run()
  await world.audit()
  const rows = await world.rows('kernel')
  assert.equal([...rows.keys()].some((key) => key === `object.${(object as Remote).kref}`), false)
})

test('an object that the vat drops between the salvage and the upgrade is held by the request', async () => {
  const object = await world.run('peer', 'return Far("of peer", { ping: () => "pong" })')
  const vat = await vatWith('me.friend = args[0]', object)
  const salvage = await salvageRun(vat, 'return me.friend')
  await world.run(vat, 'me.friend = undefined')
  await world.controller.collectAll()
  await world.controller.run()
  const bundle = await world.install()
  const request = await world.controller.upgradeVat(vat, bundle, { parameters: heir, salvage })
  await world.forgetAll()
  await world.audit()
  answerOf(await world.settle(request))
  assert.equal(await world.run(vat, 'return E(me.found).ping()'), 'pong')
  await world.audit()
})

test('what salvage gives may be a promise, as long as its jobs are all that it needs', async () => {
  const vat = await vatWith('me.later = async () => { await null; return harden(["later"]) }')
  assert.equal((await salvageRun(vat, 'return me.later()')).summary.text, '["later"]')
  assert.equal(
    (await salvageBy(vat, 'Promise.resolve([1n]).then((list) => list.concat(2n))')).summary.text,
    '["+1","+2"]',
  )
})

test('a vat that is suspended after a fault is salvaged, and so is one whose worker was evicted, or whose store was opened again', async () => {
  const vat = newName()
  await world.create(vat, { onFault: 'suspend', computronsPerDelivery: 5_000_000n })
  await world.run(vat, 'me.n = 7n')
  await world.controller.sendOnly(vat, 'run', ['me.n = 8n; if (me.found === undefined) for (;;);'])
  await world.controller.run()
  assert.equal((await world.controller.vat(vat)).status.kind, 'suspended')
  const salvage = await salvageRun(vat, 'return me.n')
  await world.controller.evictWorkers()
  assert.deepEqual(await salvageRun(vat, 'return me.n'), salvage)
  await world.reopen()
  assert.deepEqual(await salvageRun(vat, 'return me.n'), salvage)
  assert.equal(salvage.summary.text, '"+7"')
  answerOf(await upgradeWith(vat, salvage))
  assert.equal((await world.controller.vat(vat)).status.kind, 'running')
  assert.equal(await world.run(vat, 'return me.found'), 7n)
})

test('a record that was in a file is as good as the one that was given', async () => {
  const vat = await vatWith('me.n = 9n')
  const salvage = JSON.parse(JSON.stringify(await salvageRun(vat, 'return me.n'))) as Salvage
  answerOf(await upgradeWith(vat, salvage))
  assert.equal(await world.ask(vat, 'take', 'found'), 9n)
})

// Be2.
test('later incarnations find what is there, and a later salvage takes the place of an earlier one', async () => {
  const vat = await vatWith('me.list = [1n]')
  const other = await world.run('peer', 'return Far("first", {})')
  await world.run(vat, 'me.list.push(args[0])', other)
  answerOf(await upgradeWith(vat, await salvageRun(vat, 'return harden([...me.list])')))
  answerOf(await world.upgrade(vat, heir))
  assert.equal(((await world.ask(vat, 'take', 'found')) as unknown[]).length, 2)
  answerOf(await upgradeWith(vat, await salvageRun(vat, 'return me.found.length')))
  assert.equal(await world.ask(vat, 'take', 'found'), 2)
  await world.forgetAll()
  await world.controller.collectAll()
  await world.controller.run()
  await world.audit()
  assert.equal(
    (await world.rows('kernel')).has(`object.${(other as Remote).kref}`),
    false,
    'what the earlier one held is let go',
  )
})

// --- what is refused, each time with nothing changed

/** What a salvage that ends badly does, the code, and what its message says. */
const refusals: Readonly<Record<string, readonly [expression: string, code: string, message: RegExp]>> = {
  'it throws': ['root.throws("no")', 'salvage/threw', /RangeError: no/],
  'its promise is rejected': ['Promise.reject(harden(Error("later")))', 'salvage/threw', /Error: later/],
  'it asks another vat and waits': ['new Promise(() => {})', 'salvage/never-settled', /still pending/],
  'it sends a message': ['root.run("E(me.peer).echo(); return 1n")', 'salvage/wrote', /"kind":"send"/],
  'it stores something': ['root.run("baggage.init(\'x\', 1n)")', 'salvage/wrote', /"kind":"vatstoreWrite"/],
  'it stores something and reads it': [
    'root.run("baggage.init(\'x\', 1n); return baggage.getSize()")',
    'salvage/wrote',
    /"kind":"vatstoreWrite"/,
  ],
  'it makes a durable object': [
    'root.run("defineDurableKind(makeKindHandle(\'K\'), () => ({}), {})")',
    'salvage/wrote',
    /vatstoreWrite/,
  ],
  'it asks for the end of the vat': ['root.run("vatPowers.exitVat()")', 'salvage/wrote', /"kind":"exit"/],
  'it gives an object of the heap': [
    '({ a: [1n, root.take("far")] })',
    'salvage/not-durable',
    /at \.a\[1\]: .*Alleged: far/,
  ],
  'it gives the root': ['root', 'salvage/not-durable', /what salvage gave: .*Alleged: puppet/],
  'it gives a promise inside of data': ['[[root.take("promise")]]', 'salvage/not-durable', /at \[0\]\[0\]: /],
  'it gives a map': ['({ map: new Map() })', 'salvage/not-durable', /at \.map: /],
  'it gives a function': ['({ f: () => 1 })', 'salvage/not-durable', /at \.f: /],
  'it gives a virtual object': ['root.take("virtual")', 'salvage/not-durable', /Alleged: V/],
  'it gives a proxy that lets nobody look': [
    'new Proxy({}, { ownKeys() { throw 5 } })',
    'salvage/not-durable',
    /what salvage gave/,
  ],
  'it never ends': ['{ for (;;); }', 'salvage/exhausted', /computrons/],
  'it takes all the heap': [
    '{ for (const all: unknown[] = [];;) all.push(new Uint8Array(1_000_000)) }',
    'salvage/exhausted',
    /heap/,
  ],
}

// Slv2.
test('a salvage that does not work is refused with its code and place, and the vat is as it was', async () => {
  const vat = newName()
  await world.create(vat, {
    computronsPerDelivery: 60_000_000n,
    heapLimitBytes: 32 * 1024 * 1024,
    setup: 'me.virtual = VatData.defineKind("V", () => ({}), {})()',
  })
  await world.run(
    vat,
    'me.peer = args[0]; me.far = Far("far", {}); me.promise = new Promise(() => {})',
    await world.root('peer'),
  )
  const image = await world.imageOf(vat)
  for (const [situation, [expression, code, message]] of Object.entries(refusals)) {
    const bundle = await looking(expression)
    const before = await stateOf(vat)
    await assert.rejects(world.controller.salvage(vat, bundle), (error: Error & { code: string }) => {
      assert.equal(error.code, code, `${situation}: ${error.message}`)
      assert.match(error.message, message, situation)
      return true
    })
    assert.deepEqual(await stateOf(vat), before, situation)
  }
  assert.deepEqual(await world.imageOf(vat), image)
  assert.deepEqual(await world.run(vat, 'return baggage.has("x")'), false)
})

test('a bundle that is none, throws at once, or exports no salvage is broken', async () => {
  const vat = await vatWith('')
  for (const source of [
    'export const other = 1',
    'export const salvage = 1',
    'export const salvage = () => 1\nthrow Error("at once")',
  ]) {
    if (!source.includes('salvage')) {
      await assert.rejects(bundleSalvageSource(source), { code: 'bundle/no-salvage' })
      continue
    }
    await assert.rejects(
      world.controller.salvage(vat, await world.installBundle(await bundleSalvageSource(source))),
      { code: 'salvage/bundle-broken' },
    )
  }
  await assert.rejects(world.controller.salvage(vat, await world.install()), {
    code: 'salvage/bundle-broken',
  })
  await assert.rejects(world.controller.salvage(vat, `b1-${'0'.repeat(64)}`), { code: 'bundle/unknown' })
})

test('more computrons or more heap can be given than the vat has', async () => {
  const vat = newName()
  await world.create(vat, { computronsPerDelivery: 20_000_000n, heapLimitBytes: 16 * 1024 * 1024 })
  const effort = '{ let n = 0; for (; n < 3_000_000; n += 1); return n }'
  await assert.rejects(salvageBy(vat, `(() => ${effort})()`, { computrons: 1_000_000n }), {
    code: 'salvage/exhausted',
  })
  assert.equal(
    (await salvageBy(vat, `(() => ${effort})()`, { computrons: 100_000_000n })).summary.text,
    '3000000',
  )
  const room =
    '(() => { const all = Array.from({ length: 24 }, () => new Uint8Array(1_000_000).fill(1)); return all.length })()'
  await assert.rejects(salvageBy(vat, room, { computrons: 2n ** 40n }), { code: 'salvage/exhausted' })
  assert.equal(
    (await salvageBy(vat, room, { computrons: 2n ** 40n, heapLimitBytes: 64 * 1024 * 1024 })).summary.text,
    '24',
  )
  const much = salvageBy(vat, '"x".repeat(16 * 1024 * 1024)', {
    computrons: 2n ** 40n,
    heapLimitBytes: 256 * 1024 * 1024,
  })
  await assert.rejects(much, { code: 'salvage/failed', message: /more than 15728640 characters/ })
})

test('a vat that there is not, that has not started or that has ended cannot be salvaged', async () => {
  const bundle = await looking('1')
  await assert.rejects(world.controller.salvage('nobody', bundle), { code: 'vat/unknown' })
  const early = newName()
  await world.controller.createVat(early, await world.install())
  await assert.rejects(world.controller.salvage(early, bundle), { code: 'vat/not-started' })
  await world.controller.run()
  // An admin node that somebody holds keeps the name of a vat that has ended.
  const { vat } = await world.controller.vat(early)
  await world.controller.terminateVat(early, 'the end')
  await assert.rejects(
    world.controller.salvage(vat, bundle),
    ({ code }: { code: string }) => code === 'vat/terminated' || code === 'vat/unknown',
  )
  await world.controller.run()
  await assert.rejects(
    world.controller.salvage(vat, bundle),
    ({ code }: { code: string }) => code === 'vat/terminated' || code === 'vat/unknown',
  )
})

// --- what an upgrade makes of it

test('an upgrade by replay has no baggage to put it into', async () => {
  const vat = await vatWith('me.n = 1n')
  const salvage = await salvageRun(vat, 'return me.n')
  const bundle = await world.install()
  const before = await world.controller.storeStatus()
  for (const mode of ['replay', 'auto'] as const) {
    await assert.rejects(world.controller.upgradeVat(vat, bundle, { salvage, mode }), {
      code: 'salvage/only-durable',
    })
    await assert.rejects(world.controller.checkUpgrade(vat, bundle, { salvage, mode }), {
      code: 'salvage/only-durable',
    })
  }
  assert.deepEqual(await world.controller.storeStatus(), before)
})

// I4.
test('what was salvaged from an incarnation that has ended is stale, and so it is a second time', async () => {
  const vat = await vatWith('me.n = 1n')
  const salvage = await salvageRun(vat, 'return me.n')
  answerOf(await upgradeWith(vat, salvage))
  const before = await world.imageOf(vat)
  assert.match(
    staleOf(await upgradeWith(vat, salvage))?.message ?? '',
    /from incarnation 0, and the vat is incarnation 1/,
  )
  assert.equal(await world.imageOf(vat), before)
})

// Be1.
test('what the vat did meanwhile does not make it stale, but the loss of a durable object does', async () => {
  const kind = (handle: string): string => `me.make = defineDurableKind(${handle}, () => ({}), {})`
  const vat = newName()
  await world.create(vat, {
    setup: `baggage.init("handle", makeKindHandle("Thing")); ${kind('baggage.get("handle")')}`,
  })
  await world.run(vat, 'me.things = [me.make(), me.make()]')
  const salvage = await salvageRun(vat, 'return harden([...me.things])')
  await world.run(vat, 'me.things.length = 1')
  await world.controller.collectAll()
  await world.controller.run()
  const before = await world.imageOf(vat)
  assert.deepEqual(
    staleOf(await world.upgrade(vat, { setup: kind('baggage.get("handle")') }, { salvage }))?.names,
    ['o+d10/2'],
  )
  assert.equal(await world.imageOf(vat), before)
  const again = await salvageRun(vat, 'return harden([...me.things])')
  await world.run(vat, 'me.more = 1n')
  answerOf(
    await world.upgrade(
      vat,
      { setup: `${kind('baggage.get("handle")')}; me.found = baggage.get("salvage")` },
      { salvage: again },
    ),
  )
  assert.equal(await world.run(vat, 'return me.found.length'), 1)
})

test('names that no salvage would have are stale, or refused as no salvage at all', async () => {
  const vat = await vatWith('me.n = 1n')
  const salvage = await salvageRun(vat, 'return me.n')
  const gone = (slots: readonly string[]): Salvage => ({
    ...salvage,
    data: { body: '#"$0"', slots: slots as Salvage['data']['slots'] },
  })
  const before = await world.imageOf(vat)
  for (const slot of ['o+d10/77', 'o+d1/99', 'o+d2/500', 'o+d6/3', 'o+d77/1:5']) {
    assert.deepEqual(staleOf(await upgradeWith(vat, gone([slot])))?.names, [slot])
  }
  // The vat's own root by its kref is an ephemeral object to the heir.
  const root = (await world.controller.vat(vat)).root
  assert.deepEqual(staleOf(await upgradeWith(vat, gone([root])))?.names, ['o+0'])
  rejectionOf(await upgradeWith(vat, gone(['ko999999'])), 'service-refused')
  assert.equal(await world.imageOf(vat), before)
  const bundle = await world.install()
  const garbage: readonly unknown[] = [
    5,
    'x',
    [],
    {},
    null,
    { ...salvage, more: 1 },
    { ...salvage, vat: 'x' },
    { ...salvage, bundle: 'b1-x' },
    { ...salvage, incarnation: -1 },
    { ...salvage, position: 1.5 },
    { ...salvage, data: 5 },
    { ...salvage, data: { body: 'no', slots: [] } },
    { ...salvage, data: { body: '#{', slots: [] } },
    { ...salvage, data: { body: '#"$5"', slots: [] } },
    gone(['o+5']),
    gone(['o-5']),
    gone(['o+v10/1']),
    gone(['p+5']),
    gone(['kp5']),
    gone(['ko0']),
    gone(['']),
    gone(Array.from({ length: 10_001 }, () => 'ko1')),
  ]
  for (const [index, salvage] of garbage.entries()) {
    for (const call of ['upgradeVat', 'checkUpgrade'] as const) {
      await assert.rejects(
        world.controller[call](vat, bundle, { salvage: salvage as Salvage }),
        { code: 'api/bad-argument' },
        `${call}, garbage ${index}`,
      )
    }
  }
  const other = await vatWith('')
  await assert.rejects(world.controller.upgradeVat(other, bundle, { salvage }), { code: 'api/bad-argument' })
  assert.equal(await world.imageOf(vat), before)
})

test('what is too much for a request is refused before it is one', async () => {
  const vat = await vatWith('')
  const salvage = await salvageBy(vat, '"x".repeat(14 * 1024 * 1024)')
  const bundle = await world.install()
  const before = await world.controller.storeStatus()
  await assert.rejects(
    world.controller.upgradeVat(vat, bundle, { salvage, parameters: 'y'.repeat(2 * 1024 * 1024) }),
    { code: 'value/too-large' },
  )
  assert.deepEqual(await world.controller.storeStatus(), before)
  assert.equal(salvage.summary.text.length, historyLimits.message)
})

test('an upgrade that fails leaves nothing of it, and the same is good for the next try', async () => {
  const object = await world.run('peer', 'return Far("of peer", { ping: () => "pong" })')
  const vat = await vatWith('me.friend = args[0]', object)
  const salvage = await salvageRun(vat, 'return me.friend')
  const before = await world.imageOf(vat)
  rejectionOf(await upgradeWith(vat, salvage, { setup: 'throw Error("no")' }), 'upgrade-refused')
  assert.equal(await world.imageOf(vat), before)
  assert.equal(await world.run(vat, 'return baggage.has("salvage")'), false)
  await world.audit()
  rejectionOf(
    await world.upgrade(vat, { setup: 'throw Error("no")' }, { salvage, onFailure: 'suspend' }),
    'upgrade-refused',
  )
  answerOf(await upgradeWith(vat, salvage))
  assert.equal(await world.run(vat, 'return E(me.found).ping()'), 'pong')
})

test('it waits with the upgrade while the vat drains', async () => {
  const vat = await vatWith('me.n = 4n')
  await world.run(
    'peer',
    'me.wait = new Promise((resolve) => { me.open = resolve }); me.root = Far("slow", { wait: () => me.wait })',
  )
  await world.run(vat, 'E(args[0]).wait()', await world.run('peer', 'return me.root'))
  const held = await world.run('peer', 'return Far("held", {})')
  const salvage = await salvageBy(vat, '1')
  const asked = await world.controller.upgradeVat(vat, await world.install(), {
    parameters: heir,
    salvage: { ...salvage, data: { body: '#"$0"', slots: [(held as Remote).kref] } },
    drain: { maxCranks: 50 },
  })
  await world.controller.run({ cranks: 1 })
  assert.equal((await world.controller.vat(vat)).status.kind, 'draining')
  await world.audit()
  await world.reopen()
  await world.run('peer', 'me.open(1n)')
  answerOf(await world.settle(asked))
  assert.equal(((await world.run(vat, 'return me.found')) as Remote).kref, (held as Remote).kref)
})

test('a check makes the upgrade with it, and undoes it', async () => {
  const vat = await vatWith('me.n = 6n')
  const salvage = await salvageRun(vat, 'return me.n')
  const needs = { setup: 'if (baggage.get("salvage") !== 6n) throw Error("no")' }
  const bundle = await world.install()
  const image = await world.imageOf(vat)
  const before = await stateOf(vat)
  assert.equal(
    (await world.controller.checkUpgrade(vat, bundle, { parameters: needs, salvage })).kind,
    'accepted',
  )
  assert.equal((await world.controller.checkUpgrade(vat, bundle, { parameters: needs })).kind, 'refused')
  const stale = await world.controller.checkUpgrade(vat, bundle, {
    parameters: needs,
    salvage: { ...salvage, incarnation: 3 },
  })
  assert.equal(stale.kind === 'refused' && stale.reason.code, 'salvage/stale')
  assert.deepEqual(await stateOf(vat), before)
  assert.equal(await world.imageOf(vat), image)
  answerOf(await upgradeWith(vat, salvage, needs))
})

test('an admin node cannot give any', async () => {
  const vat = newName()
  const { adminNode } = await world.create(vat)
  const { data: _data, ...salvage } = await salvageBy(vat, '1')
  const reason = (await world.refusal(adminNode, 'upgrade', await world.install(), {
    salvage,
  })) as KernelRejection
  assert.equal(reason.code, 'service-refused')
  assert.match(reason.message, /salvage/)
})

test('a killed host has lost the salvage and nothing else; it is made again', async () => {
  const vat = await vatWith('me.n = 3n')
  await world.controller.commit()
  const salvage = await salvageRun(vat, 'return me.n')
  await world.controller.upgradeVat(vat, await world.install(), { parameters: heir, salvage })
  await world.restart()
  assert.equal((await world.controller.vat(vat)).incarnation, 0)
  assert.deepEqual(await salvageRun(vat, 'return me.n'), salvage)
  await world.controller.upgradeVat(vat, await world.install(), { parameters: heir, salvage })
  await world.reopen()
  await world.controller.run()
  assert.equal(await world.ask(vat, 'take', 'found'), 3n)
})

// --- what is told

test('history and trace say what was salvaged, by which bundle, and how much', async (t) => {
  const file = `${world.directory}-trace`
  const vat = await vatWith('me.n = 3n')
  await world.controller.setTrace({ file })
  t.after(() => world.controller.setTrace(null))
  const salvage = await salvageRun(vat, 'return harden(["x".repeat(5_000), me.n])')
  await assert.rejects(salvageRun(vat, 'throw Error("no")'), { code: 'salvage/threw' })
  rejectionOf(await upgradeWith(vat, salvage, { setup: 'throw Error("no")' }), 'upgrade-refused')
  answerOf(await upgradeWith(vat, salvage))
  answerOf(await world.upgrade(vat, heir))
  await world.controller.commit()
  const [, refused, done, next] = (await world.controller.history(vat)) as readonly HistoryEntry[]
  const { bundle, incarnation, position } = salvage
  assert.equal(refused?.outcome.kind, 'refused')
  const { hash, ...told } = done?.salvage ?? assert.fail('the history tells of it')
  assert.deepEqual(told, {
    bundle,
    incarnation,
    position,
    text: salvage.summary.text,
    characters: 5_010,
    references: 0,
  })
  assert.deepEqual(refused?.salvage, done?.salvage)
  assert.match(hash, /^[0-9a-f]{64}$/)
  assert.equal(next?.salvage, undefined)
  const [found, failed] = readTrace(file, 'salvage')
  assert.deepEqual(
    [found?.['outcome'], found?.['bundle'], found?.['position'], failed?.['outcome']],
    ['done', bundle, position, 'salvage/threw'],
  )
  assert.deepEqual(
    readTrace(file, 'bequest').map(({ incarnation: of, salvage: what }) => [of, what]),
    [[1, done?.salvage]],
  )
})

test('what a salvage bundle writes to the console is in the trace, and what the copy wrote in its past is not', async (t) => {
  const file = `${world.directory}-console`
  const vat = await vatWith('console.log("of the vat"); me.n = 3n')
  const bundle = await looking(
    '(console.log("of the bundle", exports === undefined), root.run("console.warn(\\"of the copy\\"); return me.n"))',
  )
  await world.controller.setTrace({ file })
  t.after(() => world.controller.setTrace(null))
  assert.equal((await world.controller.salvage(vat, bundle)).summary.text, '"+3"')
  await world.controller.commit()
  const lines = readTrace(file, 'console').map(({ line }) => (line as { text: string }).text)
  assert.deepEqual(lines, ['of the bundle false', 'of the copy'])
})

test('the start of the heir has it in the transcript, and a replay of the heir finds it again', async () => {
  const vat = await vatWith('me.n = 3n')
  const object = await world.run('peer', 'return Far("of peer", {})')
  await world.run(vat, 'me.friend = args[0]', object)
  const upgraded = answerOf(
    await upgradeWith(vat, await salvageRun(vat, 'return harden([me.n, me.friend])')),
  ) as DurableUpgrade
  assert.equal(upgraded.incarnationNumber, 1)
  const [start] = (await world.transcript(vat)).filter(
    ({ delivery }) => delivery.kind === 'startVat' && delivery.incarnation === 1,
  )
  assert.deepEqual(Object.keys(start?.delivery ?? {}), [
    'kind',
    'bundle',
    'parameters',
    'incarnation',
    'salvage',
  ])
  assert.equal(
    start?.delivery.kind === 'startVat' && start.delivery.salvage?.body,
    '#["+3","$0.Alleged: of peer"]',
  )
  const before = await world.imageOf(vat)
  await world.controller.evictWorkers()
  assert.equal(await world.imageOf(vat), before)
  answerOf(
    await world.settle(await world.controller.upgradeVat(vat, await world.install(), { mode: 'replay' })),
  )
  assert.equal(((await world.ask(vat, 'take', 'found')) as unknown[])[0], 3n)
})

// Sg1.
test('two stores with the same requests are the same after every crank, whether or not a salvage was made besides', async (t) => {
  const stores = await Promise.all([
    openWorld(t, { vats: { v: puppet } }),
    openWorld(t, { vats: { v: puppet }, open: { eviction: 'after-each-crank' } }),
  ])
  const [first, second] = stores
  for (const store of stores) await store.run('v', 'me.n = 3n')
  const [bundle] = await Promise.all(stores.map((store) => looking('root.take("n")', store)))
  const salvage = await first.controller.salvage('v', bundle ?? '')
  const cranks: unknown[] = []
  for (const store of stores) {
    await store.controller.upgradeVat('v', await store.install(), { parameters: heir, salvage })
    cranks.push((await store.controller.run({ onCrank: 'record' })).recorded)
  }
  assert.deepEqual(cranks[0], cranks[1])
  assert.equal(await first.ask('v', 'take', 'found'), 3n)
  assert.deepEqual(
    await second.controller.salvage('v', bundle ?? '').then(({ data }) => data.body),
    '#"#undefined"',
  )
})
