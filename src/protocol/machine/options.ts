/** Options with which a machine is opened, and the settings of a new store. */
import type { StoreAccess, Verification, RolledBack } from '../store/views.ts'
import type { BundleId } from '../../base/ids.ts'
import type { TraceSettings } from './traceSettings.ts'
import type { WorkerCode } from '../worker/workerCode.ts'
import type { CollectionSchedule } from '../host/gcSchedule.ts'
import type { OnFault } from '../results.ts'
import type { InitialContents } from './genesis.ts'

export interface MachineOptions {
  readonly directory: string
  readonly access: StoreAccess
  readonly make: 'never' | 'if-missing' | 'always'
  readonly verify: Verification
  /** Default: `refuse`. */
  readonly rolledBack?: RolledBack
  /** Code trusted in addition to the store's and the releases'; default: none. */
  readonly trust?: readonly BundleId[]
  readonly residentWorkers: number
  /** Memory limit in bytes; the active worker always stays. */
  readonly residentBytes: number
  readonly eviction: 'when-needed' | 'after-each-crank'
  readonly trace: TraceSettings | null
  /** Whether the calling thread receives what vats write to their consoles; default: no. */
  readonly console?: 'reported'
  /** Contents of a new store; null when only opening one. */
  readonly genesis: Genesis | null
}

/** Everything needed to create a store. */
export interface Genesis {
  readonly kernel: Uint8Array
  /** The worker version on which vats start. */
  readonly worker: WorkerCode
  readonly snapshotInterval: number
  readonly collectionInterval: number
  readonly collection: CollectionSchedule | null
  readonly computronsPerDelivery: string
  readonly heapLimitBytes: number
  readonly storageLimit: number
  readonly onFault: OnFault | null
  readonly maxVats: number | null
  readonly cleanupBudget: number
  readonly contents: InitialContents
}
