/** Worker versions: an engine and a supervisor, installed, with the base image that they give. */
import { workerId } from '../base/ids.ts'
import { buildImage, encodeImage } from '../engine/image.ts'
import { meterModule } from '../engine/meter.ts'
import type { WorkerVersion } from '../protocol/worker.ts'
import type { Store } from '../store/store.ts'
import type { Engines } from './engines.ts'
import { hashOf } from './hashing.ts'

export function makeWorker({ bundles, trust }: Store, engines: Engines, engineBytes: Uint8Array, supervisorBytes: Uint8Array): WorkerVersion {
  const engine = bundles.put('engine', meterModule(engineBytes))
  const supervisor = bundles.put('supervisor', supervisorBytes)
  const source = Buffer.from(supervisorBytes).toString('utf8')
  const image = bundles.put('image', encodeImage(buildImage(engines.engine(engine), source)))
  trust.add([engine, supervisor, image], 'installed')
  return { id: workerId(hashOf(`${engine} ${supervisor}`)), engine, supervisor, image }
}
