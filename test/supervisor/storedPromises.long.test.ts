/**
 * Promises in virtual data: the same promise comes back, it lives as long as the data refers to it, and no
 * longer.
 * Durable data takes none.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forTheFile, openWorld } from '../kit/world.ts'

const setup = `const methods = { get: ({ state }) => state.value, set: ({ state }, value) => { state.value = value } }
  me.makeHolder = VatData.defineKind('holder', (value) => ({ value }), methods)
  me.makePair = VatData.defineKindMulti('pair', (value) => ({ value }), { down: methods, up: {} })
  const stores = { map: 'makeScalarBigMapStore', weakMap: 'makeScalarBigWeakMapStore' }
  const key = me.key = Far('key', {})
  const storeHolder = (name, key) => (value) => { const store = VatData[stores[name]](name); store.init(key, value); return Far('holder', { get: () => store.get(key), set: (value) => store.set(key, value) }) }
  me.make = { state: me.makeHolder, facet: (value) => me.makePair(value).down, map: storeHolder('map', 'k'), weakMap: storeHolder('weakMap', key) }`
const world = await openWorld(forTheFile, { vats: { home: { setup }, guest: {} } })
const guest = await world.root('guest')
const inHome = (code: string): Promise<unknown> =>
  world.run('home', `const [guest] = args; me.guest = guest; ${code}`, guest)

async function collect(): Promise<void> {
  for (let round = 0; round < 3; round += 1) {
    await world.controller.collectAll()
    await world.controller.run()
  }
}

/** Imports that home let go of since it had so many deliveries. */
async function dropped(since: number): Promise<number> {
  const entries = (await world.transcript('home')).slice(since)
  return entries.flatMap(({ syscalls }) =>
    syscalls.flatMap((one) => (one.kind === 'dropImports' ? one.imports : [])),
  ).length
}

const holders = ['state', 'facet', 'map', 'weakMap'] as const

/** Promises, by code. */
const promises: Readonly<Record<string, string>> = {
  'of the vat itself, pending': 'new Promise((resolve) => { me.resolve = resolve })',
  'of the vat itself, fulfilled': 'Promise.resolve("x")',
  'of another vat, pending': 'E(guest).run("return new Promise((resolve) => { me.resolve = resolve })")',
  'of another vat, fulfilled': '(me.first = E(guest).same("x"), await me.first, me.first)',
  'with a handler': 'new HandledPromise(() => {}, {})',
}

for (const holder of holders) {
  for (const [which, promise] of Object.entries(promises)) {
    test(`${holder}: a promise ${which} comes back as the same`, async () => {
      await inHome(
        `me.p = ${promise}; me.holder = me.make.${holder}(harden({ deep: [me.p, me.p] })); return 0n`,
      )
      const same =
        'const { deep: [one, other] } = me.holder.get(); return harden([one === me.p, other === me.p, Object.isFrozen(one)])'
      assert.deepEqual(await inHome(same), [true, true, true])
      await collect()
      await world.controller.evictWorkers()
      assert.deepEqual(await inHome(same), [true, true, true])
    })
  }

  // Sl6.
  test(`${holder}: a promise lives as long as the data refers to it`, async () => {
    const since = (await world.transcript('home')).length
    await world.run('guest', 'me.thing = Far("thing", { hello: () => "hello" })')
    await inHome(`const p = E(guest).take("thing"); await p; me.holder = me.make.${holder}(p); return 0n`)
    await collect()
    assert.equal(await dropped(since), 0, 'the promise holds the presence')
    assert.equal(await inHome('return E(me.holder.get()).hello()'), 'hello')
    await inHome('me.holder.set(harden([me.holder.get(), me.holder.get()])); return 0n')
    await inHome('me.holder.set(me.holder.get()[0]); return 0n')
    await collect()
    assert.equal(await dropped(since), 0, 'one reference is left')
    await inHome('me.holder.set(1); return 0n')
    await collect()
    assert.equal(await dropped(since), 1)
  })

  test(`${holder}: a promise goes with the object that refers to it`, async () => {
    const since = (await world.transcript('home')).length
    await world.run('guest', 'me.thing = Far("thing", {})')
    await inHome(`const p = E(guest).take("thing"); await p; me.holder = me.make.${holder}(p); return 0n`)
    await collect()
    assert.equal(await dropped(since), 0)
    await inHome('me.holder = undefined; return 0n')
    await collect()
    assert.equal(await dropped(since), 1)
  })

  test(`${holder}: a pending promise is settled in the data, and takes messages before`, async () => {
    await world.run(
      'guest',
      'me.p = new Promise((resolve) => { me.resolve = resolve }); me.thing = Far("thing", { add: (n) => n + 1n })',
    )
    await inHome(
      `me.holder = me.make.${holder}(E(guest).take("p")); me.early = E(me.holder.get()).add(1n); return 0n`,
    )
    await collect()
    await world.run('guest', 'me.resolve(me.thing)')
    assert.deepEqual(
      await inHome('return Promise.all([me.early, E(me.holder.get()).add(2n)]).then(harden)'),
      [2n, 3n],
    )
  })

  test(`${holder}: a promise is sent from the data`, async () => {
    await inHome(
      `me.holder = me.make.${holder}(new Promise((resolve) => { me.resolve = resolve })); me.answers = [E(guest).same(me.holder.get())]; return 0n`,
    )
    await inHome(
      'me.answers.push(E(guest).run("return args[0].then((x) => x + 1n)", me.holder.get())); me.resolve(7n); return 0n',
    )
    await collect()
    assert.deepEqual(
      await inHome('return Promise.all([...me.answers, E(guest).same(me.holder.get())]).then(harden)'),
      [7n, 8n, 7n],
    )
  })
}

test('a promise is no key', async () => {
  const code = `const p = E(guest).same(1n), text = (f) => { try { f(); return "taken" } catch (error) { return error.message } }
    const map = VatData.makeScalarBigMapStore("m"), weakSet = VatData.makeScalarBigWeakSetStore("w")
    return harden([text(() => map.init(p, 1)), text(() => map.init(Promise.resolve(), 1)), text(() => weakSet.add(p)), map.has(p), text(() => map.get(p))])`
  const refused = (label: string): string =>
    `invalid key type for collection "${label}": a key is a scalar or a remotable`
  assert.deepEqual(await inHome(code), [refused('m'), refused('m'), refused('w'), false, refused('m')])
})

test('durable data takes no promise, and says which slot it is', async () => {
  const code = `const text = (f) => { try { f(); return "taken" } catch (error) { return [error.name, error.code, error.message] } }
    const map = VatData.makeScalarBigMapStore("m", { durable: true }), p = E(guest).same(1n)
    return harden([VatData.canBeDurable(p), VatData.canBeDurable(harden([1])), text(() => map.init("k", harden([guest, p])))])`
  assert.deepEqual(await inHome(code), [
    false,
    true,
    [
      'Error',
      'value/not-durable',
      'value is not durable: slot 1 of [m].get("k")[1]: durable data cannot refer to a promise',
    ],
  ])
})

test('promises in virtual data end with the incarnation, and nothing is left of them', async () => {
  await inHome(
    'me.kept = [me.makeHolder(E(guest).take("thing")), me.makeHolder(Promise.resolve(1))]; const map = VatData.makeScalarBigMapStore("m"); map.init("k", new Promise(() => {})); me.map = map; return 0n',
  )
  await world.upgrade('home', { setup })
  await collect()
  const left = [...(await world.rows('v1')).keys()].filter((key) =>
    /object\.o\+v|collection\.o\+v|entry\.o\+v/.test(key),
  )
  assert.deepEqual(left, [])
})
