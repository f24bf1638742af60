/**
 * A prepared replay: how far an incarnation was replayed on other code while the kernel runs, and with what
 * outcome. Everything here is plain data that crosses threads; heap pages are shared, not copied.
 */
import type { BundleId, VatId, WorkerId } from '../base/ids.ts'
import { heapPageSize } from '../engine/image.ts'
import type { HeapSnapshot, Manifest, Overlay } from '../protocol/heap.ts'
import { assert } from '../base/errors.ts'
import type { Divergence } from '../protocol/results.ts'
import type { ReplayLimits, WorkerVersion } from '../protocol/worker.ts'
import type { Point } from '../protocol/store/views.ts'

/** All inputs of a replay except the entries. */
export interface Replayable extends ReplayLimits {
  readonly vat: VatId
  /** The position at which the incarnation starts. */
  readonly start: number
  readonly bundle: BundleId
  readonly worker: WorkerId
  readonly heapLimitPages: number
}

/** A heap that is not in any store. */
export interface PreparedHeap {
  readonly manifest: Manifest
  /** In the order of the manifest. */
  readonly pages: SharedArrayBuffer
}

/** The outcome of a replay from the start of the incarnation to a point of the transcript. */
export interface Prepared {
  readonly of: Replayable
  /** The point after the last replayed entry. */
  readonly point: Point
  /** Total since the start. */
  readonly computrons: bigint
  readonly verdict:
    | { readonly kind: 'same'; readonly heap: PreparedHeap }
    | { readonly kind: 'differs'; readonly divergence: Divergence }
}

/** Work order for the thread of a preparation. */
export interface PreparationOrder {
  readonly number: number
  readonly directory: string
  readonly of: Replayable
  readonly version: WorkerVersion
  /** The new code: its bundle may not be committed yet. */
  readonly source: string
  /** Where to begin: at the start, or at an earlier preparation. */
  readonly from:
    | { readonly kind: 'start'; readonly point: Point }
    | { readonly kind: 'prepared'; readonly prepared: Prepared }
  readonly to: Point
}

/** The machine's plan for a preparation request: work for a thread, or none. */
export type PreparationPlan =
  | {
      readonly kind: 'replay'
      readonly order: PreparationOrder
      /** The preparation that this one replaces. */ readonly replaces: number | null
    }
  /** Already under way. */
  | { readonly kind: 'join'; readonly number: number }
  /** Nothing is left to replay. */
  | { readonly kind: 'known'; readonly prepared: Prepared }

/** Why a preparation was dropped. */
export type DropReason = 'used' | 'upgraded' | 'ended' | 'replaced' | 'displaced'

/** A prepared replay in memory. */
export interface PreparedView {
  readonly vat: VatId
  readonly bundle: BundleId
  readonly outcome: 'prepared' | 'differs'
  readonly position: number
  /** Heap bytes in memory. */
  readonly bytes: number
}

export const bytesOf = ({ verdict }: Prepared): number =>
  verdict.kind === 'same' ? verdict.heap.pages.byteLength : 0

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

/** Copies the pages of a heap into memory that threads share. */
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

/** The heap in the form from which a worker resumes. */
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
