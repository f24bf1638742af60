/** The class of a replay, from its outcome. */
import { assert } from '../base/errors.ts'
import type { HistoryReplay } from '../machine/replay/replayHistory.ts'
import type { Plan, PlannedVat } from './plan.ts'
import type { VatReplay } from './report.ts'
import type { HistoryOutcome } from './threads/replayPool.ts'

type Verdict = VatReplay extends infer Replay
  ? Replay extends VatReplay
    ? Omit<Replay, 'vat' | 'name' | 'worker' | 'bundle' | 'deliveries' | 'matched' | 'computrons' | 'ms'>
    : never
  : never

/** `outcome` is undefined when nothing of the history was run. */
export function vatReplayOf(
  { vat, name, worker, bundle, deliveries, history }: PlannedVat,
  outcome: HistoryOutcome | undefined,
  target: Plan['worker'],
): VatReplay {
  const replayed = outcome?.kind === 'done' ? outcome.replayed : undefined
  assert((replayed?.deliveries ?? 0) <= deliveries, 'no more deliveries match than were recorded')
  return {
    vat,
    name,
    worker,
    bundle,
    deliveries,
    matched: replayed?.deliveries ?? 0,
    computrons: { recorded: replayed?.recorded ?? 0n, replayed: replayed?.replayed ?? 0n },
    ms: outcome?.ms ?? 0,
    ...verdictOf(history !== null, outcome, target),
  }
}

function verdictOf(isKept: boolean, outcome: HistoryOutcome | undefined, target: Plan['worker']): Verdict {
  if (!isKept) {
    const message = 'the store does not have the transcript from the start of the incarnation'
    return { class: 'unavailable', code: 'store/pruned', message }
  }
  if ('broken' in target) return { class: 'cannot-load', message: target.broken, difference: null }
  assert(outcome !== undefined, 'every history that is kept has an outcome')
  if (outcome.kind === 'refused')
    return { class: 'unavailable', code: outcome.refusal.code, message: outcome.refusal.message }
  return verdictOfHistory(outcome.replayed)
}

function verdictOfHistory(replayed: HistoryReplay): Verdict {
  switch (replayed.kind) {
    case 'same':
      return replayed.metering === null
        ? { class: 'identical' }
        : { class: 'metering-only', metering: replayed.metering }
    case 'broken':
      return { class: 'cannot-load', message: replayed.message, difference: null }
    case 'not-started':
      return { class: 'cannot-load', message: replayed.message, difference: replayed.difference }
    case 'differs': {
      const { difference } = replayed
      if (difference.why === 'trapped')
        return { class: 'cannot-load', message: difference.stop ?? difference.message, difference }
      return { class: difference.why === 'exhausted' ? 'exhausts' : 'divergent', difference }
    }
  }
}
