/** Worker versions: an engine and a supervisor, installed, with the base image that they give. */
import { bundleId, workerId } from '../base/ids.ts'
import { compileEngine } from '../engine/engine.ts'
import { buildImage, encodeImage } from '../engine/image.ts'
import { meterModule } from '../engine/meter.ts'
import type { WorkerVersion } from '../protocol/worker.ts'
import type { Store } from '../store/store.ts'
import type { BuiltWorker, EngineCache, Engines } from './engines.ts'
import { hashOf } from './hashing.ts'

export function makeWorker({ bundles, trust }: Store, engines: Engines, engineBytes: Uint8Array, supervisorBytes: Uint8Array): WorkerVersion {
  const supervisor = bundles.put('supervisor', supervisorBytes)
  const built = buildOnce(engines.cache, engineBytes, supervisorBytes)
  const engine = bundles.put('engine', built.engine)
  const image = bundles.put('image', built.image)
  trust.add([engine, supervisor, image], 'installed')
  return { id: workerId(hashOf(`${engine} ${supervisor}`)), engine, supervisor, image }
}

function buildOnce({ built, engines }: EngineCache, engineBytes: Uint8Array, supervisorBytes: Uint8Array): BuiltWorker {
  const key = `${hashOf(engineBytes)} ${hashOf(supervisorBytes)}`
  const known = built.get(key)
  if (known !== undefined) return known
  const metered = meterModule(engineBytes)
  const id = bundleId(hashOf(metered))
  const engine = engines.get(id) ?? compileEngine(metered, id)
  engines.set(id, engine)
  const made = { engine: metered, image: encodeImage(buildImage(engine, Buffer.from(supervisorBytes).toString('utf8'))) }
  built.set(key, made)
  return made
}
