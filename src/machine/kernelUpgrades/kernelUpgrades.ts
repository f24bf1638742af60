/**
 * Replacing the kernel while everything on it lives.
 *
 * Ku1. An upgrade begins and ends with a block: the open block is committed first, unless it is empty, and
 *      the next contains what the new kernel does at first (its migrations, or the first piece of them) and
 *      the store's new name for its kernel. A process that dies in between has the old kernel, and the same
 *      upgrade has the same blocks then.
 * Ku2. A kernel that cannot take over, whose migrations fail, or after which the audit finds deviations, is
 *      taken back: all that it wrote is undone, and the old kernel is in its place as before. The attempt is
 *      recorded (`takeOver.ts`).
 * Ku3. No worker is touched: vats go on where they were.
 * Ku4. A local fault does not refuse a kernel: nothing is recorded, and the store stays at the block before.
 * Ku5. A kernel that took over is on trial (`trials.ts`): accepting what waited belongs to that.
 */
import { isBundleId, type BundleId } from '../../base/ids.ts'
import { refuse } from '../../protocol/codes.ts'
import type { KernelUpgradeCalls } from '../../protocol/machine/calls.ts'
import type {
  KernelCheck,
  KernelFlaw,
  KernelHistoryEntry,
  KernelUpgradeChoices,
  KernelUpgradeReport,
  KernelView,
} from '../../protocol/machine/kernelUpgrades.ts'
import type { InstalledBundle } from '../../protocol/machine/reports.ts'
import { interfaceLevel } from '../../protocol/kernel/bundle.ts'
import { unsupportedBy } from '../../protocol/host/requests.ts'
import { readInboxItem } from '../calls/storedItems.ts'
import { evaluateKernel } from '../kernel/kernelContext.ts'
import type { LoadedKernel } from '../kernel/kernelInPlace.ts'
import { kernelHistory } from './kernelHistory.ts'
import { KernelReturned } from './kernelReturned.ts'
import { wireFlaws } from './wireFlaws.ts'
import { TakeOver, upgradeFailed, type TakeOverParts } from './takeOver.ts'

export class KernelUpgrades implements KernelUpgradeCalls {
  readonly #parts: TakeOverParts
  readonly #takeOver: TakeOver

  constructor(parts: TakeOverParts) {
    this.#parts = parts
    this.#takeOver = new TakeOver(parts)
  }

  installKernel(bytes: Uint8Array): InstalledBundle {
    const { store } = this.#parts
    evaluateKernel('to be installed', Buffer.from(bytes).toString('utf8'))
    const id = store.bundles.put('kernel', bytes)
    store.trust.add([id], 'installed')
    return { id, size: bytes.byteLength }
  }

  kernels(): readonly KernelView[] {
    return this.#parts.store.bundles
      .list()
      .filter(({ kind }) => kind === 'kernel')
      .map(({ id }) => this.#view(id))
  }

  checkKernel(id: string): KernelCheck {
    const { store, kernel, migration } = this.#parts
    migration.assertNone()
    const loaded = this.#load(id)
    const flaws = this.#flawsOf(loaded)
    const { state, bundles } = store
    const isMigrated = id !== kernel.id && flaws.every(({ code }) => code !== 'kernel/tables-differ')
    const plan = isMigrated ? loaded.bundle.migrationsOf?.({ state, bundles }) : undefined
    return { ...this.#view(loaded.id), flaws, migration: plan ?? [] }
  }

  kernelHistory(): readonly KernelHistoryEntry[] {
    return kernelHistory(this.#parts.store.state)
  }

  upgradeKernel(
    id: string,
    choices: KernelUpgradeChoices,
  ): KernelUpgradeReport {
    const { store, kernel, faults, migration, trials, commitOpen } = this.#parts
    migration.assertNone()
    if (trials.isProbation) trials.assertNone('it is upgraded when its probation is over')
    const began = performance.now()
    const next = this.#load(id)
    const from = kernel.id
    if (next.id === from) refuse('kernel/in-place', `the kernel ${id} is in place already`, { kernel: id })
    const [flaw] = this.#flawsOf(next)
    if (flaw !== undefined) refuse(flaw.code, flaw.message, { kernel: id, names: flaw.names })
    // A trial of the kernel before ends with a block, whether it is empty or not.
    const isBegun = store.isBetweenBlocks && !store.undoLog.isOn
    const { height } = isBegun ? store.blocks.last() : commitOpen()
    const { block, migrated } = this.#takeOver.begin(next, height, choices)
    try {
      faults.takeAll()
    } catch (error) {
      throw error instanceof KernelReturned ? upgradeFailed(next.id, error) : error
    }
    const pauseMs = performance.now() - began
    return { from, to: next.id, block, migrated, migration: migration.view, pauseMs }
  }

  /** Does the block's piece of a migration, if one is under way. */
  goOn(): 'migrating' | 'ready' {
    return this.#takeOver.goOn()
  }

  blockCommitted(): void {
    this.#takeOver.blockCommitted()
  }

  #load(id: string): LoadedKernel {
    const { store, kernel } = this.#parts
    if (!isBundleId(id) || !store.bundles.has(id, 'kernel'))
      return refuse('kernel/unknown', `no kernel ${id} is installed`, { kernel: id })
    return kernel.load(id)
  }

  #view(id: BundleId): KernelView {
    const { kernel } = this.#parts
    const { bundle } = id === kernel.id ? kernel : kernel.load(id)
    return {
      id,
      version: bundle.version,
      workerWires: bundle.workerWires,
      oldestTables: bundle.oldestTables,
      interfaceLevel: bundle.interfaceLevel,
      tablesVersion: bundle.tablesVersion,
      use: id === kernel.id ? 'in-place' : 'installed',
    }
  }

  #flawsOf({ id, bundle, kernel: next }: LoadedKernel): readonly KernelFlaw[] {
    const { kernel, store } = this.#parts
    const flaws: KernelFlaw[] = []
    const { tablesVersion } = kernel.bundle
    if (tablesVersion < bundle.oldestTables || tablesVersion > bundle.tablesVersion)
      flaws.push({
        code: 'kernel/tables-differ',
        message: `the kernel ${id} takes over tables of the versions ${bundle.oldestTables} to ${bundle.tablesVersion}, and those of the store have version ${tablesVersion}`,
        names: [String(tablesVersion)],
      })
    if (next.level < kernel.level)
      flaws.push({
        code: 'kernel/interface-too-old',
        message: `the kernel ${id} has the interface level ${next.level}, older than ${kernel.level} (of ${interfaceLevel}): it does not know all that the store has`,
        names: [String(kernel.level)],
      })
    flaws.push(...wireFlaws(store, kernel.read.workers(), { id, bundle }))
    const unknown = [...store.inbox.waiting()].flatMap(({ sequence, item }) => {
      const missing = unsupportedBy(next.level, readInboxItem(sequence, item))
      return missing === undefined ? [] : [`${sequence}: ${missing}`]
    })
    if (unknown.length > 0)
      flaws.push({
        code: 'kernel/request-unknown',
        message: `items wait in the inbox that the kernel ${id} does not know: ${unknown.join(', ')}`,
        names: unknown,
      })
    return flaws
  }
}
