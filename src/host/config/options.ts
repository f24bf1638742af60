/** Options of the host API's calls, and the states of a request. */
import type { WorkerId } from '../../base/ids.ts'
import type { AuditDepth } from '../../protocol/reports/audit.ts'
import type { Drain, OnFailure, OnRejection, ParametersFrom, UpgradeMode } from '../../protocol/host/inbox.ts'
import type { Importance, OnFault } from '../../protocol/results.ts'
import type { RolledBack, Verification } from '../../protocol/store/views.ts'
import type { Salvage } from '../../protocol/worker/salvage.ts'
import type { VatConsoleLine } from '../../protocol/machine/messages.ts'
import type { StoreConfig } from './config.ts'
import type { CollectionOptions } from './creationOptions.ts'
import type { TraceOptions } from '../../protocol/machine/traceSettings.ts'
import type { AdminNode } from '../../vat/vatAdmin.ts'
import type { Remote } from '../../api/values.ts'
import type { Watchdog } from '../threads/watch.ts'

/** Options of opening a store. */
export interface OpenOptions {
  /** The store's directory. */
  readonly directory: string
  /**
   * `read` opens a private copy of the last block: it needs no write permission, and another process may have
   * the store open. All calls work except `commit`, which is refused; changes are lost on close.
   */
  readonly access?: 'write' | 'read'
  /** Whether to create the store; default: `if-missing`, and `never` with `access: 'read'`. */
  readonly make?: 'never' | 'if-missing' | 'always'
  readonly config?: StoreConfig
  /**
   * Trusted kernels, supervisors, engines and base images besides those of the releases and those that this
   * host installed in the store: ids of bundles, or their hashes. The store remembers them.
   */
  readonly trust?: readonly string[]
  /** Checks before anything runs; default: `live`. */
  readonly verify?: Verification
  /**
   * Policy for a store that is behind its last commit, or whose record of it is lost; default: `refuse`.
   * `accept` opens it at its present block, and gives up later commits. A store with pages of several blocks
   * is never accepted.
   */
  readonly rolledBack?: RolledBack
  /** Limit on workers in memory; default: 100. Affects only time and memory. */
  readonly residentWorkers?: number
  /**
   * Limit on the bytes of workers in memory; default: 1 GiB. The active worker stays, however large. Affects
   * only time and memory.
   */
  readonly residentBytes?: number
  /** `after-each-crank` is for tests: it must change nothing. */
  readonly eviction?: 'when-needed' | 'after-each-crank'
  /** A file to which the trace is appended, as JSON lines; short for `trace` with only a file. */
  readonly traceFile?: string
  readonly trace?: TraceOptions
  /**
   * For how many seconds the machine thread may give no sign of life before it counts as hung and is ended;
   * default: 600. `off` for debuggers.
   */
  readonly watchdog?: Watchdog
  /** Called with each line that a vat writes to its console, before the call that wrote it is answered. */
  readonly onConsole?: (line: VatConsoleLine) => void
}

declare const answerType: unique symbol

/** The host's claim to the answer of a request; resolved by `controller.status`. */
export interface ResultHandle<Answer = unknown> {
  readonly sequence: number
  /** For the compiler only. */
  readonly [answerType]?: Answer
}

/** The state of a request. */
export type Status<Answer = unknown> =
  | { readonly kind: 'pending' }
  | { readonly kind: 'fulfilled'; readonly value: Answer }
  /**
   * `reason` may be anything that a vat rejects with; the kernel itself rejects with a `Rejection` or a
   * `Disconnection`, and then `by` is `kernel`. A kernel of release 0.1.0 did not record the decider; its
   * rejections all count as a vat's.
   */
  | { readonly kind: 'rejected'; readonly reason: unknown; readonly by: 'kernel' | 'vat' }

/** Vat options that can be changed while it lives. */
export interface ChangeableOptions {
  readonly computronsPerDelivery?: bigint
  /** An increase applies at once; a decrease from the next incarnation on. */
  readonly heapLimitBytes?: number
  /** Storage limit of the vat, in UTF-16 code units of keys and values, plus 32 for each entry. */
  readonly storageLimit?: number
  /** What happens to the vat when a delivery fails by its own fault; default: `reject`. */
  readonly onFault?: OnFault
  /** A fault of a `critical` vat pauses the kernel; default: `ordinary`. */
  readonly importance?: Importance
}

/** A new vat, as returned to the host. */
export interface CreatedVat<Root = unknown> {
  readonly root: Remote<Root>
  readonly adminNode: Remote<AdminNode>
}

/** Options of a new vat. */
export interface CreateOptions extends ChangeableOptions {
  readonly parameters?: unknown
  readonly worker?: WorkerId
  /** Omitted fields use the store's. */
  readonly collection?: CollectionOptions
}

/** Options of an upgrade. */
export interface UpgradeOptions {
  /** The second argument of `buildRootObject` in the heir: anything passable. */
  readonly parameters?: unknown
  /** `kept`: reuses the previous incarnation's, and none may be given; default: `given`. */
  readonly parametersFrom?: ParametersFrom
  /** Reported to those whose promises end with the old incarnation. */
  readonly upgradeMessage?: string
  /** How the new code takes over; default: `durable`. */
  readonly mode?: UpgradeMode
  /** What happens to the vat when the heir cannot start; default: `keep`. */
  readonly onFailure?: OnFailure
  /** First delivers awaited answers to the vat while messages to it wait, for at most so many cranks. */
  readonly drain?: Drain
  /** Tags of durable kinds that end with the old incarnation unless the heir defines them; default: none. */
  readonly abandonKinds?: readonly string[]
  /**
   * Put into the baggage of the heir under `salvage`: a result of `controller.salvage`, or the same from a
   * file.
   */
  readonly salvage?: Salvage
}

/** Limits of a salvage; by default those of the vat. */
export interface SalvageOptions {
  readonly computrons?: bigint
  /** Values below the vat's limit are raised to it. */
  readonly heapLimitBytes?: number
}

/** All options of the upgrade to check. */
export type CheckOptions = UpgradeOptions

/** Parameters for a signature's start; default: none. */
export interface SignatureOptions {
  readonly parameters?: unknown
  /** A vat by name or id: uses its incarnation's parameters. */
  readonly parametersOf?: string
}

/** Options of a preparation. */
export interface PrepareOptions {
  /** Mode of the later upgrade; both are prepared alike. Default: `replay`. */
  readonly mode?: Exclude<UpgradeMode, 'durable'>
}

/** Options of a message. */
export interface SendOptions {
  /**
   * What happens when the result is rejected; default: `ignore`. `log`: the run's report and the trace record
   * it; `fault`: also pauses the kernel.
   */
  readonly onRejection?: OnRejection
}

/** The run ends after the crank that reaches a limit; its report names the limit. */
export interface RunOptions {
  readonly computrons?: bigint
  readonly cranks?: number
  /** Cranks in which a vat ran. */
  readonly deliveries?: number
  /** Starts of vats. */
  readonly vatsCreated?: number
  /** Limit on cranks that clean up after terminated vats; 0 disables cleanup. */
  readonly cleanups?: number
  /** `record` hashes the heap of the vat that ran, after every crank; slow. */
  readonly onCrank?: 'nothing' | 'record'
  /**
   * On abort, the run ends after the current crank with `ended: 'interrupted'`; its work stays, to be
   * committed.
   */
  readonly signal?: AbortSignal
}

/** Options of an audit. */
export interface AuditOptions {
  /** Default: `kernel`. */
  readonly depth?: AuditDepth
}
