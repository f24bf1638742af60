/** Bringing a store up to the installed release, and setting the kernel of a closed store. */
import type { WorkerId } from '../base/ids.ts'
import { assert } from '../base/errors.ts'
import { checkText } from '../api/checks.ts'
import type { KernelUpgradeReport } from '../protocol/machine/kernelUpgrades.ts'
import { engineNames } from '../protocol/worker/engineNames.ts'
import { kernelBytes } from '../release/release.ts'
import type { Controller } from './controller.ts'
import { openController } from './open.ts'

/** What `reinitialize` did. */
export interface ReinitializeReport {
  /** Null: the store has the kernel of this release already. */
  readonly kernel: KernelUpgradeReport | null
  /** The version on which new vats and next incarnations start from now on. */
  readonly worker: WorkerId
}

/**
 * The host process was replaced by another release: the store gets the kernel of this release, and its
 * supervisor with its default engine as the default worker version. Vats stay on their versions until they
 * are moved. Does nothing to a store that has both.
 * @throws CodedError `kernel/interface-too-old`, `kernel/tables-differ` for a store of a newer release
 */
export async function reinitialize(directory: string): Promise<ReinitializeReport> {
  return withStore(directory, async (controller) => {
    const { id } = await controller.installKernel(await kernelBytes())
    const { kernel: before } = await controller.storeStatus()
    const kernel = id === before ? null : await controller.upgradeKernel(id)
    // Ends the trial of the kernel: the one before it may not know worker versions.
    if (kernel !== null) await controller.commit()
    const { id: worker } = await controller.installWorker(engineNames[0], 'default')
    await controller.commit()
    assert((await controller.storeStatus()).kernel === id, 'the store has the kernel of this release')
    return { kernel, worker }
  })
}

/** Puts an installed kernel in place of the one of a closed store. */
export async function setKernelBundleID(directory: string, id: string): Promise<KernelUpgradeReport> {
  checkText(id, 'id')
  return withStore(directory, (controller) => controller.upgradeKernel(id))
}

async function withStore<Value>(
  directory: string,
  use: (controller: Controller) => Promise<Value>,
): Promise<Value> {
  const controller = await openController({ directory: checkText(directory, 'directory'), make: 'never' })
  try {
    return await use(controller)
  } finally {
    await controller.shutdown()
  }
}
