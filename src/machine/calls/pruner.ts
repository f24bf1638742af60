/**
 * Retention and pruning, as the machine offers them to the host: each call is bounded, so that others can
 * interleave. They leave the current block unchanged, and are durable when they return.
 */
import { assert } from '../../base/errors.ts'
import type { BundleId, VatId } from '../../base/ids.ts'
import type { KernelReader } from '../../protocol/kernel/kernel.ts'
import { refuse } from '../../protocol/codes.ts'
import { keepsIncarnations, type PrunedCounts, type Retention } from '../../protocol/store/retention.ts'
import type { FreedPages, PruneStep } from '../../protocol/store/views.ts'
import type { WorkerVersion } from '../../protocol/worker/worker.ts'
import type { RetiredCode, Store } from '../../store/store.ts'
import type { PruneCalls } from '../../protocol/machine/calls.ts'
import type { KernelTrials } from '../kernelUpgrades/trials.ts'

export class Pruner implements PruneCalls {
  readonly #store: Store
  readonly #kernel: { readonly read: KernelReader }
  readonly #trials: Pick<KernelTrials, 'assertNone'>
  readonly #retired: () => readonly WorkerVersion[]

  /** `retired`: the versions that were retired in the current block. */
  constructor(
    store: Store,
    kernel: { readonly read: KernelReader },
    trials: Pick<KernelTrials, 'assertNone'>,
    retired: () => readonly WorkerVersion[],
  ) {
    this.#store = store
    this.#kernel = kernel
    this.#trials = trials
    this.#retired = retired
  }

  setRetention(retention: Retention): void {
    this.#assertNotNeeded(retention)
    this.#store.setRetention(retention)
  }

  vatsWithoutReplay(retention: Retention): readonly VatId[] {
    const alive = new Set(this.#kernel.read.vats().map(({ vat }) => vat))
    return this.#store.withoutReplay(retention).filter((vat) => alive.has(vat))
  }

  pruneRows(retention: Retention, after: VatId | 'none'): PruneStep {
    this.#assertNotNeeded(retention)
    return this.#store.prune(retention, after)
  }

  prunePages(): FreedPages {
    return this.#store.freePages()
  }

  /**
   * The kernel already knows a worker version that was installed in the current block. One that was retired
   * in it is needed if the block is lost. For the same reason code of vats is removed only between blocks.
   */
  pruneBundles(): Pick<PrunedCounts, 'bundles' | 'bundleBytes' | 'bundlesKept'> {
    this.#trials.assertNone('bundles are removed when its trial is over, since the kernel before it may need them')
    const used = new Set<BundleId>(this.#kernel.read.workerParts())
    const versions =
      [...this.#kernel.read.workers(), ...this.#retired()].flatMap(({ engine, supervisor, image }) => [
        engine,
        supervisor,
        image,
      ])
    for (const part of versions) used.add(part)
    assert(used.size > 0, 'a store uses at least one worker version')
    const unused = this.#store.bundles.unused(used)
    assert(unused.every(({ id }) => !used.has(id)), 'no bundle is removed that a worker version needs')
    const retired = this.#retiredCode()
    const sizes = new Map(this.#store.bundles.list().map(({ id, size }) => [id, size]))
    const removed = [...unused.map(({ id }) => id), ...retired.unneeded]
    this.#store.removeBundles(removed)
    return {
      bundles: removed.length,
      bundleBytes: removed.reduce((sum, id) => sum + (sizes.get(id) ?? 0), 0),
      bundlesKept: retired.kept.length,
    }
  }

  /** What was installed again in the open block, or waits in the inbox for it, is not in the last block. */
  #retiredCode(): RetiredCode {
    const { blocks, inbox } = this.#store
    const isBetweenBlocks = blocks.cranks === blocks.last().cranks
    const [waiting] = inbox.waiting()
    if (!isBetweenBlocks || waiting !== undefined) return { unneeded: [], kept: [] }
    return this.#store.bundles.retired()
  }

  /** A rollout by replay needs the histories of vats that it has not moved yet. */
  #assertNotNeeded(retention: Retention): void {
    const rollout = this.#kernel.read.rollout()
    if (rollout === undefined || rollout.mode === 'restart' || keepsIncarnations(retention)) return
    if (rollout.state === 'done' || rollout.state === 'aborted') return
    refuse(
      'worker/rollout-active',
      `rollout ${rollout.number} is ${rollout.state}, and needs the transcripts that would be pruned`,
      { rollout: rollout.number },
    )
  }

  compactStore(): void {
    this.#store.compact()
  }
}
