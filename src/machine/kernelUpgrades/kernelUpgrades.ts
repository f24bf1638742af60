/**
 * Replacing the kernel while everything on it lives.
 *
 * Ku1. An upgrade begins and ends with a block: the open block is committed first, and the next contains what
 *      the new kernel does at first (its migrations) and the store's new name for its kernel. A process that
 *      dies in between has the old kernel.
 * Ku2. A kernel that cannot take over, whose migrations fail, or after which the audit finds deviations, is
 *      taken back: its part of the block is undone, and the old kernel is in its place as before. The attempt
 *      is recorded.
 * Ku3. No worker is touched: vats go on where they were.
 * Ku4. A local fault does not refuse a kernel: nothing is recorded, and the store stays at the block before.
 */
import { assert, CodedError } from '../../base/errors.ts'
import { isBundleId, type BundleId } from '../../base/ids.ts'
import { excerpt } from '../../base/text.ts'
import { refuse } from '../../protocol/codes.ts'
import type { KernelReport, MigratedRows } from '../../protocol/kernel/events.ts'
import type { KernelUpgradeCalls } from '../../protocol/machine/calls.ts'
import type {
  KernelCheck,
  KernelFlaw,
  KernelHistoryEntry,
  KernelUpgradeReport,
  KernelView,
} from '../../protocol/machine/kernelUpgrades.ts'
import type { InstalledBundle } from '../../protocol/machine/reports.ts'
import { interfaceLevel } from '../../protocol/kernel/bundle.ts'
import { unsupportedBy } from '../../protocol/host/requests.ts'
import type { Store } from '../../store/store.ts'
import { readInboxItem } from '../calls/storedItems.ts'
import type { Faults } from '../faults/faults.ts'
import { describeFault, evaluateKernel } from '../kernel/kernelContext.ts'
import { isOfKernel, KernelFault } from '../kernel/kernelFault.ts'
import type { KernelInPlace, LoadedKernel } from '../kernel/kernelInPlace.ts'
import { kernelLabel } from '../opening/opening.ts'
import { addKernelHistory, kernelHistory } from './kernelHistory.ts'

export interface KernelUpgradeParts {
  readonly store: Store
  readonly kernel: KernelInPlace
  readonly faults: Faults
  /** Has the kernel in place do its first step, as a crank. */
  readonly migrate: () => KernelReport
  readonly commit: () => { readonly height: number }
  /** Ends everything by a local fault. */
  readonly fail: (error: unknown) => never
}

/** How much of an error the history keeps. */
const maxError = 1_000

export class KernelUpgrades implements KernelUpgradeCalls {
  readonly #parts: KernelUpgradeParts

  constructor(parts: KernelUpgradeParts) {
    this.#parts = parts
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
    const loaded = this.#load(id)
    return { ...this.#view(loaded.id), flaws: this.#flawsOf(loaded) }
  }

  kernelHistory(): readonly KernelHistoryEntry[] {
    return kernelHistory(this.#parts.store.state)
  }

  upgradeKernel(id: string): KernelUpgradeReport {
    const { store, kernel, faults, commit } = this.#parts
    const began = performance.now()
    const next = this.#load(id)
    const from = kernel.id
    if (next.id === from) refuse('kernel/in-place', `the kernel ${id} is in place already`, { kernel: id })
    const [flaw] = this.#flawsOf(next)
    if (flaw !== undefined) refuse(flaw.code, flaw.message, { kernel: id, names: flaw.names })
    const { height } = commit()
    const before = kernel.replace(next)
    const migrated = this.#takeOver(next, before, height)
    if (faults.fault() !== null) faults.clear()
    addKernelHistory(store.state, { from, to: next.id, block: height, refused: null })
    store.sealCrank()
    const { height: block } = this.#commit()
    assert(store.bundles.named(kernelLabel) === kernel.id, 'the store names the kernel in place (Ku1)')
    const pauseMs = performance.now() - began
    faults.takeAll()
    return { from, to: next.id, block, migrated, pauseMs }
  }

  /** Ku1, Ku2. */
  #takeOver(next: LoadedKernel, before: LoadedKernel, height: number): readonly MigratedRows[] {
    const { store } = this.#parts
    try {
      store.bundles.name(kernelLabel, next.id)
      const migrated = this.#migrate(next)
      this.#assertAudited(next)
      return migrated
    } catch (error) {
      if (isLocal(error)) this.#parts.fail(error)
      this.#takeBack(before, next, height, error)
      throw upgradeFailed(next.id, error)
    }
  }

  #migrate(next: LoadedKernel): readonly MigratedRows[] {
    // Kernels of older levels read the rows of the same version as they are.
    if (next.kernel.level < 2) return []
    const report = this.#parts.migrate()
    if (report.kind !== 'migrated') throw new KernelFault('a kernel reports its migrations')
    return report.tables
  }

  #assertAudited({ id, bundle: { audit } }: LoadedKernel): void {
    const { state, bundles } = this.#parts.store
    const deviations = audit?.({ state, bundles }).deviations ?? []
    const [first] = deviations
    if (first === undefined) return
    this.#parts.store.verifyState()
    refuse(
      'kernel/upgrade-failed',
      `the audit of the kernel ${id} finds ${deviations.length} deviations, such as ${first.where}: ${first.message}`,
      { kernel: id, cause: first.code, where: first.where },
    )
  }

  #takeBack(before: LoadedKernel, next: LoadedKernel, height: number, error: unknown): void {
    const { store, kernel } = this.#parts
    store.undoKernelPart()
    store.bundles.name(kernelLabel, before.id)
    if (kernel.id !== before.id) kernel.replace(before)
    const why = error instanceof Error ? error.message : String(error)
    const refused = excerpt(why, maxError)
    addKernelHistory(store.state, { from: before.id, to: next.id, block: height, refused })
    store.sealCrank()
    this.#commit()
  }

  /** A block that must not stay open. */
  #commit(): { readonly height: number } {
    try {
      return this.#parts.commit()
    } catch (error) {
      return this.#parts.fail(error)
    }
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

/** Ku4. */
const isLocal = (error: unknown): boolean =>
  !isOfKernel(error) && !(error instanceof CodedError && error.code === 'kernel/upgrade-failed')

/** A step of the new kernel threw, or it was refused. */
function upgradeFailed(kernel: BundleId, error: unknown): CodedError {
  if (error instanceof CodedError && error.code === 'kernel/upgrade-failed') return error
  const cause = error instanceof CodedError ? { cause: error.code, ...error.detail } : {}
  return new CodedError('kernel/upgrade-failed', `the kernel ${kernel} did not take over: ${describeFault(error)}`, {
    ...cause,
    kernel,
  })
}
