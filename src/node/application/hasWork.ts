/** Whether a block without transactions would do something. */
import { openProposals } from '../modules/governance/proposals.ts'
import { kernelRecord } from '../modules/kernel/kernel.ts'
import { queuedOperations } from '../modules/kernel/operations.ts'
import { backlogOf } from '../modules/kernel/sends.ts'
import { owedCount } from '../modules/ledger/debts.ts'
import type { StateReader } from '../state/hostState.ts'
import { openPorts } from './ports.ts'

/** While the kernel is faulted, only votes and operations go on. */
export function hasWork(state: StateReader): boolean {
  const record = kernelRecord(state)
  if (openProposals(state).length > 0) return true
  if (record?.state === 'migrating') return true
  if (record?.state === 'faulted' || record?.state === 'paused') return false
  return (
    queuedOperations(state).length > 0 ||
    (record?.queued ?? 0) > 0 ||
    backlogOf(state) > 0 ||
    openPorts(state).some((port) => owedCount(state, port) > 0)
  )
}
