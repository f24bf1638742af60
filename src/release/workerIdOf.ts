/** The id of a worker version. It omits the image, which is a function of engine and supervisor. */
import { workerId, type BundleId, type WorkerId } from '../base/ids.ts'
import { sha256 } from '../hashing/sha256.ts'

export const workerIdOf = (engine: BundleId, supervisor: BundleId): WorkerId =>
  workerId(sha256(`${engine} ${supervisor}`))
