/**
 * Steps: the requests of the host of a simulated world, in order. Plain data, generated at random.
 *
 * Stp1. A step is generated without looking at any world, so the outcome of a script does not change it.
 * Stp2. A step that is refused with a code has changed nothing; the refusal is part of the observation. A
 *      kernel that was taken back is in the history of kernels, which is all that it changes.
 */
import { assert } from '../../base/errors.ts'
import type { BundleId, WorkerId } from '../../base/ids.ts'
import type { MachineCalls } from '../../protocol/machine/calls.ts'
import type { KernelCode, KernelName } from '../kernels/kernels.ts'
import type { PlanState, StepOutcome } from '../../protocol/machine/plans.ts'
import type { PlanPolicy } from '../../protocol/plan/plan.ts'
import type { RunLimits, RunReport } from '../../protocol/machine/runs.ts'
import type { Random } from '../program/random.ts'
import type { RolloutAction, RolloutChoices } from '../../protocol/worker/rollout.ts'
import type { WorkerUpgradeChoices } from '../../protocol/worker/versions.ts'
import type {
  Ends,
  ItemWay,
  Kernels,
  Moves,
  UpgradeManner,
  Numbers,
  Policy,
  Program,
  StartMode,
} from '../program/program.ts'

/** The receiver of a message of the host. */
export type Target =
  { readonly kind: 'root'; readonly vat: string } | { readonly kind: 'result'; readonly step: number }

/** One request. */
export type Step =
  | {
      readonly kind: 'create'
      readonly name: string
      readonly mode: StartMode
      readonly bundle: number
      readonly options: 'usual' | 'other-engine' | 'small' | 'waits-on-fault' | 'critical'
    }
  | {
      readonly kind: 'send'
      readonly n: number
      readonly to: Target
      readonly go: Program
      readonly give: readonly string[]
      readonly result: 'keep' | 'ignore'
    }
  | {
      readonly kind: 'run'
      readonly limit:
        | { readonly kind: 'cranks'; readonly cranks: number }
        | { readonly kind: 'computrons'; readonly computrons: number }
        | { readonly kind: 'idle' }
    }
  | { readonly kind: 'commit' }
  | ({
      readonly kind: 'upgrade'
      readonly vat: string
      readonly bundle: number
      readonly mode: StartMode
      readonly way: Way
    } & UpgradeManner)
  | { readonly kind: 'suspend'; readonly vat: string }
  | { readonly kind: 'resume'; readonly vat: string }
  | { readonly kind: 'terminate'; readonly vat: string }
  | ({ readonly kind: 'policy'; readonly vat: string } & Policy)
  /** What a delivery to the vat may use. */
  | { readonly kind: 'limit'; readonly vat: string; readonly computrons: number }
  | ({ readonly kind: 'move'; readonly vat: string; readonly worker: number } & WorkerUpgradeChoices)
  | ({
      readonly kind: 'rollout'
      readonly worker: number
      readonly vats: readonly string[] | 'all'
    } & RolloutChoices)
  | { readonly kind: 'steer'; readonly action: RolloutAction }
  | { readonly kind: 'retire'; readonly worker: number }
  | { readonly kind: 'retire-code'; readonly spare: number }
  | { readonly kind: 'default'; readonly worker: number }
  | { readonly kind: 'pause' }
  | { readonly kind: 'unpause' }
  | { readonly kind: 'forget'; readonly step: number }
  | {
      readonly kind: 'deliver'
      readonly n: number
      readonly way: ItemWay
      readonly give: string | null
      readonly again: boolean
    }
  | { readonly kind: 'collect'; readonly limit: number; readonly acknowledge: boolean }
  | { readonly kind: 'advance'; readonly by: number }
  /** Installs a kernel and puts it in place. */
  | { readonly kind: 'kernel'; readonly to: KernelName }
  /** Has a faulted kernel go on. */
  | { readonly kind: 'retry' }
  /** Sets an item aside: that at which the kernel failed, or one of those that wait (by index, Po2). */
  | { readonly kind: 'aside'; readonly item: 'provoking' | number }
  /** Puts back all items that are set aside. */
  | { readonly kind: 'put-back' }
  /** `budget`: cranks of a step; `pace`: cranks of a block. */
  | {
      readonly kind: 'plan'
      readonly upgrades: readonly PlannedUpgrade[]
      readonly form: 'together' | 'one-by-one'
      readonly onFailure: PlanPolicy
      readonly budget: number
      readonly pace: number
    }
  | { readonly kind: 'skip' }

/** One upgrade of a plan. */
export interface PlannedUpgrade extends Pick<UpgradeManner, 'from'> {
  readonly vat: string
  readonly bundle: number
  readonly mode: StartMode
  readonly way: Exclude<Way, 'salvage'>
}

/** The mode of an upgrade by the host. `salvage`: the heir receives data from a copy of the old heap. */
export type Way = 'durable' | 'replay' | 'auto' | 'salvage'

/** The state of generating a script. */
export interface ScriptDraft {
  readonly random: Random
  readonly numbers: Numbers
  readonly ends: Ends
  readonly moves: Moves
  readonly kernels: Kernels
  readonly plans: 'none' | 'some'
  /** The number of the step that is being generated. */
  readonly index: number
  /** Vats that were requested, whether or not they will start. */
  readonly vats: string[]
  /** Steps whose results the host keeps. */
  readonly results: number[]
}

/** The outcome of a step's request. */
export type StepRecord =
  | { readonly kind: 'accepted'; readonly sequence: number; readonly salvaged?: Salvaged }
  | { readonly kind: 'refused'; readonly code: string }
  /** A plan that is over: the outcomes of its steps. */
  | { readonly kind: 'planned'; readonly state: PlanState; readonly outcomes: readonly StepOutcome[] }
  /** An item for the port. */
  | { readonly kind: 'taken'; readonly number: number; readonly outcome: 'taken' | 'duplicate' }

/** Data from a copy of a heap, for an heir. */
export interface Salvaged {
  readonly incarnation: number
  /** In the notation of the heir's journal. */
  readonly text: string
}

/** The limits of a run. */
export type RunExtent = Pick<RunLimits, 'cranks' | 'computrons'>

/** The world on which steps act. */
export interface World {
  readonly machine: MachineCalls
  /** Player bundles: the same behaviour under several hashes; the last one does not parse. */
  readonly bundles: readonly BundleId[]
  /** The bundle that searches a copy of a player's heap. */
  readonly salvage: BundleId
  /** The worker versions: the first default, another engine, another supervisor. */
  readonly workers: readonly WorkerId[]
  readonly kernels: readonly KernelCode[]
  readonly records: Map<number, StepRecord>
  /** Acknowledged items of vats: `[number, n]`. */
  readonly mail: (readonly [number, number])[]
  /** All times to which the clock was advanced, in order. */
  readonly times: number[]
  /** Every item that was ever received, by number; it survives crashes. */
  readonly ledger: Map<number, string>
  /** Runs, perhaps in slices; the report is that of the whole. */
  run(extent: RunExtent): Pick<RunReport, 'ended' | 'cranks'>
}

/** Everything about one kind of step. */
export interface StepKind<Kind extends Step['kind']> {
  /** Its frequency, relative to the other kinds. */
  readonly weight: number
  make(draft: ScriptDraft): Extract<Step, { kind: Kind }>
  /** Makes the request. Throws the code of a refusal. */
  apply(world: World, step: Extract<Step, { kind: Kind }>, index: number): void
}

/** Usually one of the first three, which run; many of the others never start. */
export function pickVat(random: Random, vats: readonly string[]): string {
  assert(vats.length > 0, 'a script creates a vat before it names one')
  return random.pick(random.chance(70) ? vats.slice(0, 3) : vats)
}
