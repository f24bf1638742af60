/**
 * Every error that the host API throws has the line of the caller in its stack. That of the controller:
 * `refusals.test.ts`.
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  bundleFunction,
  bundleSalvage,
  bundleVat,
  CodedError,
  exportStore,
  forkStore,
  importStore,
  loadConfig,
  openController,
} from '../../src/host/index.ts'
import { replayTranscript, startTestKernel } from '../../src/testing/index.ts'
import { plant } from '../kit/trees.ts'
import { forTheFile, openWorld, puppet, temporaryDirectory } from '../kit/world.ts'

const folder = plant({
  'broken.ts': 'export const buildRootObject = (',
  'none.ts': 'export const x = 1',
  'dynamic.ts': 'export const buildRootObject = () => import(Math.random() + "")',
})
const world = await openWorld(forTheFile)
const port = await world.controller.openPort('bank')
const nowhere = join(temporaryDirectory(forTheFile), 'nowhere')
const closed = await openController({ directory: join(temporaryDirectory(forTheFile), 'closed') })
await closed.shutdown()

const calls: Readonly<Record<string, () => unknown>> = {
  'bundleVat of no file': async () => await bundleVat(nowhere),
  'bundleVat of a syntax error': async () => await bundleVat(join(folder, 'broken.ts')),
  'bundleVat of a file without the export': async () => await bundleVat(join(folder, 'none.ts')),
  'bundleVat of a dynamic import': async () => await bundleVat(join(folder, 'dynamic.ts')),
  'bundleFunction': async () => await bundleFunction(join(folder, 'none.ts')),
  'bundleSalvage': async () => await bundleSalvage(join(folder, 'none.ts')),
  'openController of no store': async () => await openController({ directory: nowhere, make: 'never' }),
  'openController of a configuration whose source is missing': async () =>
    await openController({
      directory: nowhere,
      config: { vats: { v: { sourceSpec: join(folder, 'x.ts') } } },
    }),
  'openController of a store that is open': async () => await openController({ directory: world.directory }),
  'loadConfig': async () => await loadConfig(nowhere),
  'exportStore': async () => await exportStore(nowhere, join(nowhere, 'out'), { mode: 'archival' }),
  'importStore': async () => await importStore(nowhere, join(nowhere, 'in')),
  'forkStore': () => forkStore(nowhere, join(nowhere, 'fork')),
  'startTestKernel': async () => await startTestKernel({ vats: { v: { code: nowhere } } }),
  'replayTranscript': async () => await replayTranscript(nowhere, 'v', nowhere),
  'a port': async () => await world.controller.port('none').deliver(1n),
  'an item of a port': async () => await port.acknowledge(7),
  'a controller that was shut down': async () => await closed.vats(),
  'a port of a controller that was shut down': async () => await closed.port('bank').status(),
}

test('the line of the caller: a preparation that is ended by a shutdown', async () => {
  const preparing = await openWorld(forTheFile, { vats: { vat: puppet } })
  const bundle = await preparing.install()
  await preparing.controller.commit()
  const prepare = async (): Promise<unknown> => await preparing.controller.prepareUpgrade('vat', bundle)
  const ended = prepare().catch((error: unknown) => error)
  await preparing.controller.currentTime()
  await preparing.controller.shutdown()
  const error = await ended
  assert.ok(error instanceof CodedError, String(error))
  assert.match(error.stack ?? '', /\/callers\.test\.ts:\d+:\d+/)
  await preparing.restart()
})

for (const [name, call] of Object.entries(calls)) {
  // L2.
  test(`the line of the caller: ${name}`, async () => {
    const error = await (async () => call())().catch((reason: unknown) => reason)
    assert.ok(error instanceof CodedError, String(error))
    assert.match(error.stack ?? '', /\/callers\.test\.ts:\d+:\d+/)
  })
}
