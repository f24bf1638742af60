/**
 * The machine: store, engines and a kernel, combined. It lives in the machine thread.
 *
 * Ma1. Requests go into the inbox first; the kernel takes them from there in order.
 * Ma2. `run` never commits; `commit` is one block. It changes only what is durable.
 * Ma3. A fault in or below the kernel leaves the store at its last block: the current block is abandoned, and
 *      the machine refuses work until the store is reopened.
 * Ma4. A refusal (an invalid argument) changes nothing.
 * Ma5. A run without work changes nothing: the activity hash depends neither on how often a host runs its
 *      kernel nor on where it commits, except that a rollout of a worker version is paced by blocks.
 * Ma6. A fault caused by damage has the damage as its cause: the store's refusal, or what an audit of the
 *      kernel's tables finds afterwards.
 */
import { assert } from '../base/errors.ts'
import type { BundleId, Hash, ObjectKref, VatId } from '../base/ids.ts'
import type { KernelEvent, KernelReport } from '../protocol/kernel/events.ts'
import type { AdaptedKernel } from './kernel/adapters/adapted.ts'
import type { VatView } from '../protocol/kernel/views.ts'
import type { WorkerAssignment } from '../protocol/kernel/platform.ts'
import type { AuditDepth, AuditReport } from '../protocol/reports/audit.ts'
import type { CrankStep } from '../protocol/reports/trace.ts'
import type { BundleKind } from '../protocol/bundle/bundle.ts'
import { refuse } from '../protocol/codes.ts'
import {
  isSupportedBy,
  isUpgradeFieldSupportedBy,
  requestFlaw,
  unsupportedBy,
  type InboxItem,
} from '../protocol/host/requests.ts'
import type { Store } from '../store/store.ts'
import type { Verification } from '../protocol/store/views.ts'
import { auditorsOf, auditWhole, causeOf, type Auditors } from './kernel/auditing.ts'
import { bundleNamed } from './lookups/bundleNames.ts'
import { Lookups } from './lookups/lookups.ts'
import type { OwnCalls } from '../protocol/machine/calls.ts'
import type { VatConsoleLine } from '../protocol/machine/messages.ts'
import type { BlockReport, InstalledBundle, StoreStatus } from '../protocol/machine/reports.ts'
import type { CrankRecord, LoggedRejection, RunLimits, RunReport } from '../protocol/machine/runs.ts'
import type { MachineOptions, Genesis } from '../protocol/machine/options.ts'
import { Channels } from './calls/portsAndTime.ts'
import { Collecting } from './calls/collecting.ts'
import { EngineCache, Engines } from './engines/engines.ts'
import { createContents, kernelConfigOf } from './opening/genesis.ts'
import { describeFault, evaluateKernel } from './kernel/kernelContext.ts'
import { nothingMade, putBundle } from './opening/installing.ts'
import { installKernel, kernelLabel, openOrMake } from './opening/opening.ts'
import { Preparations } from './replay/preparedReplays.ts'
import { Pruner } from './calls/pruner.ts'
import { Requesting } from './calls/requesting.ts'
import { Statistics } from './calls/statistics.ts'
import { stepSealed } from './stepping.ts'
import { readInboxItem } from './calls/storedItems.ts'
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
  readonly #kernel: AdaptedKernel
  readonly #kernelId: BundleId
  readonly #lookups: Lookups
  readonly #ownAuditors: Auditors
  /** The host's calls about ports and time. */
  readonly channels: Channels
  /** Calls that are tried and undone. */
  readonly dryRuns: DryRuns
  /** The host's requests to the kernel, and their results. */
  readonly requests: Requesting
  readonly collecting: Collecting
  readonly versions: WorkerVersions
  /** Replays prepared in parallel. */
  readonly preparations: Preparations
  readonly pruner: Pruner
  readonly statistics: Statistics
  readonly #options: MachineOptions
  #state: StoreStatus['state'] = { kind: 'ready' }
  /** Rejections while accepting requests; the next run reports them. */
  readonly #rejections: LoggedRejection[] = []

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
    const stacks = new Stacks(store.bundles)
    this.#stacks = stacks
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
    const kernelId = store.bundles.named(kernelLabel)
    if (kernelId === undefined) refuse('kernel/broken-bundle', 'the store names no kernel bundle')
    this.#kernelId = kernelId
    const source = Buffer.from(store.bundles.get(kernelId, 'kernel')).toString('utf8')
    const { state, transcripts, bundles, outbox } = store
    const bundle = evaluateKernel(kernelId, source)
    this.#ownAuditors = bundle
    const { makeKernel } = bundle
    this.#kernel = makeKernel({
      state,
      transcripts,
      bundles,
      outbox,
      workers: this.#workers,
      tracing: tracer.tracing,
      trace: (event) => tracer.write(event),
    })
    this.dryRuns = new DryRuns(
      { store, engines: this.#engines, makeKernel, prepared: this.preparations },
      { lookups, tracer, stacks },
      this.#gate(),
    )
    this.requests = new Requesting(store, lookups, (item) => this.#accept(item))
    this.pruner = new Pruner(store, this.#kernel, () => this.versions.retired)
    this.statistics = new Statistics(store, this.#kernel, this.#workers.tallies)
    this.collecting = new Collecting(
      this.#kernel.read,
      (item) => this.#accept(item),
      (nameOrId) => this.vat(nameOrId),
    )
    this.versions = new WorkerVersions(store, lookups, this.#kernel.level, (item) => this.#accept(item))
    this.channels = new Channels(
      store,
      this.#kernel,
      (item) => this.#accept(item),
      (kind) => {
        if (!isSupportedBy(this.#kernel.level, kind)) this.#refuseAsTooOld(kind)
      },
    )
  }

  #gate(): ConstructorParameters<typeof DryRuns>[2] {
    return {
      assertReady: () => this.#assertReady(),
      assertSupported: (request) => this.#assertSupported(request),
      assertSalvages: () => {
        if (!isUpgradeFieldSupportedBy(this.#kernel.level, 'salvage'))
          this.#refuseAsTooOld('upgradeVat.salvage')
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
    this.#assertReady()
    const { bundles } = this.#store
    const { id, format, ...more } = putBundle(this.#store, this.#kernel.level, kind, bytes, made)
    if (label !== null) bundles.name(`vat:${label}`, id)
    if (map !== null) bundles.putMap(id, map)
    this.#stacks.forget()
    // Older kernels treat every stored bundle as installed.
    if (isSupportedBy(this.#kernel.level, 'installBundle'))
      this.#accept({ kind: 'installBundle', bundle: id, format, label, ...more })
    return { id, size: bytes.byteLength }
  }

  readableStack(stack: string | null, message: string): string {
    return this.#stacks.readableStack(stack ?? this.#trace.thrown.framesOf(message), message)
  }

  bundleNamed(label: string): BundleId {
    return bundleNamed(this.#store, label)
  }

  // --- running

  run(limits: RunLimits): RunReport<LoggedRejection> {
    this.#assertReady()
    const tally = new RunProgress(limits, this.#rejections.splice(0))
    for (;;) {
      const ended = tally.ended()
      if (ended !== null) return tally.report(ended)
      const report = this.#step({ kind: 'crank', crank: this.#nextCrank, cleaning: tally.cleaning() })
      if (report.kind === 'paused') return tally.report('paused')
      if (report.kind !== 'cranked')
        return tally.report(this.#kernel.read.cleanups() > 0 ? 'limit' : 'idle')
      tally.count(report)
      if (limits.onCrank === 'record') tally.record(this.#recordCrank(report.vat))
      if (this.#options.eviction === 'after-each-crank') this.#workers.evictAll()
    }
  }

  commit(): BlockReport {
    this.#assertReady()
    this.#store.assertCommits()
    const began = performance.now()
    this.#renewRollout()
    this.#endBlock()
    const block = this.#store.commit()
    if (this.#trace.tracing.commit)
      this.#trace.write({ kind: 'commit', ...block, ms: roundMs(performance.now() - began) })
    this.#trace.flush()
    this.channels.committed()
    this.versions.committed()
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
    this.#assertReady()
    return this.#heapHash(this.#lookups.alive(nameOrId))
  }

  getHostState(key: string): string | null {
    return this.#store.state.get('host', key) ?? null
  }

  setHostState(key: string, value: string | null): void {
    this.#assertReady()
    if (value === null) this.#store.state.delete('host', key)
    else this.#store.state.set('host', key, value)
    this.#store.sealCrank()
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
      kernel: this.#kernelId,
      state: this.#state,
      trace: this.#trace.status(),
      prepared: this.preparations.kept,
    }
    return { ...own, ...statusOf(this.#store, this.#kernel.read) }
  }

  verify(how: Verification): void {
    this.#store.verify(how)
  }

  audit(depth: AuditDepth, by: Uint8Array | null): AuditReport | null {
    const { audit } = this.#auditors(by)
    return audit === null ? null : auditWhole(this.#store, this.#kernel.read, audit, depth)
  }

  history(nameOrId: string): ReturnType<OwnCalls['history']> {
    return this.#kernel.read.history(this.vat(nameOrId).vat)
  }

  cycles(by: Uint8Array | null): ReturnType<OwnCalls['cycles']> {
    const { findCycles } = this.#auditors(by)
    const { state, bundles } = this.#store
    return findCycles === null ? null : findCycles({ state, bundles })
  }

  close(): 'clean' | 'faulted' {
    this.#workers.evictAll()
    this.#trace.close()
    this.#store.close()
    return this.#state.kind === 'faulted' ? 'faulted' : 'clean'
  }

  // --- inside

  #auditors(by: Uint8Array | null): Auditors {
    return by === null ? this.#ownAuditors : auditorsOf(by)
  }

  #initialise(genesis: Genesis | null): void {
    assert(genesis !== null, 'a new store has a genesis')
    const worker = putWorker(this.#store, genesis.worker)
    this.#step({ kind: 'initialise', config: kernelConfigOf(genesis), worker })
    if (genesis.contents.vats.length + genesis.contents.bundles.length + genesis.contents.ports.length > 0) {
      createContents(this, this.channels, genesis.contents)
      this.#endBlock()
    }
    this.#store.commit()
    // The configuration of a new store must not be in the log alone.
    this.#store.checkpoint()
    this.channels.committed()
  }

  /** Ma1. Returns the number of the request. */
  #accept(item: InboxItem): number {
    this.#assertReady()
    this.#assertSupported(item)
    assert(requestFlaw(item.kind, item) === undefined, 'an item of the machine is a whole request (Ma1)')
    // The item is read back from its stored text: the kernel accepts exactly what a restart would read.
    const appended = this.#store.inbox.append(JSON.stringify(item))
    for (let next = this.#store.inbox.next(); next !== undefined; next = this.#store.inbox.next()) {
      this.#take(next.sequence, next.item)
    }
    return appended
  }

  /** Rq2. */
  #assertSupported(item: InboxItem): void {
    const missing = unsupportedBy(this.#kernel.level, item)
    if (missing !== undefined) this.#refuseAsTooOld(missing)
  }

  #refuseAsTooOld(needed: string): never {
    return refuse('kernel/too-old', `the kernel ${this.#kernelId} does not support ${needed}`, { needed })
  }

  #take(sequence: number, text: string): void {
    this.#store.inbox.take(sequence)
    const report = this.#step({
      kind: 'accept',
      crank: this.#nextCrank,
      sequence,
      item: readInboxItem(sequence, text),
    })
    if (report.kind === 'accepted') this.#rejections.push(...report.rejections)
  }

  get #nextCrank(): number {
    return this.#store.blocks.cranks + 1
  }

  #step(event: KernelEvent): KernelReport {
    return this.#sealed(event.kind, () => this.#kernel.step(event))
  }

  /** The next block may move the next vats of a rollout (Rol2). */
  #renewRollout(): void {
    if (this.#kernel.read.rollout()?.state === 'running') this.#accept({ kind: 'renewRollout' })
  }

  #endBlock(): void {
    this.#sealed('endBlock', () => this.#kernel.endBlock())
  }

  #sealed(step: CrankStep, act: () => KernelReport): KernelReport {
    const { idleSteps } = this.#kernel
    try {
      return stepSealed({ store: this.#store, trace: this.#trace, idleSteps }, step, act)
    } catch (error) {
      return this.#fault(error)
    }
  }

  /** Ma3, Ma6. */
  #fault(error: unknown): never {
    const message = describeFault(error)
    this.#state = { kind: 'faulted', message }
    this.#trace.write({ kind: 'kernelFault', message })
    this.#trace.flush()
    this.#workers.evictAll()
    this.#store.abandonBlock()
    const { why, cause } = causeOf(error, this.#store, this.#ownAuditors.audit)
    return refuse(
      'kernel/fault',
      `the kernel failed; the store is at block ${this.#store.blocks.height}: ${why}`,
      cause,
    )
  }

  #assertReady(): void {
    if (this.#state.kind === 'faulted')
      refuse('kernel/faulted', `the kernel failed before: ${this.#state.message}`)
  }

  #heapHash(vat: VatId): Hash {
    try {
      return this.#workers.heapHash(vat, this.#assignment(vat))
    } catch (error) {
      return this.#fault(error)
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
