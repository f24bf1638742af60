/** Installing worker versions: what is refused, and that nothing of it is kept. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { supervisorBytes } from '../../src/release/release.ts'
import type { InstallWorkerOptions } from '../../src/host/index.ts'
import { forTheFile, openWorld } from '../kit/world.ts'

const world = await openWorld(forTheFile)
const engine = 'quickjs-wasi-3.6.2'
const script = (text: string): Uint8Array => Buffer.from(text)

const refused: Readonly<Record<string, readonly [InstallWorkerOptions, string]>> = {
  'bytes that are no WebAssembly': [{ engine: script('not wasm') }, 'engine/not-wasm'],
  'no bytes at all': [{ engine: new Uint8Array() }, 'engine/not-wasm'],
  'a module without exports': [
    { engine: Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0) },
    'engine/not-an-engine',
  ],
  'a supervisor that throws': [{ engine, supervisor: script('throw new Error("no")') }, 'engine/supervisor-broken'],
  'a supervisor without entries': [{ engine, supervisor: script('1') }, 'engine/supervisor-broken'],
  'a supervisor that is no script': [{ engine, supervisor: script('(') }, 'engine/supervisor-broken'],
  'an engine of another release': [{ engine: 'quickjs-wasi-1.0.0' as never }, 'api/bad-argument'],
  'an engine that is a number': [{ engine: 7 as never }, 'api/bad-argument'],
  'a supervisor that is a number': [{ engine, supervisor: 7 as never }, 'api/bad-argument'],
  'an option that there is not': [{ engine, speed: 'fast' } as never, 'api/bad-argument'],
  'an empty label': [{ engine, label: '' }, 'api/bad-argument'],
  'an image that is no id': [{ engine, image: 'b1-0' as never }, 'api/bad-argument'],
}

for (const [name, [options, code]] of Object.entries(refused)) {
  test(`${name}: refused with ${code}, and nothing is kept`, async () => {
    const before = await world.activityHash()
    await assert.rejects(world.controller.installWorker(options), { code })
    assert.equal(await world.activityHash(), before)
    assert.equal((await world.controller.workers()).length, 1)
  })
}

test('a module that is no engine is refused with all that it lacks', async () => {
  const module = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0)
  const refused = world.controller.installWorker({ engine: module })
  await assert.rejects(refused, (error: { detail: { missing: string[] } }) => {
    assert.ok(error.detail.missing.includes('qjs_init') && error.detail.missing.includes('memory'))
    return true
  })
})

test('a build ends when it takes too long, and when it is cancelled (Bd1)', async () => {
  const supervisor = script('for (;;);')
  await assert.rejects(world.controller.installWorker({ engine, supervisor, timeoutMs: 200 }), {
    code: 'worker/build-ended',
  })
  const controller = new AbortController()
  const build = world.controller.installWorker({ engine, supervisor, signal: controller.signal })
  setTimeout(() => controller.abort(), 100)
  await assert.rejects(build, { code: 'worker/build-ended' })
  await assert.rejects(
    world.controller.installWorker({ engine, supervisor, signal: AbortSignal.abort() }),
    { code: 'worker/build-ended' },
  )
})

test('a base image that differs from the one of other nodes is refused, with both ids', async () => {
  const image = `b1-${'0'.repeat(64)}` as never
  const supervisor = Buffer.concat([await supervisorBytes(), script('\n')])
  await assert.rejects(world.controller.installWorker({ engine, supervisor, image }), (error: never) => {
    const { code, detail } = error as { code: string; detail: { built: string; expected: string } }
    assert.equal(code, 'worker/image-differs')
    assert.equal(detail.expected, image)
    return true
  })
  const { image: built } = await world.controller.installWorker({ engine, supervisor, label: 'mine' })
  const again = await world.controller.installWorker({ engine, supervisor, image: built, label: 'yours' })
  assert.equal((await world.controller.worker('yours')).id, again.id)
})

test('a version is made of parts that are in the store', async () => {
  const [{ engine: known, supervisor }] = (await world.controller.workers()) as [never] as [
    { engine: never; supervisor: never },
  ]
  const again = await world.controller.installWorker({ engine: known, supervisor, label: 'again' })
  assert.equal(again.id, (await world.controller.worker('default')).id)
})
