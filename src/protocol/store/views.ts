/** Blocks, sizes and steps of pruning as the store reports them. No stored row is part of a view. */
import type { Hash, VatId } from '../../base/ids.ts'
import type { PrunedCounts, Retention } from './retention.ts'
import type { VatFacts, StorePart } from './kernelRows.ts'

export interface BlockRecord {
  readonly height: number
  /** Number of cranks up to the end of the block. */
  readonly cranks: number
  readonly activityHash: Hash
}

export interface PruneStep {
  readonly pruned: PrunedCounts
  /** The next step begins after this vat; null when all is done. */
  readonly after: VatId | 'none' | null
}

/** The result of a step of freeing pages. */
export interface FreedPages {
  readonly pages: number
  readonly bytes: number
  readonly left: 'none' | 'more'
}

/** `accept`: opens a store that was rolled back, or whose record is lost, as it is. */
export type RolledBack = 'refuse' | 'accept'

/** `read`: of the last block, without commits (Sto9). */
export type StoreAccess = 'write' | 'read'

export type Verification = 'lazy' | 'live' | 'all'

/** A place in a transcript: the position of the next entry, and the link of the one before (Trs2). */
export interface TranscriptPosition {
  readonly position: number
  readonly link: Hash
}

export interface VatFigures extends VatFacts {
  readonly vat: VatId
  /** Since the vat was made, over all incarnations. */
  readonly deliveries: number
  /** Those whose transcript entries are kept. */
  readonly entries: number
  /** Rows in the vat's own space; null when the kernel does not count them. */
  readonly rows: number | null
  /** Pages of the last snapshot beyond those of the base image. */
  readonly heapPages: number
  /** Items of the run-queue for the vat. */
  readonly queued: number
  /** Deliveries that wait because the vat is suspended or draining. */
  readonly parked: number
}

export interface StoreFigures {
  readonly height: number
  readonly cranks: number
  /** Items of the run-queue. */
  readonly queued: number
  /** By number. */
  readonly vats: readonly VatFigures[]
}

/** The size of a part of a store. */
export interface PartSize {
  readonly rows: number
  readonly bytes: number
}

/** A vat's share of a store. */
export interface VatSize {
  readonly vat: VatId
  /** Null for a terminated vat. */
  readonly name: string | null
  readonly bytes: number
  readonly parts: Readonly<Partial<Record<StorePart, PartSize>>>
}

/** How many records of a durable kind a vat has. */
export interface KindCount {
  readonly vat: VatId
  /** The number of the kind in the vat. */
  readonly kind: number
  readonly tag: string
  readonly records: number
}

/** The size of a store, in parts. */
export interface StoreSize {
  readonly directory: string
  /** Of the last block. */
  readonly height: number
  /** The length of the file. */
  readonly fileBytes: number
  /** In unused pages of the file; later data is written there. */
  readonly freeBytes: number
  /** Keys, numbers, and SQLite's indexes. */
  readonly structureBytes: number
  /** The length of the write-ahead log beside it. */
  readonly logBytes: number
  /** Of the trace files in the directory of the store. */
  readonly traceBytes: number
  readonly parts: Readonly<Record<StorePart, PartSize>>
  /** Largest first. */
  readonly vats: readonly VatSize[]
}

export interface PruneSurvey extends PrunedCounts {
  readonly height: number
  readonly retention: Retention
  /**
   * Vats whose transcript would lack the start of the current incarnation, so that no upgrade by replay is
   * possible.
   */
  readonly withoutReplay: readonly VatId[]
}
