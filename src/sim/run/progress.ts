/**
 * The progress of the host in a run: the next step, and what it has learned so far.
 *
 * Pc1. It is stored in the block that it describes. So after a crash the host knows exactly what the store
 *      knows.
 */
import type { OwnCalls } from '../../protocol/machine/calls.ts'
import { assert } from '../../base/errors.ts'
import type { RolloutState, VatOutcome } from '../../protocol/worker/rollout.ts'
import type { StepRecord } from '../steps/step.ts'

/** The status of a vat when its upgrade was found to be refused; `none`: it succeeded, or there is no vat. */
export interface RefusedUpgrade {
  /** The step after which it was found. */
  readonly at: number
  readonly status: string
}

/** A rollout after the last step for which it was the last one. */
export interface RolloutSeen {
  readonly state: RolloutState
  readonly vats: readonly {
    readonly name: string
    readonly outcome: VatOutcome
    /** The code of the refusal, if the vat could not follow. */
    readonly refusal: string | null
  }[]
}

/** Mutable during a run. */
export interface RunProgress {
  /** The next step; the final steps follow those of the script. */
  next: number
  readonly records: Map<number, StepRecord>
  /** The results of the requests for reports, by vat name. */
  readonly reports: Map<string, number>
  /** The names of all vats that have run. */
  readonly lived: Set<string>
  /** Suspended vats with the cause, and the last step after which they were. */
  readonly held: Map<string, number>
  /** Refused upgrades with `onFailure: 'suspend'`, by step. */
  readonly refused: Map<number, RefusedUpgrade>
  /** Rollouts, by number. */
  readonly rollouts: Map<number, RolloutSeen>
  /** `[number, n]` of all items from vats that the host has acknowledged. */
  readonly mail: (readonly [number, number])[]
  /** All times to which the clock was advanced. */
  readonly times: number[]
}

const key = 'sim.place'

/** Reads the progress as of the last block. */
export function readProgress(machine: OwnCalls): RunProgress {
  const text = machine.getHostState(key)
  const { next, records, reports, lived, held, refused, rollouts, mail, times } =
    text === null ? noProgress : (JSON.parse(text) as StoredProgress)
  assert(Number.isSafeInteger(next) && next >= 0, 'the next step is a number from 0')
  return {
    next,
    records: new Map(records),
    reports: new Map(reports),
    lived: new Set(lived),
    held: new Map(held),
    refused: new Map(refused),
    rollouts: new Map(rollouts),
    mail: [...mail],
    times: [...times],
  }
}

/** Pc1. */
export function writeProgress(
  machine: OwnCalls,
  { next, records, reports, lived, held, refused, rollouts, mail, times }: RunProgress,
): void {
  const written: StoredProgress = {
    next,
    records: [...records],
    reports: [...reports],
    lived: [...lived],
    held: [...held],
    refused: [...refused],
    rollouts: [...rollouts],
    mail,
    times,
  }
  machine.setHostState(key, JSON.stringify(written))
}

interface StoredProgress extends Pick<RunProgress, 'next' | 'mail' | 'times'> {
  readonly records: readonly [number, StepRecord][]
  readonly reports: readonly [string, number][]
  readonly lived: readonly string[]
  readonly held: readonly [string, number][]
  readonly refused: readonly [number, RefusedUpgrade][]
  readonly rollouts: readonly [number, RolloutSeen][]
}

const noProgress: StoredProgress = {
  next: 0,
  records: [],
  reports: [],
  lived: [],
  held: [],
  refused: [],
  rollouts: [],
  mail: [],
  times: [],
}
