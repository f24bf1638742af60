/**
 * `vatAdmin`: the kernel's service that creates vats, and the admin node with which the creator of a vat
 * controls it. `docs/vat-admin.md` describes each call and option.
 *
 * ```ts
 * import { E, Far } from 'heirloom/vat'
 * import type { AdminNode, VatAdmin } from 'heirloom/vat'
 *
 * export const buildRootObject = () => {
 *   let node: AdminNode | undefined
 *   return Far('maker', {
 *     async make(vatAdmin: VatAdmin, bundle: string) {
 *       const { root, adminNode } = await E(vatAdmin).createVat(bundle, { name: 'worker' })
 *       node = adminNode
 *       return root
 *     },
 *     async renew(bundle: string) {
 *       if (node === undefined) throw Error('make the vat first')
 *       const { incarnationNumber } = await E(node).upgrade(bundle, { onFailure: 'suspend' })
 *       return incarnationNumber
 *     },
 *   })
 * }
 * ```
 */
import type { HistoryEntry } from '../protocol/reports/history.ts'
import type { Drain, OnFailure, ParametersFrom, UpgradeMode } from '../protocol/host/inbox.ts'
import type { OnFault, ResumeResult, SuspendResult } from '../protocol/results.ts'
import type { BundleCap } from './bundleCap.ts'
import type { Meter } from './meters.ts'
import type { UpgradeWorkerOptions, WorkerAdmin } from './workers.ts'

/** Code for a vat: a bundle cap, the id of an installed bundle, or a bundle of a text format itself. */
export type VatBundle = BundleCap | string | { readonly moduleFormat: string; readonly source: string }

/** Proves that its holder may create critical vats. */
export type CriticalVatKey = object

/** The counts after which a vat collects its garbage; absent fields default to the store's. */
export interface CollectionSchedule {
  readonly deliveries?: number | 'never'
  readonly references?: number | 'never'
  readonly computrons?: bigint | 'never'
}

/** Options that can be changed while a vat lives. */
export interface VatOptions {
  /** The meter that the vat is charged to. */
  readonly meter?: Meter
  readonly computronsPerDelivery?: bigint
  readonly heapLimitBytes?: number
  /** The storage limit of the vat, in UTF-16 code units of keys and values. */
  readonly storageLimit?: number
  /** The action on the vat when a delivery fails. */
  readonly onFault?: OnFault
  /** A fault of a critical vat pauses the kernel. */
  readonly critical?: CriticalVatKey | false
  /** Deliveries between two collections of garbage; `collection` can say more. */
  readonly reapInterval?: number | 'never'
  readonly collection?: CollectionSchedule
}

/** Options of a new vat. */
export interface CreateVatOptions extends VatOptions {
  readonly name?: string
  /** The second argument of `buildRootObject`: anything passable. */
  readonly vatParameters?: unknown
  /** The id of the worker version of the first incarnation. */
  readonly worker?: string
}

/** Options of an upgrade; `docs/lives.md` describes the modes. */
export interface UpgradeVatOptions {
  readonly vatParameters?: unknown
  /** `'kept'`: the parameters of the previous incarnation. */
  readonly parametersFrom?: ParametersFrom
  /** Part of the rejection of promises that end with the old incarnation. */
  readonly upgradeMessage?: string
  readonly mode?: UpgradeMode
  /** The action when the new code does not start. */
  readonly onFailure?: OnFailure
  /** Lets the vat receive its pending answers before it is replaced. */
  readonly drain?: Drain
  /** Tags of durable kinds that end when the new code does not define them. */
  readonly abandonKinds?: readonly string[]
}

/** A new vat. */
export interface CreatedVat<Root = unknown> {
  readonly root: Root
  readonly adminNode: AdminNode
}

/** The status of a vat at one moment. */
export interface AdminNodeStatus {
  readonly name: string
  readonly bundle: string
  readonly incarnation: number
  /** Whether it runs: the `kind` is `starting`, `running`, `draining`, `suspended` or `terminated`. */
  readonly status: { readonly kind: 'starting' | 'running' | 'draining' | 'suspended' | 'terminated' }
  /** The number of deliveries that wait for the vat. */
  readonly parked: number
  /** Its stored data, in UTF-16 code units of keys and values; null when the store does not count them. */
  readonly storage: { readonly units: number; readonly entries: number; readonly limit: number | null } | null
}

/** Controls one vat. Once the vat has ended, `status`, `history` and `done` still answer. */
export interface AdminNode {
  /** Replaces the vat's code; rejected when the new code does not start, and the old code continues. */
  upgrade(bundle: VatBundle, options?: UpgradeVatOptions): { readonly incarnationNumber: number }
  /** Moves the vat to another worker version, by its id or label; rejected when the vat cannot follow. */
  upgradeWorker(
    worker: string,
    options?: UpgradeWorkerOptions,
  ): { readonly incarnationNumber: number; readonly mode: 'replay' | 'durable' | 'none' }
  /** Delivers nothing to the vat until `resume`; its messages wait. */
  suspend(reason: string): SuspendResult
  resume(): ResumeResult
  /** Ends the vat. Promises for its end are rejected with the reason. */
  terminateWithFailure(reason: unknown): void
  changeOptions(options: VatOptions): void
  status(): AdminNodeStatus
  /** Its incarnations and failed upgrades, oldest first. */
  history(): readonly HistoryEntry[]
  /** Resolves to the vat's completion value; rejected when it ended with a failure. */
  done(): unknown
}

/** The maximum number of vats of a bounded `vatAdmin`. */
export interface VatBound {
  get(): { readonly maxVats: number; readonly vats: number }
  setMaxVats(maxVats: number): void
}

/** Creates vats. */
export interface VatAdmin {
  /** Resolves once the vat has started. */
  createVat(bundle: VatBundle, options?: CreateVatOptions): CreatedVat
  /** The same, with the bundle that has this label. */
  createVatByName(label: string, options?: CreateVatOptions): CreatedVat
  getBundleCap(id: string): BundleCap
  /** Resolves once the host has installed the bundle. */
  waitForBundleCap(id: string): BundleCap
  getNamedBundleCap(label: string): BundleCap
  getBundleIDByName(label: string): string
  /** A `vatAdmin` that creates at most this many vats, and the object that changes the bound. */
  createBoundedVatAdmin(maxVats: number): { readonly vatAdmin: VatAdmin; readonly bound: VatBound }
  createMeter(remaining: bigint, threshold: bigint): Meter
  createUnlimitedMeter(): Meter
  /** The service itself, for vats that ask for it as SwingSet's do. */
  createVatAdminService(device?: unknown): VatAdmin
}

/** The object passed to `bootstrap` as `vats.vatAdmin`. */
export interface VatAdminRoot extends VatAdmin, WorkerAdmin {
  getCriticalVatKey(): CriticalVatKey
}
