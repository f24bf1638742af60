/** Worker versions in a store: an engine and a supervisor, with their base image. */
import { assert } from '../../base/errors.ts'
import type { KernelReader } from '../../protocol/kernel/kernel.ts'
import { refuse } from '../../protocol/codes.ts'
import type { WorkerVersion } from '../../protocol/worker/worker.ts'
import type { Store } from '../../store/store.ts'
import type { WorkerCode } from '../../protocol/worker/workerCode.ts'
import { workerIdOf } from '../../release/workerIdOf.ts'

/** Stores the bundles of a worker. The host that installs them vouches for them. */
export function putWorker({ bundles, trust }: Store, code: WorkerCode): WorkerVersion {
  const supervisor = bundles.put('supervisor', code.supervisor)
  const engine = bundles.put('engine', code.engine)
  const image = bundles.put('image', code.image)
  assert(new Set([engine, supervisor, image]).size === 3, 'the parts of a worker are different bundles')
  trust.add([engine, supervisor, image], 'installed')
  return { id: workerIdOf(engine, supervisor), engine, supervisor, image }
}

export function assertWorkerKnown(read: Pick<KernelReader, 'workers'>, id: string): void {
  if (read.workers().some((version) => version.id === id)) return
  refuse('worker/unknown', `no worker version ${JSON.stringify(id)} is installed`, { worker: id })
}
