/**
 * The progress of the host in a run: the next step, and what it has learned so far.
 *
 * Pc1. It is stored in the block that it describes. So after a crash the host knows exactly what the store
 *      knows.
 * Pc2. Where the kernel may be replaced, a step may commit blocks itself: the progress is stored before each
 *      step too, and what such a block has done is read from the store (`kernelRecords.ts`).
 */
import type { HostStateCalls } from '../../protocol/machine/calls.ts'
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

/** What the host has seen of the vats, which a fault of the kernel may take back. */
export interface Sights {
  /** The names of all vats that have run. */
  readonly lived: Set<string>
  /** Suspended vats with the cause, and the last step after which they were. */
  readonly held: Map<string, number>
  /** Refused upgrades with `onFailure: 'suspend'`, by step. */
  readonly refused: Map<number, RefusedUpgrade>
  /** Rollouts, by number. */
  readonly rollouts: Map<number, RolloutSeen>
}

/** The kernel after a step. */
export interface KernelSeen {
  /** The name of the kernel in place. */
  readonly kernel: string
  /** The number of attempts to replace it. */
  readonly attempts: number
  /** The first line of its error, whether it was accepting an item, the block; null: it is not faulted. */
  readonly fault: { readonly error: string; readonly accepting: boolean; readonly block: number } | null
}

/** Mutable during a run. */
export interface RunProgress extends Sights {
  /** The next step; the final steps follow those of the script. */
  next: number
  readonly records: Map<number, StepRecord>
  /** The results of the requests for reports, by vat name. */
  readonly reports: Map<string, number>
  /** The sights as of the last block that a fault of the kernel takes back nothing of. */
  lasting: StoredSights
  /** The kernel after each step, where it may be replaced. */
  readonly kernels: Map<number, KernelSeen>
  /** The step at which the message of a step was put back, after it had been set aside. */
  readonly putBack: Map<number, number>
  /** The height at which the step that is in work began; null: it is not known. */
  begun: number | null
  /** `[number, n]` of all items from vats that the host has acknowledged. */
  readonly mail: (readonly [number, number])[]
  /** All times to which the clock was advanced. */
  readonly times: number[]
}

const key = 'sim.place'

/** Reads the progress as of the last block. */
export function readProgress(calls: HostStateCalls): RunProgress {
  const text = calls.getHostState(key)
  const { next, records, reports, lasting, kernels, putBack, begun, mail, times, ...sights } =
    text === null ? noProgress : (JSON.parse(text) as StoredProgress)
  assert(Number.isSafeInteger(next) && next >= 0, 'the next step is a number from 0')
  return {
    next,
    records: new Map(records),
    reports: new Map(reports),
    ...readSights(sights),
    lasting,
    kernels: new Map(kernels),
    putBack: new Map(putBack),
    begun,
    mail: [...mail],
    times: [...times],
  }
}

/** Pc1. */
export function writeProgress(
  calls: HostStateCalls,
  { next, records, reports, lasting, kernels, putBack, begun, mail, times, ...sights }: RunProgress,
): void {
  const written: StoredProgress = {
    next,
    records: [...records],
    reports: [...reports],
    ...storedSights(sights),
    lasting,
    kernels: [...kernels],
    putBack: [...putBack],
    begun,
    mail,
    times,
  }
  calls.setHostState(key, JSON.stringify(written))
}

/** What is seen from now on lasts until the next fault takes back what follows. */
export function keepSights(progress: RunProgress): void {
  progress.lasting = storedSights(progress)
}

/** A fault of the kernel has taken back what was seen since. */
export function takeBackSights(progress: RunProgress): void {
  const { lived, held, refused, rollouts } = readSights(progress.lasting)
  for (const seen of [progress.lived, progress.held, progress.refused, progress.rollouts]) seen.clear()
  for (const name of lived) progress.lived.add(name)
  for (const [vat, last] of held) progress.held.set(vat, last)
  for (const [step, seen] of refused) progress.refused.set(step, seen)
  for (const [number, seen] of rollouts) progress.rollouts.set(number, seen)
}

const readSights = ({ lived, held, refused, rollouts }: StoredSights): Sights => ({
  lived: new Set(lived),
  held: new Map(held),
  refused: new Map(refused),
  rollouts: new Map(rollouts),
})

const storedSights = ({ lived, held, refused, rollouts }: Sights): StoredSights => ({
  lived: [...lived],
  held: [...held],
  refused: [...refused],
  rollouts: [...rollouts],
})

interface StoredSights {
  readonly lived: readonly string[]
  readonly held: readonly [string, number][]
  readonly refused: readonly [number, RefusedUpgrade][]
  readonly rollouts: readonly [number, RolloutSeen][]
}

interface StoredProgress
  extends StoredSights, Pick<RunProgress, 'next' | 'lasting' | 'begun' | 'mail' | 'times'> {
  readonly records: readonly [number, StepRecord][]
  readonly reports: readonly [string, number][]
  readonly kernels: readonly [number, KernelSeen][]
  readonly putBack: readonly [number, number][]
}

const noSights: StoredSights = { lived: [], held: [], refused: [], rollouts: [] }

const noProgress: StoredProgress = {
  next: 0,
  records: [],
  reports: [],
  ...noSights,
  lasting: noSights,
  kernels: [],
  putBack: [],
  begun: null,
  mail: [],
  times: [],
}
