/** What a node reports: blocks, results of transactions, events, status. */
import type { Hash } from '../../base/ids.ts'
import type { JsonValue } from './fields.ts'
import type { ResultCode } from './resultCodes.ts'

/** A block as it is delivered: whoever orders the transactions has decided all of it. */
export interface Block {
  readonly height: number
  /** Milliseconds since 1970, larger than that of the block before. */
  readonly time: number
  readonly transactions: readonly Uint8Array[]
}

/** Something that happened in a block, for readers outside. Not part of the app hash. */
export interface NodeEvent {
  /** Such as `transfer` or `proposal-passed`. */
  readonly kind: string
  /** The hash of the transaction that caused it; null for what no transaction did. */
  readonly transaction: string | null
  readonly data: { readonly [key: string]: JsonValue }
}

/** What became of a transaction in its block. `code`, `number`, `gas` and `data` are the same on all nodes. */
export interface TransactionResult {
  /** SHA-256 of the transaction, in hexadecimal digits. */
  readonly hash: string
  readonly code: ResultCode
  /** The number of the code. */
  readonly number: number
  /** What it cost, in units. */
  readonly gas: number
  readonly data: JsonValue
  /** For people. */
  readonly log: string
}

/** What a block came to. */
export interface BlockResult {
  readonly height: number
  readonly results: readonly TransactionResult[]
  readonly events: readonly NodeEvent[]
  readonly appHash: Hash
}

/** Where the application is: of the last committed block. */
export interface NodeInfo {
  readonly chain: string
  /** The height of the last committed block; 0 before the first. */
  readonly height: number
  readonly time: number
  readonly appHash: Hash
  /** The form of the app hash. */
  readonly format: number
}

/** What a transaction would come to now, by the last committed block. */
export interface CheckResult {
  readonly code: ResultCode
  readonly number: number
  readonly log: string
  readonly hash: string
  /** Which transactions come first in a block. */
  readonly priority: 'vote' | 'ordinary'
}

/** What became of a proposal. */
export const proposalStates = ['voting', 'rejected', 'executing', 'done', 'failed'] as const
/** One of `proposalStates`. */
export type ProposalState = (typeof proposalStates)[number]
