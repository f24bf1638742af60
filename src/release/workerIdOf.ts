/** The ids of a worker version and of its parts. */
import { bundleId, workerId, type BundleId, type WorkerId } from '../base/ids.ts'
import { sha256 } from '../hashing/sha256.ts'
import type { WorkerCode } from '../protocol/worker/workerCode.ts'
import type { WorkerVersion } from '../protocol/worker/worker.ts'

/** Omits the image, which is a function of engine and supervisor. */
export const workerIdOf = (engine: BundleId, supervisor: BundleId): WorkerId =>
  workerId(sha256(`${engine} ${supervisor}`))

/** The version of code that no store need have. */
export function versionOf(code: WorkerCode): WorkerVersion {
  const [engine, supervisor] = [bundleId(sha256(code.engine)), bundleId(sha256(code.supervisor))]
  return { id: workerIdOf(engine, supervisor), engine, supervisor, image: bundleId(sha256(code.image)) }
}
