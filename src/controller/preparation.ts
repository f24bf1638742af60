/**
 * A prepared replay: how far an incarnation was replayed on other code beside the running kernel, and what it
 * has come to. Everything here is plain data that crosses threads; the pages of a heap are shared, not copied.
 */
import type { BundleId, VatId, WorkerId } from '../base/ids.ts'
import { heapPageSize } from '../engine/image.ts'
import type { HeapSnapshot, Manifest, Overlay } from '../engine/heap.ts'
import { assert } from '../base/errors.ts'
import type { Divergence } from '../protocol/results.ts'
import type { ReplayLimits, WorkerVersion } from '../protocol/worker.ts'
import type { Point } from '../store/store.ts'

/** All that a replay depends on, but for the entries. */
export interface Replayable extends ReplayLimits {
  readonly vat: VatId
  /** The position at which the incarnation starts. */
  readonly start: number
  readonly bundle: BundleId
  readonly worker: WorkerId
  readonly heapLimitPages: number
}

/** A heap that is in no store. */
export interface PreparedHeap {
  readonly manifest: Manifest
  /** In the order of the manifest. */
  readonly pages: SharedArrayBuffer
}

/** What a replay from the start of the incarnation has come to, up to a point of the transcript. */
export interface Prepared {
  readonly of: Replayable
  /** Behind the last entry that was replayed. */
  readonly point: Point
  /** Of all since the start. */
  readonly computrons: bigint
  readonly verdict: { readonly kind: 'same'; readonly heap: PreparedHeap } | { readonly kind: 'differs'; readonly divergence: Divergence }
}

/** What the thread of a preparation is to do. */
export interface PreparationOrder {
  readonly number: number
  readonly directory: string
  readonly of: Replayable
  readonly version: WorkerVersion
  /** The new code: its bundle may be in no block yet. */
  readonly source: string
  /** From where: the start, or what was prepared before. */
  readonly from: { readonly kind: 'start'; readonly point: Point } | { readonly kind: 'prepared'; readonly prepared: Prepared }
  readonly to: Point
}

/** What a request to prepare comes to in the machine: work for a thread, or none. */
export type PreparationPlan =
  | { readonly kind: 'replay'; readonly order: PreparationOrder; /** The preparation that this one takes the place of. */ readonly replaces: number | null }
  /** It is under way. */
  | { readonly kind: 'join'; readonly number: number }
  /** Nothing is left to replay. */
  | { readonly kind: 'known'; readonly prepared: Prepared }

/** Why what was prepared is kept no longer. */
export type DropReason = 'used' | 'upgraded' | 'ended' | 'replaced' | 'displaced'

/** A replay that was prepared, in memory. */
export interface PreparedView {
  readonly vat: VatId
  readonly bundle: BundleId
  readonly outcome: 'prepared' | 'differs'
  readonly position: number
  /** Of the heap, in memory. */
  readonly bytes: number
}

export const bytesOf = ({ verdict }: Prepared): number => (verdict.kind === 'same' ? verdict.heap.pages.byteLength : 0)

export const preparedView = (prepared: Prepared): PreparedView => ({
  vat: prepared.of.vat,
  bundle: prepared.of.bundle,
  outcome: prepared.verdict.kind === 'same' ? 'prepared' : 'differs',
  position: prepared.point.position,
  bytes: bytesOf(prepared),
})

export const isSameReplay = (one: Replayable, other: Replayable): boolean =>
  one.vat === other.vat &&
  one.start === other.start &&
  one.bundle === other.bundle &&
  one.worker === other.worker &&
  one.heapLimitPages === other.heapLimitPages &&
  one.computrons === other.computrons &&
  one.upkeep?.computrons === other.upkeep?.computrons &&
  one.upkeep?.heapPages === other.upkeep?.heapPages

/** Puts the pages of a heap into memory that threads share. */
export function shareHeap(manifest: Manifest, overlay: Overlay): PreparedHeap {
  const pages = new SharedArrayBuffer(manifest.pages.length * heapPageSize)
  const bytes = new Uint8Array(pages)
  for (const [index, { index: page }] of manifest.pages.entries()) {
    const named = overlay.get(page)
    assert(named !== undefined, `page ${page} of the manifest is in the overlay`)
    bytes.set(named.bytes, index * heapPageSize)
  }
  return { manifest, pages }
}

/** The heap as a worker resumes from it. */
export function snapshotOf({ manifest, pages }: PreparedHeap): HeapSnapshot {
  const places = new Map(manifest.pages.map(({ hash }, index) => [hash, index * heapPageSize]))
  return {
    manifest,
    page(hash) {
      const place = places.get(hash)
      assert(place !== undefined, `page ${hash} is one of the heap`)
      return new Uint8Array(pages, place, heapPageSize)
    },
  }
}
