/**
 * Exports the last block of a store as a directory of artifacts, even while another thread or process writes
 * to the store.
 *
 * Exp1. Everything is read in one transaction, so that it is one whole block; the store itself is only read.
 * Exp2. Data is checked as on use: nothing damaged goes into an export (Sto7).
 * Exp3. Memory holds one row and one write buffer, however large the store is.
 * Exp4. A directory has a `manifest.json` only once everything in the list is on the disk (Exf4); an
 *       interrupted export is restarted in the same directory. A refused export leaves nothing there.
 */
import { readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { bundleId } from '../../base/ids.ts'
import { sha256 } from '../../hashing/sha256.ts'
import { refuse } from '../../protocol/codes.ts'
import {
  artifactKinds,
  bundleArtifactName,
  exportFormat,
  isArtifactName,
  listText,
  manifestName,
  manifestText,
  unfinishedName,
  type Artifact,
  type ExportHead,
  type ExportManifest,
  type ExportMode,
} from '../../protocol/store/export.ts'
import { writeArtifact, writeArtifacts } from './artifacts.ts'
import { withDirectory } from '../files/directory.ts'
import { ExportQueries, lines, packed } from './exportRows.ts'
import { assertStoreExists, syncPath } from '../opening/file.ts'
import { assertPath, onDisk } from '../files/fileSystem.ts'
import { openForReading } from '../opening/reading.ts'

/** Progress of an export, reported after each artifact. */
export interface ExportProgress {
  readonly artifacts: number
  readonly bytes: number
}

/** Exports the store in `from` to a directory that is empty or missing. */
export function exportStore(
  from: string,
  to: string,
  mode: ExportMode,
  onProgress: (progress: ExportProgress) => void = () => {},
): ExportManifest {
  assertStoreExists(from)
  assertPath(to)
  const source = openForReading(from)
  try {
    source.execute('BEGIN')
    const queries = new ExportQueries(source)
    assertEntriesKept(queries, mode)
    return withDirectory(to, () => {
      clear(to)
      return removingOnFailure(to, () => write(queries, to, mode, onProgress))
    })
  } finally {
    source.close()
  }
}

/** A refused export owns all files in the directory, which was empty. */
function removingOnFailure<Value>(to: string, write: () => Value): Value {
  try {
    return write()
  } catch (error) {
    removeAll(to)
    throw error
  }
}

/** The list is removed first and the mark last, so that a kill leaves an unfinished export. */
function removeAll(to: string): void {
  try {
    const artifacts = readdirSync(to).filter((name) => name !== unfinishedName && isOurs(name))
    for (const name of [manifestName, ...artifacts, unfinishedName]) rmSync(join(to, name), { force: true })
  } catch {
    // The reason of the refusal is more useful; with the mark left, the same call starts over.
  }
}

const isOurs = (name: string): boolean =>
  name === unfinishedName || artifactKinds.some((kind) => isArtifactName(name, kind))

function write(
  queries: ExportQueries,
  to: string,
  mode: ExportMode,
  onProgress: (progress: ExportProgress) => void,
): ExportManifest {
  const artifacts: Artifact[] = []
  let bytes = 0
  for (const artifact of allArtifacts(queries, to, mode)) {
    artifacts.push(artifact)
    bytes += artifact.bytes
    onProgress({ artifacts: artifacts.length, bytes })
  }
  const { height, activityHash } = queries.head()
  const head: ExportHead = { format: exportFormat, mode, height, activityHash }
  const manifest = { ...head, artifacts, rootHash: sha256(listText(head, artifacts)) }
  finish(to, manifest)
  return manifest
}

/** In the order of `artifactKinds`. */
function* allArtifacts(queries: ExportQueries, to: string, mode: ExportMode): Generator<Artifact> {
  yield* writeArtifacts(to, 'blocks', lines(queries.blocks(mode)))
  yield* writeArtifacts(to, 'state', lines(queries.state()))
  yield* bundles(queries, to)
  yield* writeArtifacts(to, 'names', lines(queries.names()))
  yield* writeArtifacts(to, 'pages', packed(queries.pages()))
  yield* writeArtifacts(to, 'snapshots', lines(queries.snapshots()))
  yield* writeArtifacts(to, 'transcripts', lines(queries.transcripts(mode)))
  yield* writeArtifacts(to, 'inbox', lines(queries.inbox()))
  yield* writeArtifacts(to, 'outbox', lines(queries.outbox()))
}

/** Every bundle, in every mode: the kernel may be asked for any of them, and must return the same answer. */
function* bundles(queries: ExportQueries, to: string): Generator<Artifact> {
  for (const [id, kind, bytes] of queries.bundles()) {
    const hash = sha256(bytes)
    if (bundleId(hash) !== id)
      refuse('store/corrupt-bundle', `The bytes of ${id} do not match its hash`, { bundle: id, kind })
    yield writeArtifact(to, bundleArtifactName(kind, hash), 'bundle', bytes)
  }
}

/** A replay needs the current incarnation from its start, which may have been pruned. */
function assertEntriesKept(queries: ExportQueries, mode: ExportMode): void {
  if (mode !== 'replay') return
  for (const vat of queries.vats()) {
    if (queries.incarnationStart(vat) !== undefined) continue
    const kept = queries.keptFrom(vat)
    refuse(
      'store/pruned',
      `The store has the entries of ${vat} from ${kept} on, and its incarnation began before`,
      { vat, kept },
    )
  }
}

/** Removes the files of an interrupted export. */
function clear(to: string): void {
  const found = onDisk(to, 'read', () => readdirSync(to)).sort()
  const unfinished = found.includes(unfinishedName)
  const foreign = found.find((name) => !unfinished || !isOurs(name))
  if (foreign !== undefined)
    refuse('export/not-empty', `${to} contains ${foreign}`, { directory: to, found: foreign })
  writeArtifact(to, unfinishedName, 'names', new Uint8Array())
  for (const name of found)
    if (name !== unfinishedName) onDisk(join(to, name), 'write', () => rmSync(join(to, name)))
}

/** Renames the mark of an unfinished export to the manifest, in one step. */
function finish(to: string, manifest: ExportManifest): void {
  writeArtifact(to, unfinishedName, 'names', Buffer.from(manifestText(manifest)))
  syncPath(to)
  onDisk(to, 'write', () => renameSync(join(to, unfinishedName), join(to, manifestName)))
  syncPath(to)
}
