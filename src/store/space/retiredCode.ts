/**
 * Code for vats that was retired: what of it can be removed from the store.
 *
 * Rtc1. Code is retired when the kernel keeps a list of its bundles and neither the list nor the record of a
 *       vat has it: not by its id, not as the published archive that it is, not as the script of another.
 * Rtc2. Retired code stays as long as a transcript that is kept names it: a vat ran it or read it then, and
 *       a replay reads it again. This applies to all its ids (Rtc1).
 */
import { archiveId, isBundleId, type BundleId } from '../../base/ids.ts'
import {
  bundleOfVat,
  bundlesAgreedKey,
  bundlePrefix,
  codeOfBundle,
  vatPrefix,
} from '../../protocol/store/kernelRows.ts'
import type { SqlFile } from '../sql/sql.ts'

/** Other labels are shorter, or have other characters. */
export const isPublishedLabel = (label: string): boolean => /^[0-9a-f]{128}$/.test(label)

/** By the hashes of their bytes. */
export interface RetiredCode {
  readonly unneeded: readonly BundleId[]
  /** Stays (Rtc2). */
  readonly kept: readonly BundleId[]
}

/** As of the last block. Reads all transcripts if something is retired. */
export function retiredCode(sql: SqlFile): RetiredCode {
  const rows = sql.query(
    "SELECT key, value FROM state WHERE space = (SELECT id FROM space WHERE name = 'kernel') AND key >= ? AND key < ?",
    'state',
    ['text', 'text'],
  )
  const under = (prefix: string): readonly (readonly [rest: string, value: string])[] =>
    rows.all(prefix, `${prefix}~`).map(([key, value]) => [key.slice(prefix.length), value])
  if (under(bundlesAgreedKey).length === 0) return { unneeded: [], kept: [] }
  const used = new Set<string>([
    ...under(bundlePrefix).flatMap(([id, text]) => [id, ...codeOfBundle(text)]),
    ...under(vatPrefix).flatMap(([, text]) => bundleOfVat(text)),
  ])
  const labels = sql.query('SELECT label FROM bundle_name WHERE id = ?', 'bundle_name', ['text'])
  const idsOf = (id: BundleId): readonly BundleId[] => [
    id,
    ...labels.all(id).flatMap(([label]) => (isPublishedLabel(label) ? [archiveId(label)] : [])),
  ]
  const retired = sql
    .query("SELECT id FROM bundle WHERE kind = 'vat' ORDER BY id", 'bundle', ['bundle'])
    .all()
    .map(([id]) => id)
    .filter((id) => isBundleId(id) && !idsOf(id).some((each) => used.has(each)))
  const naming = sql.query('SELECT 1 FROM entry WHERE instr(text, ?) > 0 LIMIT 1', 'entry', ['count'])
  const isNamed = (id: BundleId): boolean => idsOf(id).some((each) => naming.one(each) !== undefined)
  const kept = retired.filter(isNamed)
  return { unneeded: retired.filter((id) => !kept.includes(id)), kept }
}
