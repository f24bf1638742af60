/** No code can bar its heirs: kinds without objects, kinds that an upgrade abandons, and handles by tag. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DurableUpgrade } from '../../src/protocol/results.ts'
import type { Remote, UpgradeOptions } from '../../src/host/index.ts'
import { answerOf, forTheFile, openWorld, puppet, rejectionOf } from '../kit/world.ts'

const world = await openWorld(forTheFile, { vats: { friend: puppet } })
const { controller } = world

/** A vat whose methods may make kinds and lose their handles. */
const old = `
  me.lose = (tag, init = () => ({}), methods = { say: ({ state }) => state.said }) => VatData.defineDurableKind(VatData.makeKindHandle(tag), init, methods)
  me.map = provide(baggage, 'map', () => VatData.makeScalarBigMapStore('map', { durable: true }))
`
const heir = `me.map = baggage.get('map'); me.said = (act) => { try { return act() } catch (error) { return error.message } }`

let next = 1
async function newVat(): Promise<string> {
  const name = `vat${next++}`
  await world.create(name, { setup: old })
  return name
}

const upgrade = (
  vat: string,
  setup: string,
  options: UpgradeOptions = {},
): ReturnType<typeof world.upgrade> => world.upgrade(vat, { setup }, options)
const durable = async (vat: string, setup: string, options: UpgradeOptions = {}): Promise<DurableUpgrade> =>
  answerOf(await upgrade(vat, setup, options)) as DurableUpgrade
const collect = async (): Promise<void> => {
  await controller.collectAll()
  await controller.run()
}
const keysOf = async (vat: string, pattern: RegExp): Promise<string[]> => {
  await controller.commit()
  const { vat: id } = await controller.vat(vat)
  return [...(await world.rows(`vat/${id}`))].map(([key]) => key).filter((key) => pattern.test(key))
}
async function refusedAsMissing(
  vat: string,
  setup: string,
  tags: readonly string[],
  options: UpgradeOptions = {},
): Promise<void> {
  const { reason } = rejectionOf(await upgrade(vat, setup, options), 'upgrade-refused')
  assert.deepEqual([reason?.code, reason?.names], ['start/kinds-missing', tags])
}

test('a kind of which no object was made need not be defined', async () => {
  const vat = await newVat()
  await world.run(vat, 'me.lose("Lost")')
  const { abandonedKinds } = await durable(vat, heir)
  assert.deepEqual(abandonedKinds, [])
  await durable(vat, heir)
})

test('a kind whose objects are all gone need not be defined', async () => {
  const vat = await newVat()
  await world.run(vat, 'const make = me.lose("Lost"); me.map.init("a", make())')
  await refusedAsMissing(vat, heir, ['Lost'])
  await world.run(vat, 'me.map.delete("a")')
  await durable(vat, heir)
})

// En1.
test('a kind whose object others hold is missing, and its upgrade may abandon it', async () => {
  const vat = await newVat()
  const lost = (await world.run(vat, 'return me.lose("Lost", () => ({ said: "hi" }))()')) as Remote
  await world.ask('friend', 'put', 'lost', lost)
  await refusedAsMissing(vat, heir, ['Lost'])
  await refusedAsMissing(vat, heir, ['Lost'], { abandonKinds: ['lost', 'Los', 'Lost '] })
  assert.equal(await world.ask(lost, 'say'), 'hi')
  const upgraded = await durable(vat, heir, { abandonKinds: ['Lost'] })
  assert.deepEqual(upgraded.abandonedKinds, [{ tag: 'Lost', exports: 1 }])
  assert.equal(upgraded.abandonedExports, 1)
  assert.match(String(upgraded.abandoned[0]?.object), /^o\+d\d+\/1$/)
  assert.deepEqual(upgraded.abandoned[0]?.holders, ['friend'])
  rejectionOf(await world.outcome(lost, 'say'), 'object-abandoned')
  assert.equal(
    await world.run('friend', 'return E(me.lost).say().then(() => "answered", (error) => error.code)'),
    'object-abandoned',
  )
  await durable(vat, heir)
})

test('objects that refer to each other in a circle, and those of several facets, end with their kinds', async () => {
  const vat = await newVat()
  const facets = (await world.run(vat, `
    const make = VatData.defineDurableKindMulti(VatData.makeKindHandle('Pair'), () => ({ other: undefined }), { up: { put: ({ state }, other) => { state.other = other } }, down: { get: ({ state }) => state.other } })
    const [one, two] = [make(), make()]; one.up.put(two.down); two.up.put(one.up)
    return harden([one.up, one.down, two.up])`)) as Remote[]
  await refusedAsMissing(vat, heir, ['Pair'])
  const { abandonedKinds } = await durable(vat, heir, { abandonKinds: ['Pair'] })
  assert.deepEqual(abandonedKinds, [{ tag: 'Pair', exports: 3 }])
  for (const facet of facets) rejectionOf(await world.outcome(facet, 'get'), 'object-abandoned')
  await collect()
  assert.deepEqual(await keysOf(vat, /o\+d1[0-9]\/|^kind\.|^next\.1[0-9]/), [])
})

test('what refers to an object of an abandoned kind stays readable, and lets go of it', async () => {
  const vat = await newVat()
  await world.run(vat, `
    const make = me.lose('Lost', () => ({ said: 'hi', more: harden([args[0]]) }))
    const lost = make(); me.map.init('record', harden({ lost, n: 1n })); me.map.init('plain', lost); me.map.init(lost, 'key'); baggage.init('weak', VatData.makeScalarBigWeakMapStore('weak', { durable: true })); baggage.get('weak').init(lost, 'value')`,
    await world.root('friend'),
  )
  await durable(vat, heir, { abandonKinds: ['Lost'] })
  const code = `const { lost, n } = me.map.get('record'); return harden([n, lost === me.map.get('plain'), me.map.get(lost), baggage.get('weak').get(lost), [...me.map.keys()].length, Object.prototype.toString.call(lost), typeof lost.say])`
  const expected = [1n, true, 'key', 'value', 3, '[object Alleged: Lost (abandoned)]', 'undefined']
  assert.deepEqual(await world.run(vat, code), expected)
  await collect()
  await controller.evictWorkers()
  assert.deepEqual(await world.run(vat, code), expected)
  await durable(vat, heir)
  assert.deepEqual(await world.run(vat, code), expected)
  const again = (await world.run(vat, 'return me.map.get("plain")')) as Remote
  assert.match(String(((await world.outcome(again, 'say')) as { reason?: unknown }).reason), /say/)
  await world.run(
    vat,
    'const { lost } = me.map.get("record"); me.map.delete(lost); me.map.delete("record"); me.map.delete("plain")',
  )
  await world.forgetAll()
  await durable(vat, heir)
  await collect()
  assert.deepEqual(await keysOf(vat, /o\+d1[0-9]\/|^kind\.|^next\.1[0-9]/), [])
})

test('a promise watcher of an abandoned kind is told nothing, and nothing fails', async () => {
  const vat = await newVat()
  const code = `const promise = E(args[0]).run('return new Promise((resolve) => { me.keep = resolve })')
    VatData.watchPromise(promise, VatData.providePromiseWatcher(VatData.makeKindHandle('Watcher'), () => {}), 5n)`
  await world.run(vat, code, await world.root('friend'))
  await refusedAsMissing(vat, heir, ['Watcher'])
  assert.deepEqual((await durable(vat, heir, { abandonKinds: ['Watcher'] })).abandonedKinds, [
    { tag: 'Watcher', exports: 0 },
  ])
  await world.run('friend', 'me.keep(1n)')
  assert.equal(await world.run(vat, 'return 1n'), 1n)
  await collect()
  assert.deepEqual(await keysOf(vat, /^watch|o\+d1[0-9]\//), [])
  await durable(vat, heir)
})

test('of two kinds with one tag, each is abandoned unless it is defined', async () => {
  const vat = await newVat()
  const [one, two, three] = (await world.run(
    vat,
    'return harden([1n, 2n, 3n].map((said) => me.lose("Twin", () => ({ said }))()))',
  )) as Remote[]
  await refusedAsMissing(vat, heir, ['Twin', 'Twin', 'Twin'])
  const first = `${heir}; VatData.defineDurableKind(VatData.findKindHandle('Twin'), () => ({}), { say: ({ state }) => state.said * 10n })`
  await refusedAsMissing(vat, first, ['Twin', 'Twin'])
  const { abandonedKinds } = await durable(vat, first, { abandonKinds: ['Twin'] })
  assert.deepEqual(abandonedKinds, [{ tag: 'Twin', exports: 1 }, { tag: 'Twin', exports: 1 }])
  assert.equal(await world.ask(one as Remote, 'say'), 10n)
  for (const other of [two, three])
    rejectionOf(await world.outcome(other as Remote, 'say'), 'object-abandoned')
})

test('an heir finds the handles of a tag one after the other, and defines each kind anew', async () => {
  const vat = await newVat()
  const objects = (await world.run(
    vat,
    'return harden([1n, 2n].map((said) => me.lose("Twin", () => ({ said }))()))',
  )) as Remote[]
  const finder = (factor: number): string => `${heir}; me.found = 0
    for (let handle; (handle = VatData.findKindHandle('Twin')) !== undefined; me.found += 1) VatData.defineDurableKind(handle, () => ({}), { say: ({ state }) => state.said * ${factor}n })`
  for (const factor of [10, 100]) {
    await durable(vat, finder(factor))
    for (const [index, object] of objects.entries())
      assert.equal(await world.ask(object, 'say'), BigInt((index + 1) * factor))
  }
  assert.deepEqual(
    await world.run(
      vat,
      'return harden([me.found, VatData.findKindHandle("Twin"), VatData.findKindHandle("None"), me.said(() => VatData.findKindHandle(5))])',
    ),
    [2, undefined, undefined, 'the tag of a kind is a string'],
  )
})

test('a handle of an abandoned kind is kept, and defines nothing', async () => {
  const vat = await newVat()
  await world.run(
    vat,
    'const handle = VatData.makeKindHandle("Kept"); me.map.init("handle", handle); me.map.init("object", VatData.defineDurableKind(handle, () => ({}), {})())',
  )
  await durable(vat, heir, { abandonKinds: ['Kept'] })
  await collect()
  const code =
    'return harden([me.said(() => VatData.defineDurableKind(me.map.get("handle"), () => ({}), {})), VatData.findKindHandle("Kept")])'
  assert.deepEqual(await world.run(vat, code), [
    'the durable kind "Kept" was abandoned; make a new handle',
    undefined,
  ])
  await durable(vat, heir)
  assert.deepEqual(await world.run(vat, code), [
    'the durable kind "Kept" was abandoned; make a new handle',
    undefined,
  ])
  const anew = `${heir}; me.make = defineKind(baggage, 'Kept', () => ({}), { hello: () => 'hello' })`
  await durable(vat, anew)
  assert.equal(await world.run(vat, 'return me.make().hello()'), 'hello')
})

test('records of an abandoned kind are deleted in steps, over evictions and upgrades, and let go of imports', async () => {
  const vat = await newVat()
  await world.run('friend', 'me.far = Far("far", { f: () => 1n })')
  const far = (await world.run('friend', 'return me.far')) as Remote
  for (let at = 0; at < 4; at += 1)
    await world.run(
      vat,
      `const make = (me.make ??= me.lose('Many', (n) => ({ n, far: args[0] }))); for (let n = 0; n < 500; n += 1) me.map.init('k' + (${at} * 500 + n), make(n))`,
      far,
    )
  await durable(vat, heir, { abandonKinds: ['Many'] })
  const left = async (): Promise<number> => (await keysOf(vat, /^object\.o\+d/)).length
  const begun = await left()
  await controller.evictWorkers()
  await collect()
  assert.equal(await left(), 0, `${begun} were there after the upgrade`)
  const { vat: id } = await controller.vat(vat)
  assert.equal(
    [...(await world.rows('kernel'))].some(([key]) => key.startsWith(`c.${id}.${far.kref}`)),
    false,
  )
  assert.equal(await world.run(vat, 'return [...me.map.values()].length'), 2_000)
})

test('an admin node and a check take the option, and the history tells of it', async () => {
  const bundle = await world.install()
  const admin = await controller.vatAdmin()
  const kit = (await world.ask(admin, 'createVat', bundle, {
    name: 'ruled',
    parameters: { setup: old },
  })) as { root: Remote; adminNode: Remote }
  const lost = (await world.run('ruled', 'return me.lose("Lost", () => ({ said: "hi" }))()')) as Remote
  const parameters = { setup: heir }
  const refused = await controller.checkUpgrade('ruled', bundle, { parameters })
  assert.deepEqual(
    [refused.kind === 'refused' && refused.reason.code, refused.expected],
    ['start/kinds-missing', refused.expected],
  )
  const accepted = await controller.checkUpgrade('ruled', bundle, { parameters, abandonKinds: ['Lost'] })
  assert.deepEqual(
    accepted.kind === 'accepted' && accepted.result.mode === 'durable' && accepted.result.abandonedKinds,
    [{ tag: 'Lost', exports: 1 }],
  )
  assert.equal(await world.ask(lost, 'say'), 'hi', 'a check changes nothing')
  for (const wrong of ['Lost', [5], {}, ['x'.repeat(1_001)], Array.from({ length: 1_001 }, String)]) {
    const { message } = rejectionOf(
      await world.outcome(kit.adminNode, 'upgrade', bundle, { parameters, abandonKinds: wrong }),
      'service-refused',
    )
    assert.match(message, /upgrade: the option abandonKinds is a list of at most 1000 tags/)
  }
  assert.match(
    rejectionOf(
      await world.outcome(kit.adminNode, 'upgrade', bundle, { mode: 'replay', abandonKinds: ['Lost'] }),
      'service-refused',
    ).message,
    /replay abandons no kinds/,
  )
  const upgraded = await world.ask(kit.adminNode, 'upgrade', bundle, {
    parameters,
    mode: 'auto',
    abandonKinds: ['Lost'],
  })
  assert.deepEqual(upgraded, { incarnationNumber: 1 })
  assert.deepEqual(
    (await controller.history('ruled')).map(({ abandonedKinds }) => abandonedKinds),
    [undefined, ['Lost']],
  )
})

test('what is not a list of tags is refused, as is a replay', async () => {
  const vat = await newVat()
  for (const wrong of [
    'Lost',
    [5],
    ['\ud800'],
    ['x'.repeat(1_001)],
    Array.from({ length: 1_001 }, String),
    {},
  ]) {
    await assert.rejects(upgrade(vat, heir, { abandonKinds: wrong as never }), { code: 'api/bad-argument' })
    await assert.rejects(
      controller.checkUpgrade(vat, await world.install(), { abandonKinds: wrong as never }),
      { code: 'api/bad-argument' },
    )
  }
  await assert.rejects(upgrade(vat, heir, { mode: 'replay', abandonKinds: ['Lost'] }), {
    code: 'api/bad-argument',
    message: /a replay cannot abandon kinds/,
  })
  await durable(vat, heir, { abandonKinds: [] })
})

test('a refused upgrade abandons nothing', async () => {
  const vat = await newVat()
  const lost = (await world.run(vat, 'return me.lose("Lost", () => ({ said: "hi" }))()')) as Remote
  const before = await world.imageOf(vat)
  rejectionOf(await upgrade(vat, `${heir}; throw Error('no')`, { abandonKinds: ['Lost'] }), 'upgrade-refused')
  assert.equal(await world.imageOf(vat), before)
  assert.equal(await world.ask(lost, 'say'), 'hi')
})

test('the delivery that abandons kinds, what the supervisor asks, and how it ends, as text', async () => {
  const vat = await newVat()
  await world.run(vat, 'me.map.init("lost", me.lose("Lost")())')
  await refusedAsMissing(vat, heir, ['Lost'])
  const kind = (await keysOf(vat, /^object\.o\+d/))[0]?.match(/o\+d(\d+)/)?.[1]
  await durable(vat, heir, { abandonKinds: ['Lost', 'None'] })
  const start = (await world.transcript(vat)).find(
    ({ delivery }) => delivery.kind === 'startVat' && delivery.abandonKinds !== undefined,
  )
  assert.match(JSON.stringify(start?.delivery), /,"incarnation":1,"abandonKinds":\["Lost","None"\]\}$/)
  assert.equal(
    JSON.stringify(start?.result),
    `{"kind":"started","root":"o+0","promises":"kept","abandoned":[{"tag":"Lost","kind":${kind}}]}`,
  )
  await durable(vat, `${heir}; VatData.defineDurableKind(makeKindHandle('Other'), () => ({}), {})`)
  await world.run(vat, 'return 1n')
  await collect()
  const asked = (await world.transcript(vat)).flatMap(({ syscalls }) =>
    syscalls.map((one) => JSON.stringify(one)),
  )
  const question = `{"kind":"vatstoreNextKey","prefix":"count.o+d${kind}/","after":"count.o+d${kind}/","answer":"count.o+d${kind}/1"}`
  assert.ok(asked.includes(question), asked.filter((one) => one.includes('NextKey')).join('\n'))
})
