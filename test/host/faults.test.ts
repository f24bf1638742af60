/**
 * Faults of the kernel and damage of the store: told with a code, the store at its last block, repaired and
 * open again.
 */
import assert from 'node:assert/strict'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { DatabaseSync } from 'node:sqlite'
import { CodedError, openController, type Controller, type KernelFaultView } from '../../src/host/index.ts'
import type { Code } from '../../src/protocol/codes.ts'
import { openStore } from '../../src/store/store.ts'
import { readRows, forge, tamper } from '../kit/rows.ts'
import { answerOf, forTheFile, openWorld, puppet, temporaryDirectory } from '../kit/world.ts'

async function refused(code: Code, call: () => Promise<unknown>): Promise<CodedError> {
  try {
    await call()
  } catch (error) {
    assert.ok(error instanceof CodedError, String(error))
    assert.equal(error.code, code, error.message)
    return error
  }
  assert.fail(`expected ${code}`)
}

/** The fault of the kernel itself that this provokes, whether a run reports it or another call throws it. */
async function faultOf(controller: Controller, provoke: () => Promise<unknown>): Promise<KernelFaultView> {
  try {
    const report = (await provoke()) as { readonly ended?: string } | undefined
    assert.equal(report?.ended, 'faulted')
  } catch (error) {
    assert.ok(error instanceof CodedError, String(error))
    assert.equal(error.code, 'kernel/fault', error.message)
  }
  return (await controller.fault()) ?? assert.fail('a fault of the kernel is recorded')
}

/** A closed store: a vat with a snapshot and deliveries since, with one message on its way. */
const whole = await (async () => {
  const world = await openWorld(forTheFile, {
    vats: { vat: puppet, other: puppet },
    config: { snapshotInterval: 3 },
  })
  await world.run('vat', 'me.n = 5n; baggage.init("n", 5n)')
  for (let n = 0; n < 4; n += 1) await world.ask('vat', 'echo')
  await world.controller.commit()
  await world.ask('vat', 'echo')
  await world.controller.commit()
  await world.ask('vat', 'echo')
  await world.controller.sendOnly('vat', 'put', ['late', 1n])
  await world.controller.commit()
  await world.controller.shutdown()
  world.state = 'ended'
  const copy = join(temporaryDirectory(forTheFile), 'store')
  cpSync(world.directory, copy, { recursive: true })
  return copy
})()

function copyOf(t: TestContext): string {
  const directory = join(temporaryDirectory(t), 'store')
  cpSync(whole, directory, { recursive: true })
  return directory
}

async function open(
  t: TestContext,
  directory: string,
  verify: 'lazy' | 'live' | 'all' = 'lazy',
): Promise<Controller> {
  const controller = await openController({ directory, make: 'never', verify })
  t.after(() => controller.shutdown())
  return controller
}

/**
 * Writes a row of the kernel's state as a kernel with a bug would; `null` deletes it. Gives what was there.
 */
function writeRow(directory: string, key: string, value: string | null): string | null {
  const store = openStore(directory, { verify: 'lazy' })
  const before = store.state.get('kernel', key) ?? null
  if (value === null) store.state.delete('kernel', key)
  else store.state.set('kernel', key, value)
  store.sealCrank()
  store.commit()
  store.close()
  return before
}

/** Rows that no kernel may find, and what is done to find them. */
const rootOf = (directory: string): string =>
  (JSON.parse(readRows(directory, 'kernel').get('vat.v1')!) as { root: string }).root
const corruptions: Readonly<
  Record<
    string,
    readonly [
      key: (directory: string) => string,
      value: string | null,
      provoke: (c: Controller) => Promise<unknown>,
    ]
  >
> = {
  'an object that is gone': [(d) => `object.${rootOf(d)}`, null, (c) => c.run()],
  'an item of the queue that is gone': [
    (d) => `run.${readRows(d, 'kernel').get('run')!.split(' ')[0]!}`,
    null,
    (c) => c.run(),
  ],
  'an item of the queue that is garbage': [
    (d) => `run.${readRows(d, 'kernel').get('run')!.split(' ')[0]!}`,
    '{"kind":"dance"}',
    (c) => c.run(),
  ],
  'an item of the queue that is no JSON': [
    (d) => `run.${readRows(d, 'kernel').get('run')!.split(' ')[0]!}`,
    '{',
    (c) => c.run(),
  ],
  'counts of an object that are too low': [(d) => `object.${rootOf(d)}`, 'v1 0 0', (c) => c.run()],
  'a vat that is garbage': [() => 'vat.v1', 'null', (c) => c.run()],
  'a configuration that is gone': [() => 'config', null, (c) => c.run()],
}

for (const [name, [keyOf, value, provoke]] of Object.entries(corruptions)) {
  // Ma3.
  test(`${name} is a fault: the store stays at its last block, and goes on once it is repaired`, async (t) => {
    const directory = copyOf(t)
    const key = keyOf(directory)
    const right = writeRow(directory, key, value)
    const broken = await openController({ directory, make: 'never', verify: 'lazy' })
    const before = (await broken.storeStatus().catch(() => undefined))?.height
    const fault = await faultOf(broken, () => provoke(broken))
    assert.equal(fault.block, before ?? fault.block)
    assert.equal((await broken.run()).ended, 'faulted')
    for (const call of [() => broken.send('other', 'echo'), () => broken.heapHash('other')])
      await refused('kernel/faulted', call)
    await broken.setHostState('k', 'v')
    await broken.commit()
    await broken.shutdown()
    writeRow(directory, key, right)
    const controller = await open(t, directory, 'all')
    await controller.retryKernel()
    await controller.run()
    const result = await controller.send('vat', 'run', ['return harden([me.n, me.late, baggage.get("n")])'])
    await controller.run()
    assert.deepEqual(answerOf(await controller.status(result)), [5n, 1n, 5n])
  })
}

// Dri3, T2.
test('a count of parked items that does not match them is damage, and the fault names its row', async (t) => {
  const directory = copyOf(t)
  const host = await openController({ directory, make: 'never' })
  await host.suspendVat('other', 'for a while')
  for (let n = 0; n < 2; n += 1) await host.sendOnly('other', 'echo')
  await host.run()
  await host.commit()
  await host.shutdown()
  const right = readRows(directory, 'kernel').get('waiting.v2') ?? assert.fail()
  for (const wrong of [right.replace('2', '1'), right.replace('2', '3')]) {
    writeRow(directory, 'waiting.v2', wrong)
    const broken = await openController({ directory, make: 'never' })
    const fault = await refused('kernel/fault', () => broken.resumeVat('other'))
    assert.match(fault.message, /waiting\.v2.* does not count the parked items/)
    assert.equal(fault.detail['cause'], 'store/corrupt-state')
    await broken.setAside((await broken.waitingItems())[0]?.sequence ?? 0)
    await broken.commit()
    await broken.retryKernel()
    await broken.commit()
    await broken.shutdown()
  }
  writeRow(directory, 'waiting.v2', right)
  const controller = await open(t, directory, 'all')
  await controller.resumeVat('other')
  await controller.run()
  assert.equal((await controller.vat('other')).parked, 0)
})

// Ma2, P2.
test('a fault takes back everything since the last block, what was accepted too', async (t) => {
  const directory = copyOf(t)
  const broken = await openController({ directory, make: 'never', verify: 'lazy' })
  const { activityHash, height } = await broken.storeStatus()
  await broken.setHostState('place', 'here')
  await broken.send('other', 'put', ['n', 1n])
  await broken.run()
  await broken.shutdown()
  const controller = await open(t, directory)
  assert.deepEqual(
    [(await controller.storeStatus()).activityHash, (await controller.storeStatus()).height],
    [activityHash, height],
  )
  assert.equal(await controller.getHostState('place'), undefined)
})

test('while the kernel is faulted, its state can still be read', async (t) => {
  const directory = copyOf(t)
  writeRow(directory, 'run.0', '{')
  const key = `run.${readRows(directory, 'kernel').get('run')!.split(' ')[0]!}`
  writeRow(directory, key, '{')
  const broken = await open(t, directory)
  assert.equal((await broken.run()).ended, 'faulted')
  const { state, vats } = await broken.storeStatus()
  assert.equal(state.kind, 'faulted')
  assert.equal(vats, 2)
  assert.equal((await broken.vat('vat')).status.kind, 'running')
})

// --- damage below the kernel

const flip = (table: string, column: string, where: string) => (database: DatabaseSync): void => {
  const { changes } = database
    .prepare(`UPDATE ${table} SET ${column} = CASE typeof(${column})
      WHEN 'text' THEN substr(${column}, 1, 20) || CASE substr(${column}, 21, 1) WHEN 'x' THEN 'y' ELSE 'x' END || substr(${column}, 22)
      ELSE CAST(substr(${column}, 1, 20) || CASE substr(${column}, 21, 1) WHEN x'00' THEN x'01' ELSE x'00' END || substr(${column}, 22) AS BLOB) END WHERE ${where}`,
      )
      .run()
    assert.ok(changes > 0)
  }

/** A flipped byte, the code it is found by, and what finds it when the store was opened without looking. */
const damage: Readonly<
  Record<
    string,
    readonly [code: Code, change: (database: DatabaseSync) => void, use: (c: Controller) => Promise<unknown>]
  >
> = {
  'a page of a heap': [
    'store/corrupt-page',
    flip('page', 'bytes', `id IN (SELECT page FROM page_use WHERE vat = 'v1')`),
    (c) => c.run(),
  ],
  'a manifest': ['store/corrupt-snapshot', flip('snapshot', 'manifest', `vat = 'v1'`), (c) => c.run()],
  'the transcript': [
    'store/corrupt-transcript',
    flip('entry', 'text', `vat = 'v1' AND position = (SELECT max(position) FROM entry WHERE vat = 'v1')`),
    (c) => c.run(),
  ],
  'the bundle of a vat': [
    'store/corrupt-bundle',
    flip('bundle', 'bytes', `kind = 'vat'`),
    async (c) => {
      await c.upgradeVat('vat', (await c.vat('vat')).bundle)
      return c.run()
    },
  ],
  'an image': ['store/corrupt-bundle', flip('bundle', 'bytes', `kind = 'image'`), (c) => c.run()],
  'an engine': ['store/corrupt-bundle', flip('bundle', 'bytes', `kind = 'engine'`), (c) => c.run()],
  'a row of the kernel': ['store/corrupt-state', flip('state', 'value', `key = 'vat.v1'`), (c) => c.run()],
}

for (const [name, [code, change, use]] of Object.entries(damage)) {
  test(`a flipped byte in ${name} is refused when it is used, and the store is as it was`, async (t) => {
    const directory = copyOf(t)
    tamper(directory, change)
    const controller = await open(t, directory)
    const before = code === 'store/corrupt-state' ? undefined : await controller.storeStatus()
    const fault = await refused('machine/failed', () => use(controller))
    assert.equal(fault.detail['cause'], code, fault.message)
    if (before !== undefined) {
      const after = await controller.storeStatus()
      assert.deepEqual([after.height, after.activityHash], [before.height, before.activityHash])
    }
  })

  test(`a flipped byte in ${name} is refused when the store is opened ${code === 'store/corrupt-state' ? 'and all is checked' : 'as usual'}`, async (t) => {
    const directory = copyOf(t)
    tamper(directory, change)
    await refused(code, () =>
      openController({ directory, make: 'never', verify: code === 'store/corrupt-state' ? 'all' : 'live' }),
    )
  })
}

test('a flipped byte in the kernel\'s bundle is refused however the store is opened', async (t) => {
  const directory = copyOf(t)
  tamper(directory, flip('bundle', 'bytes', `kind = 'kernel'`))
  for (const verify of ['lazy', 'live'] as const)
    await refused('store/corrupt-bundle', () => openController({ directory, make: 'never', verify }))
})

test('a transcript that was changed with all its hashes is found when it is replayed', async (t) => {
  const directory = copyOf(t)
  const { createHash } = await import('node:crypto')
  const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
  forge(directory, (database) => {
    const span = database
      .prepare(`SELECT * FROM span WHERE vat = 'v1' ORDER BY number DESC LIMIT 1`)
      .get() as { number: number; start: number; end: number; previous: string }
    const entries = database
      .prepare(`SELECT position, text FROM entry WHERE vat = 'v1' AND position >= ? ORDER BY position`)
      .all(span.start) as { position: number; text: string }[]
    let link = span.previous
    for (const { position, text } of entries) {
      const changed = text.replace('"computrons":"', '"computrons":"1')
      assert.notEqual(changed, text)
      database.prepare(`UPDATE entry SET text = ? WHERE vat = 'v1' AND position = ?`).run(changed, position)
      link = sha256(link + changed)
    }
    database.prepare(`UPDATE span SET hash = ? WHERE vat = 'v1' AND number = ?`).run(link, span.number)
  })
  const controller = await open(t, directory, 'live')
  const fault = await refused('machine/failed', () => controller.run())
  assert.equal(fault.detail['cause'], 'kernel/replay-diverged')
  assert.match(fault.message, /other computrons: it sent \d+; recorded was 1\d+/)
})

for (const [what, key, value, deviation] of [
  ['is no JSON', 'vat.v1', '{', undefined],
  ['is JSON of another form', 'vat.v1', '{"name":"first"}', undefined],
  ['has an item of no kind', 'run', '0 9', undefined],
  ['contradicts another', 'object.ko2', 'terminated 0 0', 'object/'],
] as const) {
  // Dri3, T2.
  test(`a row of the kernel that was forged and ${what} is the cause of the fault`, async (t) => {
    const directory = copyOf(t)
    forge(directory, (database) =>
      database.prepare(`UPDATE state SET value = ? WHERE key = ?`).run(value, key),
    )
    const controller = await open(t, directory, 'all')
    const fault = await refusedOf(async () => {
      await controller.collectAll()
      await controller.run()
      await controller.send('v1', 'echo', [])
      await controller.run()
    })
    const { found } = await controller.audit({ depth: 'all' })
    assert.ok(found > 0, 'the audit finds it')
    if (fault === undefined) return assert.ok(deviation !== undefined, 'a row that cannot be read is refused')
    const why = String(fault.detail['error'] ?? fault.detail['cause'] ?? fault.code)
    assert.match(why, /^The row |CodedError: The row |the tables of the kernel have deviations|store\/corrupt-state/)
  })
}

/** The refusal, whatever its code; undefined when there was none. */
async function refusedOf(action: () => Promise<unknown>): Promise<CodedError | undefined> {
  try {
    await action()
    return undefined
  } catch (error) {
    assert.ok(error instanceof CodedError, String(error))
    return error
  }
}
