/**
 * A run: one script played on one store, with the faults of one injector, to its end.
 *
 * Rr1. The kernel's tables are audited after every so many steps, also in the middle of blocks; the whole
 *      store, down to its pages, at the end and whenever the injector says so.
 * Rr2. A crash costs only time: the run continues from the last block, in the files that a process leaves
 *      when it dies there, and repeats what is missing.
 * Rr3. The requests depend on the script and on the answers, never on the faults.
 */
import { callsOf } from '../../machine/threads/machineCalls.ts'
import { cpSync, rmSync } from 'node:fs'
import { assert, CodedError } from '../../base/errors.ts'
import type { MachineCalls } from '../../protocol/machine/calls.ts'
import type { RunReport } from '../../protocol/machine/runs.ts'
import { Machine } from '../../machine/machine.ts'
import type { AuditDepth } from '../../protocol/reports/audit.ts'
import { exportStore } from '../../store/export/export.ts'
import { importStore } from '../../store/export/import.ts'
import { forkStore } from '../../store/store.ts'
import type { PruneStep } from '../../protocol/store/views.ts'
import { exportModesFor } from '../script/exportModes.ts'
import { tryProbe, type Probe } from './probes.ts'
import { finalSteps } from './finalSteps.ts'
import {
  acceptWaiting,
  hasTakenEffect,
  kernelBefore,
  kernelNow,
  kernelRefusals,
  recordAside,
  recordFaulted,
  recordKernel,
} from './kernelRecords.ts'
import { recordRollout } from './rolloutRecords.ts'
import { observe, resultOf, type Observation } from './observation.ts'
import { keepSights, readProgress, writeProgress, type RunProgress } from './progress.ts'
import type { Prepared } from './storePool.ts'
import { tryDamaged } from './logDamage.ts'
import type { Script } from '../script/script.ts'
import type { RunExtent, World, Step } from '../steps/step.ts'
import { applyStep } from '../steps/steps.ts'
import { Violation } from './failure.ts'
import { Crash, type FaultInjector } from './faultInjector.ts'

/** Refusals that are expected, since scripts are made without looking at the world. */
const allowedRefusals = new Set([
  'vat/unknown',
  'vat/not-started',
  'vat/name-taken',
  'bundle/unknown',
  'result/unknown',
  'value/not-passable',
  'worker/unknown',
  'worker/rollout-active',
  'worker/no-rollout',
  'vat/terminated',
])

/** The number of final steps in a block. */
const finalBlockSteps = 8

/** Where a run takes place, and how often it is audited. */
export interface RunSettings {
  /** A copy of the prepared store. */
  readonly directory: string
  /** Returns a directory for a new store: of a fork, an import or a crash. */
  readonly newDirectory: () => string
  /** The number of steps between two audits of the tables. */
  readonly auditInterval: number
}

/** One run of a script. */
export class Run {
  readonly #script: Script
  readonly #faults: FaultInjector
  readonly #prepared: Prepared
  readonly #newDirectory: () => string
  readonly #auditInterval: number
  /** Transcripts were pruned or left out by an export: modes of export that need them are impossible. */
  #isPruned = false
  #directory: string
  #machine: Machine
  #calls: MachineCalls
  readonly #ledger = new Map<number, string>()
  #progress: RunProgress
  /** The step that was in work at a crash has taken effect, and ends with a block. */
  #owesCommit = false
  #isRepeating = false

  constructor(
    script: Script,
    faults: FaultInjector,
    prepared: Prepared,
    { directory, newDirectory, auditInterval }: RunSettings,
  ) {
    this.#script = script
    this.#faults = faults
    this.#prepared = prepared
    this.#newDirectory = newDirectory
    this.#auditInterval = auditInterval
    this.#directory = directory
    this.#machine = this.#open()
    this.#calls = this.#withTicks()
    this.#progress = this.#readProgress()
  }

  /** Plays to the end, closes the store, and returns the observation. */
  play(): Observation {
    for (;;) {
      try {
        const observation = this.#runSteps()
        this.#machine.close()
        return observation
      } catch (error) {
        if (!(error instanceof Crash)) throw this.#violation(error)
        this.#crash()
      }
    }
  }

  #runSteps(): Observation {
    const { steps } = this.#script
    const end = steps.length + finalSteps.length
    while (this.#progress.next < end) {
      if (this.#owesCommit) this.#commit()
      if (this.#rollsOut() && this.#faults.endsRollout()) throw new Crash('in the middle of a rollout')
      if (this.#faults.evicts()) this.#calls.evictWorkers()
      const index = this.#progress.next
      const step = steps[index]
      if (this.#replacesKernel && index <= steps.length) this.#begin()
      this.#probe(step)
      if (step !== undefined) this.#attempt(() => applyStep(this.#world(), step, index), index)
      else finalSteps[index - steps.length]?.(this.#world(), this.#progress)
      if (index % this.#auditInterval === 0) this.#audit('kernel')
      this.#record(this.#progress)
      assert(this.#progress.next <= end, 'no step follows the final steps')
      if (this.#endsBlock(index)) this.#commit()
    }
    this.#audit('all')
    return observe(this.#calls, this.#directory, this.#progress, this.#ledger, this.#prepared)
  }

  /** Records what a step has done. */
  #record(progress: RunProgress): void {
    if (this.#replacesKernel) {
      const { kernels } = this.#prepared
      if (progress.next < this.#script.steps.length) recordKernel(callsOf(this.#machine), kernels, progress)
      else recordAside(callsOf(this.#machine), progress)
    }
    this.#recordVats(progress)
    this.#recordRefusals(progress)
    recordRollout(this.#machine, progress.rollouts)
    progress.next += 1
  }

  #endsBlock(index: number): boolean {
    const { steps } = this.#script
    const kind = steps[index]?.kind
    // Spl1.
    if (steps[index + 1]?.kind === 'plan') return true
    const final = index - steps.length
    return kind === undefined
      ? final === 0 || index % finalBlockSteps === 0 || final === finalSteps.length - 1
      : kind === 'commit' || kind === 'kernel' || kind === 'plan' || final === -1
  }

  get #replacesKernel(): boolean {
    return this.#script.kernels !== 'none'
  }

  /** Pc2. A step that is repeated has begun before its death. */
  #begin(): void {
    if (this.#isRepeating) return void (this.#isRepeating = false)
    this.#progress.begun = this.#machine.status().height
    writeProgress(this.#calls, this.#progress)
  }

  /** Pc2. */
  #readProgress(): RunProgress {
    // Without ticks: no death comes while a store is opened.
    const progress = readProgress(callsOf(this.#machine))
    if (progress.begun === null) return progress
    const calls = callsOf(this.#machine)
    const { next } = progress
    const step = this.#script.steps[next]
    const now = kernelNow(calls, this.#prepared.kernels)
    assert(calls.status().height > progress.begun, 'a step in work at the last block has committed it (Pc2)')
    this.#isRepeating = !hasTakenEffect(kernelBefore(progress, next), now)
    if (!this.#isRepeating) {
      const last = calls.kernelHistory().at(-1)
      if (step?.kind !== 'kernel') recordFaulted(calls, progress, step, next)
      else if (last !== undefined && (last.refused !== null || last.returned !== null))
        progress.records.set(next, { kind: 'refused', code: 'kernel/upgrade-failed' })
      acceptWaiting(calls)
      this.#owesCommit = this.#endsBlock(next)
      this.#record(progress)
    }
    return progress
  }

  /** Pb1. */
  #probe(next: Step | undefined): void {
    const { bundles, workers, salvage, cache } = this.#prepared
    const faults = this.#faults
    const attempt = (probe: Probe): void => void tryProbe(this.#machine, cache, bundles, probe)
    if (next?.kind === 'upgrade' && (next.way === 'replay' || next.way === 'auto') && faults.prepares())
      attempt({ kind: 'prepare', vat: next.vat, bundle: bundles[next.bundle] ?? '', worker: null })
    if ((next?.kind === 'move' || next?.kind === 'rollout') && next.mode !== 'restart' && faults.prepares())
      for (const vat of this.#movedBy(next))
        attempt({ kind: 'prepare', vat, bundle: null, worker: workers[next.worker] ?? '' })
    const kind = faults.probe()
    if (kind === undefined) return
    const vat = faults.choose(this.#machine.vats().map(({ name }) => name).concat('vat0'))
    const bundle = faults.choose(bundles)
    if (kind === 'check')
      attempt({
        kind,
        vat,
        bundle,
        mode: faults.choose(['durable', 'replay', 'auto']),
        drain: faults.choose([0, 5, 50]),
      })
    else if (kind === 'salvage') attempt({ kind, vat, bundle: salvage })
    else if (faults.choose([true, false])) attempt({ kind, vat, bundle, worker: null })
    else attempt({ kind, vat, bundle: null, worker: faults.choose(workers) })
  }

  #movedBy(step: Extract<Step, { kind: 'move' | 'rollout' }>): readonly string[] {
    if (step.kind === 'move') return [step.vat]
    return step.vats === 'all' ? this.#machine.vats().map(({ name }) => name) : step.vats
  }

  #rollsOut(): boolean {
    return this.#machine.versions.rollout()?.state === 'running'
  }

  /** Records which vats have run: at the end nothing is left of a terminated one. */
  #recordVats({ lived, held, next }: RunProgress): void {
    for (const { name, status } of this.#machine.vats()) {
      if (status.kind !== 'starting') lived.add(name)
      if (status.kind === 'suspended') held.set(`${name} ${status.cause}`, next)
    }
  }

  /** Records the status of a vat when the host first learns that its upgrade was refused. */
  #recordRefusals({ records, refused, next }: RunProgress): void {
    const { steps } = this.#script
    for (const [index, record] of records) {
      const step = steps[index]
      if (
        step?.kind !== 'upgrade' ||
        step.onFailure !== 'suspend' ||
        record.kind !== 'accepted' ||
        refused.has(index)
      )
        continue
      const how = resultOf(this.#machine.requests, record.sequence, new Map())
      const vat = how.startsWith('k:upgrade-refused')
        ? this.#machine.vats().find(({ name }) => name === step.vat)
        : undefined
      if (how !== 'pending') refused.set(index, { at: next, status: vat?.status.kind ?? 'none' })
    }
  }

  #attempt(act: () => void, index: number): void {
    try {
      act()
    } catch (error) {
      if (!(error instanceof CodedError)) throw error
      // Kr1.
      if (error.code === 'kernel/fault' && this.#replacesKernel && this.#machine.faults.fault() !== null)
        return recordFaulted(callsOf(this.#machine), this.#progress, this.#script.steps[index], index)
      const isAllowed = this.#replacesKernel && kernelRefusals.has(error.code)
      const isPaused = error.code === 'kernel/paused' && this.#machine.status().paused !== null
      if (!isAllowed && !isPaused && !allowedRefusals.has(error.code)) throw error
      this.#progress.records.set(index, { kind: 'refused', code: error.code })
    }
  }

  #world(): World {
    const { bundles, salvage, workers, kernels } = this.#prepared
    const { records, mail, times } = this.#progress
    return {
      machine: this.#calls,
      bundles,
      salvage,
      workers,
      kernels,
      records,
      mail,
      times,
      ledger: this.#ledger,
      run: (limits) => this.#run(limits),
    }
  }

  #run({ cranks, computrons }: RunExtent): Pick<RunReport, 'ended' | 'cranks'> {
    let done = 0
    let used = 0n
    for (;;) {
      const limit = Math.min(this.#faults.sliceLength(), cranks === null ? Infinity : cranks - done)
      const report = this.#calls.run({
        cranks: limit === Infinity ? null : limit,
        computrons: computrons === null ? null : computrons - used,
        deliveries: null,
        vatsCreated: null,
        cleanups: null,
        onCrank: 'nothing',
      })
      assert(report.cranks <= limit, 'a slice has no more cranks than its limit')
      done += report.cranks
      used += report.computrons
      if (report.ended !== 'limit' || done === cranks || (computrons !== null && used >= computrons))
        return { ended: report.ended, cranks: done }
      if (this.#faults.evicts()) this.#calls.evictWorkers()
    }
  }

  #commit(): void {
    this.#owesCommit = false
    this.#progress.begun = null
    keepSights(this.#progress)
    writeProgress(this.#calls, this.#progress)
    this.#calls.commit()
    this.#prune()
    if (this.#faults.auditsAll()) this.#audit('all')
    switch (this.#faults.storeChange()) {
      case 'fork':
        return this.#move((from, to) => forkStore(from, to))
      case 'import':
        return this.#move((from, to) => this.#throughExport(from, to))
      case 'reopen':
        return this.#reopen()
      case 'nothing':
    }
  }

  /** A script that upgrades by replay needs whole incarnations. */
  #prune(): void {
    const needsReplay = !exportModesFor(this.#script).includes('operational')
    const pruning = this.#faults.pruning(
      needsReplay ? ['all', 'incarnation'] : ['all', 'incarnation', 'restart', { blocks: 1 }, { blocks: 20 }],
    )
    if (pruning === undefined) return
    const { retention, when } = pruning
    this.#isPruned ||= retention.transcripts !== 'all' && retention.transcripts !== 'incarnation'
    if (when === 'with-commits') return this.#calls.setRetention(retention)
    for (let after: PruneStep['after'] = 'none'; after !== null;)
      ({ after } = this.#calls.pruneRows(retention, after))
    this.#calls.prunePages()
  }

  #audit(depth: AuditDepth): void {
    const { found, deviations } = this.#machine.audit(depth, null) ?? { found: 1, deviations: [] }
    if (found === 0) return
    assert(found >= deviations.length, 'at most the found deviations are listed')
    const texts = deviations.slice(0, 5).map(({ code, where, message }) => `${code}: ${where}: ${message}`)
    throw new Violation(this.#progress.next, `the audit finds ${found}: ${texts.join('; ')}`)
  }

  // --- opening and closing

  #open(): Machine {
    return Machine.open(
      {
        directory: this.#directory,
        access: 'write',
        make: 'never',
        trace: null,
        genesis: null,
        trust: this.#prepared.code,
        ...this.#faults.openOptions(),
      },
      this.#prepared.cache,
    )
  }

  /** In another directory the run leaves nothing behind. */
  #reopen(directory = this.#directory): void {
    this.#machine.close()
    if (directory !== this.#directory) rmSync(this.#directory, { recursive: true })
    this.#directory = directory
    this.#machine = this.#open()
    this.#calls = this.#withTicks()
    this.#progress = this.#readProgress()
  }

  /** A copy of the open store is what a crash of the machine would leave (Rr2). */
  #crash(): void {
    const left = this.#newDirectory()
    cpSync(this.#directory, left, { recursive: true })
    const random = this.#faults.damage()
    const damaged = this.#newDirectory()
    const finding = random === undefined ? undefined : tryDamaged(left, damaged, random)
    rmSync(damaged, { recursive: true, force: true })
    if (finding !== undefined) throw new Violation(this.#progress.next, finding)
    assert(left !== this.#directory, 'a crash leaves a copy (Rr2)')
    this.#reopen(left)
  }

  /** Continues the run in a store that is made from this one. */
  #move(make: (from: string, to: string) => void): void {
    const directory = this.#newDirectory()
    make(this.#directory, directory)
    assert(directory !== this.#directory, 'the run moves to another directory')
    this.#reopen(directory)
  }

  #throughExport(from: string, to: string): void {
    const artifacts = this.#newDirectory()
    const modes = exportModesFor(this.#script)
    const mode = this.#faults.choose(this.#isPruned ? modes.filter((one) => one !== 'replay') : modes)
    this.#isPruned ||= mode === 'operational'
    exportStore(from, artifacts, mode)
    importStore(artifacts, to)
    rmSync(artifacts, { recursive: true })
  }

  /** The calls of the machine, with a tick of the injector before each. */
  #withTicks(): MachineCalls {
    const calls = callsOf(this.#machine)
    return new Proxy<Partial<MachineCalls>>(
      {},
      {
        get:
          (_target, name) =>
          (...args: unknown[]) => {
            this.#faults.tick()
            return Reflect.apply(Reflect.get(calls, name) as (...args: unknown[]) => unknown, calls, args)
          },
      },
    ) as MachineCalls
  }

  #violation(error: unknown): Violation {
    if (error instanceof Violation) return error
    const text =
      error instanceof CodedError
        ? `${error.code}: ${error.message}`
        : error instanceof Error
          ? (error.stack ?? error.message)
          : String(error)
    return new Violation(this.#progress.next, text)
  }
}
