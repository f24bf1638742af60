/**
 * A proposal on which all members have voted yes and whose vote is over: the next block executes it. Only for
 * copies of a store; no message of a node leads here.
 */
import type { Draft } from '../../state/hostState.ts'
import { membersOf, membersVersion } from './members.ts'
import { nextProposal, proposals, votesOn, type VoteMessage } from './proposals.ts'

/** Writes the proposal into the state of a copy, as of the height. Returns its number. */
export function putPassedProposal(state: Draft, messages: readonly VoteMessage[], height: number): number {
  const [id, members] = [nextProposal(state), membersVersion(state)]
  const [first] = membersOf(state, members)
  for (const { address } of membersOf(state, members)) votesOn(id).set(state, address, 'yes')
  proposals.set(state, {
    id,
    title: '',
    proposer: first?.address ?? '',
    messages,
    began: height,
    ends: height,
    members,
    state: 'voting',
    reason: null,
    operations: 0,
    report: null,
    deposit: null,
  })
  return id
}
