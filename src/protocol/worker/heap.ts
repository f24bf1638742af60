/** Heaps as lists of named pages: manifests, snapshots, and the changes between two of them. */
import type { BundleId, Hash } from '../../base/ids.ts'

export interface Manifest {
  /** The base image. */
  readonly image: BundleId
  /** The bundle whose evaluation in the base image is what the pages are told from; null: the base image. */
  readonly bundle: BundleId | null
  /** Of 64 KiB. */
  readonly memoryPages: number
  /** In the engine's export order. */
  readonly globals: readonly (number | bigint)[]
  readonly pages: readonly PageName[]
}

export interface PageName {
  readonly index: number
  readonly hash: Hash
}

export interface NamedBytes {
  readonly hash: Hash
  readonly bytes: Uint8Array
}

/**
 * All that a worker needs besides its image. Callers have checked the hashes of the pages, and do not modify
 * them.
 */
export interface HeapSnapshot {
  readonly manifest: Manifest
  page(hash: Hash): Uint8Array
}

/** Pages that differ from the base of a heap, by index. */
export type Overlay = ReadonlyMap<number, NamedBytes>
