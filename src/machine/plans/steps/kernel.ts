/** The step `kernel`: puts an installed kernel in place. */
import { assert } from '../../../base/errors.ts'
import { atOnce } from '../../../protocol/machine/kernelUpgrades.ts'
import type { KernelStep } from '../../../protocol/plan/plan.ts'
import type { StepAction } from '../stepAction.ts'
import { done, skipped } from './outcomes.ts'

export const kernel: StepAction<KernelStep> = {
  advance({ bundle }, phase, _before, { kernelUpgrades, kernelId }) {
    assert(phase === 0, 'a kernel is in place when its upgrade returns')
    if (kernelId() === bundle) return skipped(`the kernel ${bundle} is in place already`)
    const { from, to, block, migrated } = kernelUpgrades.upgradeKernel(bundle, atOnce)
    return done({ from, to, block, migrated: migrated.map((each) => ({ ...each })) })
  },
  vatsOf: () => [],
}
