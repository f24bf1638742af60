/** Stores with a kernel, exported and imported: the call, its refusals, its sudden end. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { test } from 'node:test'
import { exportStore, importStore, openController, type CodedError } from '../../src/host/index.ts'
import { forTheFile, openWorld, temporaryDirectory } from '../kit/world.ts'

const world = await openWorld(forTheFile, { vats: { one: {} } })
await world.controller.commit()

test('progress is told after each artifact, up to the whole', async (t) => {
  const parent = temporaryDirectory(t)
  const [given, taken]: [number[], number[]] = [[], []]
  const sent = await exportStore(world.directory, join(parent, 'export'), {
    mode: 'operational',
    onProgress: ({ bytes }) => given.push(bytes),
  })
  await importStore(join(parent, 'export'), join(parent, 'store'), {
    onProgress: ({ bytes, ofBytes, ofArtifacts }) => {
      taken.push(bytes)
      assert.deepEqual([ofBytes, ofArtifacts], [sent.bytes, sent.artifacts])
    },
  })
  assert.deepEqual(taken, given)
  assert.deepEqual([given.length, given.at(-1)], [sent.artifacts, sent.bytes])
})

test('garbage as arguments is refused, and refusals of the store come through with code and detail', async (t) => {
  const parent = temporaryDirectory(t)
  const bad = { code: 'api/bad-argument' }
  const garbage: unknown[] = [undefined, 7, '', {}, null]
  for (const value of garbage) {
    await assert.rejects(
      Reflect.apply(exportStore, undefined, [value, parent, { mode: 'archival' }]) as Promise<unknown>,
      bad,
    )
    await assert.rejects(
      Reflect.apply(exportStore, undefined, [parent, value, { mode: 'archival' }]) as Promise<unknown>,
      bad,
    )
    await assert.rejects(
      Reflect.apply(exportStore, undefined, [parent, parent, { mode: value }]) as Promise<unknown>,
      bad,
    )
    await assert.rejects(Reflect.apply(importStore, undefined, [value, parent]) as Promise<unknown>, bad)
    await assert.rejects(Reflect.apply(importStore, undefined, [parent, value]) as Promise<unknown>, bad)
  }
  await assert.rejects(Reflect.apply(exportStore, undefined, [parent, parent]) as Promise<unknown>, bad)
  await assert.rejects(
    Reflect.apply(exportStore, undefined, [
      parent,
      parent,
      { mode: 'archival', onProgress: 7 },
    ]) as Promise<unknown>,
    bad,
  )
  await assert.rejects(exportStore(parent, join(parent, 'export'), { mode: 'archival' }), {
    code: 'store/not-found',
  })
  await assert.rejects(importStore(parent, join(parent, 'store')), {
    code: 'export/not-found',
    detail: { path: join(parent, 'manifest.json') },
  })
  assert.deepEqual(readdirSync(parent), [])
})

test('two imports to one directory at once: one makes the store, the other is refused', async (t) => {
  const parent = temporaryDirectory(t)
  const sent = await exportStore(world.directory, join(parent, 'export'), { mode: 'archival' })
  const ends = await Promise.allSettled(
    [1, 2].map(() => importStore(join(parent, 'export'), join(parent, 'store'))),
  )
  const refused = ends
    .filter((end) => end.status === 'rejected')
    .map(({ reason }) => (reason as { code: string }).code)
  assert.equal(refused.length, 1)
  assert.match(refused[0] ?? '', /^store\/(in-use|exists)$/)
  const controller = await openController({ directory: join(parent, 'store'), make: 'never', verify: 'all' })
  assert.equal((await controller.storeStatus()).activityHash, sent.activityHash)
  await controller.shutdown()
})

const program = join(import.meta.dirname, 'killed-transfer.ts')

/** Starts it in a process and kills it when there is this file with so many bytes. */
async function kill(order: readonly string[], path: string, bytes: number): Promise<'killed' | 'done'> {
  const child = spawn(execPath, [program, ...order], { stdio: 'inherit' })
  const closed = once(child, 'close')
  while (child.exitCode === null && (statSync(path, { throwIfNoEntry: false })?.size ?? -1) < bytes)
    await new Promise((resolve) => setImmediate(resolve))
  child.kill('SIGKILL')
  const [exit] = (await closed) as [number | null]
  return exit === null ? 'killed' : 'done'
}

test('an export and an import that are killed leave nothing that passes for whole, and are begun again', async (t) => {
  const parent = mkdtempSync(join(tmpdir(), 'heirloom-killed-'))
  t.after(() => rmSync(parent, { recursive: true, force: true }))
  const [to, directory] = [join(parent, 'export'), join(parent, 'store')]
  mkdirSync(to)
  assert.equal(await kill(['export', world.directory, to], join(to, 'state-000001.jsonl'), 1), 'killed')
  await assert.rejects(importStore(to, directory), { code: 'export/not-found' })
  const sent = await exportStore(world.directory, to, { mode: 'archival' })
  for (const bytes of [1, 100_000, 1_000_000]) {
    assert.equal(
      await kill(['import', to, directory], join(directory, 'heirloom.sqlite.new'), bytes),
      'killed',
    )
    await assert.rejects(openController({ directory, make: 'never' }), { code: 'store/not-found' })
  }
  assert.deepEqual(await importStore(to, directory), sent)
  const controller = await openController({ directory, make: 'never', verify: 'all' })
  await controller.shutdown()
})

test('a store that was imported without the start of an incarnation refuses to replay it, and changes nothing', async (t) => {
  const lived = await openWorld(t, { vats: { one: {} }, config: { snapshotInterval: 2 } })
  for (let n = 0; n < 5; n += 1) await lived.ask('one', 'add', 1n, 2n)
  const { adminNode } = await lived.create('two')
  for (let n = 0; n < 5; n += 1) await lived.ask('two', 'add', 1n, 2n)
  const bundle = await lived.install()
  await lived.controller.commit()
  const parent = temporaryDirectory(t)
  await exportStore(lived.directory, join(parent, 'export'), { mode: 'operational' })
  await importStore(join(parent, 'export'), join(parent, 'store'))
  const controller = await openController({ directory: join(parent, 'store'), make: 'never' })
  try {
    // The image of the bundle stays in memory.
    const status = async () => ({ ...(await controller.storeStatus()), residentBytes: 0 })
    const before = await status()
    for (const mode of ['replay', 'auto'] as const)
      await assert.rejects(controller.upgradeVat('one', bundle, { mode }), { code: 'store/pruned' })
    for (const mode of ['replay', 'auto'] as const)
      await assert.rejects(controller.checkUpgrade('one', bundle, { mode }), { code: 'store/pruned' })
    assert.deepEqual(await status(), before)
    const young = await controller.createVat('young', bundle)
    await controller.upgradeVat('young', bundle, { mode: 'auto' })
    await controller.run()
    assert.equal(
      (await controller.status(young)).kind,
      'fulfilled',
      'a vat that is still to start has all of its transcript',
    )
    await controller.send(adminNode, 'upgrade', [bundle, { mode: 'auto' }])
    await assert.rejects(
      controller.run(),
      (error: CodedError) => error.code === 'machine/failed' && error.detail['cause'] === 'store/pruned',
    )
  } finally {
    await controller.shutdown()
  }
})
