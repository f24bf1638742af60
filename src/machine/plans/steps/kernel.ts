/**
 * The step `kernel`: puts an installed kernel in place.
 *
 * Skn1. A kernel is put in place between two blocks, with blocks of its own. So the step first ends the block
 *       in work, and reports what the history of kernels says of its attempt: a process that dies in between
 *       finds there whether the attempt was made.
 */
import { CodedError } from '../../../base/errors.ts'
import { atOnce, type KernelHistoryEntry } from '../../../protocol/machine/kernelUpgrades.ts'
import type { KernelStep } from '../../../protocol/plan/plan.ts'
import type { Phase, StepAction } from '../stepAction.ts'
import { done, failed, requested, skipped } from './outcomes.ts'

/** Phases: the block in work ends; the kernel is put in place. */
export const kernel: StepAction<KernelStep> = {
  advance({ bundle }, phase, { began }, { kernelUpgrades, kernelId }) {
    if (phase === 0)
      return kernelId() === bundle ? skipped(`the kernel ${bundle} is in place already`) : requested()
    const last = kernelUpgrades.kernelHistory().at(-1)
    if (last !== undefined && last.to === bundle && last.block > began && last.returned === null)
      return ended(last)
    try {
      kernelUpgrades.upgradeKernel(bundle, atOnce)
    } catch (error) {
      if (!(error instanceof CodedError) || error.code !== 'kernel/upgrade-failed') throw error
    }
    return { kind: 'again' }
  },
  vatsOf: () => [],
}

function ended({ from, to, block, refused, migrated }: KernelHistoryEntry): Phase {
  if (refused !== null) return failed('kernel/upgrade-failed', refused)
  return done({ from, to, block: block + 1, migrated: migrated.map((each) => ({ ...each })) })
}
