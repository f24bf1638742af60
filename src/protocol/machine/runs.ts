/** Limits of a run, and its report. */
import type { Hash, VatId } from '../../base/ids.ts'
import type { KernelReturn } from './kernelUpgrades.ts'
import type { WatchPolicy } from '../host/inbox.ts'
import type { ReasonData } from '../results.ts'

/** A limit of a run. */
export type LimitName = 'computrons' | 'cranks' | 'deliveries' | 'vatsCreated' | 'cleanups'

export interface RunLimits {
  /** The run ends after the crank that reaches this. */
  readonly computrons: bigint | null
  readonly cranks: number | null
  readonly deliveries: number | null
  readonly vatsCreated: number | null
  /** Number of cranks that clean up after terminated vats. */
  readonly cleanups: number | null
  readonly onCrank: 'nothing' | 'record'
  /** Shared with the calling thread: the run ends after the crank in which the first element becomes 1. */
  readonly interrupt?: Int32Array<SharedArrayBuffer>
}

/** One recorded crank of a run. */
export interface CrankRecord {
  readonly crank: number
  readonly activityHash: Hash
  readonly vat: VatId | null
  /** Heap hash of the vat that ran, or null when none did. */
  readonly heapHash: Hash | null
}

/** `Rejection`: the form that crosses threads, or the form for the host. */
export interface RunReport<Rejection = ReportedRejection> {
  /**
   * `idle`: no work is left; `limit`: a limit of the run was reached; `paused`: the kernel is paused;
   * `interrupted`: the signal was aborted; `faulted`: the kernel failed, and the block was taken back;
   * `returned`: the kernel failed on trial, and the store is back on the one before it: run again;
   * `migrating`: a new kernel has done the block's piece of its migration, and the next block does the next.
   */
  readonly ended: 'idle' | 'limit' | 'paused' | 'interrupted' | 'faulted' | 'returned' | 'migrating'
  /** The limit that ended the run; null when none did. */
  readonly limit: LimitName | null
  /** What failed, if the store returned in this run or since the run before it; else null. */
  readonly returned: KernelReturn | null
  readonly cranks: number
  /** Cranks that cleaned up after terminated vats. */
  readonly cleanups: number
  /** Cranks in which a vat ran. */
  readonly deliveries: number
  /** Starts of vats, including failed ones. */
  readonly vatsCreated: number
  readonly computrons: bigint
  readonly recorded: readonly CrankRecord[]
  /** Rejected results of requests with `onRejection`, in order. */
  readonly rejections: readonly Rejection[]
}

/** A rejected result of a request with a rejection policy. */
export interface LoggedRejection {
  readonly sequence: number
  readonly onRejection: WatchPolicy
  readonly data: ReasonData
}

/** A result rejected in a run, of a request that asked for a report. */
export interface ReportedRejection {
  readonly sequence: number
  readonly onRejection: WatchPolicy
  readonly reason: unknown
  /** The rejecting party, as in `Status`. */
  readonly by: 'kernel' | 'vat'
}
