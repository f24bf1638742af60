/** What the engines and supervisors of `test/kit` do, as their comments say it. */
import assert from 'node:assert/strict'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { CodedError } from '../../src/base/errors.ts'
import { bundleId, vatSpace, type VatId } from '../../src/base/ids.ts'
import { compileEngine } from '../../src/engine/engine.ts'
import { decodeImage } from '../../src/engine/image.ts'
import { Worker } from '../../src/engine/worker.ts'
import { sha256 } from '../../src/hashing/sha256.ts'
import type { EngineCache } from '../../src/machine/engines/engines.ts'
import { replayIncarnation, type IncarnationReplay } from '../../src/machine/replay/replayIncarnation.ts'
import { engineNames } from '../../src/protocol/worker/engineNames.ts'
import type { WorkerCode } from '../../src/protocol/worker/workerCode.ts'
import { writeEntry } from '../../src/protocol/worker/transcriptText.ts'
import { packagedEngine } from '../../src/release/build.ts'
import { supervisorBytes } from '../../src/release/release.ts'
import { buildWorker } from '../../src/release/worker.ts'
import { heapLimit, run, scriptSupervisor } from '../engine/engines.ts'
import {
  engineOfOtherSines,
  engineOfOtherWords,
  faultyEngineCache,
  refusedEngines,
} from '../kit/engineVariants.ts'
import { bundleFile, puppetFile } from '../kit/bundles.ts'
import { installWorkerIn, openMachine } from '../kit/machines.ts'
import {
  endlessSupervisor,
  notedKey,
  notingSupervisor,
  refusedSupervisors,
  sameSupervisor,
  silentSupervisor,
} from '../kit/supervisorVariants.ts'
import {
  openWorld,
  puppet,
  temporaryDirectory,
  type Scope,
  type VatRecipe,
  type World,
} from '../kit/world.ts'

const engine = packagedEngine(engineNames[0])
const supervisor = await supervisorBytes()

const toTheEnd = {
  computrons: null,
  cranks: null,
  deliveries: null,
  vatsCreated: null,
  cleanups: null,
  onCrank: 'nothing',
} as const

/** A world in which vats can be created on this code, as `recipe` says. */
async function worldWith(scope: Scope, code: WorkerCode): Promise<readonly [World, VatRecipe]> {
  const world = await openWorld(scope)
  await world.controller.shutdown()
  const worker = installWorkerIn(world.directory, code)
  await world.open()
  return [world, { ...puppet, worker }]
}

function refusal(build: () => unknown): CodedError {
  try {
    build()
  } catch (error) {
    assert.ok(error instanceof CodedError, String(error))
    return error
  }
  return assert.fail('it was not refused')
}

/** A worker of this code. */
function start({ engine: metered, image }: WorkerCode): Worker {
  const compiled = compileEngine(metered, bundleId(sha256(metered)))
  return Worker.start(decodeImage(image, compiled), heapLimit)
}

// --- supervisors

test('the supervisor with a byte more repeats what the release did, computrons included', async (t) => {
  const [world, recipe] = await worldWith(t, buildWorker(engine, await sameSupervisor()))
  const work = async (name: string): Promise<readonly (readonly unknown[])[]> => {
    await world.run(name, 'baggage.init("a", 1n); me.b = [2n]')
    await world.refusal(name, 'throws', 'not today')
    return (await world.transcript(name)).map(({ syscalls, computrons, result }) => [
      JSON.stringify(syscalls),
      computrons,
      result,
    ])
  }
  await world.create('usual')
  await world.create('other', recipe)
  assert.notEqual((await world.controller.vat('usual')).worker, (await world.controller.vat('other')).worker)
  const [usual, other] = [await work('usual'), await work('other')]
  assert.equal(usual.length, 3)
  // The names of kernel objects differ from vat to vat, those of this work do not.
  assert.deepEqual(other, usual)
})

test('a noting supervisor runs vats and writes its row', async (t) => {
  const [world, recipe] = await worldWith(t, buildWorker(engine, await notingSupervisor('message')))
  await world.create('vat', recipe)
  const { vat } = await world.controller.vat('vat')
  assert.equal((await world.rows(vatSpace(vat as VatId))).has(notedKey), false)
  assert.equal(await world.ask('vat', 'add', 1n, 2n), 3n)
  assert.equal((await world.rows(vatSpace(vat as VatId))).get(notedKey), '')
  await world.reopen({ verify: 'all' })
  assert.equal(await world.ask('vat', 'add', 3n, 4n), 7n)
})

test('a replay on a noting supervisor differs at the first delivery of its kind', async (t) => {
  const world = await openWorld(t, { vats: { friend: puppet, vat: puppet } })
  await world.run('vat', 'return E(args[0]).echo(1n)', await world.root('friend'))
  const entries = await world.transcript('vat')
  const kinds = ['startVat', 'message', 'notify'] as const
  assert.deepEqual(entries.map(({ delivery }) => delivery.kind), kinds)
  const { bundle } = await world.controller.vat('vat')
  const bundled = await bundleFile(puppetFile)
  const replayOn = (bytes: Uint8Array): IncarnationReplay =>
    replayIncarnation(entries.map((entry, position) => ({ position, text: writeEntry(entry) })), {
      worker: start(buildWorker(engine, bytes)),
      bundle,
      source: bundled.source,
      limits: { computrons: 500_000_000n },
      readBundle: () => assert.fail('no bundle is read'),
    })
  assert.equal(replayOn(await sameSupervisor()).kind, 'same')
  for (const [position, kind] of kinds.entries()) {
    const replayed = replayOn(await notingSupervisor(kind))
    assert.ok(replayed.kind === 'differs', kind)
    assert.equal(replayed.divergence.position, position, kind)
    assert.match(replayed.divergence.sent ?? '', /"noted",""/, kind)
  }
})

test('a silent supervisor is installed, and no vat starts on it', async (t) => {
  const [world, recipe] = await worldWith(t, buildWorker(engine, silentSupervisor))
  const outcome = await world.tryCreate('vat', { ...recipe, computronsPerDelivery: 5_000_000n })
  assert.equal(outcome.kind, 'rejected')
})

for (const [what, { bytes, message }] of Object.entries({
  ...refusedSupervisors,
  'never ends': endlessSupervisor,
})) {
  test(`a supervisor is refused that ${what}`, () => {
    const error = refusal(() => buildWorker(engine, bytes))
    assert.equal(error.code, 'engine/supervisor-broken')
    assert.match(error.message, message)
  })
}

// --- engines

for (const [what, { bytes, code }] of Object.entries(refusedEngines)) {
  test(`an engine is refused: ${what}`, () => {
    assert.equal(refusal(() => buildWorker(bytes(), supervisor)).code, code)
  })
}

const scripts = new TextEncoder().encode(scriptSupervisor)

for (const name of engineNames) {
  test(`${name}: the engine of other sines is the same until a sine is computed`, () => {
    const usual = start(buildWorker(packagedEngine(name), scripts))
    const other = start(buildWorker(engineOfOtherSines(name), scripts))
    assert.notEqual(other.base.imageId, usual.base.imageId)
    assert.ok(other.base.memory.equals(usual.base.memory))
    const pagesOf = (worker: Worker): unknown => worker.changes().manifest.pages
    const both = (script: string): readonly [string, string] => [run(usual, script), run(other, script)]
    const [before, same] = both('(state.text = [1.5, Math.sqrt(2), { x: 1 }].join())')
    assert.equal(same, before)
    assert.deepEqual(pagesOf(other), pagesOf(usual))
    const [sine, otherSine] = both('(state.sine = Math.sin(0.5))')
    assert.equal(Number(sine), Math.sin(0.5))
    const error = Math.abs(Number(otherSine) - Math.sin(0.5))
    assert.ok(error > 1e-7 && error < 1e-5, otherSine)
    assert.notDeepEqual(pagesOf(other), pagesOf(usual))
  })

  test(`${name}: the engine of other words has another error in another image`, () => {
    const [usual, other] = [packagedEngine(name), engineOfOtherWords(name)].map((bytes) =>
      start(buildWorker(bytes, scripts)),
    ) as [Worker, Worker]
    const differing = other.base.memory.filter((byte, at) => byte !== usual.base.memory[at])
    assert.equal(differing.toString(), 'fin')
    const script = '(() => { try { undefined.x } catch (error) { return error.message } })()'
    assert.equal(run(usual, script), "cannot read property 'x' of undefined")
    assert.equal(run(other, script), "cannot find property 'x' of undefined")
    assert.notEqual(other.heapHash(), usual.heapHash())
  })
}

test('a vat on the engine of other sines has another answer and another heap', async (t) => {
  const [world, recipe] = await worldWith(t, buildWorker(engineOfOtherSines(), supervisor))
  const sine = async (name: string): Promise<readonly unknown[]> => [
    await world.run(name, 'return me.sine = Math.sin(0.5)'),
    await world.controller.heapHash(name),
  ]
  await world.create('usual')
  await world.create('other', recipe)
  const [usual, other] = [await sine('usual'), await sine('other')]
  assert.equal(usual[0], Math.sin(0.5))
  assert.notEqual(other[0], usual[0])
  assert.notEqual(other[1], usual[1])
})

test('on the faulty machine the same store and code end differently, from the first sine on', async (t) => {
  const world = await openWorld(t, { vats: { vat: puppet } })
  await world.controller.commit()
  await world.controller.shutdown()
  world.state = 'ended'
  const copy = join(temporaryDirectory(t), 'store')
  cpSync(world.directory, copy, { recursive: true })
  const heapsOf = (directory: string, cache?: EngineCache): readonly string[] => {
    const machine = openMachine(directory, cache)
    t.after(() => void machine.close())
    return ['return me.x = 1n', 'return me.x = Math.sin(0.5)'].map((code) => {
      const methargs = { body: `#${JSON.stringify(['run', [code]])}`, slots: [] }
      machine.requests.send({ kind: 'root', vat: 'vat' }, methargs, 'ignore', 'ignore')
      machine.run(toTheEnd)
      return machine.heapHash('vat')
    })
  }
  const [sound, faulty] = [heapsOf(world.directory), heapsOf(copy, faultyEngineCache())]
  assert.equal(faulty[0], sound[0])
  assert.notEqual(faulty[1], sound[1])
})
