/** Salvages that meet what they should not: hostile supervisors, supervisors of old, hosts that die. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import type { Salvage } from '../../src/protocol/worker/salvage.ts'
import { openStore } from '../../src/store/store.ts'
import { unpackStore } from '../../tools/golden/store.ts'
import { deviationsIn } from '../kit/audit.ts'
import { bundleSalvageSource, rawBundle } from '../kit/bundles.ts'
import { runUntilKilled } from '../kit/killed.ts'
import { malloryStore, storeWith } from '../kit/mallory.ts'
import { answerOf, forTheFile, openWorld, puppet, rejectionOf, temporaryDirectory } from '../kit/world.ts'

// --- a supervisor that says what no supervisor says

const { directory, worker } = await malloryStore()
const world = await openWorld(forTheFile, {
  from: directory,
  vats: {
    alice: puppet,
    mallory: { worker, computronsPerDelivery: 50_000_000n, heapLimitBytes: 32 * 1024 * 1024 },
  },
})
// An import that she has, one that she has dropped, and a promise.
await world.controller.sendOnly('mallory', 'finish', [
  '[]',
  await world.run('alice', 'return Far("one", {})'),
])
const two = await world.run('alice', 'return Far("two", {})')
await world.controller.sendOnly('mallory', 'finish', ['[{"kind":"dropImports","imports":["o-2"]}]', two])
await world.controller.run()

function saying(text: string): Promise<string> {
  const source = text.startsWith('ask:') ? text : `end:${text}`
  return world.installBundle(rawBundle(source))
}
const salvaged = (data: unknown): string => JSON.stringify({ batch: [], result: { kind: 'salvaged', data } })
const slots = (...names: string[]): string => salvaged({ body: '#"$0"', slots: names })

/** What she ends the salvage with, or does in it, and the code of the refusal. */
const sayings: readonly (readonly [text: string, code: string])[] = [
  ['throw', 'salvage/failed'],
  ['loop', 'salvage/exhausted'],
  ['fill', 'salvage/exhausted'],
  ['garbage', 'salvage/failed'],
  ['', 'salvage/failed'],
  ['{}', 'salvage/failed'],
  ['[]', 'salvage/failed'],
  ['null', 'salvage/failed'],
  ['{"batch":[],"result":{"kind":"ok"}}', 'salvage/failed'],
  ['{"batch":[],"result":{"kind":"started","root":"o+0"}}', 'salvage/failed'],
  ['{"batch":[],"result":{"kind":"failed"}}', 'salvage/failed'],
  [
    '{"batch":[],"result":{"kind":"failed","code":"salvage/stale","message":"m","stack":""}}',
    'salvage/failed',
  ],
  ['{"batch":[],"result":{"kind":"failed","code":"salvage/threw","message":5,"stack":""}}', 'salvage/failed'],
  ['{"batch":{},"result":{"kind":"salvaged","data":{"body":"#1","slots":[]}}}', 'salvage/failed'],
  [salvaged(null), 'salvage/failed'],
  [salvaged({ body: 5, slots: [] }), 'salvage/failed'],
  [salvaged({ body: '#1', slots: 'x' }), 'salvage/failed'],
  [salvaged({ body: '1', slots: [] }), 'salvage/failed'],
  [slots('x'), 'salvage/failed'],
  [slots('ko1'), 'salvage/failed'],
  [slots('o-999'), 'salvage/failed'],
  [slots('o-2'), 'salvage/failed'],
  [slots('o+0'), 'salvage/failed'],
  [slots('o+5'), 'salvage/failed'],
  [slots('o+v10/1'), 'salvage/failed'],
  [slots('p+5'), 'salvage/failed'],
  [slots('p-1'), 'salvage/failed'],
  [
    '{"batch":[{"kind":"vatstoreSet","key":"a","value":"b"}],"result":{"kind":"salvaged","data":{"body":"#1","slots":[]}}}',
    'salvage/wrote',
  ],
  [
    '{"batch":[{"kind":"nonsense"}],"result":{"kind":"salvaged","data":{"body":"#1","slots":[]}}}',
    'salvage/wrote',
  ],
  ['{"batch":[5],"result":{"kind":"salvaged","data":{"body":"#1","slots":[]}}}', 'salvage/failed'],
  ['ask:[{"kind":"dropImports","imports":["o-1"]}]', 'salvage/wrote'],
  ['ask:[{"kind":"retireImports","imports":["o-2"]}]', 'salvage/wrote'],
  ['ask:[{"kind":"resolve","resolutions":[]}]', 'salvage/wrote'],
  ['ask:[{"kind":"subscribe","promise":"p-1"}]', 'salvage/wrote'],
  ['ask:[{"kind":"vatstoreGet"}]', 'salvage/failed'],
  ['ask:[{"kind":"getBundle","cap":"o-77","part":"id"}]', 'salvage/failed'],
  ['ask:garbage', 'salvage/failed'],
]

// Sg2.
test('whatever a hostile supervisor says in a salvage, it is refused with a code and the vat is as it was', async () => {
  const image = await world.imageOf('mallory')
  for (const [text, code] of sayings) {
    const bundle = await saying(text)
    const before = [await world.controller.heapHash('mallory'), await world.controller.storeStatus()]
    await assert.rejects(world.controller.salvage('mallory', bundle), { code }, text)
    assert.deepEqual(
      [await world.controller.heapHash('mallory'), await world.controller.storeStatus()],
      before,
      text,
    )
  }
  assert.equal(await world.imageOf('mallory'), image)
  await world.audit()
})

// Sg2.
test('what a supervisor may say is taken: reads, lines of its console, imports, durable names that only the vat knows', async () => {
  const of = async (text: string): Promise<Salvage> => world.controller.salvage('mallory', await saying(text))
  assert.equal(
    (await of('ask:[{"kind":"console","level":"log","text":"hello"},{"kind":"vatstoreGet","key":"a"}]'))
      .summary.text,
    '1',
  )
  assert.deepEqual(
    (await of(slots('o+d10/7', 'o-1'))).data.slots.map((slot) => slot.replace(/\d+$/, '')),
    ['o+d10/', 'ko'],
  )
})

// --- a supervisor of the first release

test('a vat on a worker of the first release is not salvaged, and says so; upgraded, it could be', async (t) => {
  const old = join(temporaryDirectory(t), 'old')
  unpackStore('0.1.0', old)
  const store = openStore(old, { verify: 'lazy' })
  const rows = JSON.parse(store.state.get('kernel', 'vat.v1') ?? '{}') as { worker: { supervisor: never } }
  const bytes = store.bundles.get(rows.worker.supervisor, 'supervisor')
  store.close()
  const { directory, worker } = await storeWith(bytes)
  const world = await openWorld(t, { from: directory, vats: { old: { worker } } })
  const looking = await world.installBundle(
    await bundleSalvageSource('export const salvage = (root: any): unknown => root.take("n")'),
  )
  await world.run('old', 'me.n = 1n')
  const before = await world.controller.heapHash('old')
  await assert.rejects(world.controller.salvage('old', looking), { code: 'worker/too-old' })
  assert.equal(await world.controller.heapHash('old'), before)
  answerOf(await world.upgrade('old', { setup: 'me.n = 2n' }))
  assert.equal((await world.controller.salvage('old', looking)).summary.text, '"+2"')
})

// --- hosts that die

test('a host that is killed after the block of the upgrade has the heir with what was salvaged', async (t) => {
  const world = await openWorld(t, { vats: { v: puppet } })
  await world.run('v', 'me.list = [7n]')
  const looking = await world.installBundle(
    await bundleSalvageSource('export const salvage = (root: any): unknown => root.take("list")'),
  )
  await world.controller.commit()
  await world.controller.shutdown()
  assert.equal(
    await runUntilKilled(
      join(import.meta.dirname, 'killed-salvager.ts'),
      [world.directory, looking, 'commit'],
      4,
    ),
    'committed',
  )
  assert.deepEqual(await deviationsIn(world.directory), [])
  await world.open({ verify: 'all' })
  assert.equal((await world.controller.vat('v')).incarnation, 1)
  assert.deepEqual(await world.run('v', 'return baggage.get("salvage")'), [7n])
})

test('a host that is killed between the salvage and the upgrade, or before the block, has lost nothing but that', async (t) => {
  const world = await openWorld(t, { vats: { v: puppet, peer: puppet } })
  await world.run('v', 'me.list = [7n, args[0]]', await world.run('peer', 'return Far("of peer", {})'))
  const looking = await world.installBundle(
    await bundleSalvageSource('export const salvage = (root: any): unknown => root.take("list")'),
  )
  await world.install()
  await world.controller.commit()
  const before = await world.activityHash()
  await world.controller.shutdown()
  const program = join(import.meta.dirname, 'killed-salvager.ts')
  const told: Salvage[] = []
  for (const step of ['salvaged', 'asked', 'ran']) {
    const host = spawn(execPath, [program, world.directory, looking], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    t.after(() => host.kill('SIGKILL'))
    const closed = once(host, 'close')
    for await (const line of createInterface(host.stdout)) {
      const [word = ''] = line.split(' ', 1)
      if (word === step) host.kill('SIGKILL')
      if (word === 'salvaged') told.push(JSON.parse(line.slice(word.length)) as Salvage)
    }
    await closed
    assert.deepEqual(await deviationsIn(world.directory), [], `after death when it had ${step}`)
    await world.open({ verify: 'all' })
    assert.equal(await world.activityHash(), before)
    assert.equal((await world.controller.vat('v')).incarnation, 0)
    await world.controller.shutdown()
  }
  const [first] = told
  assert.ok(first !== undefined)
  assert.deepEqual(told, [first, first, first], 'each found the same')
  await world.open()
  answerOf(await world.upgrade('v', { setup: 'me.found = baggage.get("salvage")' }, { salvage: first }))
  assert.equal(await world.run('v', 'return me.found[0]'), 7n)
  rejectionOf(await world.upgrade('v', {}, { salvage: first }), 'upgrade-refused')
})
