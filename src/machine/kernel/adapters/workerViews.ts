/** The worker versions of a kernel that keeps no notes of them. */
import type { WorkerId } from '../../../base/ids.ts'
import type { VatView } from '../../../protocol/kernel/views.ts'
import type { WorkerView } from '../../../protocol/worker/versions.ts'
import type { WorkerVersion } from '../../../protocol/worker/worker.ts'

/** `standard`: the default version; undefined when the kernel does not say. */
export const viewsOf = (
  workers: readonly WorkerVersion[],
  vats: readonly VatView[],
  standard: WorkerId | undefined,
): readonly WorkerView[] =>
  workers.map((version) => ({
    ...version,
    note: null,
    use: version.id === standard ? 'default' : 'on-demand',
    vats: vats.filter(({ worker, status }) => worker === version.id && status.kind !== 'terminated').length,
  }))
