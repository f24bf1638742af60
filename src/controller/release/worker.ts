/**
 * The code of a worker version: the bundles to install, and their construction from an engine and a
 * supervisor.
 */
import { bundleId } from '../../base/ids.ts'
import { compileEngine } from '../../engine/engine.ts'
import { buildImage, encodeImage } from '../../engine/image.ts'
import { meterModule } from '../../engine/meter.ts'
import { hashOf } from '../hashing.ts'

export interface WorkerCode {
  readonly supervisor: Uint8Array
  /** With metering added. */
  readonly engine: Uint8Array
  /** The base image of both. */
  readonly image: Uint8Array
}

/** `engine` as in its package, without metering. Takes about a second. */
export function buildWorker(engine: Uint8Array, supervisor: Uint8Array): WorkerCode {
  const metered = meterModule(engine)
  const compiled = compileEngine(metered, bundleId(hashOf(metered)))
  const image = encodeImage(buildImage(compiled, Buffer.from(supervisor).toString('utf8')))
  return { supervisor, engine: metered, image }
}
