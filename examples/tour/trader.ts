/**
 * The process that runs the kernel in chapters 2 and 3: it sends the transfers to the market, a
 * block of 100 at a time. It will be killed.
 *
 * It keeps its place in the store, in the same block as everything else, so it needs to know
 * nothing else to go on: `node trader.ts <store> [the block in which it waits to be killed]`.
 */
import { openController } from 'heirloom'
import { readTransfers, world } from './transfers.ts'
import type { Transfer } from './transfers.ts'

export type TraderReport =
  | { readonly kind: 'started'; readonly height: number; readonly cursor: number }
  | {
      readonly kind: 'block'
      readonly cursor: number
      readonly deliveries: number
      readonly milliseconds: number
    }
  /** Half of the block's cranks are done, nothing of it is committed. */
  | { readonly kind: 'middle'; readonly cursor: number; readonly cranks: number }
  | { readonly kind: 'finished' }

const [, , directory = '', deadly = 'none'] = process.argv
const tell = (report: TraderReport): void => { process.send?.(report) }

/** Goes on with transfers that are in no file, and never commits: none of it may be seen again. */
async function runUntilKilled(block: readonly Transfer[]): Promise<never> {
  for (;;) {
    for (const { from, to, amount } of block)
      await controller.sendOnly('market', 'transfer', [from, to, amount])
    await controller.run()
  }
}

const controller = await openController({ directory, make: 'never' })
const transfers = readTransfers()
let cursor = Number((await controller.getHostState('cursor')) ?? '0')
tell({ kind: 'started', height: (await controller.storeStatus()).height, cursor })

while (cursor < transfers.length) {
  const began = performance.now()
  const block = transfers.slice(cursor, cursor + world.blockSize)
  for (const { from, to, amount } of block)
    await controller.sendOnly('market', 'transfer', [from, to, amount])
  let deliveries = 0
  if (deadly === String(cursor / world.blockSize)) {
    const { cranks } = await controller.run({ cranks: 450 })
    tell({ kind: 'middle', cursor, cranks })
    await runUntilKilled(block)
  }
  deliveries += (await controller.run()).deliveries
  cursor += block.length
  await controller.setHostState('cursor', String(cursor))
  await controller.commit()
  tell({ kind: 'block', cursor, deliveries, milliseconds: performance.now() - began })
}

await controller.shutdown()
tell({ kind: 'finished' })
process.disconnect?.()
