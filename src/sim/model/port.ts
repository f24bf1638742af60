/**
 * Rules of the port.
 *
 * Mp1. The host's items are accepted in the order of their numbers, each once: received once, or reported as
 *      a failure for a reason that the item or its receiver explains. A number that was accepted before
 *      changes nothing.
 * Mp2. Items of vats are numbered without gaps and received by the host once, in the order in which each vat
 *      sent them; none is lost.
 */
import type { Step } from '../steps/step.ts'
import type { Facts } from './facts.ts'
import { fits, formatExpected, type ExpectedOutcomes } from './expectedOutcomes.ts'

type Deliver = Extract<Step, { kind: 'deliver' }>

/** Mp1. */
export function* itemsAreReceived(facts: Facts, outcomes: ExpectedOutcomes): Generator<string> {
  const { script, records, items, observation, vats } = facts
  const failures = new Map(observation.failures)
  const numbers = new Map<number, number>()
  let next = 1
  for (const [index, step] of script.steps.entries()) {
    const record = records.get(index)
    if (step.kind !== 'deliver' || record?.kind !== 'taken') continue
    const { n, again } = step
    if (record.outcome !== (again ? 'duplicate' : 'taken')) yield `item ${n} was ${record.outcome}`
    if (again) continue
    if (record.number !== next) yield `item ${n} has the number ${record.number}; it should be ${next}`
    next += 1
    numbers.set(n, record.number)
    yield* itemIsReceived(facts, outcomes, step, record.number, failures.get(record.number))
  }
  for (const [n, { number, vat }] of items)
    if (numbers.get(n) !== number)
      yield `item ${n} was received by ${vat} as ${number}; it is ${numbers.get(n) ?? 'none'}`
  for (const number of failures.keys())
    if (number >= next) yield `item ${number} failed and was never delivered`
  const living = [...vats.values()].some(({ status }) => status === 'running')
  if (living && observation.waiting > 0)
    yield `${observation.waiting} items wait at the port, although a vat runs`
  yield* inOrder(facts)
}

function* itemIsReceived(
  { items, script, observation }: Facts,
  outcomes: ExpectedOutcomes,
  { n, way }: Deliver,
  number: number,
  failure: string | undefined,
): Generator<string> {
  const receipt = items.get(n)
  const faults = new Set([
    'k:meter-exhausted',
    ...(script.ends === 'some' ? ['k:vat-terminated', 'k:object-unknown', 'x:vatTerminated'] : []),
  ])
  const isFault =
    failure !== undefined && (faults.has(failure) || (script.ends === 'some' && failure.startsWith('x:')))
  if (receipt === undefined) {
    if (failure === undefined) {
      if (script.ends === 'none' && observation.waiting === 0) yield `item ${n} (${number}) was lost`
    } else if (
      way === 'burn' ? failure !== 'k:computrons-exhausted' && !isFault : script.ends === 'none' && !isFault
    )
      yield `item ${n} (${number}) failed with ${failure}`
    return
  }
  switch (way) {
    case 'burn':
      return yield `item ${n} was received, although that cannot end`
    case 'ok':
      if (failure !== undefined) yield `item ${n} was received and failed with ${failure}`
      return
    case 'throw':
      if (failure !== `e:Error:${n}`)
        yield `item ${n} should have failed with e:Error:${n}, not ${failure ?? 'at all'}`
      return
    case 'promise': {
      const expected = outcomes.of(`p${n}`)
      if (
        failure !== undefined
          ? !fits(failure, expected)
          : [...expected.may].every((how) => /^[ekx]:/.test(how)) && expected.end === 'settled'
      ) {
        yield `item ${n} ended with ${failure ?? 'no failure'}; its promise should be ${formatExpected(expected)}`
      }
    }
  }
}

function* inOrder({ items }: Facts): Generator<string> {
  const last = new Map<string, { number: number; index: number }>()
  for (const [, { vat, index, number }] of [...items].sort(([, one], [, other]) => one.index - other.index)) {
    const before = last.get(vat)
    if (before !== undefined && before.number > number)
      yield `${vat} received item ${number} after item ${before.number}`
    last.set(vat, { number, index })
  }
}

/** Mp2. */
export function* postsArrive({ posted, got, observation, script }: Facts): Generator<string> {
  const numbers = new Map<number, number>()
  for (const [index, [number, n]] of observation.mail.entries()) {
    if (number !== index + 1) yield `the host received item ${number} as number ${index + 1}`
    if (numbers.has(n)) yield `the host received post ${n} twice`
    numbers.set(n, number)
    if (!posted.has(n) && script.ends === 'none') yield `the host received post ${n}, which no vat sent`
  }
  const last = new Map<string, number>()
  for (const [n, { vat }] of [...posted].sort(([, one], [, other]) => one.index - other.index)) {
    const number = numbers.get(n)
    const how = got.get(n)?.how
    if (number === undefined) yield `post ${n} of ${vat} never reached the host`
    else if (how !== undefined && how !== `d:${number}`)
      yield `post ${n} of ${vat} was answered with ${how}; its number is ${number}`
    if ((last.get(vat) ?? 0) > (number ?? Infinity))
      yield `post ${n} of ${vat} overtook one that was sent before`
    last.set(vat, number ?? 0)
  }
}
