/**
 * The code of a worker version: the bundles to install, and their construction from an engine and a
 * supervisor.
 */
import { assert } from '../base/errors.ts'
import { bundleId } from '../base/ids.ts'
import { compileEngine } from '../engine/engine.ts'
import { buildImage, encodeImage } from '../engine/image.ts'
import { meterModule } from '../engine/meter.ts'
import { sha256 } from '../hashing/sha256.ts'
import type { WorkerCode } from '../protocol/worker/workerCode.ts'

/** `engine` as in its package, without metering. Takes about a second. */
export function buildWorker(engine: Uint8Array, supervisor: Uint8Array): WorkerCode {
  return buildMetered(meterEngine(engine), supervisor)
}

/** @throws CodedError `engine/not-wasm`, `engine/not-an-engine` */
export function meterEngine(engine: Uint8Array): Uint8Array {
  const metered = meterModule(engine)
  assert(metered.length > engine.length, 'metering adds code to the engine')
  return metered
}

/** `metered`: an engine of a store. */
export function buildMetered(metered: Uint8Array, supervisor: Uint8Array): WorkerCode {
  const compiled = compileEngine(metered, bundleId(sha256(metered)))
  const image = encodeImage(buildImage(compiled, Buffer.from(supervisor).toString('utf8')))
  return { supervisor, engine: metered, image }
}
