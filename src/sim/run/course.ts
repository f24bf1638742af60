/**
 * A course: one script played on one store, in one weather, to its end.
 *
 * Co1. The kernel's tables are audited after every so many steps, in the middle of blocks too; the whole
 *      store, down to its pages, at the end and wherever the weather says so.
 * Co2. A crash is nothing but time: the course goes on from the last block, in the files that a process
 *      leaves that
 *      dies there, and does again what is missing.
 * Co3. What is asked depends on the script and on what the world answered, never on the weather.
 */
import { cpSync } from 'node:fs'
import { CodedError } from '../../base/errors.ts'
import type { MachineCalls } from '../../protocol/machine/calls.ts'
import type { RunReport } from '../../protocol/machine/runs.ts'
import { Machine } from '../../machine/machine.ts'
import type { AuditDepth } from '../../protocol/reports/audit.ts'
import type { ExportMode } from '../../protocol/store/export.ts'
import { exportStore } from '../../store/export/export.ts'
import { importStore } from '../../store/export/import.ts'
import { forkStore } from '../../store/store.ts'
import type { PruneStep } from '../../protocol/store/views.ts'
import { tryAside, type Aside } from './asides.ts'
import { closing } from './closing.ts'
import { observe, resultOf, type Observation } from './observation.ts'
import { readPlace, writePlace, type Place } from './place.ts'
import type { Prepared } from './prepared.ts'
import { tryRotten } from './rot.ts'
import type { Script } from '../script/script.ts'
import type { Extent, Stage, Step } from '../steps/step.ts'
import { applyStep } from '../steps/steps.ts'
import { Crash, type Weather } from './weather.ts'

/** What a world did that no world may do. */
export class Misconduct extends Error {
  readonly step: number
  constructor(step: number, message: string) {
    super(message)
    this.step = step
  }
}

/** Refusals that a script may meet: it is made without looking at the world. */
const allowedRefusals = new Set([
  'vat/unknown',
  'vat/not-started',
  'vat/name-taken',
  'bundle/unknown',
  'result/unknown',
  'value/not-passable',
  'worker/unknown',
  'vat/terminated',
])

/** So many steps of the closing are a block. */
const closingBlock = 8

/** Where a course is played, and how closely it is looked at. */
export interface Surroundings {
  /** A copy of the prepared store. */
  readonly directory: string
  /** For stores that the weather makes. */
  readonly newDirectory: () => string
  /** The tables are audited after each so many steps. */
  readonly auditInterval: number
}

/**
 * A store that was imported without its transcripts goes on as any other, until something is to be replayed
 * from its start.
 */
const exportModesFor = ({ steps }: Script): readonly ExportMode[] =>
  steps.some((step) => step.kind === 'upgrade' && (step.way === 'replay' || step.way === 'auto'))
    ? ['replay', 'archival']
    : ['operational', 'replay', 'archival']

export class Course {
  readonly #script: Script
  readonly #weather: Weather
  readonly #prepared: Prepared
  readonly #newDirectory: () => string
  readonly #auditInterval: number
  /**
   * It came through an export without the old transcripts: what they would be needed for cannot be had of it.
   */
  #isPruned = false
  #directory: string
  #machine: Machine
  #calls: MachineCalls
  readonly #ledger = new Map<number, string>()
  #place: Place

  constructor(
    script: Script,
    weather: Weather,
    prepared: Prepared,
    { directory, newDirectory, auditInterval }: Surroundings,
  ) {
    this.#script = script
    this.#weather = weather
    this.#prepared = prepared
    this.#newDirectory = newDirectory
    this.#auditInterval = auditInterval
    this.#directory = directory
    this.#machine = this.#open()
    this.#calls = this.#ticking()
    this.#place = readPlace(this.#machine)
  }

  /** Plays to the end and says what there is to be seen. The store is closed then. */
  play(): Observation {
    for (;;) {
      try {
        const observation = this.#go()
        this.#machine.close()
        return observation
      } catch (error) {
        if (!(error instanceof Crash)) throw this.#misconduct(error)
        this.#crash()
      }
    }
  }

  #go(): Observation {
    const { steps } = this.#script
    const end = steps.length + closing.length
    while (this.#place.next < end) {
      if (this.#weather.evicts()) this.#calls.evictWorkers()
      const index = this.#place.next
      const step = steps[index]
      this.#aside(step)
      if (step !== undefined) this.#attempt(() => applyStep(this.#stage(), step, index), index)
      else closing[index - steps.length]?.(this.#stage(), this.#place)
      if (index % this.#auditInterval === 0) this.#audit('kernel')
      this.#noteLives()
      this.#noteRefusals()
      this.#place.next += 1
      if (
        step === undefined
          ? index % closingBlock === 0 || index === end - 1
          : step.kind === 'commit' || index === steps.length - 1
      )
        this.#commit()
    }
    this.#audit('all')
    return observe(this.#calls, this.#directory, this.#place, this.#ledger)
  }

  /** As1. */
  #aside(next: Step | undefined): void {
    const { bundles, salvage, cache } = this.#prepared
    const weather = this.#weather
    const attempt = (aside: Aside): void => void tryAside(this.#machine, cache, bundles, aside)
    if (next?.kind === 'upgrade' && (next.way === 'replay' || next.way === 'auto') && weather.prepares())
      attempt({ kind: 'prepare', vat: next.vat, bundle: bundles[next.bundle] ?? '' })
    const kind = weather.aside()
    if (kind === undefined) return
    const vat = weather.choose(this.#machine.vats().map(({ name }) => name).concat('vat0'))
    const bundle = weather.choose(bundles)
    if (kind === 'check')
      attempt({
        kind,
        vat,
        bundle,
        mode: weather.choose(['durable', 'replay', 'auto']),
        drain: weather.choose([0, 5, 50]),
      })
    else attempt({ kind, vat, bundle: kind === 'salvage' ? salvage : bundle })
  }

  /** Who has lived by now: of a vat that has ended nothing is left at the end. */
  #noteLives(): void {
    for (const { name, status } of this.#calls.vats()) {
      if (status.kind !== 'starting') this.#place.lived.add(name)
      if (status.kind === 'suspended') this.#place.held.set(`${name} ${status.cause}`, this.#place.next)
    }
  }

  /** How a vat stands when the host first knows that its upgrade was refused. */
  #noteRefusals(): void {
    const { records, refused, next } = this.#place
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
      const how = resultOf(this.#machine, record.sequence, new Map())
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
      if (!(error instanceof CodedError) || !allowedRefusals.has(error.code)) throw error
      this.#place.records.set(index, { kind: 'refused', code: error.code })
    }
  }

  #stage(): Stage {
    const { bundles, salvage, otherWorker } = this.#prepared
    const { records, mail, times } = this.#place
    return {
      machine: this.#calls,
      bundles,
      salvage,
      otherWorker,
      records,
      mail,
      times,
      ledger: this.#ledger,
      run: (limits) => this.#run(limits),
    }
  }

  #run({ cranks, computrons }: Extent): Pick<RunReport, 'ended' | 'cranks'> {
    let done = 0
    let used = 0n
    for (;;) {
      const most = Math.min(this.#weather.piece(), cranks === null ? Infinity : cranks - done)
      const report = this.#calls.run({
        cranks: most === Infinity ? null : most,
        computrons: computrons === null ? null : computrons - used,
        deliveries: null,
        vatsCreated: null,
        cleanups: null,
        onCrank: 'nothing',
      })
      done += report.cranks
      used += report.computrons
      if (report.ended !== 'limit' || done === cranks || (computrons !== null && used >= computrons))
        return { ended: report.ended, cranks: done }
      if (this.#weather.evicts()) this.#calls.evictWorkers()
    }
  }

  #commit(): void {
    writePlace(this.#calls, this.#place)
    this.#calls.commit()
    this.#prune()
    if (this.#weather.auditsAll()) this.#audit('all')
    switch (this.#weather.change()) {
      case 'fork':
        return this.#move((from, to) => forkStore(from, to))
      case 'import':
        return this.#move((from, to) => this.#throughExport(from, to))
      case 'reopen':
        return this.#reopen()
      case 'nothing':
    }
  }

  /** A script that upgrades by replay needs the incarnations whole. */
  #prune(): void {
    const needsReplay = !exportModesFor(this.#script).includes('operational')
    const pruning = this.#weather.pruning(
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
    const texts = deviations.slice(0, 5).map(({ code, where, message }) => `${code}: ${where}: ${message}`)
    throw new Misconduct(this.#place.next, `the audit finds ${found}: ${texts.join('; ')}`)
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
        ...this.#weather.opening(),
      },
      this.#prepared.cache,
    )
  }

  #reopen(): void {
    this.#machine.close()
    this.#machine = this.#open()
    this.#calls = this.#ticking()
    this.#place = readPlace(this.#machine)
  }

  /** While the machine has it open, a copy of the store is what the machine's death would leave. */
  #crash(): void {
    const left = this.#newDirectory()
    cpSync(this.#directory, left, { recursive: true })
    const dice = this.#weather.rot()
    const finding = dice === undefined ? undefined : tryRotten(left, this.#newDirectory(), dice)
    if (finding !== undefined) throw new Misconduct(this.#place.next, finding)
    this.#directory = left
    this.#reopen()
  }

  /** The world goes on in a store that was made of this one. */
  #move(make: (from: string, to: string) => void): void {
    const directory = this.#newDirectory()
    make(this.#directory, directory)
    this.#directory = directory
    this.#reopen()
  }

  #throughExport(from: string, to: string): void {
    const artifacts = this.#newDirectory()
    const modes = exportModesFor(this.#script)
    const mode = this.#weather.choose(this.#isPruned ? modes.filter((one) => one !== 'replay') : modes)
    this.#isPruned ||= mode === 'operational'
    exportStore(from, artifacts, mode)
    importStore(artifacts, to)
  }

  /** The machine and its channels, with a tick of the weather before each call. */
  #ticking(): MachineCalls {
    const machine = this.#machine
    return new Proxy<Partial<MachineCalls>>(
      {},
      {
        get:
          (_target, name) =>
          (...args: unknown[]) => {
            this.#weather.tick()
            const owner =
              [machine.channels, machine.dryRuns, machine.pruner].find((one) => name in one) ?? machine
            return Reflect.apply(Reflect.get(owner, name) as (...args: unknown[]) => unknown, owner, args)
          },
      },
    ) as MachineCalls
  }

  #misconduct(error: unknown): Misconduct {
    if (error instanceof Misconduct) return error
    const text =
      error instanceof CodedError
        ? `${error.code}: ${error.message}`
        : error instanceof Error
          ? (error.stack ?? error.message)
          : String(error)
    return new Misconduct(this.#place.next, text)
  }
}
