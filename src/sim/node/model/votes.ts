/** The model of votes: who may, what they come to, and what a proposal that passed does. */
import type { VoteMessage } from '../../../protocol/node/messages.ts'
import { parameterTable } from '../../../protocol/node/parameters.ts'
import { ModelRefusal, refuse, type ModelProposal, type ModelState } from './state.ts'

/** Decides the votes whose period is over, in the order in which they end. */
export function closeVotes(state: ModelState): void {
  const over = state.proposals.filter((proposal) => proposal.state === 'voting' && proposal.ends < state.height)
  for (const proposal of over.sort((one, other) => one.ends - other.ends || one.id - other.id)) {
    const reason = reasonAgainst(state, proposal)
    if (reason === null) pass(state, proposal)
    else [proposal.state, proposal.reason] = ['rejected', reason]
  }
}

/** The code of why a vote has not passed; null if it has. Shares are compared as whole thousandths. */
function reasonAgainst(state: ModelState, { weights, votes }: ModelProposal): string | null {
  const sum = (...choices: readonly string[]): number => {
    const voters = [...weights].filter(([address]) => choices.includes(votes.get(address) ?? ''))
    return voters.reduce((total, [, weight]) => total + weight, 0)
  }
  const all = [...weights.values()].reduce((total, weight) => total + weight, 0)
  const voted = sum('yes', 'no', 'abstain', 'veto')
  const [veto, yes, decided] = [sum('veto'), sum('yes'), sum('yes', 'no', 'veto')]
  if (voted === 0 || voted * 1_000 < all * state.parameter('governance.quorum')) return 'governance/no-quorum'
  if (veto * 1_000 >= voted * state.parameter('governance.veto')) return 'governance/vetoed'
  if (decided === 0 || yes * 1_000 < decided * state.parameter('governance.threshold')) return 'governance/refused'
  return null
}

/** All messages, or none. */
function pass(state: ModelState, proposal: ModelProposal): void {
  const undo = snapshot(state)
  try {
    for (const message of proposal.messages) execute(state, message, proposal)
    proposal.state = proposal.operations > 0 ? 'executing' : 'done'
  } catch (error) {
    if (!(error instanceof ModelRefusal)) throw error
    undo()
    ;[proposal.state, proposal.reason, proposal.operations] = ['failed', error.code, 0]
  }
}

/** Returns what restores the state as it is now. */
function snapshot(state: ModelState): () => void {
  const { balances, parameters, published, scheduled } = state
  const maps: readonly Map<string, unknown>[] = [balances, parameters, published, scheduled]
  const kept = maps.map((map) => new Map(map))
  const { members, supply, lastOperation } = state
  const [operations, items] = [state.operations.length, state.items.length]
  return () => {
    for (const [at, map] of maps.entries()) {
      map.clear()
      for (const [key, value] of kept[at] ?? []) map.set(key, value)
    }
    ;[state.members, state.supply, state.lastOperation] = [members, supply, lastOperation]
    state.operations.length = operations
    state.items.length = items
  }
}

function execute(state: ModelState, message: VoteMessage, proposal: ModelProposal): void {
  switch (message.kind) {
    case 'ledger/mint':
      state.balances.set(message.to, state.balance(message.to) + BigInt(message.amount))
      state.supply += BigInt(message.amount)
      state.items.push({ kind: 'mint', to: message.to, amount: message.amount })
      return
    case 'governance/set-members':
      return setMembers(state, message.members)
    case 'parameters/set':
      return setParameter(state, message.name, message.value)
    case 'upgrade/schedule':
      if (message.height <= state.height) refuse('upgrade/too-early')
      if (state.scheduled.has(message.name) || state.ended.has(message.name)) refuse('upgrade/scheduled')
      state.scheduled.set(message.name, message.height)
      return
    case 'upgrade/cancel':
      if (!state.scheduled.delete(message.name)) refuse('upgrade/none')
      return
    case 'kernel/publish-root':
      if (message.vat === undefined) state.published.delete(message.name)
      else state.published.set(message.name, message.vat)
      return
    default:
      state.lastOperation += 1
      proposal.operations += 1
      state.operations.push({
        number: state.lastOperation,
        proposal: proposal.id,
        what: message,
        height: state.height,
      })
  }
}

function setMembers(
  state: ModelState,
  changes: readonly { readonly address: string; readonly weight: number }[],
): void {
  const members = new Map(state.members)
  for (const { address, weight } of changes) {
    if (weight === 0) members.delete(address)
    else members.set(address, weight)
  }
  if (members.size === 0) refuse('governance/no-members')
  state.members = members
}

interface Bounds {
  readonly least: number
  readonly most: number
}

function setParameter(state: ModelState, name: string, value: unknown): void {
  const spec = (parameterTable as Readonly<Record<string, Bounds>>)[name]
  if (spec === undefined) return refuse('parameters/unknown')
  const isNumber = typeof value === 'number' && Number.isInteger(value)
  if (!isNumber || value < spec.least || value > spec.most) return refuse('parameters/invalid')
  state.parameters.set(name, value)
}
