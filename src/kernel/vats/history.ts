/**
 * Writing the histories of vats (`protocol/reports/history.ts`). An entry is committed or undone with the
 * crank it
 * describes.
 */
import { sha256 } from '../../base/sha256.ts'
import type { Hash, VatId } from '../../base/ids.ts'
import type { CapData } from '../../protocol/capdata.ts'
import type { HistoryEntry, HistoryOutcome, UpgradeNote } from '../../protocol/reports/history.ts'
import type { ParametersFrom } from '../../protocol/host/inbox.ts'
import { historyLimits } from '../../protocol/limits.ts'
import type { DurableUpgrade, ReplayRefusal, StartRefusal } from '../../protocol/results.ts'
import { summaryOf, type Salvaged, type SalvageEntry } from '../../protocol/worker/salvage.ts'
import type { KernelPlatform } from '../../protocol/kernel/platform.ts'
import type { Tables } from '../tables/tables.ts'

interface HistoryParts {
  readonly ports: KernelPlatform
  readonly tables: Tables
}

/** An event of a vat; `refusal` is null on success. */
export interface HistoryEvent extends Pick<
  HistoryEntry,
  'incarnation' | 'mode' | 'bundle' | 'worker' | 'by'
> {
  /** Undefined when the kernel never recorded them. */
  readonly parameters: CapData | undefined
  readonly from: ParametersFrom
  readonly refusal: StartRefusal | ReplayRefusal | null
  readonly subject?: 'worker'
  readonly abandonedKinds?: readonly string[]
  readonly salvage?: Salvaged | undefined
  readonly result?: DurableUpgrade | undefined
}

export function addHistory(
  { ports, tables }: HistoryParts,
  vat: VatId,
  { parameters, from, refusal, salvage, result, abandonedKinds = [], ...happened }: HistoryEvent,
): void {
  tables.upgrades.addHistory(vat, {
    ...happened,
    outcome: outcomeOf(refusal),
    parameters: { from, hash: parameters === undefined ? null : hashOf(parameters) },
    ...(abandonedKinds.length === 0 ? {} : { abandonedKinds: abandonedKinds.slice(0, historyLimits.names) }),
    ...(salvage === undefined ? {} : { salvage: entryOf(salvage) }),
    ...(result === undefined ? {} : { result: noteOf(result) }),
    crank: tables.lives.crank,
    deliveries: ports.transcripts.count(vat),
  })
}

function noteOf({
  abandonedExports,
  disconnectedPromises,
  abandoned,
  disconnected,
  migratedKinds,
  collectionSkipped,
  computrons,
}: DurableUpgrade): UpgradeNote {
  const { listed } = historyLimits
  return {
    abandonedExports,
    disconnectedPromises,
    abandoned: abandoned.slice(0, listed),
    disconnected: disconnected.slice(0, listed),
    migratedKinds: migratedKinds.slice(0, listed),
    collectionSkipped,
    computrons: String(computrons),
  }
}

const hashOf = ({ body, slots }: CapData): Hash => sha256(JSON.stringify({ body, slots }))

export const entryOf = ({ bundle, incarnation, position, data }: Salvaged): SalvageEntry => ({
  bundle,
  incarnation,
  position,
  hash: hashOf(data),
  ...summaryOf(data),
})

function outcomeOf(refusal: StartRefusal | ReplayRefusal | null): HistoryOutcome {
  if (refusal === null) return { kind: 'done' }
  const { code, message, names } = refusal
  const cut = message.slice(0, historyLimits.message).toWellFormed()
  return { kind: 'refused', code, message: cut, names: names.slice(0, historyLimits.names) }
}
