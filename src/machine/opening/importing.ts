/**
 * Preconditions of an import: its code is trusted, and its audit finds nothing.
 *
 * This release's kernel audits the tables, even if the store has another one. Tables that are being migrated
 * are of no version (Mib1): they are audited at the end of the migration, and here only the file is.
 */
import { assert } from '../../base/errors.ts'
import type { BundleId } from '../../base/ids.ts'
import { refuse } from '../../protocol/codes.ts'
import type { ImportedStore } from '../../store/store.ts'
import { auditFile, auditorsOf, auditWhole } from '../kernel/auditing.ts'
import { storedReader } from '../kernel/storedReader.ts'
import { Migration } from '../kernelUpgrades/migration.ts'
import { assertTrusted } from './trust.ts'

export interface Requirements {
  readonly trust: readonly BundleId[]
  /** The kernel of this release. */
  readonly auditor: Uint8Array
}

/** Limit on the deviations in a refusal. */
const maxReported = 20

export function inspectImport(store: ImportedStore, { trust, auditor }: Requirements): void {
  assertTrusted(store, trust)
  const audit =
    auditorsOf(auditor).audit ?? refuse('kernel/broken-bundle', 'the kernel of this release has no audit')
  const { found, deviations } =
    new Migration(store.state).view === null
      ? auditWhole(store, storedReader(store), audit, 'all')
      : auditFile(store)
  assert(found >= deviations.length, 'an audit counts the deviations that it lists')
  const [first] = deviations
  if (first === undefined) return
  const message = `the audit of the store finds ${found} deviations; the first is ${first.code} at ${first.where}: ${first.message}`
  refuse('export/deviates', message, { found, deviations: deviations.slice(0, maxReported) })
}
