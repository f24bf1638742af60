/** Checks of upgrades: they say what the upgrade then says, and change nothing. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { openController, type CheckOptions, type Remote } from '../../src/host/index.ts'
import type { Code } from '../../src/protocol/codes.ts'
import type { Rejection } from '../../src/protocol/results.ts'
import type { UpgradeCheck } from '../../src/protocol/reports/upgradeCheck.ts'
import type { UpgradeMode } from '../../src/protocol/host/inbox.ts'
import { unpackStore } from '../../tools/golden/store.ts'
import { bundleFile, puppetFile, withSpace } from '../kit/bundles.ts'
import { malloryStore } from '../kit/mallory.ts'
import { query, readRows, readTranscript, tamper } from '../kit/rows.ts'
import {
  answerOf,
  forTheFile,
  openWorld,
  puppet,
  reasonOf,
  show,
  temporaryDirectory,
  type World,
} from '../kit/world.ts'
import { kind, specified, type Specification } from './specified.ts'

const code = (wanted: Code) => (error: { readonly code: string }): boolean => error.code === wanted

/** A vat with all that an upgrade can end or take over. */
const rich = `
  me.kind = provide(baggage, 'kind', () => makeKindHandle('Thing'))
  me.make = defineDurableKind(me.kind, (n) => ({ n }), { get: ({ state }) => state.n })
  me.ephemeral = Far('ephemeral', {})
`
async function richWorld(open: object = {}): Promise<World> {
  const world = await openWorld(forTheFile, {
    vats: { vat: { setup: rich }, guest: puppet },
    config: { snapshotInterval: 4, computronsPerDelivery: 80_000_000n },
    ...open,
  })
  await fill(world)
  return world
}

async function fill(world: World): Promise<void> {
  await world.run(
    'guest',
    'me.held = args',
    await world.run('vat', 'return [me.ephemeral, me.make(1n), Far("second", {})]'),
  )
  await world.run(
    'guest',
    'me.waits = E(args[0]).run("return new Promise(() => {})"); me.waits.catch(() => {})',
    await world.root('vat'),
  )
  await world.forgetAll()
  await world.controller.commit()
  for (let n = 0; n < 3; n += 1) await world.ask('vat', 'echo', n)
  await world.forgetAll()
}

const world = await richWorld()
const same = await world.install()
const other = await world.installBundle(withSpace(await bundleFile(puppetFile)))
await world.controller.commit()

/** Name → what is checked, and what it says. */
const checks: Readonly<Record<string, readonly [bundle: string, options: CheckOptions, says: RegExp]>> = {
  'an upgrade that succeeds': [
    other,
    { parameters: { setup: rich } },
    /"kind":"accepted".*"abandonedExports":2,.*"disconnectedPromises":1,"incarnationNumber":1/,
  ],
  'an heir that forgets a kind': [
    other,
    { parameters: { setup: '' } },
    /"kind":"refused".*start\/kinds-missing.*Thing/,
  ],
  'an heir that throws': [
    other,
    { parameters: { setup: 'throw RangeError("no")' } },
    /start\/threw.*RangeError: no/,
  ],
  'an heir that never settles': [
    other,
    { parameters: { setup: `${rich}; return new Promise(() => {})` } },
    /"kind"/,
  ],
  'an heir that spins': [other, { parameters: { setup: 'for (;;);' } }, /start\/fault.*computrons/],
  'an heir that ends the vat': [
    other,
    { parameters: { setup: `${rich}; vatPowers.exitVat("bye")` } },
    /start\/exited/,
  ],
  'an heir that sends messages and stores': [
    other,
    { parameters: { setup: `${rich}; baggage.init("more", 5n); me.make(2n)` } },
    /"kind":"accepted"/,
  ],
  'a replay that holds': [other, { mode: 'replay' }, /"kind":"accepted".*"mode":"replay"/],
  'a replay with parameters': [other, { mode: 'replay', parameters: {} }, /replay\/parameters/],
  auto: [other, { mode: 'auto' }, /"mode":"replay"/],
  'auto, with parameters': [
    other,
    { mode: 'auto', parameters: { setup: rich } },
    /"mode":"durable".*replay\/parameters/,
  ],
}

/** Of each outcome one. */
const several = ['an upgrade that succeeds', 'an heir that throws', 'auto'].map((name) => checks[name]!)

/** Hashes of everything there is, after the next block. */
async function everything({ controller, directory }: World): Promise<Record<string, string>> {
  await controller.commit()
  const rows = ['kernel', 'host', 'vat/v1', 'vat/v2', 'vat/v3'].map((space) => [
    space,
    [...readRows(directory, space)],
  ])
  const transcripts = ['v1', 'v2', 'v3'].map((vat) => [`transcript ${vat}`, readTranscript(directory, vat)])
  const heaps = await Promise.all(
    ['vat', 'guest'].map(async (name) => [`heap ${name}`, await controller.heapHash(name)]),
  )
  const tables = ['span', 'snapshot', 'page', 'bundle', 'inbox', 'outbox'].map((table) => [
    table,
    query(directory, `SELECT count(*) FROM ${table}`),
  ])
  const { activityHash, residentWorkers } = await controller.storeStatus()
  const parts = [
    ...rows,
    ...transcripts,
    ...heaps,
    ...tables,
    ['activity', activityHash],
    ['residents', residentWorkers],
  ]
  return Object.fromEntries(
    parts.map(([name, part]) => [
      name as string,
      createHash('sha256').update(JSON.stringify(part)).digest('hex'),
    ]),
  )
}

const [checkedWorld, plainWorld] = [await copyOf(world), await copyOf(world)]

for (const [name, [bundle, options, says]] of Object.entries(checks)) {
  // Uc1, Sb1.
  // Dru1, Dru2.
  test(`a check of ${name} says what would happen, and changes nothing`, async () => {
    assert.match(show(await checkedWorld.controller.checkUpgrade('vat', bundle, options)), says)
    assert.deepEqual(await everything(checkedWorld), await everything(plainWorld))
  })

  test(`the upgrade then says the same: ${name}`, async () => {
    const twin = await copyOf(world)
    const check = await twin.controller.checkUpgrade('vat', bundle, options)
    const status = await twin.settle(await twin.controller.upgradeVat('vat', bundle, options))
    if (check.kind === 'accepted') assert.deepEqual(answerOf(status), check.result)
    else
      assert.deepEqual(
        (reasonOf(status) as Extract<Rejection, { name: 'KernelRejection' }>).reason,
        check.reason,
      )
    await twin.controller.shutdown()
    twin.state = 'ended'
  })
}

/** A world on a copy of another's last block. */
async function copyOf(from: World, open: object = {}): Promise<World> {
  return openWorld(forTheFile, { from: from.directory, open })
}

test('a store that was checked goes on as one that was not, through queued messages, blocks and evictions', async () => {
  const [checked, unchecked] = [await copyOf(world), await copyOf(world)]
  const hashes: string[][] = []
  for (const [at, { controller }] of [checked, unchecked].entries()) {
    const check = async (): Promise<void> => {
      if (at === 1) return
      for (const [bundle, options] of several) await controller.checkUpgrade('vat', bundle, options)
      await controller.signature(other)
    }
    const seen: string[] = []
    for (let round = 0; round < 3; round += 1) {
      for (let n = 0; n < 4; n += 1) await controller.sendOnly('vat', 'echo', [n])
      await check()
      await controller.run({ cranks: 2 })
      await check()
      if (round === 1) await controller.evictWorkers()
      await controller.run()
      await check()
      await controller.commit()
      seen.push((await controller.storeStatus()).activityHash, await controller.heapHash('vat'))
    }
    await controller.createVat('late', same, { parameters: {} })
    await controller.run()
    seen.push((await controller.vat('late')).vat, (await controller.storeStatus()).activityHash)
    hashes.push(seen)
  }
  assert.deepEqual(hashes[0], hashes[1])
  for (const twin of [checked, unchecked]) await twin.end()
})

// Sb1.
test('what a check does is not told to the trace, and no request of it is answered', async (t) => {
  const file = join(temporaryDirectory(t), 'trace')
  await world.controller.setTrace({ file })
  await world.controller.checkUpgrade('vat', other, {
    parameters: { setup: `${rich}; console.log("heard")` },
  })
  await world.controller.setTrace(null)
  assert.deepEqual(readFileSync(file, 'utf8').match(/"kind":"[a-zA-Z]+"/g), ['"kind":"trace"'])
})

async function checkOf(before: Specification, after: Specification): Promise<UpgradeCheck> {
  const { controller } = world
  const name = `specified${(await controller.vats()).length}`
  answerOf(
    await world.settle(await controller.createVat(name, await world.installBundle(await specified(before)))),
  )
  return controller.checkUpgrade(name, await world.installBundle(await specified(after)))
}

test('a check says what becomes of the estate', async () => {
  const before = {
    kinds: [kind('A'), kind('B', { facets: ['x'], version: 2 }), kind('C', { records: 'none' })],
    exports: ['door'],
  }
  const after = {
    kinds: [
      kind('A', { version: 3, migrates: [1, 2] }),
      kind('B', { facets: ['x', 'y'], version: 2 }),
      kind('C', { version: 2, migrates: [1] }),
      kind('D'),
    ],
    exports: ['door', 'window'],
  }
  const check = await checkOf(before, after)
  assert.equal(check.kind, 'accepted', show(check))
  assert.deepEqual(check.kind === 'accepted' ? [check.estate, check.expected] : [], [
    {
      kindsAdded: ['D'],
      facetsAdded: ['B.y'],
      migrations: [{ tag: 'A', from: 1, to: 3 }],
      exportsNamed: ['window'],
      exportsReleased: [],
    },
    { kind: 'compared', findings: [] },
  ])
})

// Cm1.
test('all that is expected to fail is told at once', async () => {
  const before = {
    kinds: [kind('A'), kind('B', { facets: ['x'], version: 2 }), kind('S', { shape: { p: 'any' } })],
    exports: ['door'],
  }
  const after = {
    kinds: [kind('B', { facets: ['y'], version: 1 }), kind('S', { shape: { q: 'bigint' } })],
    exports: [],
  }
  const check = await checkOf(before, after)
  assert.equal(check.kind === 'refused' && check.reason.code, 'start/migration-missing')
  assert.deepEqual(
    check.expected.kind === 'compared' && check.expected.findings.map(({ code, names }) => [code, names]),
    [
      ['start/kinds-missing', ['A']],
      ['start/migration-missing', ['B']],
      ['start/facets-missing', ['B.x']],
      ['start/shape-changed', ['S.p', 'S.q']],
      ['start/exports-missing', ['door']],
    ],
  )
})

test('a vat that is suspended, and one in a kernel that is paused, is checked as it is', async () => {
  const twin = await copyOf(world)
  await twin.controller.suspendVat('vat', 'tea')
  await twin.controller.pauseKernel('night')
  const check = await twin.controller.checkUpgrade('vat', other, { parameters: { setup: rich } })
  assert.match(show(check), /"kind":"accepted".*"collectionSkipped":"the vat was suspended: tea"/)
  assert.deepEqual(
    [(await twin.controller.vat('vat')).status.kind, (await twin.controller.storeStatus()).paused?.message],
    ['suspended', 'night'],
  )
  await twin.end()
})

test('what cannot be checked is refused with a code', async () => {
  const twin = await copyOf(world)
  const { controller } = twin
  const foreign = (await twin.ask('vat', 'same', await twin.root('guest'))) as Remote
  await controller.createVat('early', same)
  const refusals: readonly (readonly [Code, () => Promise<unknown>])[] = [
    ['vat/unknown', () => controller.checkUpgrade('nobody', same)],
    ['vat/not-started', () => controller.checkUpgrade('early', same)],
    ['bundle/unknown', () => controller.checkUpgrade('vat', 'nothing')],
    ['bundle/unknown', () => controller.signature('nothing')],
    ['api/bad-argument', () => controller.checkUpgrade('vat', same, { mode: 'soon' as UpgradeMode })],
    ['api/bad-argument', () => controller.checkUpgrade('', same)],
    ['api/bad-argument', () => controller.checkUpgrade('vat', same, null as never)],
    ['value/not-passable', () => controller.checkUpgrade('vat', same, { parameters: () => {} })],
    [
      'object/unknown',
      () =>
        controller.checkUpgrade('vat', same, {
          parameters: [
            Object.assign(Object.create(Object.getPrototypeOf(foreign) as object) as Remote, {
              kref: 'ko999',
            }),
          ],
        }),
    ],
  ]
  const before = await twin.activityHash()
  for (const [wanted, call] of refusals) await assert.rejects(call, code(wanted), wanted)
  assert.equal(await twin.activityHash(), before)
  await controller.run()
  await controller.terminateVat('early', 'over')
  await assert.rejects(
    () => controller.checkUpgrade('early', same),
    (error: { code: string }) => ['vat/terminated', 'vat/unknown'].includes(error.code),
  )
  const [running, checking] = [controller.run(), controller.checkUpgrade('vat', same)]
  await assert.rejects(checking, code('api/busy'))
  await running
  await twin.end()
  await assert.rejects(() => controller.checkUpgrade('vat', same), code('api/shut-down'))
})

// Sb2.
test('damage that a check meets is a refusal; the kernel does not fault, and other vats go on', async () => {
  const twin = await copyOf(world)
  await twin.ask('vat', 'echo')
  await twin.controller.commit()
  await twin.controller.shutdown()
  twin.state = 'broken'
  tamper(twin.directory, (database) =>
    database.exec(`UPDATE entry SET text = replace(text, 'startVat', 'startCat') WHERE vat = 'v1'`),
  )
  twin.controller = await openController({ directory: twin.directory, make: 'never', verify: 'lazy' })
  await assert.rejects(
    () => twin.controller.checkUpgrade('vat', other, { mode: 'replay' }),
    (error: { code: string; detail: Record<string, unknown> }) => {
      assert.deepEqual(
        [error.code, error.detail['cause']],
        ['upgrade/check-failed', 'store/corrupt-transcript'],
      )
      return true
    },
  )
  assert.deepEqual((await twin.controller.storeStatus()).state, { kind: 'ready' })
  assert.deepEqual(await twin.ask('guest', 'echo', 'well'), ['well'])
  await twin.end()
})

test('a kernel that fails in a check does not fault: its rows are as they were, broken', async (t) => {
  const twin = await copyOf(world)
  await twin.controller.shutdown()
  const directory = join(temporaryDirectory(t), 'store')
  cpSync(twin.directory, directory, { recursive: true })
  twin.state = 'ended'
  tamper(directory, (database) =>
    database.exec(
      `DELETE FROM state WHERE key LIKE 'promise.kp%' AND space = (SELECT id FROM space WHERE name = 'kernel')`,
    ),
  )
  const controller = await openController({ directory, make: 'never', verify: 'lazy' })
  t.after(() => controller.shutdown())
  await assert.rejects(
    () => controller.checkUpgrade('vat', other, { parameters: { setup: rich } }),
    code('upgrade/check-failed'),
  )
  assert.deepEqual((await controller.storeStatus()).state, { kind: 'ready' })
  await controller.sendOnly('guest', 'echo')
  assert.equal((await controller.run()).deliveries, 1)
})

test('rows that a malicious supervisor wrote are a refusal', async () => {
  const { directory, worker } = await malloryStore()
  const evil = await openWorld(forTheFile, { from: directory, vats: { mallory: { worker } } })
  const bundle = await evil.install()
  for (const value of ['{', 'null', '{"tag":5}', '{"tag":"A"}', '{"tag":"A","definition":{}}']) {
    await evil.controller.sendOnly('mallory', 'finish', [
      `[${JSON.stringify({ kind: 'vatstoreSet', key: 'kind.a7', value })}]`,
    ])
    await evil.controller.run()
    await assert.rejects(
      () => evil.controller.checkUpgrade('mallory', bundle, { parameters: { setup: '' } }),
      (error: { code: string; message: string }) => {
        assert.match(
          `${error.code}: ${error.message}`,
          /^upgrade\/check-failed: .*the row kind\.a7 of vat\/v1 says nothing of a durable kind/,
        )
        return true
      },
      value,
    )
    assert.deepEqual((await evil.controller.storeStatus()).state, { kind: 'ready' })
  }
})

test('the kernel of release 0.1.0 cannot check', async (t) => {
  const directory = temporaryDirectory(t)
  unpackStore('0.1.0', directory)
  const controller = await openController({ directory, make: 'never', verify: 'lazy' })
  t.after(() => controller.shutdown())
  const { bundle } = await controller.vat('counters')
  const before = (await controller.storeStatus()).activityHash
  await assert.rejects(() => controller.checkUpgrade('counters', bundle), code('kernel/too-old'))
  await assert.rejects(() => controller.signature(bundle), code('kernel/too-old'))
  assert.equal((await controller.storeStatus()).activityHash, before)
})
