/** Which installed worker versions a kernel could not speak with. */
import { wireOfImage } from '../../engine/image.ts'
import type { KernelFlaw } from '../../protocol/machine/kernelUpgrades.ts'
import { wireList } from '../../protocol/kernel/workerWires.ts'
import type { WorkerVersion } from '../../protocol/worker/worker.ts'
import type { Store } from '../../store/store.ts'
import type { LoadedKernel } from '../kernel/kernelInPlace.ts'

/** `workers`: the versions that are not retired. Any of them may get vats again, so all of them count. */
export function wireFlaws(
  { bundles }: Pick<Store, 'bundles'>,
  workers: readonly WorkerVersion[],
  { id, bundle: { workerWires } }: Pick<LoadedKernel, 'id' | 'bundle'>,
): readonly KernelFlaw[] {
  const unknown = workers
    .map((version) => ({ worker: version.id, wire: wireOfImage(bundles.get(version.image, 'image')) }))
    .filter(({ wire }) => !workerWires.includes(wire))
  if (unknown.length === 0) return []
  const named = unknown.map(({ worker, wire }) => `${worker} (wire ${wire})`).join(', ')
  return [
    {
      code: 'kernel/wire-unknown',
      message: `the kernel ${id} speaks the worker wires ${wireList(workerWires)}, and not those of the worker versions ${named}`,
      names: unknown.map(({ worker }) => worker),
    },
  ]
}
