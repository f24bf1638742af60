/**
 * Kept promises: a promise that was settled before it was named keeps its name, so that each vat is told of
 * it once more at most, and loses the name when the vat has forgotten it.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Resolution } from '../../src/protocol/worker/delivery.ts'
import { malloryStore } from '../kit/mallory.ts'
import { forTheFile, openWorld, puppet } from '../kit/world.ts'

const world = await openWorld(forTheFile, { vats: { alice: puppet, bob: puppet } })
const bob = await world.root('bob')

/** What a vat was told, and what it told, of promises since it had so many deliveries. */
async function resolutions(vat: string, since: number): Promise<{ told: Resolution[]; sent: Resolution[] }> {
  const entries = (await world.transcript(vat)).slice(since)
  return {
    told: entries.flatMap(({ delivery }) => (delivery.kind === 'notify' ? delivery.resolutions : [])),
    sent: entries.flatMap(({ syscalls }) =>
      syscalls.flatMap((one) => (one.kind === 'resolve' ? one.resolutions : [])),
    ),
  }
}

const lengthOf = async (vat: string): Promise<number> => (await world.transcript(vat)).length

/** How many promises the kernel has, when nothing is under way and the host holds no answer. */
async function promises(): Promise<number> {
  await world.forgetAll()
  return [...(await world.rows('kernel')).keys()].filter((key) => key.startsWith('promise.')).length
}

async function collect(): Promise<void> {
  for (let round = 0; round < 4; round += 1) {
    await world.controller.collectAll()
    await world.controller.run()
  }
}

test('a promise that is passed fifty times is told twice, and is the same promise from the second time on', async () => {
  const since = await lengthOf('bob')
  await world.run('bob', 'me.got = new Set(); me.taker = Far("taker", { take: (p) => { me.got.add(p) } })')
  const code =
    'const [bob] = args; const taker = await E(bob).take("taker"); const p = Promise.resolve("x"); for (let i = 0; i < 50; i += 1) { E(taker).take(p); await E(taker).take(p) }'
  await world.run('alice', code, bob)
  const { told } = await resolutions('bob', since)
  assert.equal(told.filter(({ data }) => data.body === '#"x"').length, 2)
  assert.equal(await world.run('bob', 'return BigInt(me.got.size)'), 2n)
})

test('what was told once is not told again with what refers to it', async () => {
  const [alice, since] = [await lengthOf('alice'), await lengthOf('bob')]
  const code =
    'const [bob] = args; let p = Promise.resolve("end"); for (let i = 0; i < 40; i += 1) { const before = p; p = E(bob).same(harden({ before })).then((x) => x) } await p'
  await world.run('alice', code, bob)
  const [mine, his] = [await resolutions('alice', alice), await resolutions('bob', since)]
  for (const list of [mine.told, mine.sent, his.told, his.sent])
    assert.ok(list.length <= 4 * 40, `${list.length} resolutions for 40 promises`)
})

test('a chain that is passed on link by link is told once, though the receiver holds nothing and collects often', async (t) => {
  const other = await openWorld(t, {
    vats: { alice: puppet, bob: puppet },
    config: { collectionInterval: 10 },
  })
  const links = 100
  const code = `const [bob] = args; let p = Promise.resolve("end"); for (let i = 0; i < ${links}; i += 1) { p = Promise.resolve(harden([p])); await E(bob).same(harden([p])) }`
  await other.run('alice', code, await other.root('bob'))
  const entries = await other.transcript('bob')
  assert.ok(entries.filter(({ delivery }) => delivery.kind === 'bringOutYourDead').length >= 10)
  const told = entries.flatMap(({ delivery }) => (delivery.kind === 'notify' ? delivery.resolutions : []))
  assert.ok(told.length <= 3 * links, `${told.length} resolutions for ${links} promises`)
})

test('a kept promise that nobody holds is retired when its vat collects, on both sides', async () => {
  await world.run('bob', 'me.got = undefined; me.taker = undefined')
  await collect()
  const before = await promises()
  const code =
    'const [bob] = args; const p = Promise.resolve("gone"); await p; await E(bob).same(harden([p])); await E(bob).same(harden([p])); await E(bob).same(harden([p]))'
  await world.run('alice', code, bob)
  assert.ok((await promises()) > before, 'they are kept until then')
  const since = await lengthOf('bob')
  await collect()
  assert.equal(await promises(), before)
  const retired = (await world.transcript('bob'))
    .slice(since)
    .flatMap(({ syscalls }) => syscalls)
    .filter(({ kind }) => kind === 'retirePromises')
  assert.equal(retired.length, 1)
})

test('one that a circle leads to is collected too', async () => {
  await collect()
  const before = await promises()
  const code = `const [bob] = args; let settle; const p = new Promise((resolve) => { settle = resolve }); settle(harden({ p })); await p
    await E(bob).same(harden([p])); await E(bob).same(harden([p]))`
  await world.run('alice', code, bob)
  await collect()
  const left = await promises()
  // A circle in the kernel's own promises stays (docs/collection.md); the heaps have none of it.
  assert.equal(await world.run('alice', 'return 0n'), 0n)
  const names = [...(await world.rows('kernel')).entries()].filter(
    ([key, value]) => /^c\.v\d+\.kp/.test(key) && /^[KT]/.test(value),
  )
  assert.deepEqual(names, [])
  assert.ok(left >= before)
})

test('one that is held stays, is good for messages, and is not told again', async () => {
  const code =
    'const [bob] = args; const p = E(bob).same(bob); await p; await E(bob).put("first", harden([p])); await E(bob).put("kept", harden([p]))'
  await world.run('alice', code, bob)
  await collect()
  await world.reopen()
  const since = await lengthOf('bob')
  await world.run(
    'alice',
    'const [bob] = args; me.again = await E(bob).take("kept"); await E(bob).put("kept", me.again)',
    bob,
  )
  assert.equal(await world.run('bob', 'return E(me.kept[0]).add(1n, 2n)'), 3n)
  const { told } = await resolutions('bob', since)
  assert.deepEqual(told.filter(({ data }) => /Alleged: puppet/.test(data.body)), [])
  assert.equal(await world.run('alice', 'return me.again[0].then((x) => x === args[0])', bob), true)
})

test('an heir is told of a kept promise that is watched and was settled to one that is not', async (t) => {
  const { directory, worker } = await malloryStore(t)
  const other = await openWorld(t, { from: directory, vats: { alice: puppet, mallory: { worker } } })
  const setup = `me.handle = provide(baggage, "handle", () => makeKindHandle("W"));
    me.make = defineDurableKind(me.handle, () => ({}), { onFulfilled: (_c, value) => { baggage.has("v") ? baggage.set("v", value) : baggage.init("v", value) } })`
  await other.create('carol', { setup })
  // No honest supervisor settles a promise to another one.
  const code =
    'const [mallory] = args; me.p = E(mallory).finish(\'[{"kind":"resolve","resolutions":[{"promise":$R,"outcome":"fulfilled","data":{"body":"#\\\\"&0\\\\"","slots":["p+1"]}}]}]\'); return 0n'
  await other.run('alice', code, await other.root('mallory'))
  await other.run(
    'carol',
    'const [alice] = args; return E(alice).run("return harden([me.p])").then(([p]) => { me.p = p; VatData.watchPromise(p, me.make()); return 0n })',
    await other.root('alice'),
  )
  const { vat } = await other.controller.vat('carol')
  assert.ok(
    [...(await other.rows('kernel'))].some(
      ([key, value]) => key.startsWith(`c.${vat}.kp`) && value.startsWith('T p-'),
    ),
    'she keeps it',
  )
  assert.equal((await other.upgrade('carol', { setup })).kind, 'fulfilled')
  await other.ask(
    'mallory',
    'finish',
    '[{"kind":"resolve","resolutions":[{"promise":"p+1","outcome":"fulfilled","data":{"body":"#\\"late\\"","slots":[]}},{"promise":$R,"outcome":"fulfilled","data":{"body":"#1","slots":[]}}]}]',
  )
  assert.equal(await other.run('carol', 'return baggage.get("v")'), 'late')
})

// M3.
test('garbage in what refers to a kept promise does not keep its name from being known', async () => {
  const since = await lengthOf('bob')
  await world.run(
    'alice',
    'const [bob] = args; const a = Promise.resolve("deep"); await a; const b = Promise.resolve(harden([a])); await b; await E(bob).put("x", harden([b])); await E(bob).put("y", harden([b])); ',
    bob,
  )
  assert.equal(await world.run('bob', 'const [b] = me.y; const [a] = await b; return a'), 'deep')
  const { told } = await resolutions('bob', since)
  assert.ok(told.some(({ keep }) => keep === true))
})
