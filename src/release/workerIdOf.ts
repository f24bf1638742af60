/** The ids of a worker version and of its base image. */
import { bundleId, workerId, type BundleId, type WorkerId } from '../base/ids.ts'
import { sha256 } from '../hashing/sha256.ts'
import type { WorkerCode } from '../protocol/worker/workerCode.ts'
import type { WorkerVersion } from '../protocol/worker/worker.ts'

/** It omits the image, which is a function of engine and supervisor. */
export const workerIdOf = (engine: BundleId, supervisor: BundleId): WorkerId =>
  workerId(sha256(`${engine} ${supervisor}`))

export const imageIdOf = ({ image }: WorkerCode): BundleId => bundleId(sha256(image))

/** The version of code that need not be in any store. */
export function versionOf(code: WorkerCode): WorkerVersion {
  const [engine, supervisor] = [bundleId(sha256(code.engine)), bundleId(sha256(code.supervisor))]
  return { id: workerIdOf(engine, supervisor), engine, supervisor, image: imageIdOf(code) }
}
