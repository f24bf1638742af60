/** The code of a worker version: what is installed as bundles, and how it is built of an engine and a supervisor. */
import { bundleId } from '../../base/ids.ts'
import { compileEngine } from '../../engine/engine.ts'
import { buildImage, encodeImage } from '../../engine/image.ts'
import { meterModule } from '../../engine/meter.ts'
import { hashOf } from '../hashing.ts'

export interface WorkerCode {
  readonly supervisor: Uint8Array
  /** As the meter rewrote it. */
  readonly engine: Uint8Array
  /** The base image that both give. */
  readonly image: Uint8Array
}

/** `engine` as its package has it, not metered yet. It takes about a second. */
export function buildWorker(engine: Uint8Array, supervisor: Uint8Array): WorkerCode {
  const metered = meterModule(engine)
  const compiled = compileEngine(metered, bundleId(hashOf(metered)))
  const image = encodeImage(buildImage(compiled, Buffer.from(supervisor).toString('utf8')))
  return { supervisor, engine: metered, image }
}
