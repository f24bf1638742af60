/**
 * The machine: store, engines and a kernel, combined. It lives in the machine thread.
 *
 * Ma1. Requests go into the inbox first; the kernel takes them from there in order (`driver.ts`).
 * Ma2. `run` never commits, except the block in which a fault is recorded or a migration ends; `commit` is
 *      one block. It changes only what is durable.
 * Ma3. A fault of the kernel itself is recorded, and the host goes on; a fault below the kernel leaves the
 *      store at its last block (Dri2).
 * Ma4. A refusal (an invalid argument) changes nothing.
 * Ma5. A run without work changes nothing: the activity hash depends neither on how often a host runs its
 *      kernel nor on where it commits, except that a rollout of a worker version is paced by blocks.
 * Ma6. A commit that failed and is tried again, with nothing in between, ends the block as if it had not
 *      failed.
 */
import { assert } from '../base/errors.ts'
import type { BundleId, Hash, ObjectKref, VatId } from '../base/ids.ts'
import type { VatView } from '../protocol/kernel/views.ts'
import type { WorkerAssignment } from '../protocol/kernel/platform.ts'
import type { AuditDepth, AuditReport } from '../protocol/reports/audit.ts'
import type { BundleKind } from '../protocol/bundle/bundle.ts'
import {
  isSupportedBy,
  isUpgradeFieldSupportedBy,
  type InboxItem,
  type RequestKind,
} from '../protocol/host/requests.ts'
import type { Store } from '../store/store.ts'
import type { Verification } from '../protocol/store/views.ts'
import type { AdaptedBundle } from './kernel/adapters/adapted.ts'
import { auditorsOf, auditWhole, type Auditors } from './kernel/auditing.ts'
import { bundleNamed } from './lookups/bundleNames.ts'
import { Lookups } from './lookups/lookups.ts'
import type { OwnCalls } from '../protocol/machine/calls.ts'
import type { VatConsoleLine } from '../protocol/machine/messages.ts'
import type { BlockReport, InstalledBundle, StoreStatus } from '../protocol/machine/reports.ts'
import type { CrankRecord, LoggedRejection, RunLimits, RunReport } from '../protocol/machine/runs.ts'
import type { MachineOptions, Genesis } from '../protocol/machine/options.ts'
import { Channels } from './calls/portsAndTime.ts'
import { Collecting } from './calls/collecting.ts'
import { HostState } from './calls/hostState.ts'
import { EngineCache, Engines } from './engines/engines.ts'
import { createContents, kernelConfigOf } from './opening/genesis.ts'
import { KernelDriver } from './driver.ts'
import type { Faults } from './faults/faults.ts'
import { HostViews } from './kernelUpgrades/hostViews.ts'
import { KernelReturned } from './kernelUpgrades/kernelReturned.ts'
import { KernelUpgrades } from './kernelUpgrades/kernelUpgrades.ts'
import { Migration } from './kernelUpgrades/migration.ts'
import { KernelInPlace } from './kernel/kernelInPlace.ts'
import { platformOf } from './kernel/platformOf.ts'
import { nothingMade, putBundle } from './opening/installing.ts'
import { installKernel, kernelLabel, openOrMake } from './opening/opening.ts'
import { makePlans } from './plans/makePlans.ts'
import type { Plans } from './plans/plans.ts'
import { Preparations } from './replay/preparedReplays.ts'
import { Pruner } from './calls/pruner.ts'
import { Requesting } from './calls/requesting.ts'
import { Statistics } from './calls/statistics.ts'
import { RunProgress } from './runProgress.ts'
import { consoleTo } from './trace/vatConsole.ts'
import { roundMs, Trace } from './trace/trace.ts'
import type { TraceSettings } from '../protocol/machine/traceSettings.ts'
import { Stacks } from './stacks/stacks.ts'
import { DryRuns } from './dryRuns/dryRuns.ts'
import { statusOf } from './views.ts'
import { putWorker } from './workers/putWorker.ts'
import { WorkerVersions } from './calls/workerVersions.ts'
import { Workers } from './workers/workers.ts'

export class Machine implements OwnCalls {
  readonly #store: Store
  readonly #trace: Trace
  readonly #stacks: Stacks
  readonly #engines: Engines
  readonly #workers: Workers
  readonly #kernel: KernelInPlace
  readonly #lookups: Lookups
  readonly #migration: Migration
  readonly #views: HostViews
  /** The host's calls about ports and time. */
  readonly channels: Channels
  /** Calls that are tried and undone. */
  readonly dryRuns: DryRuns
  /** The host's requests to the kernel, and their results. */
  readonly requests: Requesting
  readonly collecting: Collecting
  readonly hostState: HostState
  readonly versions: WorkerVersions
  /** Replays prepared in parallel. */
  readonly preparations: Preparations
  readonly pruner: Pruner
  readonly statistics: Statistics
  readonly #options: MachineOptions
  readonly #driver: KernelDriver
  readonly faults: Faults
  readonly kernelUpgrades: KernelUpgrades
  readonly plans: Plans
  /** Where the block ended whose commit has not succeeded yet. */
  #ended: { readonly cranks: number; readonly items: number } | undefined

  static open(
    options: MachineOptions,
    cache: EngineCache = new EngineCache(),
    onConsole: ((line: VatConsoleLine) => void) | null = null,
  ): Machine {
    const store = openOrMake(options)
    try {
      const fresh = store.bundles.named(kernelLabel) === undefined
      if (fresh) installKernel(store, options.genesis)
      const machine = new Machine(store, options, cache, onConsole)
      if (fresh) machine.#initialise(options.genesis)
      return machine
    } catch (error) {
      store.close()
      throw error
    }
  }

  private constructor(
    store: Store,
    options: MachineOptions,
    cache: EngineCache,
    onConsole: ((line: VatConsoleLine) => void) | null,
  ) {
    this.#store = store
    this.#options = options
    const stacks = (this.#stacks = new Stacks(store.bundles))
    this.#trace = new Trace(
      options.trace,
      (text) => stacks.readable(text),
      onConsole === null ? null : consoleTo(onConsole, (vat) => this.#kernel.read.vat(vat)?.name),
    )
    this.#engines = new Engines(store, cache)
    const tracer = this.#trace
    const lookups = new Lookups(store, () => this.#kernel.read)
    this.#lookups = lookups
    this.preparations = new Preparations(store, tracer, lookups)
    this.#workers = new Workers(store, this.#engines, {
      resident: { workers: options.residentWorkers, bytes: options.residentBytes },
      tracer,
      prepared: this.preparations,
    })
    const migration = new Migration(store.state)
    this.#migration = migration
    this.#kernel = new KernelInPlace(store, platformOf(store, this.#workers, tracer), migration)
    this.#views = new HostViews(store.outbox, migration, this.#kernel.read)
    this.dryRuns = this.#dryRunsOf({ lookups, tracer, stacks })
    const driver = new KernelDriver({
      store,
      trace: this.#trace,
      workers: this.#workers,
      kernel: this.#kernel,
      migration,
      plans: () => this.plans,
      committed: () => this.#committed(),
    })
    this.#driver = driver
    this.faults = driver.faults
    this.kernelUpgrades = new KernelUpgrades({
      store,
      kernel: this.#kernel,
      faults: this.faults,
      trials: driver.trials,
      migration,
      migrate: (rows) => driver.migrate(rows),
      fail: (error) => driver.fail(error),
      commitOpen: () => this.commit(),
      commit: () => this.#commit(),
      committed: () => this.#committed(),
    })
    const accept = (item: InboxItem): number => driver.accept(item)
    this.requests = new Requesting(store, lookups, driver, migration, accept, () => this.plans)
    this.pruner = new Pruner(store, this.#kernel, driver.trials, () => this.versions.retired)
    this.statistics = new Statistics(store, this.#kernel, this.#workers.tallies)
    this.collecting = new Collecting(this.#kernel.read, accept, (nameOrId) => this.vat(nameOrId))
    this.hostState = new HostState(store, driver, (key, value) => this.faults.noteHostState(key, value))
    this.versions = new WorkerVersions(store, lookups, this.#kernel, accept)
    const { faults, kernelUpgrades, dryRuns } = this
    const kernel = this.#kernel
    this.plans = makePlans({ store, driver, lookups, kernel, migration, kernelUpgrades, dryRuns })
    const assertSupports = (kind: RequestKind): void => driver.assertSupports(kind)
    const parts = { faults, plans: this.plans, trials: driver.trials }
    this.channels = new Channels(store, this.#kernel, accept, assertSupports, parts, this.#views)
  }

  #dryRunsOf(parts: ConstructorParameters<typeof DryRuns>[1]): DryRuns {
    const makeKernel: AdaptedBundle['makeKernel'] = (platform) => this.#kernel.bundle.makeKernel(platform)
    const sandbox = { store: this.#store, engines: this.#engines, makeKernel, prepared: this.preparations }
    return new DryRuns(sandbox, parts, this.#gate())
  }

  #gate(): ConstructorParameters<typeof DryRuns>[2] {
    return {
      assertReady: () => this.#driver.assertReady(),
      assertSupported: (request) => this.#driver.assertSupported(request),
      assertSalvages: () => {
        if (!isUpgradeFieldSupportedBy(this.#kernel.level, 'salvage'))
          this.#driver.refuseAsTooOld('upgradeVat.salvage')
      },
    }
  }

  // --- bundles

  installBundle(
    kind: BundleKind,
    bytes: Uint8Array,
    label: string | null,
    map: Uint8Array | null = null,
    made = nothingMade,
  ): InstalledBundle {
    this.#driver.assertWhole()
    if (kind === 'vat') this.faults.assertNone()
    const { bundles } = this.#store
    const { id, format, ...more } = putBundle(this.#store, this.#kernel.level, kind, bytes, made)
    if (label !== null) bundles.name(`vat:${label}`, id)
    if (map !== null) bundles.putMap(id, map)
    this.#stacks.forget()
    // Older kernels treat every stored bundle as installed.
    if (isSupportedBy(this.#kernel.level, 'installBundle'))
      this.#driver.accept({ kind: 'installBundle', bundle: id, format, label, ...more })
    return { id, size: bytes.byteLength }
  }

  readableStack(stack: string | null, message: string): string {
    return this.#stacks.readableStack(stack ?? this.#trace.thrown.framesOf(message), message)
  }

  bundleNamed(label: string): BundleId {
    return bundleNamed(this.#store, this.#migration.view === null ? this.#kernel.read : null, label)
  }

  // --- running

  run(limits: RunLimits): RunReport<LoggedRejection> {
    this.#driver.assertWhole()
    if (this.kernelUpgrades.goOn() === 'migrating')
      return new RunProgress(limits, [], null).report('migrating')
    if (this.faults.fault() !== null) return this.#begun(limits).report('faulted')
    try {
      // What waited for the end of an upgrade or a return, or a process died before it was accepted.
      this.faults.takeAll()
      this.plans.endStarted()
      return this.#run(limits, this.#begun(limits))
    } catch (error) {
      if (error instanceof KernelReturned) return new RunProgress(limits, [], error.returned).report('returned')
      // The fault was recorded, and the block taken back.
      if (!this.#driver.isBroken && this.faults.fault() !== null)
        return new RunProgress(limits, [], null).report('faulted')
      throw error
    }
  }

  /** With what happened before it. */
  #begun(limits: RunLimits): RunProgress {
    return new RunProgress(limits, this.#driver.takeRejections(), this.#driver.takeReturned())
  }

  #run(limits: RunLimits, tally: RunProgress): RunReport<LoggedRejection> {
    for (;;) {
      const ended = tally.ended()
      if (ended !== null) return tally.report(ended)
      const report = this.#driver.step({ kind: 'crank', crank: this.#driver.nextCrank, cleaning: tally.cleaning() })
      if (report.kind === 'paused') return tally.report('paused')
      if (report.kind !== 'cranked')
        return tally.report(this.#kernel.read.cleanups() > 0 ? 'limit' : 'idle')
      tally.count(report)
      if (limits.onCrank === 'record') tally.record(this.#recordCrank(report.vat))
      if (this.#options.eviction === 'after-each-crank') this.#workers.evictAll()
    }
  }

  commit(): BlockReport {
    this.#driver.assertWhole()
    this.#store.assertCommits()
    this.#endBlock()
    return this.#writeBlock()
  }

  /** Without work of the kernel. */
  #commit(): BlockReport {
    this.#driver.endBlock()
    return this.#writeBlock()
  }

  #writeBlock(): BlockReport {
    const began = performance.now()
    this.#driver.trials.blockEnds()
    const block = this.#store.commit()
    if (this.#trace.tracing.commit)
      this.#trace.write({ kind: 'commit', ...block, ms: roundMs(performance.now() - began) })
    this.#trace.flush()
    this.#committed()
    return { ...block, snapshots: this.#workers.takeSnapshotReports() }
  }

  // --- reading

  vats(): readonly VatView[] {
    return this.#kernel.read.vats()
  }

  vat(nameOrId: string): VatView {
    return this.#lookups.vat(nameOrId)
  }

  vatAdmin(): ObjectKref {
    return this.#kernel.read.vatAdmin()
  }

  heapHash(nameOrId: string): Hash {
    this.#driver.assertReady()
    return this.#heapHash(this.#lookups.alive(nameOrId))
  }

  evictWorkers(): void {
    this.#workers.evictAll()
  }

  testLog(): readonly string[] {
    return this.#trace.testLog.lines
  }

  setTrace(settings: TraceSettings | null): void {
    this.#trace.set(settings)
  }

  status(): StoreStatus {
    const { directory } = this.#options
    const own = {
      directory,
      access: this.#store.access,
      residentWorkers: this.#workers.residents,
      residentBytes: this.#workers.residentBytes,
      kernel: this.#kernel.id,
      state: this.#driver.state,
      trial: this.#driver.trials.view(),
      trace: this.#trace.status(),
      prepared: this.preparations.kept,
    }
    return { ...own, ...statusOf(this.#store, this.#views) }
  }

  verify(how: Verification): void {
    this.#store.verify(how)
  }

  audit(depth: AuditDepth, by: Uint8Array | null): AuditReport | null {
    this.#migration.assertNone()
    const { audit } = this.#auditors(by)
    return audit === null ? null : auditWhole(this.#store, this.#kernel.read, audit, depth)
  }

  history(nameOrId: string): ReturnType<OwnCalls['history']> {
    return this.#kernel.read.history(this.vat(nameOrId).vat)
  }

  cycles(by: Uint8Array | null): ReturnType<OwnCalls['cycles']> {
    this.#migration.assertNone()
    const { findCycles } = this.#auditors(by)
    const { state, bundles } = this.#store
    return findCycles === null ? null : findCycles({ state, bundles })
  }

  close(): 'clean' | 'faulted' {
    this.#workers.evictAll()
    this.#trace.close()
    this.#store.close()
    return this.#driver.isBroken ? 'faulted' : 'clean'
  }

  // --- inside

  #auditors(by: Uint8Array | null): Auditors {
    return by === null ? this.#kernel.bundle : auditorsOf(by)
  }

  #initialise(genesis: Genesis | null): void {
    assert(genesis !== null, 'a new store has a genesis')
    const worker = putWorker(this.#store, genesis.worker)
    this.#driver.step({ kind: 'initialise', config: kernelConfigOf(genesis), worker })
    if (genesis.contents.vats.length + genesis.contents.bundles.length + genesis.contents.ports.length > 0) {
      createContents(this, this.channels, genesis.contents)
      this.#driver.endBlock()
    }
    this.#store.commit()
    // The configuration of a new store must not be in the log alone.
    this.#store.checkpoint()
    this.#committed()
  }

  /** A commit that failed, on a full disk, is tried again: the block ends as if it had not failed (Ma6). */
  #endBlock(): void {
    const { blocks, inbox } = this.#store
    if (this.#ended?.cranks === blocks.cranks && this.#ended.items === inbox.last) return
    this.#renewRollout()
    this.#driver.endBlock()
    this.#ended = { cranks: blocks.cranks, items: inbox.last }
  }

  /** The next block may move the next vats of a rollout (Rol2). */
  #renewRollout(): void {
    if (this.faults.fault() !== null || this.#migration.view !== null) return
    if (this.#kernel.read.rollout()?.state === 'running') this.#renew({ kind: 'renewRollout' })
  }

  /** A rollout that is a step of a plan goes on before what the plan holds back. */
  #renew(item: InboxItem): void {
    if (this.plans.isHolding) this.#driver.acceptOwn(item)
    else this.#driver.accept(item)
  }

  #committed(): void {
    this.#driver.trials.blockCommitted()
    this.#ended = undefined
    this.channels.committed()
    this.versions.committed()
    this.faults.blockCommitted()
    this.kernelUpgrades.blockCommitted()
  }

  #heapHash(vat: VatId): Hash {
    try {
      return this.#workers.heapHash(vat, this.#assignment(vat))
    } catch (error) {
      return this.#driver.fault(error)
    }
  }

  #assignment(vat: VatId): WorkerAssignment {
    return this.#kernel.read.assignment(vat)
  }

  #recordCrank(vat: VatId | null): CrankRecord {
    const { cranks, activityHash } = this.#store.blocks
    const alive = vat !== null && (this.#kernel.read.vat(vat)?.status.kind ?? 'terminated') !== 'terminated'
    return { crank: cranks, activityHash, vat, heapHash: alive ? this.#heapHash(vat) : null }
  }
}
