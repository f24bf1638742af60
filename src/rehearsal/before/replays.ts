/**
 * Replays in advance: every vat that a step of a plan would replay is replayed, in parallel threads.
 *
 * Rbf1. What is replayed is the history of the vat up to the block before the plan. A vat that is another
 *       incarnation after an earlier step is not replayed: its history begins anew.
 * Rbf2. A replay that differs speaks against a step that can do nothing else; in the mode `auto` the vat is
 *       restarted instead, and that is only noted.
 */
import { CodedError } from '../../base/errors.ts'
import type { UpgradeMode } from '../../protocol/host/inbox.ts'
import type { Plan, PlanStep, VatUpgrade } from '../../protocol/plan/plan.ts'
import type { WorkerMode } from '../../protocol/worker/versions.ts'
import {
  isPassed,
  replayVats,
  type Difference,
  type ReplayProgress,
  type VatReplay,
} from '../../replay/index.ts'
import type { Finding } from '../findings.ts'
import { Changed, movedBy, vatIn, workerIn, type Before } from './before.ts'

/** The replay of one vat before a plan. */
export interface StepReplay {
  readonly step: string
  readonly vat: string
  /** Of `replayVats`. `not-run`: the vat is another incarnation then. */
  readonly class: VatReplay['class'] | 'not-run'
  /** Deliveries of the history, and those that matched. */
  readonly deliveries: number
  readonly matched: number
  /** What differs first, or why nothing was replayed; empty if nothing is to be said. */
  readonly message: string
  /** Whether the step fails if it differs. */
  readonly policy: 'must-match' | 'may-restart'
}

/** One replay that a step would do. */
interface Wanted {
  readonly step: string
  readonly vat: string
  readonly worker: string
  /** Null: the bundle that the vat has. */
  readonly bundle: string | null
  readonly policy: StepReplay['policy']
}

export interface ReplayPlace {
  /** A fork that nobody writes to. */
  readonly directory: string
  readonly trust: readonly string[]
  readonly onProgress: (progress: ReplayProgress) => void
}

/** Rbf1. */
export async function replayBefore(
  plan: Plan,
  before: Before,
  place: ReplayPlace,
): Promise<readonly StepReplay[]> {
  const { wanted, notRun } = wantedBy(plan, before)
  const groups = Map.groupBy(wanted, ({ worker, bundle }) => JSON.stringify([worker, bundle]))
  const found: StepReplay[] = []
  for (const group of groups.values()) found.push(...(await replayGroup(group, place)))
  return inOrderOf(plan, [...found, ...notRun])
}

function wantedBy(
  plan: Plan,
  before: Before,
): { readonly wanted: readonly Wanted[]; readonly notRun: readonly StepReplay[] } {
  const changed = new Changed(before)
  const wanted: Wanted[] = []
  const notRun: StepReplay[] = []
  for (const step of plan.steps) {
    for (const each of replaysOf(step, before)) {
      const by = changed.stepOf(each.vat)
      if (by === undefined) wanted.push(each)
      else notRun.push(unknownReplay(each, 'not-run', `another incarnation after the step ${by}`))
    }
    changed.add(step)
  }
  return { wanted, notRun }
}

function replaysOf(step: PlanStep, before: Before): readonly Wanted[] {
  switch (step.kind) {
    case 'worker':
      return step.mode === 'restart' || workerIn(before, step.worker) === undefined
        ? []
        : movedBy(step, before).map(({ name }) => ({
            step: step.name,
            vat: name,
            worker: step.worker,
            bundle: null,
            policy: policyOf(step.mode),
          }))
    case 'vat':
      return replayOfUpgrade(step.name, step, before)
    case 'together':
      return step.upgrades.flatMap((upgrade) => replayOfUpgrade(step.name, upgrade, before))
    default:
      return []
  }
}

/** An upgrade by replay stays on the worker version of the vat. */
function replayOfUpgrade(step: string, { vat, bundle, mode }: VatUpgrade, before: Before): readonly Wanted[] {
  const view = vatIn(before, vat)
  if (view === undefined || mode === undefined || mode === 'durable') return []
  return [{ step, vat: view.name, worker: view.worker, bundle, policy: policyOf(mode) }]
}

const policyOf = (mode: WorkerMode | UpgradeMode | undefined): StepReplay['policy'] =>
  mode === 'auto' ? 'may-restart' : 'must-match'

/** Replays on one worker version and one bundle. */
async function replayGroup(
  group: readonly Wanted[],
  { directory, trust, onProgress }: ReplayPlace,
): Promise<readonly StepReplay[]> {
  const [{ worker, bundle } = { worker: '', bundle: null }] = group
  const vats = [...new Set(group.map(({ vat }) => vat))]
  try {
    const report = await replayVats({
      directory,
      vats,
      worker,
      trust,
      onProgress,
      ...(bundle === null ? {} : { bundle }),
    })
    return group.flatMap((each) =>
      report.vats.filter(({ name }) => name === each.vat).map((replay) => replayOf(each, replay)),
    )
  } catch (error) {
    if (!(error instanceof CodedError) || error.code.startsWith('machine/')) throw error
    return group.map((each) => unknownReplay(each, 'unavailable', `${error.code}: ${error.message}`))
  }
}

const replayOf = ({ step, vat, policy }: Wanted, replay: VatReplay): StepReplay => ({
  step,
  vat,
  class: replay.class,
  deliveries: replay.deliveries,
  matched: replay.matched,
  message: messageOf(replay),
  policy,
})

const unknownReplay = (
  { step, vat, policy }: Wanted,
  of: 'unavailable' | 'not-run',
  message: string,
): StepReplay => ({ step, vat, class: of, deliveries: 0, matched: 0, message, policy })

function messageOf(replay: VatReplay): string {
  switch (replay.class) {
    case 'identical':
      return ''
    case 'metering-only':
      return `${replay.metering.deliveries} deliveries use other computrons, first ${replay.metering.first}`
    case 'divergent':
    case 'exhausts':
      return differenceText(replay.difference)
    case 'cannot-load':
      return replay.difference === null
        ? replay.message
        : `${replay.message}; ${differenceText(replay.difference)}`
    case 'unavailable':
      return `${replay.code}: ${replay.message}`
  }
}

function differenceText({ position, syscall, message, recorded, sent }: Difference): string {
  const where = syscall === null ? '' : `, syscall ${syscall}`
  return `delivery ${position}${where}: ${message}; recorded ${recorded ?? 'nothing more'}, replayed ${sent ?? 'nothing more'}`
}

function inOrderOf({ steps }: Plan, replays: readonly StepReplay[]): readonly StepReplay[] {
  const order = new Map(steps.map(({ name }, index) => [name, index]))
  return replays.toSorted((one, other) => (order.get(one.step) ?? 0) - (order.get(other.step) ?? 0))
}

/** Whether the vat would be replayed by the step. */
export const isReplayed = (replay: StepReplay): boolean =>
  replay.class !== 'not-run' && isPassed({ class: replay.class })

/** Rbf2. */
export const replayFindings = (replays: readonly StepReplay[]): readonly Finding[] =>
  replays
    .filter((replay) => replay.policy === 'must-match' && replay.class !== 'not-run' && !isReplayed(replay))
    .map(({ step, vat, class: found, message }) => ({
      code: 'replay-differs',
      subject: step,
      message: `${vat} is ${found}: ${message}`,
    }))
