/**
 * Steps: what the host of a simulated world asks for, one after the other. Plain data, made from dice.
 *
 * St1. A step is made without looking at any world, so a script is the same whatever comes of it.
 * St2. A step that a world refuses with a code has changed nothing; the refusal is part of the course.
 */
import type { BundleId } from '../../base/ids.ts'
import type { MachineCalls } from '../../protocol/machine/calls.ts'
import type { RunLimits, RunReport } from '../../protocol/machine/runs.ts'
import type { Dice } from '../program/dice.ts'
import type { Ends, ItemWay, Manner, Numbers, Policy, Program, StartMode } from '../program/program.ts'

export type Target =
  { readonly kind: 'root'; readonly vat: string } | { readonly kind: 'result'; readonly step: number }

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
    } & Manner)
  | { readonly kind: 'suspend'; readonly vat: string }
  | { readonly kind: 'resume'; readonly vat: string }
  | { readonly kind: 'terminate'; readonly vat: string }
  | ({ readonly kind: 'policy'; readonly vat: string } & Policy)
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
  | { readonly kind: 'skip' }

/**
 * How the host has a vat upgraded. `salvage`: by an heir that is given what was found in a copy of the heap.
 */
export type Way = 'durable' | 'replay' | 'auto' | 'salvage'

/** What has been drafted so far. */
export interface Draft {
  readonly dice: Dice
  readonly numbers: Numbers
  readonly ends: Ends
  /** The place of the step that is being made. */
  readonly index: number
  /** Vats that were asked for, whether or not they will start. */
  readonly vats: string[]
  /** Steps whose result the host keeps. */
  readonly results: number[]
}

/** What became of a step's request. */
export type Record =
  | { readonly kind: 'accepted'; readonly sequence: number; /** For an heir. */ readonly salvaged?: Salvaged }
  | { readonly kind: 'refused'; readonly code: string }
  /** An item for the port. */
  | { readonly kind: 'taken'; readonly number: number; readonly outcome: 'taken' | 'duplicate' }

/** What was found in a copy of a heap. */
export interface Salvaged {
  readonly incarnation: number
  /** As the heir writes it down. */
  readonly text: string
}

/** How far a run goes. */
export type Extent = Pick<RunLimits, 'cranks' | 'computrons'>

/** The world as a step acts on it. */
export interface Stage {
  readonly machine: MachineCalls
  /** Player bundles, the same behaviour under several hashes; the last one does not parse. */
  readonly bundles: readonly BundleId[]
  /** What looks through a copy of a player's heap. */
  readonly salvage: BundleId
  /** The worker that is not the default one. */
  readonly otherWorker: string
  readonly records: Map<number, Record>
  /** What the host has of what vats sent by the port: `[number, n]`. */
  readonly mail: (readonly [number, number])[]
  /** All times that were told, in order. */
  readonly times: number[]
  /** What was ever read at the port, by number: it outlives crashes. */
  readonly ledger: Map<number, string>
  /** Runs, in pieces if the weather says so; the report is that of the whole. */
  run(extent: Extent): Pick<RunReport, 'ended' | 'cranks'>
}

/** All about one kind of step. */
export interface StepKind<Kind extends Step['kind']> {
  /** Among all steps. */
  readonly weight: number
  make(draft: Draft): Extract<Step, { kind: Kind }>
  /** Does it. What is refused is thrown, with its code. */
  apply(stage: Stage, step: Extract<Step, { kind: Kind }>, index: number): void
}

/** Mostly one of the first, who live: of the others many never started. */
export const pickVat = (dice: Dice, vats: readonly string[]): string =>
  dice.pick(dice.chance(70) ? vats.slice(0, 3) : vats)
