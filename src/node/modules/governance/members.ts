/**
 * The members of the governance and their weights.
 *
 * Mem1. A vote is counted by the weights of the height at which it began: each change makes a new version of
 *       the list, and a version is kept as long as a proposal is counted by it.
 */
import { assert } from '../../../base/errors.ts'
import type { MemberWeight } from '../../../protocol/node/fields.ts'
import type { Draft, StateReader } from '../../state/hostState.ts'
import { counterOf, numberId, tableOf } from '../../state/table.ts'
import { refuseTransaction } from '../../transactions/refusal.ts'

const version = counterOf('members.version')
const lists = tableOf<readonly MemberWeight[]>('members')

/** The present version of the list. */
export const membersVersion = (state: StateReader): number => version.get(state)

/** The members of a version, by address. */
export function membersOf(state: StateReader, number: number): readonly MemberWeight[] {
  const list = lists.get(state, numberId(number))
  assert(list !== undefined, 'a version of the members is kept as long as it counts (Mem1)')
  return list
}

/** The weight of an address in a version; 0 if it is not a member. */
export const weightOf = (state: StateReader, number: number, address: string): number =>
  membersOf(state, number).find((member) => member.address === address)?.weight ?? 0

/** Makes the next version of the list. At least one member stays. */
export function changeMembers(state: Draft, changes: readonly MemberWeight[]): void {
  const present = version.get(state) === 0 ? [] : membersOf(state, version.get(state))
  const weights = new Map(present.map(({ address, weight }) => [address, weight]))
  for (const { address, weight } of changes) {
    if (weight === 0) weights.delete(address)
    else weights.set(address, weight)
  }
  if (weights.size === 0) refuseTransaction('governance/no-members', 'at least one member stays')
  const next = [...weights].map(([address, weight]) => ({ address, weight }))
  next.sort((one, other) => (one.address < other.address ? -1 : 1))
  lists.set(state, numberId(version.next(state)), next)
}

/** Forgets versions by which nothing is counted any more. */
export function forgetVersions(state: Draft, inUse: ReadonlySet<number>): void {
  for (const id of lists.ids(state)) {
    const number = Number(id)
    if (number !== version.get(state) && !inUse.has(number)) lists.delete(state, id)
  }
}
