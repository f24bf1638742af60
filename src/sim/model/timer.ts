/**
 * Rules of the timer.
 *
 * Mw1. A wakeup happens once, a repeated one at most once per time; at a time that the host set, never before
 *      it is due, and never after it was cancelled. Every running vat is woken. The wakeups of one time
 *      happen in the order in which they are due.
 */
import { assert } from '../../base/errors.ts'
import type { Facts, Wakeup, Woken } from './facts.ts'
import type { ExpectedOutcomes } from './expectedOutcomes.ts'

/** Whether a wakeup was cancelled. */
type Cancelled = 'no' | 'maybe' | 'too-late' | 'yes'

/** Mw1. */
export function* wakeupsCome(facts: Facts, outcomes: ExpectedOutcomes): Generator<string> {
  const times = new Set([0, ...facts.observation.times])
  assert(
    facts.observation.times.every((time, index, all) => time >= (all[index - 1] ?? 0)),
    'the host never sets the clock back',
  )
  for (const [n, wakeup] of facts.wakeups) {
    const cancelled = cancelledOf(facts, n)
    const what = `wakeup ${n} of ${wakeup.vat}`
    const seen =
      wakeup.how === 'promise' || wakeup.how === 'watch'
        ? settlement(facts, n, wakeup)
        : (facts.woke.get(n) ?? []).map(({ time }) => time)
    for (const time of seen) if (!times.has(time)) yield `${what} came at ${time}, a time that never was`
    for (const time of seen)
      if (wakeup.how !== 'repeat' && time < wakeup.when)
        yield `${what} came at ${time}, before ${wakeup.when}`
    if (wakeup.how === 'repeat') yield* repeats(facts, what, wakeup, seen)
    else if (seen.length > 1) yield `${what} came ${seen.length} times`
    if (wakeup.how !== 'repeat' && cancelled === 'yes' && seen.length > 0)
      yield `${what} came and was cancelled`
    if (!isDue(facts, outcomes, wakeup)) continue
    if (wakeup.how === 'repeat') {
      if (cancelled === 'no' && seen.at(-1) !== facts.observation.times.at(-1))
        yield `${what} did not go on to the end`
    } else if (
      (cancelled === 'no' || cancelled === 'too-late') &&
      seen.length === 0 &&
      !(wakeup.how === 'promise' && cancelled === 'too-late')
    )
      yield `${what} never came`
  }
  for (const n of facts.woke.keys())
    if (!facts.wakeups.has(n)) yield `wakeup ${n} came and was not requested`
  if (!drains(facts)) yield* comeInOrder(facts)
}

/** Whether it must have happened by the end, unless it was cancelled. */
function isDue(
  { vats, lateFaults }: Facts,
  outcomes: ExpectedOutcomes,
  { vat, incarnation, index, how, lasts }: Wakeup,
): boolean {
  if (vats.get(vat)?.status !== 'running' || lateFaults.get(vat)?.includes('k:meter-exhausted') === true)
    return false
  return how === 'watch' || (lasts && how !== 'promise') || !outcomes.hasEnded({ vat, incarnation, index })
}

/** The times at which a promise of the timer was fulfilled. */
function settlement({ got, told }: Facts, n: number, { how }: Wakeup): number[] {
  const end = (how === 'watch' ? told : got).get(n)?.how
  return end?.startsWith('d:') === true ? [Number(end.slice(2))] : []
}

function cancelledOf({ cancels, got }: Facts, n: number): Cancelled {
  const answers = [...cancels]
    .filter(([, { wakeup }]) => wakeup === n)
    .map(([cancel]) => got.get(cancel)?.how)
  if (answers.length === 0) return 'no'
  if (answers.some((how) => how !== undefined && how !== 'd:0')) return 'yes'
  return answers.includes(undefined) ? 'maybe' : 'too-late'
}

function* repeats(facts: Facts, what: string, { vat }: Wakeup, seen: readonly number[]): Generator<string> {
  for (const [index, time] of seen.entries())
    if (index > 0 && time <= (seen[index - 1] ?? 0)) yield `${what} came at ${time} after ${seen[index - 1]}`
  const n = Number(/wakeup (\d+)/.exec(what)?.[1])
  for (const [cancel, { wakeup }] of facts.cancels) {
    const answered = facts.got.get(cancel)
    if (wakeup !== n || answered === undefined || drains(facts)) continue
    const after = (facts.woke.get(n) ?? []).find(({ index }) => index > answered.index)
    if (after !== undefined) yield `${what} came at ${after.time} to ${vat}, after it was cancelled`
  }
}

/** While a vat drains, answers overtake messages that were sent earlier. */
const drains = ({ script }: Facts): boolean =>
  script.steps.some((step) => /"drain":[1-9]/.test(JSON.stringify(step)))

/** Of two wakeups of one time that were both pending, the one that was due first happens first. */
function* comeInOrder({ wakeups, woke, got }: Facts): Generator<string> {
  const all: (Woken & { readonly n: number; readonly when: number; readonly known: number })[] = []
  for (const [n, { how, when }] of wakeups) {
    const [first] = woke.get(n) ?? []
    const known = got.get(n)
    if (how === 'once' && first !== undefined && known !== undefined)
      all.push({ ...first, n, when, known: known.index })
  }
  for (const one of all) {
    for (const other of all) {
      if (one.vat !== other.vat || one.time !== other.time || one.when >= other.when) continue
      const bothWaited = Math.max(one.known, other.known) < Math.min(one.index, other.index)
      if (bothWaited && other.index < one.index)
        yield `wakeup ${other.n} of ${one.vat}, due at ${other.when}, came before ${one.n}, due at ${one.when}`
    }
  }
}
