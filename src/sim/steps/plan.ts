/**
 * Upgrade plans: several vats are upgraded, one step after the other or together.
 *
 * Spl1. The step commits blocks itself, and the step before it ends with one. A process that dies within it
 *       does it again: what of the plan is done is in the store, and the plan goes on.
 */
import { assert } from '../../base/errors.ts'
import type { BundleId } from '../../base/ids.ts'
import type { PlanView } from '../../protocol/machine/plans.ts'
import type { Plan, PlanStep, VatUpgrade } from '../../protocol/plan/plan.ts'
import { makeMode } from '../program/program.ts'
import type { Random } from '../program/random.ts'
import { pickVat, type PlannedUpgrade, type Step, type StepKind, type World } from './step.ts'

type PlanOfWorld = Extract<Step, { kind: 'plan' }>

/** Upgrades one to three vats by a plan. */
export const plan: StepKind<'plan'> = {
  weight: 14,
  make: ({ random, vats }) => ({
    kind: 'plan',
    upgrades: upgradesOf(random, vats),
    form: random.chance(30) ? 'together' : 'one-by-one',
    onFailure: random.weighted({ continue: 3, suspend: 2, stop: 2, rollback: 3 }),
    budget: random.pick([3, 40, 2_000, 2_000]),
    pace: random.pick([1, 7, 10_000]),
  }),
  apply: (world, step, index) => {
    const view = carriedOut(world, step, index)
    world.records.set(index, {
      kind: 'planned',
      state: view.state,
      outcomes: view.reports.map(({ outcome }) => outcome),
    })
  },
}

function upgradesOf(random: Random, vats: readonly string[]): readonly PlannedUpgrade[] {
  const names = new Set([1, 2, 3].slice(0, 1 + random.below(3)).map(() => pickVat(random, vats)))
  return [...names].map((vat) => ({
    vat,
    bundle: random.below(5),
    mode: makeMode(random),
    way: random.weighted({ durable: 6, replay: 2, auto: 1 }),
    from: random.chance(25) ? 'kept' : 'given',
  }))
}

/** A plan that stands is abandoned. One that was over when the process died is not run again. */
function carriedOut({ machine, bundles }: World, step: PlanOfWorld, index: number): PlanView {
  const wanted = planOf(step, index, bundles)
  const before = machine.planHistory().find(({ id }) => id === wanted.id)
  if (before !== undefined) return before
  const { was } = machine.startPlan(wanted, null)
  assert(was !== 'ended', 'a plan that is over is in the history')
  if (was === 'new') machine.commit()
  for (;;) {
    const { state } = machine.advancePlan({ cranks: step.pace, recordCranks: false })
    if (state === 'stopped' || state === 'waiting') machine.abandonPlan('it stands')
    machine.commit()
    if (state !== 'running') break
  }
  const after = machine.planHistory().find(({ id }) => id === wanted.id)
  assert(after !== undefined && machine.plan() === null, 'a plan that is over is in the history')
  return after
}

function planOf(
  { upgrades, form, onFailure, budget, pace }: PlanOfWorld,
  index: number,
  bundles: readonly BundleId[],
): Plan {
  const all = upgrades.map((each, at) => vatUpgrade(each, tagOf(index, at), bundles))
  const steps: readonly PlanStep[] =
    form === 'together'
      ? [{ kind: 'together', name: 'all', upgrades: all }]
      : all.map((each, at) => ({ kind: 'vat', name: `upgrade ${at}`, ...each }))
  assert(pace > 0, 'a block of a plan has room for cranks')
  const id = `step ${index}`
  return { id, about: '', expects: {}, steps, onFailure, budget: { cranks: budget, computrons: null }, maxBlocks: 1_000 }
}

/** The tag of the parameters of an upgrade. */
export const tagOf = (step: number, upgrade: number): string => `step ${step}.${upgrade}`

function vatUpgrade(
  { vat, bundle, mode, way, from }: PlannedUpgrade,
  tag: string,
  bundles: readonly BundleId[],
): VatUpgrade {
  const code = bundles[bundle]
  assert(code !== undefined, 'a step names a bundle of the world')
  // A replay keeps the parameters of the incarnation.
  const isGiven = way !== 'replay' && from === 'given'
  return {
    vat,
    bundle: code,
    mode: way,
    parametersFrom: from,
    upgradeMessage: tag,
    ...(isGiven ? { parameters: { name: vat, mode, bundles: [...bundles], tag } } : {}),
  }
}
