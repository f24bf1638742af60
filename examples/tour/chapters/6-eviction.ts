/**
 * Chapter 6: the same work on two copies of the store, on one of them with every worker thrown out
 * of memory after each delivery. Nothing may differ.
 */
import { forkStore, openController } from 'heirloom'
import type { CrankRecord } from 'heirloom'
import { chapter } from '../../claims.ts'
import type { Claims } from '../../claims.ts'
import { readTransfers } from '../transfers.ts'

const transfersToCompare = 25

export async function compareEvictions(directory: string, claims: Claims): Promise<void> {
  chapter('6. Two copies of the store; in one, every worker is evicted after each delivery')
  const calm = await record(directory, `${directory}-calm`, 'when-needed')
  const evicted = await record(directory, `${directory}-evicted`, 'after-each-crank')
  const differing = calm.findIndex((crank, index) => crank.activityHash !== evicted[index]?.activityHash)
  const differingHeap = calm.findIndex((crank, index) => crank.heapHash !== evicted[index]?.heapHash)
  const heaps = new Set(calm.map(({ heapHash }) => heapHash)).size

  claims.check(
    'both ran the same cranks',
    calm.length === evicted.length && calm.length > 0,
    `${calm.length} cranks`,
  )
  claims.check(
    'the state hash is equal after every crank',
    differing === -1,
    differing === -1 ? `${calm.at(-1)?.activityHash.slice(0, 16)}…` : `differs at ${differing}`,
  )
  claims.check(
    'the heap hash is equal after every crank',
    differingHeap === -1 && heaps > calm.length / 2,
    differingHeap === -1 ? `${heaps} different heaps` : `differs at ${differingHeap}`,
  )
}

async function record(
  from: string,
  to: string,
  eviction: 'when-needed' | 'after-each-crank',
): Promise<readonly CrankRecord[]> {
  forkStore(from, to)
  const controller = await openController({ directory: to, make: 'never', eviction })
  for (const { from: payer, to: payee, amount } of readTransfers().slice(0, transfersToCompare)) {
    await controller.sendOnly('market', 'transfer', [payer, payee, amount])
  }
  const { recorded } = await controller.run({ onCrank: 'record' })
  await controller.shutdown()
  return recorded
}
