/** Reads the list of an export: it must be byte for byte what `manifestText` writes. */
import { isRecord } from '../../base/guards.ts'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isHash } from '../../base/ids.ts'
import { sha256 } from '../../hashing/sha256.ts'
import { refuse } from '../../protocol/codes.ts'
import {
  artifactKinds,
  artifactLimit,
  exportFormat,
  exportModes,
  isArtifactName,
  listText,
  manifestName,
  manifestText,
  type Artifact,
  type ExportManifest,
} from '../../protocol/store/export.ts'
import { assertRegularFile, statIfPresent, onDisk } from '../files/fileSystem.ts'

/** About the length of a list with a million artifacts. */
const manifestLimit = 256 * 1024 * 1024

export function readManifest(directory: string): ExportManifest {
  const path = join(directory, manifestName)
  if (statIfPresent(directory)?.isDirectory() === false)
    refuse('store/no-directory', `${directory} is a file, not a directory`, { directory })
  const found = assertRegularFile(path)
  if (found === undefined) return refuse('export/not-found', `${path} does not exist`, { path })
  const corrupt = (why: string): never => refuse('export/corrupt-manifest', `${path}: ${why}`, { path })
  if (found.size > manifestLimit) corrupt(`it is longer than ${manifestLimit} bytes`)
  const text = onDisk(path, 'read', () => readFileSync(path, 'utf8'))
  const manifest = parse(text)
  if (manifest === undefined) return corrupt('it is not JSON')
  assertKnownFormat(manifest, path)
  if (!isManifest(manifest)) return corrupt('it lacks fields that it must have')
  if (manifestText(manifest) !== text) corrupt('it is not written as it must be')
  if (sha256(listText(manifest, manifest.artifacts)) !== manifest.rootHash)
    corrupt('the list does not have its root hash')
  return manifest
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Checked first: a newer format may have other fields. */
function assertKnownFormat(manifest: unknown, path: string): void {
  if (!isRecord(manifest) || !isCount(manifest['format']) || manifest['format'] <= exportFormat) return
  refuse(
    'export/newer-format',
    `${path} has format ${manifest['format']}; this release knows formats up to ${exportFormat}`,
    { path, format: manifest['format'], known: exportFormat },
  )
}

const isHashText = (value: unknown): boolean => typeof value === 'string' && isHash(value)
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

function isManifest(value: unknown): value is ExportManifest {
  if (!isRecord(value)) return false
  const { format, mode, height, activityHash, artifacts, rootHash } = value
  const head =
    isCount(format) &&
    format >= 1 &&
    format <= exportFormat &&
    exportModes.some((known) => known === mode) &&
    isCount(height)
  return (
    head &&
    isHashText(activityHash) &&
    isHashText(rootHash) &&
    Array.isArray(artifacts) &&
    artifacts.every(isArtifact) &&
    inOrder(artifacts)
  )
}

function isArtifact(value: unknown): value is Artifact {
  if (!isRecord(value)) return false
  const { name, kind, bytes, sha256: hash } = value
  const known = artifactKinds.find((one) => one === kind)
  return (
    known !== undefined &&
    typeof name === 'string' &&
    isArtifactName(name, known) &&
    isCount(bytes) &&
    bytes <= artifactLimit &&
    isHashText(hash)
  )
}

/** Whether kinds and the names within each kind are in order, without duplicates. */
function inOrder(artifacts: readonly Artifact[]): boolean {
  const rank = ({ kind }: Artifact): number => artifactKinds.indexOf(kind)
  return artifacts.every((artifact, index) => {
    const before = artifacts[index - 1]
    if (before === undefined || rank(before) < rank(artifact)) return true
    return rank(before) === rank(artifact) && before.name < artifact.name
  })
}
