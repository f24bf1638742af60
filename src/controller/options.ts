/** What can be chosen in the calls of the host API, and how a request stands. */
import type { WorkerId } from '../base/ids.ts'
import type { AuditDepth } from '../protocol/audit.ts'
import type { Drain, OnFailure, OnRejection, ParametersFrom, UpgradeMode } from '../protocol/inbox.ts'
import type { Importance, OnFault } from '../protocol/results.ts'
import type { RolledBack, Verification } from '../store/store.ts'
import type { Salvage } from '../protocol/salvage.ts'
import type { VatConsoleLine } from './calls.ts'
import type { StoreConfig } from './config.ts'
import type { CollectionOptions } from './creationOptions.ts'
import type { TraceOptions } from './trace.ts'
import type { AdminNode } from '../vat/vatAdmin.ts'
import type { Remote } from './values.ts'

/** What is chosen when a store is opened. */
export interface OpenOptions {
  /** Where the store is. */
  readonly directory: string
  /**
   * `read` opens a private copy of the last block, so that no permission to write is needed and somebody else may have
   * the store open. Everything can be called, but `commit` is refused, and what was done is lost when it is closed.
   */
  readonly access?: 'write' | 'read'
  /** Whether a store is made; `if-missing` unless said otherwise, `never` with `access: 'read'`. */
  readonly make?: 'never' | 'if-missing' | 'always'
  readonly config?: StoreConfig
  /**
   * Kernels, supervisors, engines and base images that are trusted besides those of the releases and those that
   * this host installed in the store: ids of bundles, or their hashes. The store remembers them.
   */
  readonly trust?: readonly string[]
  /** What is checked before anything runs; `live` unless said otherwise. */
  readonly verify?: Verification
  /**
   * What becomes of a store that is behind its last commit, or whose record of it is lost; `refuse` unless said
   * otherwise. `accept` opens it at the block that it is at, and gives up what was committed since. Nothing accepts
   * a store whose pages are of several blocks.
   */
  readonly rolledBack?: RolledBack
  /** The most workers in memory; 100 if not given. Changes nothing but time and memory. */
  readonly residentWorkers?: number
  /** The most bytes that workers in memory take; 1 GiB if not given. The one at work stays, however large. Changes nothing but time and memory. */
  readonly residentBytes?: number
  /** `after-each-crank` is for tests: it must change nothing. */
  readonly eviction?: 'when-needed' | 'after-each-crank'
  /** A file to which the trace is appended, as JSON lines: `trace` with nothing but a file. */
  readonly traceFile?: string
  readonly trace?: TraceOptions
  /** Called with each line that a vat writes to its console, before the call in which it was written is answered. */
  readonly onConsole?: (line: VatConsoleLine) => void
}

declare const answerType: unique symbol

/** The host's claim to the answer of a request; ask `controller.status` for it. */
export interface ResultHandle<Answer = unknown> {
  readonly sequence: number
  /** For the compiler alone. */
  readonly [answerType]?: Answer
}

/** How a request stands. */
export type Status<Answer = unknown> =
  | { readonly kind: 'pending' }
  | { readonly kind: 'fulfilled'; readonly value: Answer }
  /**
   * `reason` may be anything that a vat rejects with; the kernel itself rejects with a `Rejection` or a `Disconnection`,
   * and then `by` says so. A kernel of release 0.1.0 did not keep who decided; of it everything is said to be by a vat.
   */
  | { readonly kind: 'rejected'; readonly reason: unknown; readonly by: 'kernel' | 'vat' }

/** What can be chosen for a vat, and changed while it lives. */
export interface ChangeableOptions {
  readonly computronsPerDelivery?: bigint
  /** More is there at once; less is from the next incarnation on. */
  readonly heapLimitBytes?: number
  /** The most that the vat may store, in UTF-16 code units of keys and values, and 32 for each entry. */
  readonly storageLimit?: number
  /** What becomes of the vat when a delivery fails by its own doing; `reject` if not given. */
  readonly onFault?: OnFault
  /** A fault of a `critical` vat pauses the kernel; `ordinary` if not given. */
  readonly importance?: Importance
}

/** A new vat, as the host has it. */
export interface CreatedVat<Root = unknown> {
  readonly root: Remote<Root>
  readonly adminNode: Remote<AdminNode>
}

/** What is chosen for a new vat. */
export interface CreateOptions extends ChangeableOptions {
  readonly parameters?: unknown
  readonly worker?: WorkerId
  /** What is left out is as the store has it. */
  readonly collection?: CollectionOptions
}

/** What is chosen for an upgrade. */
export interface UpgradeOptions {
  /** The second argument of `buildRootObject` in the heir: anything passable. */
  readonly parameters?: unknown
  /** `kept`: those of the incarnation before, and none are given; `given` if not said. */
  readonly parametersFrom?: ParametersFrom
  /** Told to those whose promises end with the old incarnation. */
  readonly upgradeMessage?: string
  /** How the new code takes over; `durable` if not given. */
  readonly mode?: UpgradeMode
  /** What becomes of the vat when the heir cannot start; `keep` if not given. */
  readonly onFailure?: OnFailure
  /** The vat is given the answers that it waits for first, for so many cranks at most, while messages to it wait. */
  readonly drain?: Drain
  /** Tags of durable kinds that end with the old incarnation, where the heir does not define them; none if not given. */
  readonly abandonKinds?: readonly string[]
  /** Put into the baggage of the heir under `salvage`: what `controller.salvage` gave, or the same out of a file. */
  readonly salvage?: Salvage
}

/** What a salvage may take; what is not given is as the vat has it. */
export interface SalvageOptions {
  readonly computrons?: bigint
  /** Less than the vat has is as much as the vat has. */
  readonly heapLimitBytes?: number
}

/** Those of the upgrade that is checked, every one of them. */
export type CheckOptions = UpgradeOptions

/** With what a bundle is started to see what it defines; without parameters if neither is given. */
export interface SignatureOptions {
  readonly parameters?: unknown
  /** A vat by name or id: what its incarnation was started with. */
  readonly parametersOf?: string
}

/** What is chosen for a preparation. */
export interface PrepareOptions {
  /** The mode of the upgrade that will be asked for; both are prepared alike. `replay` if not given. */
  readonly mode?: Exclude<UpgradeMode, 'durable'>
}

/** What is chosen for a message. */
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
  /** When it is aborted the run ends after the crank in work, with `ended: 'interrupted'`; what was run stays, to be committed. */
  readonly signal?: AbortSignal
}

/** What is chosen for an audit. */
export interface AuditOptions {
  /** `kernel` if not given. */
  readonly depth?: AuditDepth
}
