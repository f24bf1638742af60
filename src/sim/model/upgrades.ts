/**
 * What must hold of how upgrades were asked for.
 *
 * Mo13. An heir has the parameters that its upgrade gave, or those of the incarnation before when they are to be
 *       kept. A vat is suspended by a refused upgrade exactly when that was asked for.
 */
import { allOps } from '../program.ts'
import type { Manner, Op } from '../program.ts'
import type { Facts } from './facts.ts'

export function* parametersAreRight(facts: Facts): Generator<string> {
  const { script, observation, asked, got } = facts
  for (const [index, how] of observation.results) {
    const step = script.steps[index]
    if (step?.kind !== 'upgrade' || step.way === 'replay' || (step.way === 'auto' && step.from === 'kept')) continue
    yield* heirHas(facts, step.vat, how, step, `step ${index}`)
  }
  for (const op of upgradesOf(facts)) {
    const [ruled, known] = [asked.get(op.n), got.get(op.n)]
    if (ruled !== undefined && known !== undefined) yield* heirHas(facts, ruled.u, known.how, op, `op ${op.n}`)
  }
}

/** `how` is the result of the upgrade; `u:3` when incarnation 3 began. */
function* heirHas({ starts }: Facts, vat: string, how: string, { from }: Manner, tag: string): Generator<string> {
  if (!how.startsWith('u:')) return
  const number = Number(how.slice(2))
  const [heir, before] = [starts.get(`${vat} ${number}`), starts.get(`${vat} ${number - 1}`)]
  if (heir === undefined || before === undefined) return
  const wanted = from === 'kept' ? before.tag : tag
  if (heir.tag !== wanted) yield `incarnation ${number} of ${vat} has the parameters of ${heir.tag}; it should be those of ${wanted}`
}

function upgradesOf({ script }: Facts): (Extract<Op, { kind: 'upgrade' }>)[] {
  return script.steps.flatMap((step) => (step.kind === 'send' ? [...allOps(step.go.ops)].filter((op) => op.kind === 'upgrade') : []))
}

export function* refusalsSuspend(facts: Facts): Generator<string> {
  const { script, observation, vats } = facts
  const asked = new Set(script.steps.flatMap((step) => (step.kind === 'upgrade' && step.onFailure === 'suspend' ? [step.vat] : [])))
  for (const { n, onFailure } of upgradesOf(facts)) if (onFailure === 'suspend') asked.add(facts.asked.get(n)?.u ?? '')
  for (const [each] of observation.held) {
    const [vat = '', cause] = each.split(' ')
    if (cause === 'upgrade-refused' && !asked.has(vat) && script.ends === 'none') yield `${vat} was suspended by a refused upgrade, and nobody wanted that`
  }
  for (const [index, how] of observation.results) {
    const step = script.steps[index]
    if (step?.kind !== 'upgrade' || step.onFailure !== 'suspend' || how !== 'k:upgrade-refused' || isStirred(facts, step.vat, index)) continue
    // One that was suspended already stays so for the first reason.
    if (vats.has(step.vat) && !observation.held.some(([each, last]) => each.startsWith(`${step.vat} `) && last >= index)) yield `${step.vat} was to be suspended when the upgrade of step ${index} was refused`
  }
}

/** Whether anything may have brought the vat to its feet before a step was over. */
function isStirred({ script, asked }: Facts, vat: string, index: number): boolean {
  if (script.ends === 'some') return true
  const later = script.steps.slice(index + 1).some((step) => (step.kind === 'resume' || step.kind === 'upgrade') && step.vat === vat)
  return later || [...asked.values()].some(({ u }) => u === vat)
}
