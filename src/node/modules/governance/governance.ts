/**
 * Governance: members propose messages and vote on them. It lives in the host, so that votes are counted
 * regardless of the kernel and its vats.
 *
 * Gov1. A proposal is `voting`, then `rejected`, or `executing` and then `done` or `failed`; the reason is in
 *       the state.
 * Gov2. The messages of a proposal that passed are executed in order, before the transactions of the block.
 *       If one is refused, none has any effect on the host's state.
 * Gov3. What the kernel does for a proposal is queued (`kernel/operations.ts`): the proposal is `executing`
 *       until the last operation is complete, and fails with the first that fails.
 */
import type { JsonValue } from '../../../protocol/node/fields.ts'
import type { ProposalState } from '../../../protocol/node/views.ts'
import { Draft, type StateReader } from '../../state/hostState.ts'
import { refuseTransaction, TransactionRefusal } from '../../transactions/refusal.ts'
import type { Context, Module } from '../module.ts'
import { parameterOf } from '../parameters/parameters.ts'
import { jsonOf, notFound, refuseQuery } from '../query.ts'
import { lockDeposit, lockedDeposits, settleDeposit } from './deposits.ts'
import { changeMembers, forgetVersions, membersOf, membersVersion, weightOf } from './members.ts'
import {
  nextProposal,
  openProposals,
  proposals,
  votesOn,
  type Proposal,
  type VoteMessage,
} from './proposals.ts'
import { tallyOf } from './tally.ts'

/** Executes a message of a proposal; returns the number of the operation on the kernel that it queued. */
export type ExecuteByVote = (
  context: Context,
  message: VoteMessage,
  proposal: number,
) => { readonly operation: number | null }

type Kinds = 'governance/propose' | 'governance/vote' | 'governance/set-members'

/** The module; `execute` knows the messages of all modules. */
export const makeGovernance = (execute: ExecuteByVote): Module<Kinds> => ({
  name: 'governance',
  messages: {
    'governance/propose': (context, { title, messages }, by) => {
      const proposer = memberOf(context.state, by)
      return { proposal: propose(context, { proposer, title, messages: messages as VoteMessage[] }) }
    },
    'governance/vote': ({ state, height, emit }, { proposal: id, choice }, by) => {
      const proposal = proposals.get(state, id) ?? refuseTransaction('governance/no-proposal', `no proposal ${id}`)
      if (proposal.state !== 'voting' || height > proposal.ends)
        refuseTransaction('governance/closed', `the vote on proposal ${id} is over: it is ${proposal.state}`)
      const address = by.kind === 'account' ? by.address : ''
      if (weightOf(state, proposal.members, address) === 0)
        refuseTransaction('governance/not-a-member', 'was not a member when the vote began')
      votesOn(id).set(state, address, choice)
      emit('vote', { proposal: id, voter: address, choice })
      return null
    },
    'governance/set-members': ({ state, emit }, { members }) => {
      changeMembers(state, members)
      emit('members-set', { version: membersVersion(state) })
      return null
    },
  },
  queries: {
    members: (state) => jsonOf(membersOf(state, membersVersion(state))),
    list: (state) => proposals.ids(state).map((id) => summary(state, Number(id))),
    show: (state, [id = '']) => shown(state, id),
    deposits: lockedDeposits,
  },
  begin: (state, { members }) => changeMembers(state, members),
  beginBlock: (context) => closeVotes(context, execute),
})

function memberOf(state: StateReader, by: { readonly kind: string; readonly address?: string }): string {
  const address = by.address ?? ''
  if (weightOf(state, membersVersion(state), address) === 0)
    refuseTransaction('governance/not-a-member', 'only members propose')
  return address
}

function propose(
  context: Context,
  { proposer, title, messages }: Pick<Proposal, 'proposer' | 'title' | 'messages'>,
): number {
  const { state, height, emit } = context
  const most = parameterOf(state, 'governance.open')
  if (openProposals(state).length >= most)
    refuseTransaction('governance/too-many', `${most} proposals are open; wait until one is decided`)
  const id = nextProposal(state)
  proposals.set(state, {
    id,
    title,
    proposer,
    messages,
    began: height,
    ends: height + parameterOf(state, 'governance.period'),
    members: membersVersion(state),
    state: 'voting',
    reason: null,
    operations: 0,
    report: null,
    deposit: lockDeposit(context, id, proposer),
  })
  emit('proposed', { proposal: id, title, proposer })
  return id
}

/** Decides every vote whose last height is past. */
function closeVotes(context: Context, execute: ExecuteByVote): void {
  const { state, height } = context
  for (const proposal of openProposals(state)) {
    if (proposal.ends >= height) break
    const { outcome } = tallyOf(state, proposal)
    const decided = { ...proposal, deposit: settleDeposit(context, proposal, outcome) }
    if (outcome === 'passed') pass(context, decided, execute)
    else end(context, decided, 'rejected', `governance/${outcome}`)
  }
  forgetVersions(state, new Set(openProposals(state).map(({ members }) => members)))
}

/** Gov2. */
function pass(context: Context, proposal: Proposal, execute: ExecuteByVote): void {
  const state = new Draft(context.state)
  const executing: Proposal = { ...proposal, state: 'executing' }
  const operations: number[] = []
  try {
    for (const message of proposal.messages) {
      const { operation } = execute({ ...context, state }, message, proposal.id)
      if (operation !== null) operations.push(operation)
    }
  } catch (error) {
    if (!(error instanceof TransactionRefusal)) throw error
    return end(context, executing, 'failed', error.code)
  }
  context.state.take(state.changes())
  context.emit('proposal-passed', { proposal: proposal.id, operations })
  if (operations.length === 0) end(context, executing, 'done', null)
  else proposals.set(context.state, { ...executing, operations: operations.length })
}

function end(context: Context, proposal: Proposal, as: ProposalState, reason: Proposal['reason']): void {
  proposals.set(context.state, { ...proposal, state: as, reason })
  context.emit(`proposal-${as}`, { proposal: proposal.id, reason })
}

/** The outcome of an operation that a proposal queued (Gov3). */
export interface OperationEnd {
  /** The code of what failed; null if nothing did. */
  readonly failure: string | null
  readonly report: string | null
}

export function operationEnded(context: Context, id: number, { failure, report }: OperationEnd): void {
  const proposal = proposals.get(context.state, id)
  if (proposal?.state !== 'executing') return
  const ended: Proposal = {
    ...proposal,
    operations: proposal.operations - 1,
    report: report ?? proposal.report,
  }
  if (failure !== null) end(context, ended, 'failed', failure)
  else if (ended.operations === 0) end(context, ended, 'done', null)
  else proposals.set(context.state, ended)
}

/** Whether a proposal has failed, so that the rest of its operations is skipped (Gov3). */
export const hasFailed = (state: StateReader, id: number): boolean =>
  proposals.get(state, id)?.state === 'failed'

function found(state: StateReader, id: string | number): Proposal {
  if (!/^\d{1,15}$/.test(String(id))) refuseQuery('the number of a proposal')
  return proposals.get(state, Number(id)) ?? notFound(`there is no proposal ${id}`)
}

function summary(state: StateReader, id: number): JsonValue {
  const { title, state: is, began, ends, reason } = found(state, id)
  return { id, title, state: is, began, ends, reason }
}

function shown(state: StateReader, id: string): JsonValue {
  const proposal = found(state, id)
  const votes = votesOn(proposal.id)
  return jsonOf({
    ...proposal,
    votes: Object.fromEntries(votes.ids(state).map((address) => [address, votes.get(state, address)])),
    tally: proposal.state === 'voting' ? tallyOf(state, proposal) : null,
  })
}
