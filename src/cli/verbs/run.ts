/**
 * `heirloom run`: runs the waiting work, block by block, until it is done, a limit is reached, or a signal
 * arrives.
 */
import { assert } from '../../base/errors.ts'
import type { Controller, RunOptions } from '../../host/index.ts'
import { returnedText } from '../../protocol/machine/kernelUpgrades.ts'
import type { RunReport } from '../../protocol/machine/runs.ts'
import type { StoreStatus } from '../../protocol/machine/reports.ts'
import { omitUndefined } from '../args/omitUndefined.ts'
import type { Io } from '../output/io.ts'
import { migrationText } from '../output/kernel/migration.ts'
import { KernelFaulted } from '../output/kernel/kernelFault.ts'
import { pluralize, formatCount } from '../output/text/counts.ts'
import type { Report } from '../output/report.ts'
import { onOneLine } from '../output/text/terminal.ts'
import { runPiece } from '../session/running.ts'
import { withController } from '../session/session.ts'
import type { Verb } from '../session/verb.ts'

const defaultBlockCranks = 1_000

export const run: Verb = {
  name: 'run',
  summary: 'runs the waiting work, block by block',
  details: [
    'Runs until no work is left or a limit is reached, and commits a block every so many cranks.',
    'At SIGINT or SIGTERM it ends after the current crank, commits and reports its progress; a second signal ends it at',
    'once, at the last block. A later run continues from there. When the kernel fails, the block in work is taken back; see',
    'fault show. While a new kernel migrates its tables, each block has a piece of that, and no other work.',
  ].join('\n'),
  operands: [],
  rest: 'none',
  options: {
    cranks: { kind: 'text', placeholder: 'N', description: 'end after so many cranks' },
    computrons: {
      kind: 'text',
      placeholder: 'N',
      description: 'end after the crank that reaches this number',
    },
    deliveries: {
      kind: 'text',
      placeholder: 'N',
      description: 'end after so many cranks in which a vat ran',
    },
    'vats-created': { kind: 'text', placeholder: 'N', description: 'end after the start of so many vats' },
    cleanups: {
      kind: 'text',
      placeholder: 'N',
      description: 'clean up after terminated vats in at most so many cranks',
    },
    block: {
      kind: 'text',
      placeholder: 'N',
      description: `cranks in a block (default: ${formatCount(defaultBlockCranks)})`,
    },
    'kernel-source': {
      kind: 'text',
      placeholder: 'ENTRY',
      description:
        'for developers of kernels: bundle these sources first, and upgrade the store to the result if it has another kernel',
    },
  },
  examples: [
    'heirloom run',
    'heirloom run --cranks 10_000 --block 100',
    'heirloom run --kernel-source src/kernel/main.ts',
  ],
  async run(args, io) {
    const limits: Limits = {
      cranks: args.count('cranks') ?? Infinity,
      deliveries: args.count('deliveries') ?? Infinity,
      vatsCreated: args.count('vats-created') ?? Infinity,
      computrons: args.computrons('computrons'),
      cleanups: args.count('cleanups'),
      block: args.count('block') ?? defaultBlockCranks,
    }
    const opening = omitUndefined({ kernelSource: args.text('kernel-source') })
    return withController(args, io, opening, async (controller) => {
      const fault = await controller.fault()
      const { state } = await controller.storeStatus()
      if (fault !== undefined && state.kind !== 'migrating') throw new KernelFaulted(fault)
      const signal = io.interceptSignals?.() ?? new AbortController().signal
      const totals = await runBlocks(controller, limits, signal, io)
      return reportOf(totals, await controller.storeStatus(), signal)
    })
  },
}

interface Limits {
  readonly cranks: number
  readonly deliveries: number
  readonly vatsCreated: number
  readonly computrons: bigint | undefined
  readonly cleanups: number | undefined
  readonly block: number
}

interface Totals {
  readonly ended: RunReport['ended']
  readonly returned: RunReport['returned']
  readonly cranks: number
  readonly cleanups: number
  readonly deliveries: number
  readonly vatsCreated: number
  readonly computrons: bigint
  readonly blocks: number
}

async function runBlocks(
  controller: Controller,
  limits: Limits,
  signal: AbortSignal,
  io: Io,
): Promise<Totals> {
  let totals: Totals = {
    ended: 'limit',
    returned: null,
    cranks: 0,
    cleanups: 0,
    deliveries: 0,
    vatsCreated: 0,
    computrons: 0n,
    blocks: 0,
  }
  let wasMigrating = (await controller.storeStatus()).state.kind === 'migrating'
  while (!isReached(totals, limits)) {
    const next = nextLimits(totals, limits)
    assert(next.cranks !== undefined && next.cranks > 0, 'a block has room for a crank')
    const ran = await runPiece(controller, { ...next, signal }).catch((error: unknown) => {
      throw error instanceof KernelFaulted ? withTotals(error, totals) : error
    })
    assert(ran.cranks <= next.cranks, 'a run keeps its limit of cranks')
    assert(ran.deliveries <= ran.cranks, 'a crank has at most one delivery')
    const hasPiece = ran.ended === 'migrating'
    // What waited for the end of a migration was accepted.
    const hasAccepted = wasMigrating && !hasPiece
    wasMigrating = hasPiece
    if (ran.cranks > 0 || hasPiece || hasAccepted) await controller.commit()
    totals = add(totals, ran)
    if (io.progress === 'shown')
      io.err(`\r${pluralize(totals.cranks, 'crank')} in ${pluralize(totals.blocks, 'block')}`)
    const goesOn = ran.ended === 'limit' || (ran.ended === 'idle' && (await isRollingOut(controller)))
    if (hasPiece ? signal.aborted : !goesOn || ran.cranks === 0) break
  }
  if (io.progress === 'shown') io.err('\n')
  return totals
}

/** The next block moves the next vats. */
const isRollingOut = async (controller: Controller): Promise<boolean> =>
  (await controller.rollout())?.state === 'running'

const isReached = ({ cranks, deliveries, vatsCreated, computrons }: Totals, limits: Limits): boolean =>
  cranks >= limits.cranks ||
  deliveries >= limits.deliveries ||
  vatsCreated >= limits.vatsCreated ||
  (limits.computrons !== undefined && computrons >= limits.computrons)

const nextLimits = (
  { cranks, cleanups, deliveries, vatsCreated, computrons }: Totals,
  limits: Limits,
): RunOptions => ({
  cranks: Math.min(limits.block, limits.cranks - cranks),
  ...omitUndefined({
    cleanups: limits.cleanups === undefined ? undefined : limits.cleanups - cleanups,
    deliveries: limits.deliveries === Infinity ? undefined : limits.deliveries - deliveries,
    vatsCreated: limits.vatsCreated === Infinity ? undefined : limits.vatsCreated - vatsCreated,
    computrons: limits.computrons === undefined ? undefined : limits.computrons - computrons,
  }),
})

const add = (
  totals: Totals,
  { ended, returned, cranks, cleanups, deliveries, vatsCreated, computrons }: RunReport,
): Totals => ({
  ended,
  returned: totals.returned ?? returned,
  cranks: totals.cranks + cranks,
  cleanups: totals.cleanups + cleanups,
  deliveries: totals.deliveries + deliveries,
  vatsCreated: totals.vatsCreated + vatsCreated,
  computrons: totals.computrons + computrons,
  blocks: totals.blocks + (cranks > 0 || ended === 'migrating' ? 1 : 0),
})

/** What was done in earlier blocks is kept. */
function withTotals({ fault }: KernelFaulted, { cranks, blocks }: Totals): KernelFaulted {
  const kept = `before that: ${pluralize(cranks, 'crank')} in ${pluralize(blocks, 'block')}`
  return new KernelFaulted(fault, blocks === 0 ? [] : [kept], { ended: 'faulted', cranks, blocks })
}

/** A run may reach a limit with no work left: the report depends on whether anything waits. */
function reportOf(
  { returned, cranks, cleanups, deliveries, vatsCreated, computrons, blocks }: Totals,
  { height, queued, paused, cleanups: left, state }: StoreStatus,
  signal: AbortSignal,
): Report {
  const migration = state.kind === 'migrating' ? state.migration : null
  const ended =
    migration !== null ? 'migrating' : paused !== null ? 'paused' : queued + left === 0 ? 'idle' : signal.aborted ? 'interrupted' : 'limit'
  const rest = [
    queued === 0 ? 'nothing waits' : `${pluralize(queued, 'item')} ${queued === 1 ? 'waits' : 'wait'}`,
    ...(left === 0 ? [] : [`${pluralize(left, 'vat')} to clean up after`]),
    ...(ended === 'interrupted' ? ['interrupted'] : []),
    ...(migration === null ? [] : [`the kernel is ${migrationText(migration)}`]),
    ...(paused === null ? [] : [`the kernel is paused: ${paused.message}`]),
  ].join('; ')
  return {
    ...(ended === 'interrupted'
      ? { kind: ended, signal: signal.reason === 'SIGTERM' ? 'SIGTERM' : 'SIGINT' }
      : { kind: 'done' }),
    json: {
      ended,
      returned: returned === null ? null : { ...returned },
      cranks,
      cleanups,
      deliveries,
      vatsCreated,
      computrons: { '@bigint': String(computrons) },
      blocks,
      height,
      queued,
      uncleaned: left,
    },
    text: `${pluralize(cranks, 'crank')}, ${pluralize(deliveries, 'delivery', 'deliveries')}, ${formatCount(computrons)} computrons in ${pluralize(blocks, 'block')}; height ${height}; ${rest}${returned === null ? '' : `\n  ${onOneLine(returnedText(returned))}`}`,
  }
}
