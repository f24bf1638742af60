/**
 * Imports a store from the directory of an export.
 *
 * Imp1. Every artifact is checked against the list and the list against its root hash before a row of it is
 *       used.
 * Imp2. Then the whole is checked as a store is with `verify: 'all'`: data with hashes of its own (spans,
 *       pages, manifests, bundles, blocks) must match them, for any author of the list.
 * Imp3. The store appears under its name when all of that is done and on the disk. An interrupted import
 *       leaves nothing that opens, and is restarted.
 * Imp4. The caller inspects the whole before it appears, and may refuse it.
 * Imp5. Memory holds one artifact, however large the export is. The store records what the export left out
 *       (`pruned`).
 */
import type { Hash } from '../../base/ids.ts'
import { refuse } from '../../protocol/codes.ts'
import type { Artifact, ExportManifest } from '../../protocol/store/export.ts'
import { readArtifact } from './artifacts.ts'
import { readManifest } from './exportManifest.ts'
import type { CommitRecord } from '../files/commitRecord.ts'
import { createTables, placeFile } from '../opening/file.ts'
import { ImportRows } from './importRows.ts'
import { Journal } from '../state/journal.ts'
import { OpenGuard } from '../state/openGuard.ts'
import { describeDamage } from './artifactDamage.ts'
import { makeStore } from '../opening/newStore.ts'
import { makeContents, restoreChannels, type StoreContents } from '../contents/contents.ts'
import { SqlFile } from '../sql/sql.ts'
import { failedConstraint } from '../sql/sqliteErrors.ts'
import { auditStore, type PagesOf, type StoreAudit } from '../audit/audit.ts'
import { verify } from '../audit/verify.ts'

export interface StoreImportOptions {
  /** The expected root hash of the export. With one from a trusted source, the export need not be trusted. */
  readonly rootHash?: string
}

/** A store that was read and verified, and has not appeared yet. */
export interface ImportedStore extends Pick<
  StoreContents,
  'state' | 'transcripts' | 'heaps' | 'bundles' | 'outbox' | 'trust'
> {
  audit(pagesOf: PagesOf): StoreAudit
}

/** Throws to refuse a store (Imp4). Its additions to the trust are kept. */
export type Inspection = (store: ImportedStore) => void

/** Progress of an import, reported after each artifact. The whole is checked after the last one. */
export interface ImportProgress {
  readonly artifacts: number
  readonly ofArtifacts: number
  readonly bytes: number
  readonly ofBytes: number
}

/** Creates a store in `directory`, which must not have one. */
export function importStore(
  from: string,
  directory: string,
  options: StoreImportOptions = {},
  onProgress: (progress: ImportProgress) => void = () => {},
  inspect: Inspection = () => {},
): ExportManifest {
  const manifest = readManifest(from)
  assertRoot(manifest, options.rootHash)
  makeStore(directory, (lock) => {
    placeFile(directory, (path) => fill(path, from, manifest, onProgress, inspect))
    lock.free()
  })
  return manifest
}

function assertRoot({ rootHash }: ExportManifest, wanted: string | undefined): void {
  if (wanted === undefined || wanted === rootHash) return
  refuse('export/other-root', `The export has the root hash ${rootHash}, not ${wanted}`, { rootHash, wanted })
}

function fill(
  path: string,
  from: string,
  manifest: ExportManifest,
  onProgress: (progress: ImportProgress) => void,
  inspect: Inspection,
): CommitRecord {
  const sql = new SqlFile(path, 'create')
  try {
    // The file is read only once it is whole and synced. The journal of a new file has next to nothing to
    // keep.
    sql.execute('PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA foreign_keys = ON')
    const store = createTables(sql)
    sql.execute('BEGIN')
    readAll(sql, from, manifest, onProgress)
    sql.execute('COMMIT')
    verifyAll(sql, manifest, inspect)
    const { height, activityHash } = manifest
    return { store, height, activityHash, log: { kind: 'none' } }
  } finally {
    sql.close()
  }
}

function readAll(
  sql: SqlFile,
  from: string,
  { artifacts }: ExportManifest,
  onProgress: (progress: ImportProgress) => void,
): void {
  const rows = new ImportRows(sql)
  const ofBytes = artifacts.reduce((sum, artifact) => sum + artifact.bytes, 0)
  let bytes = 0
  for (const [index, artifact] of artifacts.entries()) {
    const read = readArtifact(from, artifact, (wrong) => describeDamage(artifact.kind, wrong))
    asMalformed(artifact, () => rows.put(artifact, read))
    bytes += artifact.bytes
    onProgress({ artifacts: index + 1, ofArtifacts: artifacts.length, bytes, ofBytes })
  }
  rows.finish()
}

/** A row that the tables refuse is an error in the artifact. */
function asMalformed(artifact: Artifact, put: () => void): void {
  try {
    put()
  } catch (error) {
    const failed = failedConstraint(error)
    if (failed === undefined) throw error
    refuse('export/malformed', `${artifact.name}: ${failed}`, { artifact: artifact.name })
  }
}

/** Imp2, Imp4. */
function verifyAll(sql: SqlFile, manifest: ExportManifest, inspect: Inspection): void {
  const contents = makeContents(sql, new Journal(), new OpenGuard(sql.path), 0)
  restoreChannels(contents)
  verify({ sql, ...contents }, 'all')
  assertHead(contents.blocks.last(), manifest)
  inspect({ ...contents, audit: (pagesOf) => auditStore({ sql, ...contents }, pagesOf) })
  contents.trust.flush()
}

function assertHead(
  last: { readonly height: number; readonly activityHash: Hash },
  { height, activityHash }: ExportManifest,
): void {
  if (last.height === height && last.activityHash === activityHash) return
  refuse(
    'export/malformed',
    `The last block is ${last.height} with ${last.activityHash}; the list says ${height} with ${activityHash}`,
    { artifact: 'manifest.json' },
  )
}
