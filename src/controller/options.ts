/** What can be chosen in the calls of the host API, and how a request stands. */
import type { WorkerId } from '../base/ids.ts'
import { refuse } from '../protocol/codes.ts'
import type { ChangeableOptions as StoredOptions, OnRejection, UpgradeMode } from '../protocol/inbox.ts'
import { faultPolicies, importances } from '../protocol/results.ts'
import type { Importance, OnFault } from '../protocol/results.ts'
import type { Verification } from '../store/store.ts'
import { checkComputrons, checkHeap, checkOneOf } from './checks.ts'
import type { CollectionOptions, StoreConfig } from './config.ts'
import type { TraceOptions } from './trace.ts'

export interface OpenOptions {
  readonly directory: string
  /** Whether a store is made; `if-missing` unless said otherwise. */
  readonly make?: 'never' | 'if-missing' | 'always'
  readonly config?: StoreConfig
  /** What is checked before anything runs; `live` unless said otherwise. */
  readonly verify?: Verification
  /** The most workers in memory; 100 if not given. Changes nothing but time and memory. */
  readonly residentWorkers?: number
  /** `after-each-crank` is for tests: it must change nothing. */
  readonly eviction?: 'when-needed' | 'after-each-crank'
  /** A file to which the trace is appended, as JSON lines: `trace` with nothing but a file. */
  readonly traceFile?: string
  readonly trace?: TraceOptions
}

/** The host's claim to the answer of a request. */
export interface ResultHandle {
  readonly sequence: number
}

export type Status =
  | { readonly kind: 'pending' }
  | { readonly kind: 'fulfilled'; readonly value: unknown }
  /** `reason` may be anything that a vat rejects with; the kernel itself rejects with a `Rejection` or a `Disconnection`. */
  | { readonly kind: 'rejected'; readonly reason: unknown }

/** What can be chosen for a vat, and changed while it lives. */
export interface ChangeableOptions {
  readonly computronsPerDelivery?: bigint
  /** More is there at once; less is from the next incarnation on. */
  readonly heapLimitBytes?: number
  /** What becomes of the vat when a delivery fails by its own doing; `reject` if not given. */
  readonly onFault?: OnFault
  /** A fault of a `critical` vat pauses the kernel; `ordinary` if not given. */
  readonly importance?: Importance
}

export interface CreateOptions extends ChangeableOptions {
  readonly parameters?: unknown
  readonly worker?: WorkerId
  /** What is left out is as the store has it. */
  readonly collection?: CollectionOptions
}

export interface UpgradeOptions {
  readonly parameters?: unknown
  /** Told to those whose promises end with the old incarnation. */
  readonly upgradeMessage?: string
  /** How the new code takes over; `durable` if not given. */
  readonly mode?: UpgradeMode
}

/** As for the upgrade that is checked. */
export type CheckOptions = Pick<UpgradeOptions, 'parameters' | 'mode'>

export interface SendOptions {
  /** What is done when the result is rejected; `ignore` if not given. `log`: the run's report and the trace say so; `fault`: the kernel is paused besides. */
  readonly onRejection?: OnRejection
}

/** The run ends after the crank with which a limit is reached; its report says which. */
export interface RunOptions {
  readonly computrons?: bigint
  readonly cranks?: number
  /** Cranks in which a vat ran. */
  readonly deliveries?: number
  /** Starts of vats. */
  readonly vatsCreated?: number
  /** The most cranks that clean up after vats that have ended; with 0 none does. */
  readonly cleanups?: number
  /** `record` hashes the heap of the vat that ran after every crank; it is slow. */
  readonly onCrank?: 'nothing' | 'record'
}

/** Options as the inbox has them; one that there is not is refused by its name. */
export function checkChangeable(options: ChangeableOptions): StoredOptions {
  const { computronsPerDelivery, heapLimitBytes, onFault, importance, ...others } = options
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) refuse('api/bad-argument', `there is no option ${JSON.stringify(unknown)}`, { argument: unknown })
  return {
    ...(computronsPerDelivery === undefined ? {} : { computronsPerDelivery: checkComputrons(computronsPerDelivery) }),
    ...(heapLimitBytes === undefined ? {} : { heapLimitBytes: checkHeap(heapLimitBytes) }),
    ...(onFault === undefined ? {} : { onFault: checkOneOf(onFault, 'onFault', faultPolicies) }),
    ...(importance === undefined ? {} : { importance: checkOneOf(importance, 'importance', importances) }),
  }
}
