/** Chooses the transactions of a block among those that wait. */
import { parameterOf } from '../modules/parameters/parameters.ts'
import { Draft, type StateReader } from '../state/hostState.ts'
import { readTransaction } from '../transactions/readTransaction.ts'
import { TransactionRefusal } from '../transactions/refusal.ts'
import { charge, priorityOf } from './executing.ts'

/** What was chosen, and what can never be executed any more. */
export interface Choice {
  readonly chosen: readonly Uint8Array[]
  readonly refused: readonly Uint8Array[]
}

/**
 * Takes candidates in their order until the block is full. Each must be able to pay after those before it, so
 * that an account cannot fill a block with what it cannot pay for. Looks at no more candidates than it needs.
 */
export function chooseTransactions(
  state: StateReader,
  candidates: Iterable<Uint8Array>,
  height: number,
): Choice {
  const maxCount = parameterOf(state, 'block.transactions')
  const maxBytes = parameterOf(state, 'block.bytes')
  const draft = new Draft(state)
  const chosen: Uint8Array[] = []
  const refused: Uint8Array[] = []
  let size = 0
  for (const bytes of candidates) {
    if (chosen.length === maxCount || size === maxBytes) break
    if (size + bytes.length > maxBytes) continue
    const code = chargeFor(draft, bytes, height)
    if (code === 'ok') {
      size += bytes.length
      chosen.push(bytes)
    } else if (code !== 'tx/cannot-pay') refused.push(bytes)
  }
  return { chosen, refused }
}

/** An account that cannot pay yet may be able to later. */
function chargeFor(draft: Draft, bytes: Uint8Array, height: number): string {
  try {
    charge(draft, readTransaction(bytes), height)
    return 'ok'
  } catch (error) {
    if (!(error instanceof TransactionRefusal)) throw error
    return error.code
  }
}

/** Votes before all others; otherwise as they are. */
export function votesFirst(transactions: readonly Uint8Array[]): readonly Uint8Array[] {
  const isVote = transactions.map((bytes) => priorityOf(bytes) === 'vote')
  return [...transactions.filter((_, at) => isVote[at]), ...transactions.filter((_, at) => isVote[at] !== true)]
}
