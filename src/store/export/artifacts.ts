/**
 * The files of an export: written with their hashes, and checked against them when read.
 *
 * At most one artifact is in memory at a time; its length is bounded (Exf2).
 */
import { assert } from '../../base/errors.ts'
import { closeSync, fsyncSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { refuse } from '../../protocol/codes.ts'
import {
  artifactBytes,
  artifactLimit,
  artifactName,
  type Artifact,
  type ArtifactKind,
} from '../../protocol/store/export.ts'
import { openToWrite } from '../files/directory.ts'
import { assertRegularFile, onDisk } from '../files/fileSystem.ts'
import { Sha256, sha256 } from '../../hashing/sha256.ts'

/** Bytes buffered per write. */
const bufferBytes = 256 * 1024

/** A file that is being written. */
export class ArtifactFile {
  readonly #name: string
  readonly #path: string
  readonly #file: number
  readonly #hash = new Sha256()
  #buffered: Uint8Array[] = []
  #bufferedBytes = 0
  bytes = 0
  #isClosed = false

  constructor(directory: string, name: string) {
    this.#name = name
    this.#path = join(directory, name)
    assertRegularFile(this.#path)
    this.#file = openToWrite(this.#path)
  }

  write(bytes: Uint8Array): void {
    assert(!this.#isClosed, 'an artifact is written before it ends')
    this.#buffered.push(bytes)
    this.#bufferedBytes += bytes.byteLength
    this.bytes += bytes.byteLength
    if (this.#bufferedBytes >= bufferBytes) this.#flush()
  }

  /** Completes the file, which is on the disk then. */
  end(kind: ArtifactKind): Artifact {
    this.#flush()
    onDisk(this.#path, 'write', () => fsyncSync(this.#file))
    this.close()
    assert(this.bytes <= artifactLimit, 'an artifact is within the limit of readers (Exf2)')
    return { name: this.#name, kind, bytes: this.bytes, sha256: this.#hash.end() }
  }

  close(): void {
    assert(!this.#isClosed, 'an artifact is closed once')
    this.#isClosed = true
    closeSync(this.#file)
  }

  #flush(): void {
    const bytes = Buffer.concat(this.#buffered, this.#bufferedBytes)
    this.#buffered = []
    this.#bufferedBytes = 0
    this.#hash.add(bytes)
    for (let at = 0; at < bytes.byteLength;)
      at += onDisk(this.#path, 'write', () => writeSync(this.#file, bytes, at))
  }
}

/**
 * Writes the pieces as artifacts of one kind; the piece that reaches `artifactBytes` ends the artifact
 * (Exf2).
 */
export function* writeArtifacts(
  directory: string,
  kind: Exclude<ArtifactKind, 'bundle'>,
  pieces: Iterable<Uint8Array>,
): Generator<Artifact> {
  let number = 0
  let file: ArtifactFile | undefined
  try {
    for (const piece of pieces) {
      if (file === undefined) {
        number += 1
        file = new ArtifactFile(directory, artifactName(kind, number))
      }
      file.write(piece)
      if (file.bytes < artifactBytes) continue
      const ended = file
      file = undefined
      yield ended.end(kind)
    }
    const ended = file
    file = undefined
    if (ended !== undefined) yield ended.end(kind)
  } finally {
    file?.close()
  }
}

/** Writes one file in a single write. */
export function writeArtifact(
  directory: string,
  name: string,
  kind: ArtifactKind,
  bytes: Uint8Array,
): Artifact {
  const file = new ArtifactFile(directory, name)
  file.write(bytes)
  return file.end(kind)
}

/** Returns the bytes of an artifact, checked. For wrong bytes, `locate` may name the damaged part. */
export function readArtifact(
  directory: string,
  { name, kind, bytes, sha256: hash }: Artifact,
  locate: (bytes: Uint8Array) => string,
): Buffer {
  const path = join(directory, name)
  const size = assertRegularFile(path)?.size
  if (size === undefined)
    refuse('export/missing-artifact', `${path} does not exist`, { artifact: name, kind })
  if (size !== bytes)
    refuse('export/corrupt-artifact', `${path} has ${size} bytes; the manifest says ${bytes}`, {
      artifact: name,
      kind,
      part: 'length',
    })
  const read = onDisk(path, 'read', () => readFileSync(path))
  if (sha256(read) === hash) return read
  const part = locate(read)
  return refuse(
    'export/corrupt-artifact',
    `${path} does not have the hash that the manifest lists${part === '' ? '' : `: ${part}`}`,
    { artifact: name, kind, part },
  )
}
