/** Proposals and their votes. */
import type { VoteChoice } from '../../../protocol/node/fields.ts'
import type { VoteMessage } from '../../../protocol/node/messages.ts'
import type { ProposalState } from '../../../protocol/node/views.ts'
import type { StateReader } from '../../state/hostState.ts'
import { counterOf, numberId, tableOf, type Table } from '../../state/table.ts'

export type { VoteMessage }

/** What a proposer has paid in. */
export interface Deposit {
  /** In units, as it was in the block of the proposal. */
  readonly amount: string
  /** `kept`: its receiver could not hold more, so that it stays with the account of the deposits. */
  readonly state: 'locked' | 'returned' | 'forfeited' | 'kept'
}

/** A proposal. Times are heights. */
export interface Proposal {
  readonly id: number
  readonly title: string
  readonly proposer: string
  readonly messages: readonly VoteMessage[]
  readonly began: number
  /** The last height at which votes are counted. */
  readonly ends: number
  /** The version of the members by which it is counted. */
  readonly members: number
  readonly state: ProposalState
  /** The code of why it was rejected or failed; else null. */
  readonly reason: string | null
  /** How many of its operations on the kernel have not ended. */
  readonly operations: number
  /** The hash of the report of the last plan that it ran; null without one. */
  readonly report: string | null
  /** Null without one. */
  readonly deposit: Deposit | null
}

/** A row without a deposit has no field for it: so were all rows before there were deposits. */
type StoredProposal = Omit<Proposal, 'deposit'> & { readonly deposit?: Deposit }

const table = tableOf<StoredProposal>('proposal')
/** Proposals that are voted on, by the height at which they end and their number. */
const open = tableOf<number>('proposal.open')
const last = counterOf('proposal.last')

const openId = ({ ends, id }: Proposal): string => `${numberId(ends)}.${numberId(id)}`

export const proposals: Pick<Table<Proposal>, 'ids'> & {
  get(state: StateReader, id: number): Proposal | undefined
  set: (state: Parameters<Table<Proposal>['set']>[0], proposal: Proposal) => void
} = {
  ids: (state) => table.ids(state),
  get(state, id) {
    const row = table.get(state, numberId(id))
    return row && { ...row, deposit: row.deposit ?? null }
  },
  set(state, proposal) {
    const { deposit, ...row } = proposal
    table.set(state, numberId(proposal.id), deposit === null ? row : { ...row, deposit })
    if (proposal.state === 'voting') open.set(state, openId(proposal), proposal.id)
    else open.delete(state, openId(proposal))
  },
}

export const nextProposal = last.next

/** Those that are voted on, in the order in which they end. */
export const openProposals = (state: StateReader): readonly Proposal[] =>
  open.ids(state).flatMap((id) => {
    const number = open.get(state, id)
    const proposal = number === undefined ? undefined : proposals.get(state, number)
    return proposal === undefined ? [] : [proposal]
  })

/** The votes on a proposal, by address. */
export const votesOn = (id: number): Table<VoteChoice> => tableOf<VoteChoice>(`vote.${id}`)
