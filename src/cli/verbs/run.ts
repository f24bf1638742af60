import type { Controller, RunOptions, RunReport } from '../../controller/index.ts'
import { given } from '../given.ts'
import type { Io } from '../io.ts'
import { counted, thousands } from '../readable.ts'
import type { Report } from '../report.ts'
import { withController } from '../session.ts'
import type { Verb } from '../verb.ts'

const defaultBlockCranks = 1_000

export const run: Verb = {
  name: 'run',
  summary: 'runs what waits, block by block',
  explains: [
    'Runs until nothing is left to do, or to a limit, and commits a block every so many cranks.',
    'When it is interrupted, the store is at the last block, and a later run goes on from there.',
  ].join('\n'),
  operands: [],
  rest: 'none',
  options: {
    cranks: { kind: 'text', takes: 'N', explains: 'end after so many cranks' },
    computrons: { kind: 'text', takes: 'N', explains: 'end after the crank with which so many are used' },
    deliveries: { kind: 'text', takes: 'N', explains: 'end after so many cranks in which a vat ran' },
    'vats-created': { kind: 'text', takes: 'N', explains: 'end after the start of so many vats' },
    block: { kind: 'text', takes: 'N', explains: `cranks in a block (else ${thousands(defaultBlockCranks)})` },
  },
  examples: ['heirloom run', 'heirloom run --cranks 10_000 --block 100'],
  async run(words, io) {
    const limits: Limits = {
      cranks: words.count('cranks') ?? Infinity,
      deliveries: words.count('deliveries') ?? Infinity,
      vatsCreated: words.count('vats-created') ?? Infinity,
      computrons: words.computrons('computrons'),
      block: words.count('block') ?? defaultBlockCranks,
    }
    return withController(words, io, {}, async (controller) => {
      const totals = await runBlocks(controller, limits, io)
      const { height, queued } = await controller.storeStatus()
      return reportOf(totals, height, queued)
    })
  },
}

interface Limits {
  readonly cranks: number
  readonly deliveries: number
  readonly vatsCreated: number
  readonly computrons: bigint | undefined
  readonly block: number
}

interface Totals {
  readonly ended: RunReport['ended']
  readonly cranks: number
  readonly deliveries: number
  readonly vatsCreated: number
  readonly computrons: bigint
  readonly blocks: number
}

async function runBlocks(controller: Controller, limits: Limits, io: Io): Promise<Totals> {
  let totals: Totals = { ended: 'limit', cranks: 0, deliveries: 0, vatsCreated: 0, computrons: 0n, blocks: 0 }
  while (!isReached(totals, limits)) {
    const ran = await controller.run(nextLimits(totals, limits))
    if (ran.cranks > 0) await controller.commit()
    totals = add(totals, ran)
    if (io.progress === 'shown') io.err(`\r${counted(totals.cranks, 'crank')} in ${counted(totals.blocks, 'block')}`)
    if (ran.ended === 'idle') break
  }
  if (io.progress === 'shown') io.err('\n')
  return totals
}

const isReached = ({ cranks, deliveries, vatsCreated, computrons }: Totals, limits: Limits): boolean =>
  cranks >= limits.cranks || deliveries >= limits.deliveries || vatsCreated >= limits.vatsCreated || (limits.computrons !== undefined && computrons >= limits.computrons)

const nextLimits = ({ cranks, deliveries, vatsCreated, computrons }: Totals, limits: Limits): RunOptions => ({
  cranks: Math.min(limits.block, limits.cranks - cranks),
  ...given({ deliveries: limits.deliveries === Infinity ? undefined : limits.deliveries - deliveries }),
  ...given({ vatsCreated: limits.vatsCreated === Infinity ? undefined : limits.vatsCreated - vatsCreated }),
  ...given({ computrons: limits.computrons === undefined ? undefined : limits.computrons - computrons }),
})

const add = (totals: Totals, { ended, cranks, deliveries, vatsCreated, computrons }: RunReport): Totals => ({
  ended,
  cranks: totals.cranks + cranks,
  deliveries: totals.deliveries + deliveries,
  vatsCreated: totals.vatsCreated + vatsCreated,
  computrons: totals.computrons + computrons,
  blocks: totals.blocks + (cranks > 0 ? 1 : 0),
})

/** At a limit there may happen to be nothing left: what counts is whether anything waits. */
function reportOf({ cranks, deliveries, vatsCreated, computrons, blocks }: Totals, height: number, queued: number): Report {
  const ended = queued === 0 ? 'idle' : 'limit'
  const rest = queued === 0 ? 'nothing waits' : `${counted(queued, 'item')} ${queued === 1 ? 'waits' : 'wait'}`
  return {
    kind: 'done',
    json: { ended, cranks, deliveries, vatsCreated, computrons: { '@bigint': String(computrons) }, blocks, height, queued },
    text: `${counted(cranks, 'crank')}, ${counted(deliveries, 'delivery', 'deliveries')}, ${thousands(computrons)} computrons in ${counted(blocks, 'block')}; height ${height}; ${rest}`,
  }
}
