/**
 * Surveys of a store that may be open elsewhere: each reads the last block in a separate thread, and changes
 * nothing.
 */
import type { StoreSize } from '../../protocol/store/views.ts'
import { checkText } from '../../api/checks.ts'
import { coded } from '../../machine/threads/refusal.ts'
import { storedStats } from '../../machine/calls/statistics.ts'
import type { StoredStats } from '../../protocol/machine/stats.ts'
import { checkPrune, pruneSurvey, type PruneOptions, type PruneReport } from './pruning.ts'
import { inThread } from '../threads/transfer.ts'

/** Sizes of the store in `directory`, by part and by vat. */
export async function storeSize(directory: string): Promise<StoreSize> {
  return coded(inThread({ kind: 'size', of: checkText(directory, 'directory') }))
}

/** The stored figures of the vats of the store in `directory`. */
export async function storeStats(directory: string): Promise<StoredStats> {
  return coded(inThread({ kind: 'figures', of: checkText(directory, 'directory') }).then(storedStats))
}

/** What `controller.prune(options)` would remove from the store in `directory`. */
export async function surveyPruning(
  directory: string,
  options: Omit<PruneOptions, 'dryRun' | 'compact'> = {},
): Promise<PruneReport> {
  return coded(pruneSurvey(checkText(directory, 'directory'), checkPrune(options)))
}
