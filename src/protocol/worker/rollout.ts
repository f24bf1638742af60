/**
 * Rollouts: a set of vats is moved to a worker version, one after the other. A rollout is part of the
 * kernel's state, so it survives a kill at any point, and is the same on every node. Guide:
 * `docs/worker-versions.md`.
 */
import { isCount, isDigits, isRecord } from '../../base/guards.ts'
import { isVatId, type VatId, type WorkerId } from '../../base/ids.ts'
import type { Metering } from '../results.ts'
import type { WorkerMode } from './versions.ts'

/** The action when a vat cannot follow; `stop`: it keeps its version, and the rollout stops. */
export const rolloutPolicies = ['keep', 'restart', 'suspend', 'stop'] as const
/** One of `rolloutPolicies`. */
export type RolloutPolicy = (typeof rolloutPolicies)[number]

/**
 * `one-by-one`: each vat runs until it is moved. `suspend-first`: all are suspended when the rollout begins,
 * and each is resumed when it was moved.
 */
export const rolloutOrders = ['one-by-one', 'suspend-first'] as const
/** One of `rolloutOrders`. */
export type RolloutOrder = (typeof rolloutOrders)[number]

/** What may be done in one block. No further vat is begun once either is reached. */
export interface RolloutPace {
  readonly vats: number
  /** Decimal digits; null means unlimited. The last vat begun may exceed it. */
  readonly computrons: string | null
}

/** The settings of a rollout. */
export interface RolloutChoices {
  readonly mode: WorkerMode
  readonly onFailure: RolloutPolicy
  readonly order: RolloutOrder
  readonly perBlock: RolloutPace
}

/** Which vats a rollout moves: the living ones that meet all conditions; without any, all. */
export interface RolloutSelection {
  /** Names or ids. */
  readonly vats?: readonly string[]
  /** Of names, in which `*` stands for any text. */
  readonly pattern?: string
  /** Those on this version, by id, beginning of an id, or label. */
  readonly worker?: string
  /** Those of this bundle, by id or label. */
  readonly bundle?: string
}

/** `stopped`: a vat could not follow, and the policy is `stop`. */
export const rolloutStates = ['running', 'paused', 'stopped', 'done', 'aborted'] as const
/** One of `rolloutStates`. */
export type RolloutState = (typeof rolloutStates)[number]

/** What an operator may do to a rollout. `resume` also goes on after a stop, with the vat that failed. */
export const rolloutActions = ['pause', 'resume', 'abort'] as const
/** One of `rolloutActions`. */
export type RolloutAction = (typeof rolloutActions)[number]

/**
 * What became of a vat. `gone`: it had ended; `already`: it was on the version; `left`: the rollout was
 * aborted.
 */
export const vatOutcomes = [
  'waiting', 'moved', 'restarted', 'already', 'gone', 'kept', 'suspended', 'left',
] as const
/** One of `vatOutcomes`. */
export type VatOutcome = (typeof vatOutcomes)[number]

/** One vat of a rollout. */
export interface RolloutVat {
  readonly vat: VatId
  readonly outcome: VatOutcome
  /** Whether the rollout suspended it, and has not resumed it yet. */
  readonly holds: 'suspended' | 'nothing'
  /** Decimal digits; `0` while it waits. */
  readonly computrons: string
  /** Of a vat that was moved by replay. */
  readonly metering: Metering | null
  /** Why it could not follow, or not by replay: a code and a message. */
  readonly refusal: { readonly code: string; readonly message: string } | null
}

/** The store's last rollout. */
export interface RolloutView extends RolloutChoices {
  readonly number: number
  readonly worker: WorkerId
  readonly state: RolloutState
  /** Why it is paused or stopped; null otherwise. */
  readonly reason: string | null
  /** The numbers of the cranks in which it was started and in which its state last changed. */
  readonly since: number
  readonly changed: number
  /** The vats, and how many of them are decided. */
  readonly vats: number
  readonly decided: number
  /** Used up in the current block. */
  readonly inBlock: { readonly vats: number; readonly computrons: string }
}

export const isPace = (value: unknown): value is RolloutPace =>
  isRecord(value) &&
  isCount(value['vats']) &&
  value['vats'] >= 1 &&
  (value['computrons'] === null || isDigits(value['computrons']))

export const areVats = (value: unknown): value is readonly VatId[] =>
  Array.isArray(value) && value.every((vat) => typeof vat === 'string' && isVatId(vat))
