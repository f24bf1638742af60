/** Calls of a controller about its kernel: replacing it in place. */
import { badArgument, checkText } from '../../api/checks.ts'
import type {
  KernelCheck,
  KernelHistoryEntry,
  KernelUpgradeReport,
  KernelView,
} from '../../protocol/machine/kernelUpgrades.ts'
import type { InstalledBundle } from '../../protocol/machine/reports.ts'
import { checkKernelUpgrade } from '../config/optionChecks.ts'
import type { KernelUpgradeOptions } from '../config/options.ts'
import { FaultCalls } from './faultCalls.ts'
import type { Ask } from './port.ts'

export class KernelCalls extends FaultCalls {
  readonly #call: Ask
  readonly #assertReady: () => void

  constructor(ask: Ask, call: Ask, assertReady: () => void) {
    super(ask, call, assertReady)
    this.#call = call
    this.#assertReady = assertReady
  }

  /**
   * Installs a kernel bundle (`kernelBytes`, `bundleKernel`), to be put in place later.
   * @throws CodedError `kernel/broken-bundle` for anything that is not a kernel
   */
  async installKernel(bytes: Uint8Array): Promise<InstalledBundle> {
    this.#assertReady()
    if (!(bytes instanceof Uint8Array)) badArgument('bytes', 'the bytes of a kernel bundle', bytes)
    return this.#call('installKernel', bytes)
  }

  /** The kernels in the store. */
  async kernels(): Promise<readonly KernelView[]> {
    this.#assertReady()
    return this.#call('kernels')
  }

  /** Whether the kernel could take over now, and why not. */
  async checkKernel(id: string): Promise<KernelCheck> {
    this.#assertReady()
    return this.#call('checkKernel', checkText(id, 'id'))
  }

  /**
   * Puts an installed kernel in place of the present one, while the store stays open and all vats live.
   * Commits the open block first, and the upgrade as the next. Ends a fault of the kernel.
   *
   * With `rowsPerBlock` it may only begin: then each block has a piece of the migration, which `run` does,
   * and nothing else happens in the kernel until it is done (`storeStatus().state`).
   * @throws CodedError `kernel/upgrade-failed` when the new kernel cannot take over; the old one is in its
   *   place as before. In a later block, `run` throws it.
   */
  async upgradeKernel(id: string, options: KernelUpgradeOptions = {}): Promise<KernelUpgradeReport> {
    this.#assertReady()
    return this.#call('upgradeKernel', checkText(id, 'id'), checkKernelUpgrade(options))
  }

  /** The upgrades of the kernel, failed ones too, oldest first. */
  async kernelHistory(): Promise<readonly KernelHistoryEntry[]> {
    this.#assertReady()
    return this.#call('kernelHistory')
  }
}
