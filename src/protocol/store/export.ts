/**
 * An export: the last block of a store as a directory of artifacts with hashes. Its page is
 * `docs/wires/export.md`.
 *
 * | mode          | omitted                                                                                |
 * |---------------|----------------------------------------------------------------------------------------|
 * | `operational` | blocks before the last; spans of each vat but the current one, with their entries       |
 * | `replay`      | blocks before the last; spans from before the current incarnation of each vat           |
 * | `archival`    | nothing that the store still has                                                       |
 *
 * Exf1. The same store and mode produce the same bytes: they depend on no time, no randomness and no
 *       location, including the store's.
 * Exf2. Each artifact except bundles is bounded: it ends with the row that reaches `artifactBytes`. A bundle
 *       is one artifact.
 * Exf3. The root hash covers the list and everything above it, and the list covers every byte of every
 *       artifact.
 * Exf4. `manifest.json` is written last; a directory without it is not an export.
 */
import { assert } from '../../base/errors.ts'
import type { Hash } from '../../base/ids.ts'

/**
 * Increases with each change of this file's formats. Format 1 also lists the spans whose entries are left
 * out.
 */
export const exportFormat = 2

/** How much of the past an export contains: enough to go on, what replays need, or everything. */
export type ExportMode = 'operational' | 'replay' | 'archival'

/** The modes of an export, from the smallest to the whole. */
export const exportModes = ['operational', 'replay', 'archival'] as const satisfies readonly ExportMode[]

/** The order of artifact kinds in the list, and of reading them. */
export const artifactKinds = [
  'blocks',
  'state',
  'bundle',
  'names',
  'pages',
  'snapshots',
  'transcripts',
  'inbox',
  'outbox',
] as const

export type ArtifactKind = (typeof artifactKinds)[number]

/** A file of the export. */
export interface Artifact {
  readonly name: string
  readonly kind: ArtifactKind
  readonly bytes: number
  readonly sha256: Hash
}

export interface ExportHead {
  readonly format: number
  readonly mode: ExportMode
  /** Of the last block. */
  readonly height: number
  readonly activityHash: Hash
}

export interface ExportManifest extends ExportHead {
  readonly artifacts: readonly Artifact[]
  /** SHA-256 of `listText`. */
  readonly rootHash: Hash
}

export const manifestName = 'manifest.json'

/** The name of a file that marks an unfinished export. */
export const unfinishedName = 'manifest.unfinished'

/** An artifact ends with the row that reaches this size. */
export const artifactBytes = 4 * 1024 * 1024

/** The maximum length of an artifact: the longest possible row is well below. */
export const artifactLimit = 512 * 1024 * 1024

/** The input of the root hash: the text of `manifest.json` up to the end of the list. */
export function listText(
  { format, mode, height, activityHash }: ExportHead,
  artifacts: readonly Artifact[],
): string {
  const head = JSON.stringify({ format, mode, height, activityHash }).slice(0, -1)
  const list = artifacts.map(({ name, kind, bytes, sha256 }) => JSON.stringify({ name, kind, bytes, sha256 }))
  return `${head},"artifacts":[\n${list.join(',\n')}\n]`
}

/** The exact text of `manifest.json`. */
export const manifestText = (manifest: ExportManifest): string =>
  `${listText(manifest, manifest.artifacts)},"rootHash":${JSON.stringify(manifest.rootHash)}}\n`

const nameForms: Readonly<Record<ArtifactKind, RegExp>> = {
  blocks: /^blocks-\d{6}\.jsonl$/,
  state: /^state-\d{6}\.jsonl$/,
  bundle: /^bundle-[a-z]+-[0-9a-f]{64}\.bin$/,
  names: /^names-\d{6}\.jsonl$/,
  pages: /^pages-\d{6}\.pack$/,
  snapshots: /^snapshots-\d{6}\.jsonl$/,
  transcripts: /^transcripts-\d{6}\.jsonl$/,
  inbox: /^inbox-\d{6}\.jsonl$/,
  outbox: /^outbox-\d{6}\.jsonl$/,
}

export const isArtifactName = (name: string, kind: ArtifactKind): boolean => nameForms[kind].test(name)

/** The name of the artifact of a kind with this number, from 1; bundles are named by their hash. */
export function artifactName(kind: Exclude<ArtifactKind, 'bundle'>, number: number): string {
  assert(1 <= number && number <= 999_999, 'artifacts of a kind are numbered from 1, with six digits')
  return `${kind}-${String(number).padStart(6, '0')}.${kind === 'pages' ? 'pack' : 'jsonl'}`
}

export const bundleArtifactName = (kind: string, hash: Hash): string => `bundle-${kind}-${hash}.bin`

/** Lines of `.jsonl` artifacts, each a list. An entry belongs to the span above it. */
export type BlockLine = readonly [
  height: number,
  cranks: number,
  activityHash: Hash,
  inboxLast: number,
  inboxTaken: number,
  outboxLast: number,
  outboxAcknowledged: number,
]
export type StateLine = readonly [space: string, key: string, value: string, checksum: number]
export type NameLine = readonly [label: string, bundle: string]
export type SnapshotLine = readonly [
  vat: string,
  position: number,
  heapHash: Hash,
  manifestBase64: string,
  pages: readonly Hash[],
]
export type SpanLine = readonly [
  vat: string,
  number: number,
  start: number,
  end: number,
  reason: string,
  previous: Hash,
  hash: Hash,
  entries: 'whole' | 'left-out',
]
export type EntryLine = readonly [position: number, text: string]
export type InboxLine = readonly [sequence: number, item: string]
export type OutboxLine = readonly [sequence: number, port: string, item: string]
