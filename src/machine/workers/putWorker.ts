/** Puts the code of a worker version into a store: an engine and a supervisor, with their base image. */
import { assert, CodedError } from '../../base/errors.ts'
import type { Engine } from '../../engine/engine.ts'
import { buildImage, encodeImage } from '../../engine/image.ts'
import type { BuildOutcome } from '../../protocol/kernel/platform.ts'
import type { BundleId } from '../../base/ids.ts'
import { refuse } from '../../protocol/codes.ts'
import type { WorkerVersion } from '../../protocol/worker/worker.ts'
import type { Store } from '../../store/store.ts'
import type { WorkerCode } from '../../protocol/worker/workerCode.ts'
import { imageIdOf, workerIdOf } from '../../release/workerIdOf.ts'

/**
 * Stores the bundles of a worker, unless its image is not the expected one: an engine that builds another
 * image here than elsewhere would run vats otherwise than elsewhere. The host that installs them vouches for
 * them.
 */
export function putWorker(
  { bundles, trust }: Store,
  code: WorkerCode,
  expected: BundleId | null = null,
): WorkerVersion {
  assertImage(code, expected)
  const supervisor = bundles.put('supervisor', code.supervisor)
  const engine = bundles.put('engine', code.engine)
  const image = bundles.put('image', code.image)
  assert(new Set([engine, supervisor, image]).size === 3, 'the parts of a worker are different bundles')
  trust.add([engine, supervisor, image], 'installed')
  return { id: workerIdOf(engine, supervisor), engine, supervisor, image }
}

/** Bounds a build in the kernel: ten times what the supervisors of releases take. */
const maxComputrons = 500_000_000n

/** Builds the image of parts that are in the store; they are trusted already. */
export function buildInStore({ bundles, trust }: Store, engine: Engine, supervisor: BundleId): BuildOutcome {
  try {
    const source = Buffer.from(bundles.get(supervisor, 'supervisor')).toString('utf8')
    const image = bundles.put('image', encodeImage(buildImage(engine, source, maxComputrons)))
    trust.add([image], 'rebuilt')
    const id = workerIdOf(engine.id, supervisor)
    return { kind: 'built', version: { id, engine: engine.id, supervisor, image } }
  } catch (error) {
    if (error instanceof CodedError && error.code === 'engine/supervisor-broken')
      return { kind: 'refused', message: error.message }
    throw error
  }
}

function assertImage(code: WorkerCode, expected: BundleId | null): void {
  if (expected === null) return
  const built = imageIdOf(code)
  if (built !== expected)
    refuse(
      'worker/image-differs',
      `the base image is ${built} on this machine, not ${expected}; Node ${process.version}, ${process.arch}`,
      { built, expected, node: process.version, arch: process.arch },
    )
}
