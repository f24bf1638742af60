/** The result of a replay of blocks, as plain data. Milliseconds are wall-clock time. */
import type { BundleId } from '../../base/ids.ts'
import type { BlockReplayResult } from '../../machine/blockReplay/blockReplay.ts'

/** The result of `replayBlocks`. */
export interface BlockReplayReport extends BlockReplayResult {
  /** No crank differs. */
  readonly passed: boolean
  /** The kernel that was put in place of the recorded ones. */
  readonly kernel: BundleId
  readonly firstBlock: number
  /** The last one that was run; with a difference, its block. */
  readonly lastBlock: number
  readonly ms: number
}
