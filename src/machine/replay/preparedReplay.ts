/**
 * A prepared replay: how far an incarnation was replayed on other code while the kernel runs, and with what
 * outcome. Everything here is plain data that crosses threads; heap pages are shared, not copied.
 */
import { heapPageSize } from '../../engine/image.ts'
import type { HeapSnapshot, Manifest, Overlay } from '../../protocol/worker/heap.ts'
import { assert } from '../../base/errors.ts'
import type {
  Replayable,
  PreparedHeap,
  Prepared,
  PreparedView,
  DropReason,
} from '../../protocol/machine/preparation.ts'
import type { VatId } from '../../base/ids.ts'
import { refuse } from '../../protocol/codes.ts'
import type { Metering } from '../../protocol/results.ts'

export const bytesOf = ({ verdict }: Prepared): number =>
  verdict.kind === 'same' ? verdict.heap.pages.byteLength : 0

export const preparedView = (prepared: Prepared): PreparedView => ({
  vat: prepared.of.vat,
  bundle: prepared.of.bundle,
  outcome: prepared.verdict.kind === 'same' ? 'prepared' : 'differs',
  position: prepared.point.position,
  bytes: bytesOf(prepared),
})

/** The metering of a replay that continues a prepared one. */
export const meteringAfter = (before: Prepared | undefined, rest: Metering): Metering =>
  before?.verdict.kind === 'same' && before.verdict.metering === 'differs' ? 'differs' : rest

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
  assert(pages.byteLength === manifest.pages.length * heapPageSize, 'a heap has a page per entry')
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

/** Prepared replays (`preparedReplays.ts`). */
export interface PreparedReplays {
  find(of: Replayable): Prepared | undefined
  /** Drops the vat's preparation. */
  drop(vat: VatId, why: DropReason): void
}

/** A store without the first entries of the incarnation cannot replay it. */
export function refuseWithoutStart(vat: VatId): never {
  refuse(
    'store/pruned',
    `the store does not have the transcript of ${vat} from the start of its incarnation`,
    { vat },
  )
}
