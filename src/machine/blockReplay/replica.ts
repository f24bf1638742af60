/**
 * A replica of a store, in a directory of its own, in which recorded inputs are run again.
 *
 * Rca1. An input does what it recorded: events go to the kernel that the store names, and everything else is
 *       written as it was written. Each event is a crank, also one with which the kernel found nothing to
 *       do: the recording has only events that were cranks.
 * Rca2. With a kernel of its own, a replica runs that one under every name that the inputs give to a kernel.
 * Rca3. Code comes from the store that was recorded, under its hash.
 */
import { assert } from '../../base/errors.ts'
import type { BundleId } from '../../base/ids.ts'
import type { BundleKind } from '../../protocol/bundle/bundle.ts'
import { refuse } from '../../protocol/codes.ts'
import type { KernelReport } from '../../protocol/kernel/events.ts'
import type { BlockInput, UndoLogChange } from '../../protocol/store/inputs.ts'
import type { CrankChanges, Store, StoreOptions } from '../../store/store.ts'
import { readInboxItem } from '../calls/storedItems.ts'
import { Engines, type EngineCache } from '../engines/engines.ts'
import type { ResidentLimits } from '../engines/residents.ts'
import { KernelInPlace } from '../kernel/kernelInPlace.ts'
import { Migration } from '../kernelUpgrades/migration.ts'
import { kernelLabel } from '../opening/opening.ts'
import { Trace } from '../trace/trace.ts'
import { Workers } from '../workers/workers.ts'

/** An input as it is run: cranks one by one. */
export type SingleInput =
  | Exclude<BlockInput, { readonly kind: 'crank' }>
  | (Extract<BlockInput, { readonly kind: 'crank' }> & { readonly times: 1 })

export interface ReplicaParts {
  /** Opens the store, so that it reports its cranks. */
  readonly open: (options: Pick<StoreOptions, 'onCrank'>) => Store
  /** The kernel that it runs in place of the recorded ones (Rca2). */
  readonly kernel: Uint8Array | null
  readonly codeOf: (bundle: BundleId, kind: BundleKind) => Uint8Array
  readonly cache: EngineCache
  readonly resident: ResidentLimits
}

/** A crank that was run: what the kernel reports of it, null for one without an event, and its changes. */
export interface RunCrank {
  readonly report: KernelReport | null
  readonly changes: CrankChanges
}

const silent = new Trace(null)

export class Replica {
  readonly store: Store
  readonly #parts: ReplicaParts
  readonly #own: BundleId | undefined
  readonly #migration: Migration
  #workers: Workers | undefined
  #kernel: KernelInPlace | undefined
  /** The kernel that the store names. */
  #named: BundleId | undefined
  #changes: CrankChanges | undefined

  constructor(parts: ReplicaParts) {
    this.#parts = parts
    this.store = parts.open({ onCrank: (changes) => void (this.#changes = changes) })
    const { bundles, state } = this.store
    this.#migration = new Migration(state)
    this.#own = parts.kernel === null ? undefined : bundles.put('kernel', parts.kernel)
    const named = bundles.named(kernelLabel)
    if (named !== undefined) this.#name(kernelLabel, named)
  }

  /** Of the kernel in place. */
  get kernelId(): BundleId {
    assert(this.#kernel !== undefined, 'a replica in which a block was run has a kernel')
    return this.#kernel.id
  }

  /** The kernel in place; undefined before the store names one. */
  get kernel(): KernelInPlace | undefined {
    if (this.#named === undefined) return undefined
    if (this.#kernel?.id === this.#named) return this.#kernel
    this.#putInPlace(this.#named)
    this.#kernel ??= this.#firstKernel()
    if (this.#kernel.id !== this.#named) this.#kernel.replace(this.#kernel.load(this.#named))
    return this.#kernel
  }

  /** Null when the input is not a crank. */
  run(input: SingleInput): RunCrank | null {
    switch (input.kind) {
      case 'append':
        this.store.inbox.append(input.item)
        return null
      case 'take':
        this.store.inbox.take(this.store.inbox.taken + 1)
        return null
      case 'host':
        this.#writeHost(input.key, input.value)
        return null
      case 'bundle':
        this.#put(input.bundle, input.of)
        return null
      case 'name':
        this.#name(input.label, input.bundle)
        return null
      case 'undoLog':
        this.#changeUndoLog(input.what)
        return null
      case 'seal':
        return this.#sealed(null)
      case 'initialise':
      case 'accept':
      case 'crank':
      case 'endBlock':
      case 'migrate':
        return this.#sealed(this.#step(input))
    }
  }

  commit(): void {
    this.store.commit()
  }

  close(): void {
    this.store.close()
  }

  #step(
    input: Extract<SingleInput, { kind: 'initialise' | 'accept' | 'crank' | 'endBlock' | 'migrate' }>,
  ): KernelReport | null {
    const { kernel, store } = this
    assert(kernel !== undefined, 'a store names its kernel before its first event')
    // Its rows are inputs.
    this.#migration.refresh()
    const crank = store.blocks.cranks + 1
    switch (input.kind) {
      case 'initialise':
        return kernel.step(input)
      case 'accept': {
        const { sequence } = input
        const item = readInboxItem(sequence, input.item ?? store.inbox.at(sequence))
        return kernel.step({ kind: 'accept', crank, sequence, item })
      }
      case 'crank':
        return kernel.step({ kind: 'crank', crank, cleaning: input.cleaning })
      case 'endBlock':
        return kernel.endBlock()
      case 'migrate':
        // A kernel of an older level has no such event: it reads the rows as they are.
        return kernel.level < 2 ? null : kernel.step({ kind: 'migrate', crank, rows: input.rows })
    }
  }

  /** Rca1. */
  #sealed(report: KernelReport | null): RunCrank {
    this.#changes = undefined
    this.store.sealCrank()
    const changes: CrankChanges | undefined = this.#changes
    assert(changes !== undefined, 'a store reports the changes of each crank')
    return { report, changes }
  }

  #writeHost(key: string, value: string | null): void {
    if (value === null) this.store.state.delete('host', key)
    else this.store.state.set('host', key, value)
  }

  /** An import may have no log where the store had one: its kernel is not on trial. */
  #changeUndoLog(what: UndoLogChange): void {
    const { undoLog, blocks } = this.store
    if (what === 'begin') undoLog.begin()
    else if (what === 'end' && undoLog.isOn) undoLog.end()
    else if (what === 'return') {
      const block = blocks.height + 1
      if (!undoLog.isOn)
        refuse(
          'inputs/no-way-back',
          `block ${block} took the store back to the block before an upgrade of its kernel, which a copy without the undo log cannot`,
          { block },
        )
      this.#workers?.evictAll()
      this.store.rollBackReplica()
    }
  }

  /** Rca3. A kernel is stored when it runs: one that never did may be gone. */
  #put(bundle: BundleId, kind: BundleKind): void {
    if (kind === 'kernel' || this.store.bundles.has(bundle, kind)) return
    const id = this.store.bundles.put(kind, this.#parts.codeOf(bundle, kind))
    assert(id === bundle, 'code is stored under the hash of its bytes (Rca3)')
  }

  /** Rca2. */
  #name(label: string, bundle: BundleId): void {
    if (label === kernelLabel) this.#named = this.#own ?? bundle
    else this.store.bundles.name(label, bundle)
  }

  #putInPlace(kernel: BundleId): void {
    const { bundles } = this.store
    if (!bundles.has(kernel, 'kernel')) bundles.put('kernel', this.#parts.codeOf(kernel, 'kernel'))
    bundles.name(kernelLabel, kernel)
  }

  #firstKernel(): KernelInPlace {
    const { state, transcripts, bundles, outbox } = this.store
    const { cache, resident } = this.#parts
    this.#workers = new Workers(this.store, new Engines(this.store, cache), {
      resident,
      tracer: silent,
      prepared: { find: () => undefined, drop: () => {} },
    })
    const platform = {
      state,
      transcripts,
      bundles,
      outbox,
      workers: this.#workers,
      tracing: silent.tracing,
      trace: () => {},
    }
    const kernel = new KernelInPlace(this.store, platform, this.#migration)
    assert(this.#own === undefined || kernel.id === this.#own, 'a replica with a kernel runs no other (Rca2)')
    return kernel
  }
}
