/**
 * Rules of upgrades.
 *
 * Mu1. An heir has the parameters of its upgrade, or those of the previous incarnation if they are kept, as
 *      they are when a vat is restarted on another worker version. A refused upgrade or move suspends the vat
 *      exactly when that was requested.
 * Mu2. Salvaged data is in the baggage of the heir for which it was passed, and stays there; it is refused as
 *      stale only if it is.
 */
import { allOps, type UpgradeManner, type Op } from '../program/program.ts'
import type { Facts } from './facts.ts'
import { movesOf } from './workers.ts'

/** Mu1. */
export function* parametersAreRight(facts: Facts): Generator<string> {
  const { script, observation, asked, got } = facts
  for (const [index, how] of observation.results) {
    const step = script.steps[index]
    if (step?.kind !== 'upgrade' || step.way === 'replay' || (step.way === 'auto' && step.from === 'kept'))
      continue
    yield* heirHas(facts, step.vat, how, step, `step ${index}`)
  }
  for (const op of upgradesOf(facts)) {
    const [ruled, known] = [asked.get(op.n), got.get(op.n)]
    if (ruled !== undefined && known !== undefined)
      yield* heirHas(facts, ruled.u, known.how, op, `op ${op.n}`)
  }
  for (const { vat, how, what } of movesOf(facts)) {
    const [, incarnation] = /^w:durable:(\d+)$/.exec(how ?? '') ?? []
    if (incarnation !== undefined) yield* heirHas(facts, vat, `u:${incarnation}`, { from: 'kept' }, what)
  }
}

/** `how` is the result of the upgrade; `u:3` when incarnation 3 began. */
function* heirHas(
  { starts }: Facts,
  vat: string,
  how: string,
  { from }: Pick<UpgradeManner, 'from'>,
  tag: string,
): Generator<string> {
  if (!how.startsWith('u:')) return
  const number = Number(how.slice(2))
  const [heir, before] = [starts.get(`${vat} ${number}`), starts.get(`${vat} ${number - 1}`)]
  if (heir === undefined || before === undefined) return
  const wanted = from === 'kept' ? before.tag : tag
  if (heir.tag !== wanted)
    yield `incarnation ${number} of ${vat} has the parameters of ${heir.tag}; it should be those of ${wanted}`
}

function upgradesOf({ script }: Facts): Extract<Op, { kind: 'upgrade' }>[] {
  return script.steps.flatMap((step) =>
    step.kind === 'send' ? [...allOps(step.go.ops)].filter((op) => op.kind === 'upgrade') : [],
  )
}

/** Mu1. */
export function* refusalsSuspend(facts: Facts): Generator<string> {
  const { script, observation, vats } = facts
  const asked = new Set(
    script.steps.flatMap((step) =>
      step.kind === 'upgrade' && step.onFailure === 'suspend' ? [step.vat] : [],
    ),
  )
  for (const { n, onFailure } of upgradesOf(facts))
    if (onFailure === 'suspend') asked.add(facts.asked.get(n)?.u ?? '')
  for (const { vat, onDivergence } of movesOf(facts)) if (onDivergence === 'suspend') asked.add(vat)
  const inRollouts = script.steps.flatMap((step) =>
    step.kind === 'rollout' && step.onFailure === 'suspend' ? [step.vats] : [],
  )
  const isAsked = (vat: string): boolean =>
    asked.has(vat) || inRollouts.some((vats) => vats === 'all' || vats.includes(vat))
  for (const [each] of observation.held) {
    const [vat = '', cause] = each.split(' ')
    if (cause === 'upgrade-refused' && !isAsked(vat) && script.ends === 'none')
      yield `${vat} was suspended by a refused upgrade, which was not requested`
  }
  for (const [index, { at, status }] of observation.refused) {
    const step = script.steps[index]
    if (
      step?.kind !== 'upgrade' ||
      status === 'none' ||
      status === 'suspended' ||
      mayHaveResumed(facts, step.vat, index, at)
    )
      continue
    if (vats.has(step.vat))
      yield `${step.vat} was to be suspended when the upgrade of step ${index} was refused, and is ${status} after step ${at}`
  }
}

/** Whether something may have resumed the vat between two steps. */
function mayHaveResumed({ script, asked }: Facts, vat: string, index: number, at: number): boolean {
  const isInRollout = script.steps
    .slice(0, at + 1)
    .some((step) => step.kind === 'rollout' && (step.vats === 'all' || step.vats.includes(vat)))
  if (script.ends === 'some' || isInRollout) return true
  const later = script.steps
    .slice(index + 1, at + 1)
    .some(
      (step) =>
        ((step.kind === 'resume' || step.kind === 'upgrade' || step.kind === 'move') && step.vat === vat) ||
        (step.kind === 'plan' && step.upgrades.some((each) => each.vat === vat)),
    )
  return later || [...asked.values()].some(({ u }) => u === vat)
}

/** Mu2. Without a salvage of its own, an heir has that of the previous incarnation. */
export function* salvagesArrive({
  script,
  observation,
  records,
  salvaged,
  starts,
  vats,
}: Facts): Generator<string> {
  const given = new Map<string, string>()
  const unknown = new Set<string>()
  for (const [index, how] of observation.results) {
    const [step, record] = [script.steps[index], records.get(index)]
    if (step?.kind !== 'upgrade' || record?.kind !== 'accepted' || record.salvaged === undefined) continue
    const { incarnation, text } = record.salvaged
    if (how === 'none') unknown.add(step.vat)
    else if (how.startsWith('u:')) {
      given.set(`${step.vat} ${how.slice(2)}`, text)
      if (Number(how.slice(2)) !== incarnation + 1)
        yield `${step.vat} was salvaged in incarnation ${incarnation}, and its heir is ${how}`
    } else if (
      how.endsWith(stale) &&
      !/ o/.test(text) &&
      vats.has(step.vat) &&
      !starts.has(`${step.vat} ${incarnation + 1}`)
    )
      yield `what step ${index} found is ${how}, and ${step.vat} is as it was`
  }
  for (const [life, { vat, incarnation }] of starts) {
    if (unknown.has(vat)) continue
    const wanted = given.get(life) ?? salvaged.get(`${vat} ${incarnation - 1}`)?.text
    const found = salvaged.get(life)?.text
    if (found !== wanted)
      yield `incarnation ${incarnation} of ${vat} was left ${found ?? 'nothing'}; it should be ${wanted ?? 'nothing'}`
  }
}

const stale = ':salvage/stale'
