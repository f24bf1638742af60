/** Calls of a controller about its kernel: replacing it in place. */
import { badArgument, checkCount, checkText } from '../../api/checks.ts'
import type {
  KernelCheck,
  KernelHistoryEntry,
  KernelProbation,
  KernelUpgradeReport,
  KernelView,
} from '../../protocol/machine/kernelUpgrades.ts'
import type { InstalledBundle } from '../../protocol/machine/reports.ts'
import { FaultCalls } from './faultCalls.ts'
import { checkOptions, type Names } from '../../api/optionNames.ts'
import type { Ask } from './port.ts'

/** How a kernel is put in place. */
export interface UpgradeKernelOptions {
  /** How long the new kernel is on trial; default: until the next block is committed. */
  readonly probation?: KernelProbation
}

const optionNames: Names<UpgradeKernelOptions> = { probation: true }
const probationNames: Names<KernelProbation> = { cranks: true }

function checkProbation(options: UpgradeKernelOptions): KernelProbation | null {
  const { probation } = checkOptions(options, optionNames, 'options')
  if (probation === undefined) return null
  const { cranks } = checkOptions(probation, probationNames, 'probation')
  return { cranks: checkCount(cranks, 'probation.cranks') }
}

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
   * The new kernel is on trial until the next block is committed, or for the cranks of `probation`: if it
   * fails, the store goes back to the old kernel and to the block before the upgrade, and what was accepted
   * since is done again. In a probation, nothing that the new kernel sent or settled is shown to the host.
   * @throws CodedError `kernel/upgrade-failed` when the new kernel cannot take over; the old one is in its
   *   place as before
   */
  async upgradeKernel(id: string, options: UpgradeKernelOptions = {}): Promise<KernelUpgradeReport> {
    this.#assertReady()
    checkText(id, 'id')
    return this.#call('upgradeKernel', id, checkProbation(options))
  }

  /** The upgrades of the kernel, failed ones too, oldest first. */
  async kernelHistory(): Promise<readonly KernelHistoryEntry[]> {
    this.#assertReady()
    return this.#call('kernelHistory')
  }
}
