/**
 * The kernel in its place: the one that the store names, evaluated. It can be replaced between two blocks;
 * the other parts of the machine hold this object, and never a kernel itself.
 *
 * All state of a kernel is in the store (`kernel/kernel.ts`), so that another one continues from there.
 */
import { assert } from '../../base/errors.ts'
import type { BundleId } from '../../base/ids.ts'
import { refuse } from '../../protocol/codes.ts'
import type { KernelEvent, KernelReport } from '../../protocol/kernel/events.ts'
import type {
  DryRun,
  DryRunReport,
  KernelReader,
  SalvageOrder,
  SalvageReport,
} from '../../protocol/kernel/kernel.ts'
import type { KernelPlatform } from '../../protocol/kernel/platform.ts'
import type { Store } from '../../store/store.ts'
import { kernelLabel } from '../opening/opening.ts'
import type { AdaptedBundle, AdaptedKernel } from './adapters/adapted.ts'
import { readerNames } from './adapters/level2.ts'
import type { Migration } from '../kernelUpgrades/migration.ts'
import { evaluateKernel } from './kernelContext.ts'

/** A kernel bundle with a kernel made of it. */
export interface LoadedKernel {
  readonly id: BundleId
  readonly bundle: AdaptedBundle
  readonly kernel: AdaptedKernel
}

export class KernelInPlace implements AdaptedKernel {
  readonly #store: Store
  readonly #platform: KernelPlatform
  /** While it is under way, only its event reaches the kernel (Mib1). */
  readonly #migration: Migration
  #loaded: LoadedKernel
  readonly read: KernelReader

  constructor(store: Store, platform: KernelPlatform, migration: Migration) {
    this.#migration = migration
    this.#store = store
    this.#platform = platform
    const id = store.bundles.named(kernelLabel)
    if (id === undefined) refuse('kernel/broken-bundle', 'the store names no kernel bundle')
    this.#loaded = this.load(id)
    this.read = readerOf(() => {
      migration.assertNone()
      return this.#loaded.kernel.read
    })
  }

  /** Evaluates a bundle of the store. Its kernel is not in place yet. */
  load(id: BundleId): LoadedKernel {
    const source = Buffer.from(this.#store.bundles.get(id, 'kernel')).toString('utf8')
    const bundle = evaluateKernel(id, source)
    return { id, bundle, kernel: bundle.makeKernel(this.#platform) }
  }

  /** Puts a kernel into its place. Returns the one that was there. */
  replace(next: LoadedKernel): LoadedKernel {
    const before = this.#loaded
    assert(next !== before, 'a kernel is replaced by another')
    this.#loaded = next
    return before
  }

  get loaded(): LoadedKernel {
    return this.#loaded
  }
  get id(): BundleId {
    return this.#loaded.id
  }
  get bundle(): AdaptedBundle {
    return this.#loaded.bundle
  }
  get level(): number {
    return this.#loaded.kernel.level
  }
  get idleSteps(): AdaptedKernel['idleSteps'] {
    return this.#loaded.kernel.idleSteps
  }

  step(event: KernelEvent): KernelReport {
    assert(event.kind === 'migrate' || this.#migration.view === null, 'the tables are migrated alone (Mib1)')
    return this.#loaded.kernel.step(event)
  }
  endBlock(): KernelReport {
    return this.#loaded.kernel.endBlock()
  }
  assertDryRuns(): void {
    this.#migration.assertNone()
    this.#loaded.kernel.assertDryRuns()
  }
  dryRun(operation: DryRun, crank: number): DryRunReport {
    return this.#loaded.kernel.dryRun(operation, crank)
  }
  salvage(order: SalvageOrder): SalvageReport {
    return this.#loaded.kernel.salvage(order)
  }
}

/** Readers of the kernel that is in place when they are called. */
function readerOf(now: () => KernelReader): KernelReader {
  const readers = readerNames.map((name) => {
    const read = (...args: readonly unknown[]): unknown => {
      const reader = now()
      return Reflect.apply(reader[name], reader, args)
    }
    return [name, read] as const
  })
  const all: Partial<Record<keyof KernelReader, (...args: readonly unknown[]) => unknown>> =
    Object.fromEntries(readers)
  return all as KernelReader
}
