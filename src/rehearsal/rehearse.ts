/**
 * Rehearses an upgrade plan on forks of a store, which may be open and running.
 *
 * Reh1. Nothing is written to the store: a fork is a copy of its last block, with an identity of its own, in
 *       a temporary directory that is removed at the end.
 * Reh2. The plan is run as it would be for real, block by block; what its report says is what a real run from
 *       the same block reports.
 * Reh3. It is run a second time, under another id: a step that is not skipped then is not idempotent, and is
 *       named.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CodedError } from '../base/errors.ts'
import { badArgument, checkBoolean, checkText } from '../api/checks.ts'
import { checkOptions, type Names } from '../api/optionNames.ts'
import type { Hash } from '../base/ids.ts'
import type { Controller } from '../host/controller.ts'
import { openController } from '../host/open.ts'
import { readPlan } from '../host/plans/readPlan.ts'
import { coded } from '../machine/threads/refusal.ts'
import { forkStore } from '../store/store.ts'
import type { PlanCheck, PlanProgress, PlanView } from '../protocol/machine/plans.ts'
import type { Plan, PlanStepKind } from '../protocol/plan/plan.ts'
import type { RehearsalStart } from '../host/plans/certificate.ts'
import {
  checkFastForward,
  earlierCopy,
  fastForward,
  type FastForwardOptions,
  type FastForwardOrder,
  type FastForwardProgress,
} from './fastForward/fastForward.ts'
import { forwardFindings, type FastForwardReport } from './fastForward/report.ts'
import type { Finding, RehearsalReport, StepCost } from './report.ts'

/** What is rehearsed, and where. */
export interface RehearsalOptions {
  /** The directory of the store. */
  readonly directory: string
  /** JSON, or the parsed value. */
  readonly plan: unknown
  /** Whether the plan is also interrupted after each of its blocks. Default: false. */
  readonly interrupt?: boolean
  /**
   * Also gives the fork what the store has got since, and compares the answers. Default: false. With `true`
   * the blocks that it has.
   */
  readonly fastForward?: boolean | FastForwardOptions
  /** With `fastForward`: an earlier copy or an export of the store, where the rehearsal begins. */
  readonly from?: string
  /** Ids of code to trust. */
  readonly trust?: readonly string[]
  readonly onProgress?: (progress: RehearsalProgress) => void
}

/** How far a rehearsal is. */
export interface RehearsalProgress {
  readonly part: 'forking' | 'running' | 'again' | 'auditing' | 'interrupting' | 'forwarding'
  readonly plan: PlanProgress | null
  /** While it forwards. */
  readonly forward?: FastForwardProgress
}

const names: Names<RehearsalOptions> = {
  directory: true,
  plan: true,
  interrupt: true,
  fastForward: true,
  from: true,
  trust: true,
  onProgress: true,
}

/** @throws CodedError `plan/malformed`; `store/…` for a store that cannot be read */
export async function rehearse(options: RehearsalOptions): Promise<RehearsalReport> {
  const { directory, plan: given, interrupt = false, trust = [], onProgress = () => {} } = checkOptions(
    options,
    names,
  )
  checkText(directory, 'directory')
  checkBoolean(interrupt, 'interrupt')
  const forward = checkFastForward(options.fastForward)
  const from = options.from === undefined ? undefined : checkText(options.from, 'from')
  if (from !== undefined && forward === null) badArgument('from', 'given only with fastForward', from)
  const plan = readPlan(given)
  const began = performance.now()
  const place = mkdtempSync(join(tmpdir(), 'heirloom-rehearsal-'))
  try {
    onProgress({ part: 'forking', plan: null })
    const copy = join(place, 'copy')
    if (from !== undefined) await earlierCopy(from, directory, copy, trust)
    const stage = new Stage(from === undefined ? directory : copy, place, trust, plan, onProgress)
    stage.keepsAfter = forward !== null
    const { growth, ...run } = await stage.run()
    const forwarded =
      forward === null || run.view?.state !== 'done' ? null : await stage.forward(directory, forward)
    const interruptions = interrupt && run.view !== null ? await stage.interrupt(run.end) : noInterruptions
    return {
      plan,
      start: run.start,
      differences: run.differences,
      code: run.code,
      crankHashes: run.crankHashes,
      run: run.view,
      again: run.again,
      costs: run.costs,
      growth,
      end: run.end,
      interruptions: interruptions.count,
      fastForward: forwarded,
      findings: [
        ...run.findings,
        ...interruptions.findings,
        ...(forwarded === null ? [] : forwardFindings(forwarded)),
      ],
      ms: performance.now() - began,
    }
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
}

const noInterruptions: Interruptions = { count: 0, findings: [] }

type Found = 'start' | 'differences' | 'code' | 'crankHashes' | 'again' | 'costs' | 'end' | 'findings'

interface Run extends Pick<RehearsalReport, Found> {
  readonly view: PlanView | null
}

interface Interruptions {
  readonly count: number
  readonly findings: readonly Finding[]
}

/** Forks of a store, on which a plan is run. */
class Stage {
  readonly #directory: string
  readonly #place: string
  readonly #trust: readonly string[]
  readonly #plan: Plan
  readonly #onProgress: (progress: RehearsalProgress) => void
  /** The fork of which all others are copies: the store itself may go on meanwhile. */
  readonly #base: string
  /** Whether a copy of the fork is kept as the plan has left it, for the fast-forward. */
  keepsAfter = false

  constructor(
    directory: string,
    place: string,
    trust: readonly string[],
    plan: Plan,
    onProgress: (progress: RehearsalProgress) => void,
  ) {
    this.#directory = directory
    this.#place = place
    this.#trust = trust
    this.#plan = plan
    this.#onProgress = onProgress
    this.#base = join(this.#place, 'base')
    forkStore(this.#directory, this.#base)
  }

  /** The log of the file is part of it once the store is closed. */
  async run(): Promise<Run & Pick<RehearsalReport, 'growth'>> {
    const fork = join(this.#place, 'run')
    forkStore(this.#base, fork)
    const before = sizeOf(fork)
    const run = await this.#with(fork, (controller) => this.#runOn(controller))
    return { ...run, growth: sizeOf(fork) - before }
  }

  /** Reh2, Reh3. */
  async #runOn(controller: Controller): Promise<Run> {
    const start = await startOf(controller)
    const check = await controller.checkPlan(this.#plan)
    if (check.differences.length > 0) return refused(start, check)
    const clock = new StepClock()
    const crankHashes: Hash[] = []
    const view = await controller.runPlan(this.#plan, {
      recordCranks: true,
      onProgress: (progress) => {
        clock.note(progress)
        crankHashes.push(...progress.crankHashes)
        this.#onProgress({ part: 'running', plan: progress })
      },
    })
    const { activityHash } = await controller.storeStatus()
    if (this.keepsAfter) forkStore(join(this.#place, 'run'), join(this.#place, 'after'))
    const again = await this.#again(controller, view)
    this.#onProgress({ part: 'auditing', plan: null })
    const audited = await auditFindings(controller)
    await controller.commit()
    return {
      start,
      ...check,
      crankHashes,
      view,
      again,
      costs: clock.costs,
      end: activityHash,
      findings: [...planFindings(view), ...againFindings(again), ...audited],
    }
  }

  async #again(controller: Controller, view: PlanView): Promise<RehearsalReport['again']> {
    if (view.state !== 'done') return []
    const plan = { ...this.#plan, id: `${this.#plan.id} again`.slice(-100), expects: {} }
    const { reports } = await controller.runPlan(plan, {
      onProgress: (progress) => this.#onProgress({ part: 'again', plan: progress }),
    })
    return reports.map(({ name, kind, outcome, code, message }) => ({ name, kind, outcome, code, message }))
  }

  /** Runs what the store has got since on a copy of the fork, as the plan has left it. */
  forward(living: string, order: FastForwardOrder): Promise<FastForwardReport> {
    const [place, trust] = [this.#place, this.#trust]
    const where = { living, before: this.#base, after: join(place, 'after'), place, trust }
    const show = (forward: FastForwardProgress): void =>
      this.#onProgress({ part: 'forwarding', plan: null, forward })
    return coded(fastForward(where, order, show))
  }

  /** Ends the process's work on the fork after each block, without what is not committed, and goes on. */
  async interrupt(expected: Hash | null): Promise<Interruptions> {
    const fork = join(this.#place, 'interrupted')
    forkStore(this.#base, fork)
    let count = 0
    for (;;) {
      const hash = await this.#with(fork, (controller) => this.#untilInterrupted(controller))
      if (hash === undefined) {
        count += 1
        continue
      }
      if (hash === expected) return { count, findings: [] }
      const message = `the store ends with the activity hash ${hash}, and without interruptions with ${expected}`
      return { count, findings: [{ code: 'interrupted-differs', subject: this.#plan.id, message }] }
    }
  }

  /** Undefined if it was interrupted; else the activity hash at the end. */
  async #untilInterrupted(controller: Controller): Promise<Hash | undefined> {
    const interrupted = new Error('interrupted')
    try {
      await controller.runPlan(this.#plan, {
          onProgress: (progress) => {
          this.#onProgress({ part: 'interrupting', plan: progress })
          if (progress.state === 'running') throw interrupted
        },
      })
    } catch (error) {
      if (error === interrupted) return undefined
      throw error
    }
    return (await controller.storeStatus()).activityHash
  }

  async #with<Value>(directory: string, use: (controller: Controller) => Promise<Value>): Promise<Value> {
    const controller = await openController({ directory, make: 'never', trust: this.#trust, verify: 'lazy' })
    try {
      return await use(controller)
    } finally {
      await controller.shutdown()
    }
  }
}

/** Measures the blocks of a plan that end with a step. */
class StepClock {
  readonly costs: StepCost[] = []
  #measured = 0
  #since = performance.now()

  note({ reports }: PlanProgress): void {
    const steps = reports.slice(this.#measured).map(({ name }) => name)
    if (steps.length === 0) return
    const now = performance.now()
    this.costs.push({ steps, ms: now - this.#since })
    this.#measured = reports.length
    this.#since = now
  }
}

async function startOf(controller: Controller): Promise<RehearsalStart> {
  const { height, activityHash, kernel, vats } = await controller.storeStatus()
  return { height, activityHash, kernel, vats }
}

const refused = (start: RehearsalStart, { differences, code }: PlanCheck): Run => ({
  start,
  differences,
  code,
  crankHashes: [],
  view: null,
  again: [],
  costs: [],
  end: null,
  findings: differences.map(({ subject, expected, found }) => ({
    code: 'conditions',
    subject,
    message: `expected ${expected}, found ${found}`,
  })),
})

function planFindings({ id, state, reason, reports }: PlanView): readonly Finding[] {
  const failed = reports.filter(({ outcome }) => outcome === 'failed' || outcome === 'suspended')
  return [
    ...failed.map(({ name, code, message }) => ({
      code: 'step-failed' as const,
      subject: name,
      message: `${code ?? ''}: ${message ?? ''}`,
    })),
    ...(state === 'done'
      ? []
      : [{ code: 'not-complete' as const, subject: id, message: `it is ${state}: ${reason?.message ?? ''}` }]),
  ]
}

/** Steps that change something and that nothing shows to be done; messages are sent again by their nature. */
const changing: ReadonlySet<PlanStepKind> = new Set<PlanStepKind>([
  'kernel', 'worker', 'vat', 'together', 'create', 'terminate', 'retire',
])

/** Reh3. */
const againFindings = (again: RehearsalReport['again']): readonly Finding[] =>
  again
    .filter(({ kind, outcome }) => changing.has(kind) && outcome !== 'skipped')
    .map(({ name, outcome }) => ({
      code: 'not-idempotent',
      subject: name,
      message: `a second run does not skip it: it is ${outcome}`,
    }))

async function auditFindings(controller: Controller): Promise<readonly Finding[]> {
  try {
    const { deviations } = await controller.audit()
    return deviations.map(({ where, message }) => ({ code: 'audit' as const, subject: where, message }))
  } catch (error) {
    if (!(error instanceof CodedError)) throw error
    return [{ code: 'audit', subject: error.code, message: error.message }]
  }
}

const sizeOf = (directory: string): number => statSync(join(directory, 'heirloom.sqlite')).size
