/** The ids of a worker version and of its base image. */
import { bundleId, workerId, type BundleId, type WorkerId } from '../base/ids.ts'
import { sha256 } from '../hashing/sha256.ts'
import type { WorkerCode } from '../protocol/worker/workerCode.ts'

/** It omits the image, which is a function of engine and supervisor. */
export const workerIdOf = (engine: BundleId, supervisor: BundleId): WorkerId =>
  workerId(sha256(`${engine} ${supervisor}`))

export const imageIdOf = ({ image }: WorkerCode): BundleId => bundleId(sha256(image))
