/**
 * Retention: how much of the past a store keeps. It is a setting of one store, not part of the kernel's
 * state, any hash or any export; nodes that agree on everything else may differ in it. For users:
 * `docs/retention.md`.
 *
 * Ret1. Pruning removes only what neither the kernel nor a restart reads, so that two nodes with different
 *       retention compute the same hashes. The one exception is an upgrade by replay, which reads the
 *       transcript from the start of the incarnation; where that was pruned, the upgrade is refused with
 *       `store/pruned`.
 */
import { assert } from '../../base/errors.ts'

/**
 * Which transcript entries are kept.
 *
 * | kept          | entries                                                                          |
 * |---------------|----------------------------------------------------------------------------------|
 * | `all`         | every entry                                                                      |
 * | `incarnation` | those of each vat's current incarnation: an upgrade by replay stays possible     |
 * | `restart`     | those since each vat's last snapshot: needed to restore its worker               |
 * | `{ blocks }`  | those of the last `blocks` blocks, and those that `restart` keeps                |
 *
 * A transcript is pruned by whole spans, from the oldest on; the current span of a vat is always kept.
 */
export type KeptTranscripts = 'all' | 'incarnation' | 'restart' | { readonly blocks: number }

/** How much of the past a store keeps. */
export interface Retention {
  readonly transcripts: KeptTranscripts
  /** The number of latest blocks that keep their record: height, number of cranks, activity hash. */
  readonly blocks: 'all' | number
  /**
   * The number of latest blocks whose inputs are kept, as long as their records are: with them `replayBlocks`
   * runs the blocks again.
   */
  readonly inputs: 'all' | number
}

/** A fault, or another kernel, is examined with the inputs of late: a bound keeps their space small. */
export const defaultInputs = 10_000

/** The default retention. */
export const keepAll: Retention = { transcripts: 'all', blocks: 'all', inputs: defaultInputs }

/**
 * The last two records are always kept: a process that dies in a commit leaves the commit record one block
 * behind.
 */
export const minBlocks = 2

/** The first block whose inputs are kept after the block `height`. */
export function keptInputsFrom({ blocks, inputs }: Retention, height: number): number {
  const byRecords = blocks === 'all' ? Infinity : Math.max(blocks, minBlocks)
  return height + 1 - Math.min(byRecords, inputs === 'all' ? Infinity : inputs)
}

/** What pruning has removed, or would remove. */
export interface PrunedCounts {
  /** Transcript entries, and the bytes of their text. */
  readonly entries: number
  readonly entryBytes: number
  readonly spans: number
  /** Records of blocks. */
  readonly blocks: number
  /** Inputs of blocks. */
  readonly inputs: number
  /** Heap pages that belonged to vats which have ended. */
  readonly pages: number
  readonly pageBytes: number
  /** Kernels, supervisors, engines and base images that are not used, and retired code of vats. */
  readonly bundles: number
  readonly bundleBytes: number
  /** Not removed: retired code of vats that a transcript which is kept names. */
  readonly bundlesKept: number
}

export const nothingPruned: PrunedCounts = {
  entries: 0,
  entryBytes: 0,
  spans: 0,
  blocks: 0,
  inputs: 0,
  pages: 0,
  pageBytes: 0,
  bundles: 0,
  bundleBytes: 0,
  bundlesKept: 0,
}

export function addPruned(one: PrunedCounts, other: Partial<PrunedCounts>): PrunedCounts {
  const sum = (name: keyof PrunedCounts): number => {
    const more = other[name] ?? 0
    assert(more >= 0, 'what was pruned is counted from 0')
    return one[name] + more
  }
  return {
    entries: sum('entries'),
    entryBytes: sum('entryBytes'),
    spans: sum('spans'),
    blocks: sum('blocks'),
    inputs: sum('inputs'),
    pages: sum('pages'),
    pageBytes: sum('pageBytes'),
    bundles: sum('bundles'),
    bundleBytes: sum('bundleBytes'),
    bundlesKept: sum('bundlesKept'),
  }
}

/** `all`, `incarnation`, `restart` or `blocks:1000`. */
export const formatKept = (kept: KeptTranscripts): string =>
  typeof kept === 'string' ? kept : `blocks:${kept.blocks}`

/** The reverse of `formatKept`; undefined for any other text. */
export function parseKept(text: string): KeptTranscripts | undefined {
  if (text === 'all' || text === 'incarnation' || text === 'restart') return text
  const blocks = /^blocks:([1-9]\d{0,14})$/.exec(text)?.[1]
  return blocks === undefined ? undefined : { blocks: Number(blocks) }
}

/** Whether the transcripts of all incarnations that run are kept whole. */
export const keepsIncarnations = ({ transcripts }: Retention): boolean =>
  transcripts === 'all' || transcripts === 'incarnation'
