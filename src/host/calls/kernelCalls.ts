/** Calls of a controller about its kernel: replacing it in place. */
import { badArgument, checkCount, checkText } from '../../api/checks.ts'
import type {
  KernelCheck,
  KernelHistoryEntry,
  KernelProbation,
  KernelUpgradeChoices,
  KernelUpgradeReport,
  KernelView,
} from '../../protocol/machine/kernelUpgrades.ts'
import type { InstalledBundle } from '../../protocol/machine/reports.ts'
import { FaultCalls } from './faultCalls.ts'
import { checkOptions, type Names } from '../../api/optionNames.ts'
import type { Calling } from './calling.ts'
import type { Ask } from './port.ts'

/** How a kernel is put in place. */
export interface UpgradeKernelOptions {
  /** How many rows of the kernel's tables are migrated in a block; default: all of them in one. */
  readonly rowsPerBlock?: number
  /** How long the new kernel is on trial; default: until the next block is committed. */
  readonly probation?: KernelProbation
}

const optionNames: Names<UpgradeKernelOptions> = { rowsPerBlock: true, probation: true }
const probationNames: Names<KernelProbation> = { cranks: true }

function checkChoices(options: UpgradeKernelOptions): KernelUpgradeChoices {
  const { rowsPerBlock, probation } = checkOptions(options, optionNames, 'options')
  return {
    rowsPerBlock: rowsPerBlock === undefined ? null : checkCount(rowsPerBlock, 'rowsPerBlock'),
    probation: probation === undefined ? null : checkProbation(probation),
  }
}

function checkProbation(probation: KernelProbation): KernelProbation {
  const { cranks } = checkOptions(probation, probationNames, 'probation')
  return { cranks: checkCount(cranks, 'probation.cranks') }
}

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
   *
   * With `rowsPerBlock` it may only begin: then each block has a piece of the migration, which `run` does,
   * and nothing else happens in the kernel until it is done (`storeStatus().state`).
   *
   * The new kernel is on trial until the next block is committed, or for the cranks of `probation`: if it
   * fails, the store goes back to the old kernel and to the block before the upgrade, and what was accepted
   * since is done again. In a probation, nothing that the new kernel sent or settled is shown to the host.
   * @throws CodedError `kernel/upgrade-failed` when the new kernel cannot take over; the old one is in its
   *   place as before. In a later block, `run` throws it.
   */
  async upgradeKernel(id: string, options: UpgradeKernelOptions = {}): Promise<KernelUpgradeReport> {
    return this.#ask('upgradeKernel', checkText(id, 'id'), checkChoices(options))
  }

  /** The upgrades of the kernel, failed ones too, oldest first. */
  async kernelHistory(): Promise<readonly KernelHistoryEntry[]> {
    return this.#ask('kernelHistory')
  }
}
