/** Bringing a store up to the installed release, and setting the kernel of a closed store. */
import type { WorkerId } from '../base/ids.ts'
import { assert } from '../base/errors.ts'
import { checkText } from '../api/checks.ts'
import type { KernelUpgradeReport } from '../protocol/machine/kernelUpgrades.ts'
import { refuse } from '../protocol/codes.ts'
import { engineNames } from '../protocol/worker/engineNames.ts'
import { codeId, kernelBytes, releasedIds } from '../release/release.ts'
import type { Controller } from './controller.ts'
import { openController } from './open.ts'

/** What `reinitialize` did. */
export interface ReinitializeReport {
  /** Null: the store had the kernel of this release already. */
  readonly kernel: KernelUpgradeReport | null
  /** The version on which new vats and next incarnations start from now on. */
  readonly worker: WorkerId
  /** The default version before: the same if it was that of this release already. */
  readonly workerBefore: WorkerId
}

/**
 * The host process was replaced by another release: the store gets the kernel of this release, and its
 * supervisor with its default engine as the default worker version. Vats stay on their versions until they
 * are moved. Does nothing to a store that has both.
 * @throws CodedError `store/newer-format`, `kernel/too-new`, `kernel/tables-differ`, `kernel/wire-unknown`
 *   for a store of a newer release, with what it needs; nothing was done then
 */
export const reinitialize = (directory: string): Promise<ReinitializeReport> =>
  withStore(directory, reinitializeOpen)

/** Likewise for a store that is open. */
export async function reinitializeOpen(controller: Controller): Promise<ReinitializeReport> {
  const { length: waiting } = await controller.waitingItems()
  const kernel = await upgradeToOwn(controller)
  const { id: workerBefore } = await controller.worker('default')
  const own = (await releasedIds()).workers[engineNames[0]]
  const isOwn = workerBefore === own
  const worker = isOwn ? own : (await controller.installWorker(engineNames[0], 'default')).id
  if (!isOwn || waiting > 0) await controller.commit()
  assert((await controller.worker('default')).id === own, 'the default worker is that of this release')
  return { kernel, worker, workerBefore }
}

async function upgradeToOwn(controller: Controller): Promise<KernelUpgradeReport | null> {
  const inPlace = (await controller.kernels()).find(({ use }) => use === 'in-place')
  assert(inPlace !== undefined, 'a store has a kernel in place')
  const bytes = await kernelBytes()
  if (inPlace.id === codeId(bytes)) return null
  const { id } = await controller.installKernel(bytes)
  const { version, flaws } = await controller.checkKernel(id)
  assert(version !== null, 'the kernel of this release declares its version')
  const [flaw] = flaws
  if (flaw !== undefined)
    refuse(flaw.code, `this store needs ${named(inPlace.version)}, and this is ${version}: ${flaw.message}`, {
      needs: inPlace.version,
      has: version,
      names: flaw.names,
    })
  if (inPlace.version !== null && isNewer(inPlace.version, version)) refuseNewer(inPlace.version, version)
  const report = await controller.upgradeKernel(id)
  // Ends the trial of the kernel: the one before it may not know worker versions.
  await controller.commit()
  assert((await controller.storeStatus()).kernel === id, 'the store has the kernel of this release')
  return report
}

const named = (version: string | null): string =>
  version === null ? 'a release that can take it over' : `release ${version} or a later one`

/** By the numbers of the release; a suffix does not count. */
function isNewer(version: string, than: string): boolean {
  const [left, right] = [numbersOf(version), numbersOf(than)]
  const at = left.findIndex((number, index) => number !== (right[index] ?? 0))
  return at >= 0 && (left[at] ?? 0) > (right[at] ?? 0)
}

const numbersOf = (version: string): readonly number[] =>
  (/^[0-9.]*/.exec(version)?.[0] ?? '').split('.').map(Number)

function refuseNewer(needs: string, has: string): never {
  refuse(
    'kernel/too-new',
    `the kernel of the store is of release ${needs}, and this is ${has}; ` +
      'an older kernel is put in place by `heirloom kernel upgrade` only',
    { needs, has },
  )
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
