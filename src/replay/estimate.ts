/**
 * How long a rollout takes: the replay of every history of the store, whether or not it was asked for.
 *
 * A history that was replayed to its end takes as long again. Others are estimated by their number of
 * deliveries: by their own speed if they were begun, else by that of all that was replayed.
 */
import { assert } from '../base/errors.ts'
import { compareVatIds } from '../base/ids.ts'
import type { PlannedVat } from './plan.ts'
import type { RolloutEstimate, VatReplay } from './report.ts'

type Timed = Pick<VatReplay, 'vat' | 'matched' | 'deliveries' | 'ms'>
type Estimated = RolloutEstimate['ofVats'][number]

export function estimateRollout(
  planned: readonly PlannedVat[],
  replays: readonly Timed[],
  threads: number,
): RolloutEstimate {
  const kept = planned.filter(({ history }) => history !== null)
  const perDelivery = meanOf(replays)
  const timed = new Map(replays.map((replay) => [replay.vat, replay]))
  const ofVats = kept
    .map((vat) => ({ vat: vat.vat, name: vat.name, ms: msOf(vat, timed.get(vat.vat), perDelivery) }))
    .toSorted((one, other) => compareVatIds(one.vat, other.vat))
  const known = ofVats.flatMap(({ ms }) => (ms === null ? [] : [ms]))
  const isKnown = known.length === ofVats.length
  return {
    vats: kept.length,
    deliveries: kept.reduce((sum, { deliveries }) => sum + deliveries, 0),
    serialMs: isKnown ? sumOf(known) : null,
    parallelMs: isKnown ? makespan(known, threads) : null,
    ofVats,
  }
}

const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, each) => sum + each, 0)

/** Milliseconds for each delivery; null when none was replayed. */
function meanOf(replays: readonly Timed[]): number | null {
  const matched = sumOf(replays.map((replay) => replay.matched))
  return matched === 0 ? null : sumOf(replays.map(({ ms }) => ms)) / matched
}

function msOf(
  { deliveries }: PlannedVat,
  timed: Timed | undefined,
  perDelivery: number | null,
): Estimated['ms'] {
  if (timed !== undefined && timed.matched > 0)
    return timed.matched === deliveries ? timed.ms : (timed.ms / timed.matched) * deliveries
  if (deliveries === 0) return 0
  return perDelivery === null ? null : perDelivery * deliveries
}

/** The time of all on so many threads, the longest first. */
function makespan(times: readonly number[], threads: number): number {
  assert(threads >= 1, 'there is a thread')
  const busy = new Array<number>(threads).fill(0)
  for (const ms of times.toSorted((one, other) => other - one))
    busy[busy.indexOf(Math.min(...busy))]! += ms
  return Math.max(...busy)
}
