/** Runs a plan on a fork, and looks at each of its blocks: the trace, the file, the state, the invariants. */
import { join } from 'node:path'
import type { Controller } from '../../host/controller.ts'
import type { Plan } from '../../protocol/plan/plan.ts'
import type { SweepProgress } from '../../protocol/reports/sweep.ts'
import { countDurableRecords, measureFile } from '../../store/store.ts'
import type { RehearsalReport } from '../report.ts'
import { fileSize, type Stage } from '../stage.ts'
import { sweepUpgraded, vatsBefore, type VatsBefore } from '../sweep.ts'
import type { PlanBlock } from './blocks.ts'
import type { Invariants } from './invariants.ts'
import { Observations, observedKinds, stepOfBlock } from './observations.ts'
import { runPlanOn, type PlanRun, type RunWatch } from './planRun.ts'
import { PortWatch } from './sentItems.ts'
import { stateChanges, type StateSight } from './stateChanges.ts'
import { TraceTail } from './traceTail.ts'
import { vatFigures } from './vatFigures.ts'

/** What a run and the look at it found. */
export type ForkRun = PlanRun &
  Pick<RehearsalReport, 'growth' | 'observations' | 'changes' | 'sweeps' | 'sent'>

export interface ForkRunOptions extends Pick<RunWatch, 'onProgress'> {
  /** Null, or the name of a copy of the fork as it is when the plan is done. */
  readonly keepAs: string | null
  /** Null: the vats are not swept. */
  readonly onSweep: ((sweep: SweepProgress) => void) | null
}

export async function runOnFork(
  stage: Stage,
  plan: Plan,
  invariants: Invariants,
  { onProgress, onSweep, keepAs }: ForkRunOptions,
): Promise<ForkRun> {
  const fork = stage.fork('run')
  const before = fileSize(fork)
  const file = join(stage.place, 'run.trace')
  const run = await stage.open(
    fork,
    async (controller) => {
      const watch = new Watch(controller, fork, new TraceTail(file), invariants)
      const found = await runPlanOn(controller, plan, {
        onProgress,
        before: () => watch.before(),
        afterBlock: async (block) => {
          await watch.after(block)
          if (keepAs !== null && block.progress.state === 'done') stage.fork(keepAs, fork)
        },
      })
      const { sweeps, findings } =
        onSweep === null ? notSwept : await sweepUpgraded(controller, watch.vats, onSweep)
      const { observations, changes, ports } = watch
      const seen = { observations: observations.all, changes, sweeps, sent: ports.sent }
      return { ...found, ...seen, findings: [...found.findings, ...findings] }
    },
    { trace: { file, kinds: observedKinds } },
  )
  // The log of the file is part of it once the store is closed.
  const growth = fileSize(fork) - before
  stage.remove(fork)
  return { ...run, growth }
}

const notSwept = { sweeps: [], findings: [] } as const

/** What looks at a run. */
class Watch {
  readonly observations: Observations
  readonly ports: PortWatch
  changes: RehearsalReport['changes'] = []
  vats: VatsBefore = new Map()
  readonly #controller: Controller
  readonly #fork: string
  readonly #trace: TraceTail
  readonly #invariants: Invariants
  #start: StateSight = { figures: [], kinds: [] }
  /** By the ids of vats; those that have ended keep their names. */
  readonly #names = new Map<string, string>()
  #ended = 0

  constructor(controller: Controller, fork: string, trace: TraceTail, invariants: Invariants) {
    this.#controller = controller
    this.#fork = fork
    this.#trace = trace
    this.#invariants = invariants
    this.ports = new PortWatch(controller)
    this.observations = new Observations(measureFile(fork))
  }

  async before(): Promise<void> {
    await this.#readNames()
    this.vats = await vatsBefore(this.#controller)
    this.#start = await this.#sight()
    await this.ports.begin()
    await this.#invariants.before(this.#fork)
  }

  async after({ progress }: PlanBlock): Promise<void> {
    await this.#readNames()
    const nameOf = (vat: string): string => this.#names.get(vat) ?? vat
    const bytes = measureFile(this.#fork)
    this.observations.block(progress, this.#ended, this.#trace.take(), { bytes, nameOf })
    await this.ports.afterBlock(stepOfBlock(progress, this.#ended))
    this.#ended = progress.reports.length
    await this.#invariants.after(this.#fork, progress)
    if (progress.state === 'running') return
    this.changes = stateChanges(this.#start, await this.#sight())
    await this.#controller.setTrace(null)
  }

  async #readNames(): Promise<void> {
    for (const { vat, name } of await this.#controller.vats()) this.#names.set(vat, name)
  }

  async #sight(): Promise<StateSight> {
    return { figures: await vatFigures(this.#controller), kinds: countDurableRecords(this.#fork) }
  }
}
