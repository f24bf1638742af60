/** What passes between a node and the thread that checks a proposal. */
import type { Genesis } from '../../protocol/node/genesis.ts'
import type { ProposalCheck } from '../../protocol/node/proposalCheck.ts'
import type { VoteMessage } from '../modules/governance/proposals.ts'

export interface CheckOrder {
  /** The store of the node, which is only read. */
  readonly directory: string
  /** Where the copy is made. The one who orders the check removes it. */
  readonly copy: string
  /** The database of blocks, for a block that the copy is in the middle of. */
  readonly blocks: string
  readonly genesis: Genesis
  readonly messages: readonly VoteMessage[]
}

export type CheckMessage =
  | { readonly kind: 'done'; readonly check: ProposalCheck }
  /** `code`: null for an error without one. */
  | { readonly kind: 'failed'; readonly code: string | null; readonly message: string }
