/** Machines of closed stores, for what no host API offers. */
import type { WorkerId } from '../../src/base/ids.ts'
import { EngineCache } from '../../src/machine/engines/engines.ts'
import { Machine } from '../../src/machine/machine.ts'
import type { WorkerCode } from '../../src/protocol/worker/workerCode.ts'

/** Opens a store for writing. The caller closes it. */
export const openMachine = (directory: string, cache: EngineCache = new EngineCache()): Machine =>
  Machine.open(
    {
      directory,
      access: 'write',
      make: 'never',
      verify: 'lazy',
      residentWorkers: 2,
      residentBytes: 1024 ** 3,
      eviction: 'when-needed',
      trace: null,
      genesis: null,
    },
    cache,
  )

/** Installs a worker version of any code in a closed store, in a block of its own. */
export function installWorkerIn(
  directory: string,
  code: WorkerCode,
  use: 'default' | 'on-demand' = 'on-demand',
): WorkerId {
  const machine = openMachine(directory)
  try {
    const { id } = machine.versions.installWorker(code, use, null)
    machine.commit()
    return id
  } finally {
    machine.close()
  }
}
