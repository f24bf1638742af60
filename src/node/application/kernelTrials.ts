/**
 * Upgrades of the kernel that votes asked for and whose outcome is not known yet: the new kernel is on trial
 * until the end of the block, or until the end of a migration that is spread over blocks.
 *
 * Ktr1. An upgrade has succeeded when the block ends with the new kernel in place and migrated, and has
 *       failed when the history of kernels says that it was refused or taken back (event `kernel-returned`).
 */
import type { KernelHistoryEntry } from '../../protocol/machine/kernelUpgrades.ts'
import { operationEnded } from '../modules/governance/governance.ts'
import type { Context } from '../modules/module.ts'
import type { Draft } from '../state/hostState.ts'
import { numberId, tableOf } from '../state/table.ts'

/** An upgrade of the kernel whose outcome is open. */
export interface KernelTrial {
  /** The number of the operation. */
  readonly number: number
  readonly proposal: number | null
  readonly kernel: string
  /** The place of the upgrade in the history of kernels. */
  readonly place: number
}

const table = tableOf<KernelTrial>('kernel.trial')

export const noteTrial = (state: Draft, { number, proposal, kernel, place }: KernelTrial): void =>
  table.set(state, numberId(number), { number, proposal, kernel, place })

/** Whether any outcome is open, so that the history of kernels must be read. */
export const hasTrials = (state: Draft): boolean => table.ids(state).length > 0

/** Ends the trials whose outcome the history says; an upgrade that is not in it is migrating still. */
export function endTrials(context: Context, history: readonly KernelHistoryEntry[]): void {
  const { state, emit } = context
  for (const id of table.ids(state)) {
    const trial = table.get(state, id)
    const entry = trial === undefined ? undefined : history[trial.place]
    if (trial === undefined || entry === undefined) continue
    const { number, proposal, kernel } = trial
    const hasFailed = entry.refused !== null || entry.returned !== null
    const failure = hasFailed ? 'kernel/upgrade-failed' : null
    const data = hasFailed ? null : { kernel }
    table.delete(state, id)
    if (hasFailed) emit('kernel-returned', {})
    emit('operation', { number, operation: 'kernel/upgrade', proposal, code: failure, data })
    if (proposal !== null) operationEnded(context, proposal, { failure, report: null })
  }
}
