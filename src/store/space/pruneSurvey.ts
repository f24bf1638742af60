/**
 * Computes what pruning would remove from a store, without removing it. It reads the last block, even while
 * another process or thread has the store open for writing.
 */
import { compareVatIds, type BundleId, type VatId } from '../../base/ids.ts'
import { codeOfWorker, workerPrefix } from '../../protocol/store/kernelRows.ts'
import {
  keptInputsFrom,
  minBlocks,
  nothingPruned,
  type PrunedCounts,
  type Retention,
} from '../../protocol/store/retention.ts'
import { readLastBlock } from '../state/blocks.ts'
import { assertStoreExists } from '../opening/file.ts'
import { BlockInputs } from '../inputs/blockInputs.ts'
import { Pruned } from '../state/pruned.ts'
import { PruneTargets } from '../contents/pruneTargets.ts'
import { readRetention } from '../contents/pruner.ts'
import { retiredCode } from './retiredCode.ts'
import { openForReading } from '../opening/reading.ts'
import { selectVats } from '../contents/spans.ts'
import type { SqlFile } from '../sql/sql.ts'
import type { PruneSurvey } from '../../protocol/store/views.ts'

/** What to prune besides transcripts and block records. */
export interface PruneExtras {
  /** Heap pages of terminated vats. */
  readonly pages: boolean
  /** Unused kernels, supervisors, engines and base images, and retired code of vats. */
  readonly bundles: boolean
}

export function surveyPruning(
  directory: string,
  wanted: Retention | 'as-set',
  extras: PruneExtras,
): PruneSurvey {
  assertStoreExists(directory)
  const sql = openForReading(directory)
  try {
    sql.execute('BEGIN')
    const { height } = readLastBlock(sql)
    const retention = wanted === 'as-set' ? readRetention(sql) : wanted
    const retired = extras.bundles ? retiredCode(sql) : { unneeded: [], kept: [] }
    const [bundles, bundleBytes] = extras.bundles
      ? bundlesIn(sql, [...unusedBundles(sql), ...retired.unneeded])
      : [0, 0]
    const [pages, pageBytes] = extras.pages ? forgottenPagesIn(sql) : [0, 0]
    const blocks =
      retention.blocks === 'all'
        ? 0
        : Math.max(0, height + 1 - Math.max(retention.blocks, minBlocks) - new Pruned(sql).blocks())
    const inputs = inputsIn(sql, keptInputsFrom(retention, height))
    const transcripts = transcriptsIn(sql, retention, height)
    return {
      ...nothingPruned,
      ...transcripts,
      blocks,
      inputs,
      pages,
      pageBytes,
      bundles,
      bundleBytes,
      bundlesKept: retired.kept.length,
      height,
      retention,
      withoutReplay: withoutReplay(sql, retention, height),
    }
  } finally {
    sql.close()
  }
}

const inputsIn = (sql: SqlFile, from: number): number => {
  const { first } = new BlockInputs(sql)
  return first === undefined ? 0 : Math.max(0, from - first)
}

const vatsIn = (sql: SqlFile): VatId[] => sql.query(selectVats, 'span', ['vat']).all().map(([vat]) => vat)

function transcriptsIn(
  sql: SqlFile,
  { transcripts }: Retention,
  height: number,
): Pick<PrunedCounts, 'entries' | 'entryBytes' | 'spans'> {
  const [pruned, targets] = [new Pruned(sql), new PruneTargets(sql)]
  const entriesIn = sql.query(
    'SELECT count(*), ifnull(sum(octet_length(text)), 0) FROM entry WHERE vat = ? AND position >= ? AND position < ?',
    'entry',
    ['count', 'count'],
  )
  const spansIn = sql.query('SELECT count(*) FROM span WHERE vat = ? AND start < ?', 'span', ['count'])
  let [entries, entryBytes, spans] = [0, 0, 0]
  if (transcripts === 'all') return { entries, entryBytes, spans }
  for (const vat of vatsIn(sql)) {
    const kept = pruned.of(vat)
    const from = Math.max(kept.from, targets.of(vat, transcripts, height))
    const [more, bytes] = entriesIn.one(vat, kept.entry, from) ?? [0, 0]
    entries += more
    entryBytes += bytes
    spans += spansIn.one(vat, from)?.[0] ?? 0
  }
  return { entries, entryBytes, spans }
}

/** By number. Includes vats that already lost the start of their incarnation. */
export function withoutReplay(sql: SqlFile, { transcripts }: Retention, height: number): VatId[] {
  const [pruned, targets] = [new Pruned(sql), new PruneTargets(sql)]
  const lost = vatsIn(sql).filter((vat) => targets.losesReplay(vat, transcripts, height, pruned.of(vat).from))
  return lost.sort(compareVatIds)
}

function forgottenPagesIn(sql: SqlFile): readonly [pages: number, bytes: number] {
  const pages = sql.query(
    `SELECT count(*), ifnull(sum(octet_length(bytes)), 0) FROM page
     WHERE id IN (SELECT page FROM page_use WHERE vat NOT IN (SELECT vat FROM snapshot))
       AND id NOT IN (SELECT page FROM page_use WHERE vat IN (SELECT vat FROM snapshot))`,
    'page',
    ['count', 'count'],
  )
  return pages.one() ?? [0, 0]
}

/** Bundles without a label that no worker version of the kernel names; excludes code for vats. */
function unusedBundles(sql: SqlFile): BundleId[] {
  const workers = sql.query(
    "SELECT value FROM state WHERE space = (SELECT id FROM space WHERE name = 'kernel') AND key >= ? AND key < ?",
    'state',
    ['text'],
  )
  const used = workers.all(workerPrefix, `${workerPrefix}~`).flatMap(([text]) => codeOfWorker(text))
  return unusedAmong(
    sql
      .query(
        "SELECT id FROM bundle WHERE kind <> 'vat' AND id NOT IN (SELECT id FROM bundle_name)",
        'bundle',
        ['bundle'],
      )
      .all(),
    used,
  )
}

const unusedAmong = (ids: readonly (readonly [BundleId])[], used: readonly BundleId[]): BundleId[] =>
  ids.map(([id]) => id).filter((id) => !used.includes(id))

function bundlesIn(sql: SqlFile, unused: readonly BundleId[]): readonly [bundles: number, bytes: number] {
  const size = sql.query('SELECT octet_length(bytes) FROM bundle WHERE id = ?', 'bundle', ['count'])
  const sizes = unused.flatMap((id) => size.one(id) ?? [])
  return [sizes.length, sizes.reduce((sum, bytes) => sum + bytes, 0)]
}
