/**
 * The trial of a new kernel: if it fails while the trial lasts, the store goes back to the old one.
 *
 * Trl1. A trial lasts from the block of the upgrade to the first block after it, or, with a probation, to
 *       the first block with so many cranks more. Its end is counted in cranks and blocks, and a return is
 *       decided by a fault that every machine meets: so both are the same on every node.
 * Trl2. A fault of the new kernel in a trial returns the store to the block before the upgrade (Ulg2). The
 *       old kernel accepts the items that were accepted since, in order, each once (Ulg3). A fault of the old
 *       kernel that the upgrade was to repair is there again, and the items wait.
 * Trl3. In a probation nothing that the new kernel did leaves: items of ports that it sent, failures that it
 *       recorded, and results that it settled are withheld until the trial is over.
 * Trl4. While a trial lasts, a request that the old kernel does not know is refused: the old kernel may get
 *       it.
 * Trl5. A fault below the kernel ends no trial: the next start continues in it.
 *
 * The row `trial` of the host's space (`machineKeys`) has the trial as JSON. It stays when the trial is over:
 * the store is on trial while its undo log is on, since the block that the row names.
 */
import { machineKeys } from '../../protocol/host/names.ts'
import { assert } from '../../base/errors.ts'
import { isCount, isRecord, isText } from '../../base/guards.ts'
import { isBundleId, type BundleId } from '../../base/ids.ts'
import { refuse } from '../../protocol/codes.ts'
import type { KernelReader } from '../../protocol/kernel/kernel.ts'
import { isKernelFault, type KernelFaultView } from '../../protocol/machine/faults.ts'
import type { KernelReturn, KernelTrialView } from '../../protocol/machine/kernelUpgrades.ts'
import type { Store } from '../../store/store.ts'
import type { Faults } from '../faults/faults.ts'
import type { KernelInPlace } from '../kernel/kernelInPlace.ts'
import type { PlanGate } from '../plans/planGate.ts'
import { readerOfKernel } from '../kernel/storedReader.ts'
import { kernelLabel } from '../opening/opening.ts'
import { noteReturn } from './kernelHistory.ts'

const trialKey = `${machineKeys}trial`

interface Trial {
  readonly from: BundleId
  readonly to: BundleId
  /** The interface level of the old kernel. */
  readonly level: number
  /** The height of the block before the upgrade, and of the block of the upgrade. */
  readonly block: number
  readonly inPlace: number
  /** The last crank of the probation; null: the trial ends with the first block after the upgrade. */
  readonly until: number | null
  /** The fault that the upgrade ended, and the items that the old kernel had accepted out of turn. */
  readonly fault: KernelFaultView | null
  readonly early: readonly number[]
}

export interface TrialParts {
  readonly store: Store
  readonly kernel: KernelInPlace
  readonly faults: Faults
  readonly plans: () => PlanGate
  /** Called when a block was committed. */
  readonly committed: () => void
}

export type NewTrial = Pick<Trial, 'from' | 'to' | 'level' | 'block' | 'fault' | 'early'>

export class KernelTrials {
  readonly #parts: TrialParts
  #trial: Trial | undefined
  /** Reads the tables as they were before the upgrade. */
  #before: KernelReader | undefined

  constructor(parts: TrialParts) {
    this.#parts = parts
    const { undoLog } = parts.store
    const trial = undoLog.isOn ? this.#read() : undefined
    // The row may be of an earlier upgrade.
    if (trial?.block === undoLog.since) this.#trial = trial
  }

  /** The undo log is on since the last block but what the upgrade has done. `cranks`: of the probation. */
  begin(trial: NewTrial, cranks: number | null): void {
    const { store } = this.#parts
    assert(store.undoLog.since === trial.block, 'a trial can go back to the block before the upgrade (Trl2)')
    // The upgrade itself is one more crank.
    const until = cranks === null ? null : store.blocks.cranks + 1 + cranks
    this.#trial = { ...trial, inPlace: store.blocks.height + 1, until }
    store.state.set('host', trialKey, JSON.stringify(this.#trial))
  }

  view(): KernelTrialView | null {
    if (this.#trial === undefined) return null
    const { from, block, until } = this.#trial
    const left = until === null ? null : Math.max(0, until - this.#parts.store.blocks.cranks)
    return { from, block, cranksLeft: left }
  }

  /** Refuses what the old kernel may need, or what would need two ways back. `what`: a sentence part. */
  assertNone(what: string): void {
    if (this.#trial !== undefined)
      refuse('kernel/on-trial', `the kernel ${this.#trial.to} is on trial: ${what}`, { kernel: this.#trial.to })
  }

  /** Whether a probation lasts (Trl3). */
  get isProbation(): boolean {
    return this.#trial !== undefined && this.#trial.until !== null
  }

  /** The old kernel's view of the block before the upgrade, in a probation (Trl3). */
  get before(): KernelReader | undefined {
    if (!this.isProbation || this.#trial === undefined) return undefined
    const { store } = this.#parts
    this.#before ??= readerOfKernel(this.#trial.from, { ...store, state: asOf(store) })
    return this.#before
  }

  /** The oldest interface level that a request must fit (Trl4). */
  get level(): number {
    return this.#trial?.level ?? Infinity
  }

  /** Whether a fault at this crank takes the store back (Trl1). */
  covers(crank: number): boolean {
    const { store } = this.#parts
    if (this.#trial === undefined || !store.undoLog.isOn || store.access === 'read') return false
    return this.#trial.until === null || crank <= this.#trial.until
  }

  /** A fault that the trial does not cover was met: nothing is taken back any more. */
  end(): void {
    const { undoLog } = this.#parts.store
    if (this.#trial !== undefined && undoLog.isOn) undoLog.end()
  }

  /** The block is about to be committed: with it the trial may end (Trl1). */
  blockEnds(): void {
    const { undoLog, blocks } = this.#parts.store
    // A commit that failed is tried again.
    if (this.#trial === undefined || !undoLog.isOn) return
    const { until, inPlace } = this.#trial
    if (until === null ? blocks.height >= inPlace : blocks.cranks >= until) undoLog.end()
  }

  blockCommitted(): void {
    if (this.#parts.store.undoLog.isOn) return
    this.#trial = undefined
    this.#before = undefined
  }

  /** Trl2: the old kernel is in its place; it has accepted nothing yet. The workers were evicted. */
  goBack(error: string, crank: number): KernelReturn {
    const { store, kernel, faults, committed } = this.#parts
    const trial = this.#trial
    assert(trial !== undefined, 'a store goes back while its kernel is on trial (Trl2)')
    const { from, to, block } = trial
    const before = kernel.load(from)
    faults.learnNames()
    // The old kernel reads the tables to which the store returns.
    kernel.replace(before)
    store.rollBack(() => {
      store.bundles.name(kernelLabel, from)
      faults.restore(trial)
      noteReturn(store.state, error)
      this.#parts.plans().kernelFailed('kernel/returned', error)
      store.state.delete('host', trialKey)
      store.sealCrank()
    })
    assert(!store.undoLog.isOn, 'a store goes back once (Ulg1)')
    faults.restored(trial.fault)
    committed()
    return { from: to, to: from, error, crank, block }
  }

  #read(): Trial | undefined {
    const text = this.#parts.store.state.get('host', trialKey)
    const value: unknown = text === undefined ? undefined : JSON.parse(text)
    if (text === undefined || isTrial(value)) return value as Trial | undefined
    return refuse('store/corrupt-state', `The row ${trialKey} of the host is not as it is written`, {
      space: 'host',
      key: trialKey,
    })
  }
}

/** The state before the upgrade, which nothing changes. */
function asOf({ undoLog: { before } }: Store): Store['state'] {
  const none = (): never => refuse('kernel/broken-bundle', 'the kernel wrote while its tables were read')
  return {
    get: (space, key) => before.get(space, key),
    nextKey: (space, prefix, after) => before.nextKey(space, prefix, after),
    set: none,
    delete: none,
    mark: none,
    undo: none,
  }
}

const isTrial = (value: unknown): value is Trial =>
  isRecord(value) &&
  [value['from'], value['to']].every((id) => isText(id) && isBundleId(id)) &&
  [value['level'], value['block'], value['inPlace']].every(isCount) &&
  (value['until'] === null || isCount(value['until'])) &&
  (value['fault'] === null || isKernelFault(value['fault'])) &&
  Array.isArray(value['early']) &&
  value['early'].every(isCount)
