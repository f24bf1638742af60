/** Counts votes. */
import type { VoteChoice } from '../../../protocol/node/fields.ts'
import type { StateReader } from '../../state/hostState.ts'
import { parameterOf } from '../parameters/parameters.ts'
import { membersOf } from './members.ts'
import { votesOn, type Proposal } from './proposals.ts'

/** Weights by choice, and what they come to. */
export interface Tally extends Readonly<Record<VoteChoice, number>> {
  readonly total: number
  readonly outcome: 'passed' | 'no-quorum' | 'vetoed' | 'refused'
}

/** The tally of a proposal by the votes and the parameters of now. */
export function tallyOf(state: StateReader, proposal: Proposal): Tally {
  const weights: Record<VoteChoice, number> = { yes: 0, no: 0, abstain: 0, veto: 0 }
  let total = 0
  for (const { address, weight } of membersOf(state, proposal.members)) {
    total += weight
    const choice = votesOn(proposal.id).get(state, address)
    if (choice !== undefined) weights[choice] += weight
  }
  return { ...weights, total, outcome: outcomeOf(state, weights, total) }
}

function outcomeOf(
  state: StateReader,
  { yes, no, abstain, veto }: Readonly<Record<VoteChoice, number>>,
  total: number,
): Tally['outcome'] {
  const share = (part: number, whole: number): number => (whole === 0 ? 0 : (part * 1_000) / whole)
  const voted = yes + no + abstain + veto
  if (voted === 0 || share(voted, total) < parameterOf(state, 'governance.quorum')) return 'no-quorum'
  if (share(veto, voted) >= parameterOf(state, 'governance.veto')) return 'vetoed'
  const decided = yes + no + veto
  return decided > 0 && share(yes, decided) >= parameterOf(state, 'governance.threshold') ? 'passed' : 'refused'
}
