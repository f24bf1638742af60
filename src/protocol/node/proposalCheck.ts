/** What the messages of a proposal would do, as a check on a copy of the store has found. */
import type { JsonValue } from './fields.ts'
import type { NodeEvent } from './views.ts'

/** How a step of an upgrade plan ended. */
export interface CheckedStep {
  readonly name: string
  readonly kind: string
  readonly outcome: string
  /** The code of a failure; else null. */
  readonly code: string | null
}

/** A message of the proposal. */
export interface CheckedMessage {
  readonly kind: string
  /**
   * `waiting`: the kernel had not answered after the last block of the check; `not-reached`: a message before
   * it failed, so that nothing of it was done.
   */
  readonly outcome: 'done' | 'failed' | 'waiting' | 'not-reached'
  /** Of a failure; else null. */
  readonly code: string | null
  /** For people. */
  readonly text: string
  /** What an operation on the kernel returned. */
  readonly data: JsonValue
  /** The steps of a plan; null for other messages. */
  readonly steps: readonly CheckedStep[] | null
}

/** A value that the proposal would change; null: it is not there. */
export interface ChangedValue {
  readonly from: number | null
  readonly to: number | null
}

/** What the messages would do if a vote executed them after the block of this height. */
export interface ProposalCheck {
  /** The last committed block of the copy. */
  readonly height: number
  /** How many blocks were made on the copy. */
  readonly blocks: number
  /** `executing`: not all was done after the last block of the check. */
  readonly outcome: 'done' | 'failed' | 'executing'
  /** The code of a failure; else null. */
  readonly code: string | null
  readonly messages: readonly CheckedMessage[]
  /** The events of the blocks, of other work too; at most 1,000. */
  readonly events: readonly NodeEvent[]
  /** The kernel afterwards. */
  readonly kernel: {
    readonly state: string
    readonly error: string | null
    readonly queued: number
    readonly kernel: string
  }
  readonly parameters: Readonly<Record<string, ChangedValue>>
  /** Weights by address. */
  readonly members: Readonly<Record<string, ChangedValue>>
}
