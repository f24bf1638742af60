/**
 * What must hold in every world at the end of its run. Each rule is a function from the facts to findings.
 *
 * Mo1. Everything with a number happened at most once (`facts.ts`).
 * Mo2. A message that was received was sent, and arrived at the object to which it was sent.
 * Mo3. A message that was sent was received, or was rejected for a reason that holds; none is lost.
 * Mo4. Every running vat knows the outcome of everything it awaits, and the outcome is right.
 * Mo5. Messages from one sender to one object arrive in the order in which they were sent.
 * Mo6. A crank happened whole: a program that was received was carried out.
 * Mo7. Durable places hold what was put there last.
 * Mo8. Incarnations follow each other without gaps; a start succeeds exactly when its code is good; no vat
 *      terminates without a cause.
 * Mo9. No vat observed anything impossible.
 *
 * The rules of the port are Mp1 and Mp2 (`port.ts`), that of the timer Mw1 (`timer.ts`), those of upgrades
 * Mu1 and Mu2 (`upgrades.ts`), those of worker versions Mv1 to Mv3 (`workers.ts`), that of code Mc1
 * (`code.ts`), those of kernels Mf1 to Mf4 (`kernels.ts`).
 */
import { assert } from '../../base/errors.ts'
import type { VatSeen } from '../run/observation.ts'
import type { Op } from '../program/program.ts'
import type { Step } from '../steps/step.ts'
import type { Facts, Sent, OutcomeSeen } from './facts.ts'
import { codeIsRetiredOnce } from './code.ts'
import { ExpectedOutcomes, fits, formatExpected, type ExpectedOutcome } from './expectedOutcomes.ts'
import { faultedRefuses, faultsHaveReasons, kernelsFollow, nothingWaits } from './kernels.ts'
import { itemsAreReceived, postsArrive } from './port.ts'
import { wakeupsCome } from './timer.ts'
import { plansEndRight } from './plans.ts'
import { movesEndRight, rolloutsEnd, versionsFollow } from './workers.ts'
import { parametersAreRight, refusalsSuspend, salvagesArrive } from './upgrades.ts'

/** A rule with the name under which it reports. */
export interface Rule {
  readonly name: string
  check(facts: Facts, outcomes: ExpectedOutcomes): Iterable<string>
}

/** In the order of their reports. */
export const rules: readonly Rule[] = [
  { name: 'once (Mo1)', check: ({ findings }) => findings },
  { name: 'received was sent (Mo2)', check: receivedWasSent },
  { name: 'nothing is lost (Mo3)', check: nothingIsLost },
  { name: 'outcomes are known (Mo4)', check: outcomesAreKnown },
  { name: 'watchers are notified (Mo4)', check: watchersAreTold },
  { name: 'the host is answered (Mo4)', check: hostIsAnswered },
  { name: 'order (Mo5)', check: orderIsKept },
  { name: 'cranks are whole (Mo6)', check: cranksAreWhole },
  { name: 'durable places (Mo7)', check: placesHold },
  { name: 'incarnations (Mo8)', check: incarnationsFollow },
  { name: 'nothing wrong (Mo9)', check: nothingWrong },
  { name: 'items are received (Mp1)', check: itemsAreReceived },
  { name: 'posts arrive (Mp2)', check: postsArrive },
  { name: 'wakeups come (Mw1)', check: wakeupsCome },
  { name: 'parameters (Mu1)', check: parametersAreRight },
  { name: 'refusals suspend (Mu1)', check: refusalsSuspend },
  { name: 'salvages arrive (Mu2)', check: salvagesArrive },
  { name: 'versions follow (Mv1)', check: versionsFollow },
  { name: 'code is retired once (Mc1)', check: codeIsRetiredOnce },
  { name: 'moves end right (Mv2)', check: movesEndRight },
  { name: 'plans end right (Mpl1)', check: plansEndRight },
  { name: 'rollouts end (Mv3)', check: rolloutsEnd },
  { name: 'kernels follow (Mf1)', check: kernelsFollow },
  { name: 'faults have reasons (Mf2)', check: faultsHaveReasons },
  { name: 'a faulted kernel refuses (Mf3)', check: faultedRefuses },
  { name: 'nothing waits (Mf4)', check: nothingWaits },
]

function* receivedWasSent({ received, sent, script }: Facts, outcomes: ExpectedOutcomes): Generator<string> {
  for (const [n, { vat, u }] of received) {
    const sending = sent.get(n)
    if (sending === undefined && script.ends === 'some') continue
    if (sending === undefined) yield `message ${n} was received by ${u} of ${vat} and was never sent`
    else if (!mayArriveAt(sending, u, outcomes))
      yield `message ${n} to ${sending.target} was received by ${u} of ${vat}`
  }
}

const mayArriveAt = ({ target }: Sent, u: string, outcomes: ExpectedOutcomes): boolean =>
  ExpectedOutcomes.isObject(target) ? target === u : fits(`o:${u}`, outcomes.of(target))

function* nothingIsLost({ sent, received }: Facts, outcomes: ExpectedOutcomes): Generator<string> {
  for (const [n, sending] of sent) {
    if (received.has(n) || outcomes.hasEnded(sending)) continue
    const expected = outcomes.refusals(n, sending)
    if (expected.may.size === 0 && expected.end === 'settled')
      yield `message ${n} from ${sending.vat} to ${sending.target} was lost`
  }
}

function* outcomesAreKnown({ sent, got, who, vats }: Facts, outcomes: ExpectedOutcomes): Generator<string> {
  for (const [n, sending] of sent) {
    if (sending.vat === 'host' || sending.result === 'ignore') continue
    const expected = outcomes.of(`m${n}`)
    const known = got.get(n)
    const lives = !outcomes.hasEnded(sending) && vats.get(sending.vat)?.status === 'running'
    yield* judge(`the result of message ${n} for ${sending.vat}`, known, expected, lives)
    if (known?.how === 'o:?') yield* judgeName(n, who.get(n), expected, lives)
  }
}

function* judge(
  what: string,
  seen: OutcomeSeen | undefined,
  expected: ExpectedOutcome,
  lives: boolean,
): Generator<string> {
  if (seen === undefined) {
    if (lives && expected.end === 'settled')
      yield `${what} never came; it should be ${formatExpected(expected)}`
  } else if (!fits(seen.how, expected))
    yield `${what} was ${seen.how}; it should be ${formatExpected(expected)}`
}

/** The object reports its own name, if it still can. */
function* judgeName(
  n: number,
  named: OutcomeSeen | undefined,
  expected: ExpectedOutcome,
  lives: boolean,
): Generator<string> {
  if (named === undefined) {
    if (lives) yield `the object that message ${n} resulted in never reported its name`
  } else if (
    named.how.startsWith('o:')
      ? !fits(named.how, expected)
      : !/^(k:(object-abandoned|service-refused|vat-terminated|computrons-exhausted|heap-exhausted|meter-exhausted|worker-trapped)|x:)/.test(
          named.how,
        )
  ) {
    yield `the object that message ${n} resulted in reports ${named.how}; it should be ${formatExpected(expected)}`
  }
}

function* watchersAreTold(
  { watched, told, vats, wakeups }: Facts,
  outcomes: ExpectedOutcomes,
): Generator<string> {
  for (const [n, { vat, u }] of watched) {
    yield* judge(
      `watch ${n} of ${u} in ${vat}`,
      told.get(n),
      outcomes.of(u),
      vats.get(vat)?.status === 'running',
    )
  }
  for (const n of told.keys())
    if (!watched.has(n) && !wakeups.has(n)) yield `watch ${n} was notified and never made`
}

function* hostIsAnswered(
  { script, observation, vats }: Facts,
  outcomes: ExpectedOutcomes,
): Generator<string> {
  for (const [index, how] of observation.results) {
    const step = script.steps[index]
    if (step?.kind === 'send' && step.result === 'keep' && how !== 'none') {
      const expected = outcomes.of(`m${step.n}`)
      if (how === 'pending' ? expected.end === 'settled' : !fits(how, expected))
        yield `the host's message ${step.n} ended with ${how}; it should be ${formatExpected(expected)}`
    } else if (step?.kind === 'create' && how !== 'none') {
      const expected = vats.has(step.name) ? `v:${step.name}` : 'k:start-refused'
      if (how !== expected && !(how === 'v:?' && script.ends === 'some'))
        yield `the creation of ${step.name} ended with ${how}; it should be ${expected}`
    } else if (
      step?.kind === 'upgrade' &&
      how !== 'none' &&
      !(
        step.way === 'salvage'
          ? /^(u:\d+|k:upgrade-refused(:salvage\/stale)?|k:vat-terminated)$/
          : /^(u:\d+|k:upgrade-refused|k:vat-terminated)$/
      ).test(how)
    ) {
      yield `the upgrade of ${step.vat} in step ${index} ended with ${how}`
    }
  }
}

/** By sender and target: each pair has one order. A promise that was received twice is two targets. */
function* orderIsKept({ sent, received }: Facts): Generator<string> {
  const last = new Map<string, { n: number; index: number }>()
  for (const [n, { vat, target, which, incarnation }] of [...sent].sort(
    ([, one], [, other]) => one.index - other.index,
  )) {
    const receipt = received.get(n)
    if (receipt === undefined) continue
    const pair = which === 0 ? `${vat} to ${target}` : `${vat} to ${target} (${incarnation}, ${which})`
    const before = last.get(pair)
    if (before !== undefined && before.index > receipt.index)
      yield `from ${pair}: message ${n} was received before ${before.n}, which was sent earlier`
    last.set(pair, { n, index: receipt.index })
  }
}

/** Mo6, for ops that every vat can do, independent of the references it holds. */
function* cranksAreWhole(facts: Facts): Generator<string> {
  const { received, got, programs, continuations } = facts
  for (const n of received.keys())
    yield* carriedOut(facts, `message ${n} was received`, programs.get(n)?.ops ?? [])
  for (const n of got.keys())
    yield* carriedOut(facts, `the result of message ${n} was known`, continuations.get(n) ?? [])
}

function* carriedOut({ sent, made, promises }: Facts, why: string, ops: readonly Op[]): Generator<string> {
  for (const op of ops) {
    if (op.kind === 'burn' || op.kind === 'blow') yield `${why}, although it cannot end`
    const missing =
      (op.kind === 'send' && !sent.has(op.n)) ||
      (op.kind === 'make' && !made.has(`o${op.n}`) && !made.has(`o${op.n}.left`)) ||
      (op.kind === 'promise' && !promises.has(`p${op.n}`))
    if (missing) yield `${why}, and its op ${JSON.stringify(op).slice(0, 100)} was not done`
  }
}

function* placesHold({ observation }: Facts): Generator<string> {
  for (const { name, lines, places, status } of observation.vats) {
    if (status !== 'running') continue
    const expected = new Map<string, string | number>()
    for (const [, kind, first, second, third] of lines) {
      if (kind === 'saw')
        yield* compareState(
          `${first} of ${name}, when it got a message,`,
          [second, third],
          String(first),
          expected,
        )
      if (kind === 'kept') expected.set(placeKey(first, second), third ?? '')
      else if (kind === 'let') expected.delete(placeKey(first, second))
      else if (kind === 'wrote') expected.set(`value ${first}`, second ?? '')
    }
    yield* comparePlaces(name, places, expected)
  }
}

/** An object's state is one place under every key. */
const placeKey = (place: string | number | undefined, key: string | number | undefined): string =>
  String(place).startsWith('state ') ? String(place) : `${place} ${key}`

function* comparePlaces(
  vat: string,
  places: readonly (readonly (string | number)[])[],
  expected: ReadonlyMap<string, string | number>,
): Generator<string> {
  const seen = new Set<string>()
  for (const [place, key, u = '', value, kept] of places) {
    const name = placeKey(place, key)
    seen.add(name)
    if (expected.get(name) !== u)
      yield `${vat} has ${u} in ${name}; it should be ${expected.get(name) ?? 'empty'}`
    if (value === undefined) continue
    yield* compareState(`${u} of ${vat}`, [value, kept], String(u).split('.')[0] ?? '', expected)
  }
  for (const name of expected.keys()) {
    if (/^(baggage|map) /.test(name) && !seen.has(name))
      yield `${vat} has nothing in ${name}; it should be ${expected.get(name)}`
  }
}

function* compareState(
  what: string,
  seen: readonly unknown[],
  base: string,
  expected: ReadonlyMap<string, string | number>,
): Generator<string> {
  assert(seen.length === 2, 'a state is a value and a name')
  const wanted = [expected.get(`value ${base}`) ?? 0, expected.get(`state ${base}`) ?? '']
  if (seen[0] !== wanted[0] || seen[1] !== wanted[1])
    yield `${what} has the state ${seen.join(', ')}; it should be ${wanted.join(', ')}`
}

function* incarnationsFollow({ observation, script }: Facts): Generator<string> {
  if (script.ends === 'none')
    for (const name of observation.ended) yield `${name} was terminated without a cause`
  for (const { name, lines, incarnation, status } of observation.vats) {
    if (status !== 'running') {
      yield `${name} is ${status} at the end`
      continue
    }
    let current = -1
    for (const [of, kind] of lines) {
      if (kind === 'start' ? of !== current + 1 : of !== current)
        yield `${name}: a line of incarnation ${of} after incarnation ${current}`
      current = of
    }
    if (current !== incarnation)
      yield `${name} is in incarnation ${incarnation}; its journal ends with ${current}`
  }
  for (const [index, how] of observation.results) {
    const step = script.steps[index]
    if (step?.kind !== 'create' && step?.kind !== 'upgrade') continue
    if (keepsUnknown(step, observation.vats)) continue
    const good =
      step.bundle !== 4 &&
      (step.mode === 'good' || (step.mode === 'forget-kinds' && step.kind === 'create') || takesOver(step))
    const small = step.kind === 'create' && step.options === 'small'
    if (good && !small && /^k:(start|upgrade)-refused$/.test(how))
      yield `step ${index} (${step.kind}) was refused although its code is good`
    if (!good && /^[uv]:/.test(how))
      yield `step ${index} (${step.kind}) succeeded although its code is not good`
  }
}

/**
 * All player bundles behave the same, so replay succeeds; and kept parameters were good for a start before.
 */
const takesOver = (step: Step): boolean =>
  step.kind === 'upgrade' && (step.way === 'replay' || step.from === 'kept')

/** Whether the heir has parameters that may be good for a first incarnation only. */
function keepsUnknown(step: Step, vats: readonly VatSeen[]): boolean {
  if (step.kind !== 'upgrade' || step.way === 'replay' || step.from !== 'kept') return false
  const lines = vats.find(({ name }) => name === step.vat)?.lines
  return lines === undefined || lines.some(([, kind, , mode]) => kind === 'start' && mode === 'forget-kinds')
}

function* nothingWrong({ observation }: Facts): Generator<string> {
  for (const { name, lines } of observation.vats) {
    for (const [, kind, text] of lines) if (kind === 'wrong') yield `${name} saw: ${text}`
  }
}
