/**
 * Heaps as pages: how a worker's heap differs from its base, and its hash.
 *
 * A heap is the memory and the mutable globals of an instance. Its base is the base image of its worker
 * version, or what the evaluation of a bundle made of that (`bundleImage.ts`). It is stored as a manifest
 * (sizes, globals, and the SHA-256 of each page of 4 KiB that differs from the base) and the pages
 * themselves, which the store keeps by their hash.
 *
 * Hpg1. Equal heaps have equal manifests: they list by index exactly the pages that differ from the base,
 *       after whose end all bytes are zero.
 * Hpg2. The hash of a heap is the SHA-256 of the bytes of its manifest, which name the base.
 * Hpg3. Taking the changes of a heap changes neither the heap nor the reference; adopting them makes the
 *       pages of that time the reference for the next changes.
 *
 * The bytes of a manifest, all numbers little-endian:
 *
 * | bytes | what                                                              |
 * |-------|-------------------------------------------------------------------|
 * | 4     | `HLH1`, or `HLH2` if a bundle is named                            |
 * | 32    | the hash in the id of the base image                              |
 * | 32    | in `HLH2`: the hash in the id of the bundle                       |
 * | 4     | size of the memory in pages of 64 KiB                             |
 * | 4     | count of globals, then for each:                                  |
 * | 1     | … 0 for a number (as a double), 1 for a bigint (of 64 bits)       |
 * | 8     | … its value                                                       |
 * | 4     | count of pages, then for each, by ascending index:                |
 * | 4     | … index of the page of 4 KiB                                      |
 * | 32    | … SHA-256 of the page                                             |
 */
import { sha256 } from '../hashing/sha256.ts'
import { assert } from '../base/errors.ts'
import { bundleId, type Hash } from '../base/ids.ts'
import { refuse } from '../protocol/codes.ts'
import { memoryPageSize } from '../protocol/limits.ts'
import { heapPageSize, type HeapBase } from './image.ts'
import type { Manifest, NamedBytes, HeapSnapshot, Overlay } from '../protocol/worker/heap.ts'

/** A heap at one moment, relative to a reference. */
export interface HeapChanges {
  readonly manifest: Manifest
  readonly manifestBytes: Uint8Array
  readonly heapHash: Hash
  /** Pages that the reference lacks, each once. */
  readonly added: readonly NamedBytes[]
  readonly reference: Overlay
  readonly overlay: Overlay
}

/** The parts of an instance that form its heap. */
export interface Heap {
  readonly memory: Buffer
  readonly globals: readonly (number | bigint)[]
}

/** Compares a heap with its base and the reference (Hpg3). */
export function findChanges(base: HeapBase, reference: Overlay, { memory, globals }: Heap): HeapChanges {
  assert(memory.length >= base.memory.length, 'Hpg1: memory does not shrink')
  assert(memory.length % memoryPageSize === 0, 'Hpg1: memory is whole pages')
  const overlay = new Map<number, NamedBytes>()
  const added = new Map<Hash, NamedBytes>()
  for (const index of pagesThatDiffer(base.memory, memory)) {
    const known = reference.get(index)
    if (known !== undefined && isPage(memory, index, known)) {
      overlay.set(index, known)
      continue
    }
    const page = copyPage(memory, index)
    overlay.set(index, page)
    added.set(page.hash, page)
  }
  const pages = Array.from(overlay, ([index, page]) => ({ index, hash: page.hash }))
  const { imageId: image, bundle } = base
  const manifest = { image, bundle, memoryPages: memory.length / memoryPageSize, globals, pages }
  const manifestBytes = encodeManifest(manifest)
  const heapHash = sha256(manifestBytes)
  return { manifest, manifestBytes, heapHash, added: [...added.values()], reference, overlay }
}

/** The pages of a snapshot, by index. */
export function overlayOf({ manifest, page }: HeapSnapshot): Overlay {
  const overlay = new Map<number, NamedBytes>()
  for (const { index, hash: name } of manifest.pages) {
    const bytes = page(name)
    assert(bytes.length === heapPageSize, `the page ${name} of a heap has ${bytes.length} bytes`)
    overlay.set(index, { hash: name, bytes })
  }
  return overlay
}

const magics = { image: Buffer.from('HLH1'), bundle: Buffer.from('HLH2') } as const
const magicBytes = magics.image.length
const hashBytes = 32
const globalBytes = 9
const pageBytes = 4 + hashBytes
const globalKind = { number: 0, bigint: 1 } as const

export function encodeManifest({ image, bundle, memoryPages, globals, pages }: Manifest): Uint8Array {
  const ids = bundle === null ? [image] : [image, bundle]
  const bytes = Buffer.alloc(
    magicBytes + ids.length * hashBytes + 12 + globals.length * globalBytes + pages.length * pageBytes,
  )
  let offset = magics[bundle === null ? 'image' : 'bundle'].copy(bytes)
  for (const id of ids) offset += bytes.write(id.slice('b1-'.length), offset, 'hex')
  offset = bytes.writeUInt32LE(memoryPages, offset)
  offset = bytes.writeUInt32LE(globals.length, offset)
  for (const value of globals) offset = writeGlobal(bytes, offset, value)
  offset = bytes.writeUInt32LE(pages.length, offset)
  let next = 0
  for (const page of pages) {
    assert(page.index >= next, 'Hpg1: pages are listed by index, each once')
    next = page.index + 1
    offset = bytes.writeUInt32LE(page.index, offset)
    offset += bytes.write(page.hash, offset, 'hex')
  }
  assert(offset === bytes.length, 'a manifest was not written whole')
  return bytes
}

/** Decodes a manifest. Refuses anything that `encodeManifest` could not have written. */
export function decodeManifest(encoded: Uint8Array): Manifest {
  const bytes = Buffer.from(encoded.buffer, encoded.byteOffset, encoded.length)
  const reader = new ManifestReader(bytes)
  const magic = reader.take(magicBytes)
  const hasBundle = magic.equals(magics.bundle)
  if (!hasBundle && !magic.equals(magics.image)) refuseManifest('it does not begin as one')
  const manifest = {
    image: bundleId(reader.hash()),
    bundle: hasBundle ? bundleId(reader.hash()) : null,
    memoryPages: reader.u32(),
    globals: reader.list(globalBytes, () => reader.global()),
    pages: reader.list(pageBytes, () => ({ index: reader.u32(), hash: reader.hash() })),
  }
  if (!reader.done) refuseManifest('bytes stand behind its end')
  checkPages(manifest)
  return manifest
}

/** Size compared at once before single pages are: equal stretches pass quickly. */
const spanSize = memoryPageSize
const zeros = Buffer.alloc(spanSize)

function* pagesThatDiffer(base: Buffer, memory: Buffer): Generator<number> {
  for (let span = 0; span < memory.length; span += spanSize) {
    const [other, at] = span < base.length ? [base, span] : [zeros, 0]
    if (memory.compare(other, at, at + spanSize, span, span + spanSize) === 0) continue
    for (let page = 0; page < spanSize; page += heapPageSize) {
      const [from, start] = [at + page, span + page]
      if (memory.compare(other, from, from + heapPageSize, start, start + heapPageSize) !== 0)
        yield start / heapPageSize
    }
  }
}

function isPage(memory: Buffer, index: number, { bytes }: NamedBytes): boolean {
  const start = index * heapPageSize
  return memory.compare(bytes, 0, heapPageSize, start, start + heapPageSize) === 0
}

function copyPage(memory: Buffer, index: number): NamedBytes {
  const start = index * heapPageSize
  const bytes = Uint8Array.prototype.slice.call(memory, start, start + heapPageSize)
  return { hash: sha256(bytes), bytes }
}

function writeGlobal(bytes: Buffer, offset: number, value: number | bigint): number {
  const isBig = typeof value === 'bigint'
  const next = bytes.writeUInt8(isBig ? globalKind.bigint : globalKind.number, offset)
  return isBig ? bytes.writeBigInt64LE(value, next) : bytes.writeDoubleLE(value, next)
}

class ManifestReader {
  readonly #bytes: Buffer
  #offset = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get done(): boolean {
    return this.#offset === this.#bytes.length
  }

  take(count: number): Buffer {
    if (this.#bytes.length - this.#offset < count) refuseManifest('it is too short')
    this.#offset += count
    return this.#bytes.subarray(this.#offset - count, this.#offset)
  }

  u32(): number {
    return this.take(4).readUInt32LE()
  }

  hash(): Hash {
    return this.take(hashBytes).toString('hex') as Hash
  }

  global(): number | bigint {
    const kind = this.take(1).readUInt8()
    if (kind === globalKind.number) return this.take(8).readDoubleLE()
    return kind === globalKind.bigint
      ? this.take(8).readBigInt64LE()
      : refuseManifest('a global is of no known kind')
  }

  list<Item>(itemBytes: number, read: () => Item): Item[] {
    const count = this.u32()
    if (count * itemBytes > this.#bytes.length - this.#offset) refuseManifest('it is too short')
    return Array.from({ length: count }, read)
  }
}

function checkPages({ memoryPages, pages }: Manifest): void {
  const end = memoryPages * (memoryPageSize / heapPageSize)
  let next = 0
  for (const { index } of pages) {
    if (index < next || index >= end) refuseManifest('its pages are out of order')
    next = index + 1
  }
}

function refuseManifest(why: string): never {
  refuse('store/corrupt-snapshot', `not the manifest of a heap: ${why}`)
}
