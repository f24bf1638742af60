/** Calls of a controller about its kernel: replacing it in place. */
import { badArgument, checkText } from '../../api/checks.ts'
import type {
  KernelCheck,
  KernelHistoryEntry,
  KernelUpgradeReport,
  KernelView,
} from '../../protocol/machine/kernelUpgrades.ts'
import type { InstalledBundle } from '../../protocol/machine/reports.ts'
import { FaultCalls } from './faultCalls.ts'
import type { Calling } from './calling.ts'
import type { Ask } from './port.ts'

export class KernelCalls extends FaultCalls {
  readonly #ask: Ask

  constructor(calling: Calling) {
    super(calling)
    this.#ask = calling.ask
  }

  /**
   * Installs a kernel bundle (`kernelBytes`, `bundleKernel`), to be put in place later.
   * @throws CodedError `kernel/broken-bundle` for anything that is not a kernel
   */
  async installKernel(bytes: Uint8Array): Promise<InstalledBundle> {
    if (!(bytes instanceof Uint8Array)) badArgument('bytes', 'the bytes of a kernel bundle', bytes)
    return this.#ask('installKernel', bytes)
  }

  /** The kernels in the store. */
  async kernels(): Promise<readonly KernelView[]> {
    return this.#ask('kernels')
  }

  /** Whether the kernel could take over now, and why not. */
  async checkKernel(id: string): Promise<KernelCheck> {
    return this.#ask('checkKernel', checkText(id, 'id'))
  }

  /**
   * Puts an installed kernel in place of the present one, while the store stays open and all vats live.
   * Commits the open block first, and the upgrade as the next. Ends a fault of the kernel.
   * @throws CodedError `kernel/upgrade-failed` when the new kernel cannot take over; the old one is in its
   *   place as before
   */
  async upgradeKernel(id: string): Promise<KernelUpgradeReport> {
    return this.#ask('upgradeKernel', checkText(id, 'id'))
  }

  /** The upgrades of the kernel, failed ones too, oldest first. */
  async kernelHistory(): Promise<readonly KernelHistoryEntry[]> {
    return this.#ask('kernelHistory')
  }
}
