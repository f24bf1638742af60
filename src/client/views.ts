/** What a node answers, as JSON. */
import type { JsonValue } from '../protocol/node/fields.ts'
import type { CheckResult, NodeEvent, NodeInfo, TransactionResult } from '../protocol/node/views.ts'

/** What a node is doing, and where it is. A node may report more than this. */
export interface NodeStatus extends NodeInfo {
  /** The version of its release. */
  readonly version: string
  /** Whether it makes blocks, and if not, why. */
  readonly sequencer:
    | { readonly kind: 'running' | 'stopped' }
    | { readonly kind: 'halted' | 'failing'; readonly code: string; readonly message: string }
  /** The kernel at the end of the last block. */
  readonly kernel: {
    readonly state?: 'ready' | 'faulted' | 'paused' | 'migrating'
    readonly error?: string | null
    readonly queued?: number
    readonly backlog: number
  }
  /** Transactions that wait for a block. */
  readonly waiting: number
  /** The block under way. */
  readonly block: {
    readonly height: number
    readonly seconds: number
    readonly phase: string
    readonly operation: string | null
  } | null
}

/** A transaction in its block. */
export interface IncludedTransaction {
  readonly kind: 'included'
  readonly height: number
  readonly place: number
  readonly result: TransactionResult
}

/** The last block at which the transaction could be executed is over: it will never be executed. */
export interface NotIncluded {
  readonly kind: 'not-included'
  readonly height: number
}

/** What became of a transaction: certain in both cases. */
export type TransactionOutcome = IncludedTransaction | NotIncluded

/** A transaction that was taken: it waits for a block. */
export interface Submitted {
  readonly kind: 'waiting'
  readonly hash: string
  readonly admission: 'added' | 'known'
  /** The height of the node. */
  readonly height: number
}

/** A committed block, with what became of its transactions. */
export interface BlockView {
  readonly height: number
  /** Milliseconds since 1970. */
  readonly time: number
  readonly appHash: string
  readonly transactions: readonly { readonly hash: string; readonly result: TransactionResult }[]
}

/** An event of a committed block. */
export interface EventView extends NodeEvent {
  /** `height.place`: events continue after it, also when the node was restarted. */
  readonly cursor: string
  readonly height: number
  readonly place: number
}

/** An answer to a query, by the block at this height. */
export interface QueryAnswer {
  readonly height: number
  readonly value: JsonValue
}

/** What became of a message to a vat. `value` and `reason` are for `decodeResult`. */
export type SendOutcome =
  | { readonly kind: 'waiting' | 'pending'; readonly sequence: number | null }
  | { readonly kind: 'fulfilled'; readonly value: JsonValue; readonly height: number }
  | { readonly kind: 'rejected'; readonly reason: JsonValue; readonly height: number }

export type { CheckResult, NodeInfo, TransactionResult }
