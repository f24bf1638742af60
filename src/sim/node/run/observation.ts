/** What is observed of a chain while a script is played on it, as plain data: all that the model judges. */
import type { JsonValue } from '../../../protocol/node/fields.ts'
import type { TransactionBody } from '../../../protocol/node/transaction.ts'
import type { NodeEvent } from '../../../protocol/node/views.ts'

/** A transaction of a block, as it was made. */
export interface Delivered {
  /** Its number in the script. */
  readonly n: number
  readonly hash: string
  /** In bytes. */
  readonly size: number
  /** Whether its form and its signature are right, or the code with which they must be refused. */
  readonly form: string
  /** The key of the signature, in hexadecimal digits, and the address that it founds. */
  readonly key: string
  readonly signer: string
  readonly body: TransactionBody
  /** The items that its proposal names, with the numbers of the transactions that sent them. */
  readonly items: readonly (readonly [item: number, n: number])[]
}

export interface ResultSeen {
  readonly code: string
  readonly gas: number
  readonly data: JsonValue
}

export interface ProposalSeen {
  readonly id: number
  readonly state: string
  readonly reason: string | null
  readonly ends: number
}

export interface KernelSeen {
  readonly state: string
  readonly queued: number
  readonly backlog: number
  /** What failed; null unless it is faulted. */
  readonly error: string | null
  readonly kernel: string
}

/** What a node that stops at a height said, and what it was started with next. */
export interface Halt {
  readonly height: number
  readonly code: string
  readonly name: string
  readonly then: 'release-2' | 'skip'
}

/** A block, and the state after it. */
export interface BlockSeen {
  readonly height: number
  readonly time: number
  readonly delivered: readonly Delivered[]
  /** The first of them that a check has looked at before the block, with what it said. */
  readonly checked: string | null
  readonly isChosen: boolean
  readonly results: readonly ResultSeen[]
  readonly events: readonly NodeEvent[]
  readonly appHash: string
  /** By address; of all accounts that ever had something. */
  readonly balances: Readonly<Record<string, string>>
  readonly total: string
  readonly kernel: KernelSeen
  readonly proposals: readonly ProposalSeen[]
  readonly members: readonly { readonly address: string; readonly weight: number }[]
  readonly parameters: Readonly<Record<string, number>>
  readonly published: Readonly<Record<string, string>>
  /** How many requests of vats the ledger has taken. */
  readonly requests: number
  /** How many items the port is owed. */
  readonly owed: number
  readonly upgrades: { readonly scheduled: readonly JsonValue[]; readonly ended: readonly JsonValue[] }
  readonly hasWork: boolean
}

/** A line of the journal of a vat. */
export type Line = readonly [kind: string, ...rest: readonly JsonValue[]]

export interface Observation {
  readonly blocks: readonly BlockSeen[]
  readonly halts: readonly Halt[]
  /** The journals of vats, by name; null for one that could not be asked. */
  readonly journals: Readonly<Record<string, readonly Line[] | null>>
  /** What became of messages to vats, by the hash of the transaction; null for one that is not kept. */
  readonly answers: Readonly<Record<string, JsonValue>>
}
