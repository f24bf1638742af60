/**
 * A kernel takes over the tables of another: its migrations, in one block or spread over several, then its
 * audit.
 *
 * Tko1. A piece of a spread migration is the work of one block, together with the progress that records it:
 *       the process that follows one that died goes on from the last block, and does the same.
 * Tko2. Until the audit has passed, there is a way back: a kernel that fails, or whose audit finds
 *       deviations, is taken back with all that it has written, and the old one accepts what waited.
 *       An imported store has no way back: it stays at its last block, and the attempt can be repeated.
 */
import { assert, CodedError } from '../../base/errors.ts'
import type { BundleId } from '../../base/ids.ts'
import { excerpt } from '../../base/text.ts'
import { refuse } from '../../protocol/codes.ts'
import type { KernelReport, MigratedRows } from '../../protocol/kernel/events.ts'
import type { KernelUpgradeChoices, MigrationView } from '../../protocol/machine/kernelUpgrades.ts'
import type { Store } from '../../store/store.ts'
import type { Faults } from '../faults/faults.ts'
import { describeFault } from '../kernel/kernelContext.ts'
import { isOfKernel, KernelFault } from '../kernel/kernelFault.ts'
import type { KernelInPlace, LoadedKernel } from '../kernel/kernelInPlace.ts'
import { kernelLabel } from '../opening/opening.ts'
import { lastViewOf } from './hostViews.ts'
import { addKernelHistory, maxError } from './kernelHistory.ts'
import type { LastView, Migration } from './migration.ts'
import type { KernelTrials, NewTrial } from './trials.ts'

export interface TakeOverParts {
  readonly store: Store
  readonly kernel: KernelInPlace
  readonly faults: Faults
  readonly migration: Migration
  readonly trials: KernelTrials
  /** Has the kernel in place migrate so many rows, as a crank. */
  readonly migrate: (rows: number) => KernelReport
  /** Commits the block in work, as the host does. */
  readonly commitOpen: () => { readonly height: number }
  /** Commits a block without work of the kernel. */
  readonly commit: () => { readonly height: number }
  /** Called when a block was committed in another way. */
  readonly committed: () => void
  /** Ends everything by a local fault. */
  readonly fail: (error: unknown) => never
}

/** What a kernel has done when its first block is committed. */
export interface TakenOver {
  readonly block: number
  readonly migrated: readonly MigratedRows[]
}

/** An upgrade that is done. `level`: of the old kernel. */
type Ended = Pick<NewTrial, 'from' | 'to' | 'level' | 'block'>

type Piece = Extract<KernelReport, { kind: 'migrated' }>

/** More rows than a store can have. */
const allRows = Number.MAX_SAFE_INTEGER

export class TakeOver {
  readonly #parts: TakeOverParts
  /** Whether the block in work has its piece (Tko1). */
  #hasPiece = false

  constructor(parts: TakeOverParts) {
    this.#parts = parts
  }

  /**
   * Between two blocks: puts the kernel in place, with the first piece of its migration or all of it, and
   * commits that.
   */
  begin(
    next: LoadedKernel,
    height: number,
    { rowsPerBlock, probation }: KernelUpgradeChoices,
  ): TakenOver {
    const { store, kernel, migration } = this.#parts
    const spread = next.kernel.level < 2 ? null : rowsPerBlock
    const last = spread === null ? null : lastViewOf(kernel)
    const cranks = probation?.cranks ?? null
    store.undoLog.begin()
    const before = kernel.replace(next)
    const done = this.#orTakeBack(before, next, height, () => {
      store.bundles.name(kernelLabel, next.id)
      if (last !== null && spread !== null)
        this.#spread(next, { from: before.id, block: height, rowsPerBlock: spread, probation: cranks }, last)
      return this.#piece(next, spread ?? allRows)
    })
    const trial = { from: before.id, to: next.id, level: before.kernel.level, block: height }
    if (done.done) return { block: this.#end(trial, cranks, done.tables), migrated: done.tables }
    const { height: block } = this.#commit()
    return { block, migrated: migration.view?.steps ?? [] }
  }

  /** Does the block's piece of the migration that is under way, if any. What waits goes on waiting. */
  goOn(): 'migrating' | 'ready' {
    const { store, kernel, migration } = this.#parts
    const { view } = migration
    if (view === null) return 'ready'
    if (this.#hasPiece || store.access === 'read') return 'migrating'
    const { done } = this.#orGoBack(view, () => this.#piece(kernel.loaded, view.rowsPerBlock))
    if (!done) return 'migrating'
    const { steps } = migration.view ?? view
    this.#end({ ...view, level: migration.last?.level ?? 0 }, view.probation, steps)
    return 'ready'
  }

  blockCommitted(): void {
    this.#hasPiece = false
  }

  #spread(
    { id: to, bundle }: LoadedKernel,
    view: Omit<MigrationView, 'to' | 'total' | 'rows' | 'steps'>,
    last: LastView,
  ): void {
    const { store, migration } = this.#parts
    const { state, bundles } = store
    const planned = bundle.migrationsOf?.({ state, bundles }) ?? []
    migration.begin({ ...view, to, total: planned.reduce((sum, step) => sum + step.rows, 0) }, last)
  }

  /** Migrates so many rows, and audits the tables if that was all. */
  #piece(next: LoadedKernel, rows: number): Piece {
    const { store, migration, migrate } = this.#parts
    // Kernels of older levels read the rows of the same version as they are.
    const piece = next.kernel.level < 2 ? nothing : migrate(rows)
    if (piece.kind !== 'migrated') throw new KernelFault('a kernel reports its migrations')
    if (migration.view !== null) {
      migration.add(piece.tables)
      store.sealCrank()
      this.#hasPiece = true
    }
    if (piece.done) this.#assertAudited(next)
    return piece
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

  /** The new kernel has taken over, and is on trial. Commits the block, and returns its height. */
  #end(
    { from, to, level, block: height }: Ended,
    probation: number | null,
    migrated: readonly MigratedRows[],
  ): number {
    const { store, kernel, faults, migration, trials } = this.#parts
    migration.end()
    // In an imported store it is final.
    if (store.undoLog.isOn) trials.begin({ from, to, level, block: height, ...faults.kept() }, probation)
    if (faults.fault() !== null) faults.clear({ kind: 'upgraded', block: height, kernel: to })
    addKernelHistory(store.state, { from, to, block: height, refused: null, returned: null, migrated })
    store.sealCrank()
    const block = this.#commit()
    assert(store.bundles.named(kernelLabel) === kernel.id, 'the store names the kernel in place (Ku1)')
    return block.height
  }

  // --- the ways back (Tko2)

  /** In the first block: nothing of it is in the file. */
  #orTakeBack(before: LoadedKernel, next: LoadedKernel, height: number, act: () => Piece): Piece {
    try {
      return act()
    } catch (error) {
      if (isLocal(error)) return this.#parts.fail(error)
      const { store, kernel, migration } = this.#parts
      store.undoKernelPart()
      store.undoLog.end()
      migration.refresh()
      assert(migration.view === null, 'a migration that began in this block is undone with it')
      store.bundles.name(kernelLabel, before.id)
      if (kernel.id !== before.id) kernel.replace(before)
      this.#note({ from: before.id, to: next.id, block: height }, error)
      store.sealCrank()
      this.#commit()
      throw upgradeFailed(next.id, error)
    }
  }

  /** In a later block: the store returns to the block before the upgrade. */
  #orGoBack(view: MigrationView, act: () => Piece): Piece {
    try {
      return act()
    } catch (error) {
      if (isLocal(error)) return this.#parts.fail(error)
      this.#orFail(() => {
        if (this.#parts.store.undoLog.isOn) this.#goBack(view, error)
        else this.#stay()
      })
      throw upgradeFailed(view.to, error)
    }
  }

  /** A way back that fails ends at the last block; the next start goes on from there. */
  #orFail<Value>(act: () => Value): Value {
    try {
      return act()
    } catch (error) {
      return this.#parts.fail(error)
    }
  }

  /** A block that must not stay open. */
  #commit(): { readonly height: number } {
    return this.#orFail(() => this.#parts.commit())
  }

  #goBack({ from, to, block }: MigrationView, error: unknown): void {
    const { store, kernel, faults, migration, committed } = this.#parts
    const before = kernel.load(from)
    store.rollBack(() => {
      faults.restoreHostState()
      migration.refresh()
      migration.end()
      store.bundles.name(kernelLabel, from)
      this.#note({ from, to, block }, error)
      store.sealCrank()
    })
    kernel.replace(before)
    committed()
  }

  #note(attempt: Omit<Ended, 'level'>, error: unknown): void {
    const refused = reasonOf(error)
    addKernelHistory(this.#parts.store.state, { ...attempt, refused, returned: null, migrated: [] })
  }

  #stay(): void {
    const { store, faults, migration } = this.#parts
    store.undoKernelPart()
    faults.restoreHostState()
    migration.refresh()
    store.sealCrank()
    this.#hasPiece = false
  }
}

const nothing: Piece = { kind: 'migrated', tables: [], done: true }

const reasonOf = (error: unknown): string =>
  excerpt(error instanceof Error ? error.message : String(error), maxError)

/** Ku4. */
const isLocal = (error: unknown): boolean => !isOfKernel(error) && !isRefused(error)

const isRefused = (error: unknown): error is CodedError =>
  error instanceof CodedError && error.code === 'kernel/upgrade-failed'

/** A step of the new kernel threw, or it was refused. */
export function upgradeFailed(kernel: BundleId, error: unknown): CodedError {
  if (isRefused(error)) return error
  const cause = error instanceof CodedError ? { cause: error.code, ...error.detail } : {}
  return new CodedError('kernel/upgrade-failed', `the kernel ${kernel} did not take over: ${describeFault(error)}`, {
    ...cause,
    kernel,
  })
}
