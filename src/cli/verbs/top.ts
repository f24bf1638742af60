/** `heirloom top`: shows the work and the resources of each vat, repeatedly at a terminal. */
import { assert } from '../../base/errors.ts'
import { setTimeout } from 'node:timers/promises'
import { storeStats } from '../../host/index.ts'
import type { StoredStats, StoredVatStats } from '../../protocol/machine/stats.ts'
import { rightAligned } from '../output/text/columns.ts'
import { pluralize, formatCount } from '../output/text/counts.ts'
import { escapeControlCharacters, onOneLine } from '../output/text/terminal.ts'
import { storeDirectory } from '../session/storeOptions.ts'
import type { Verb } from '../session/verb.ts'
import { withDirectoryOperand, refuseUsage, type ParsedArgs } from '../args/arguments.ts'

export const top: Verb = {
  name: 'top',
  summary: 'shows the work and resources of each vat, repeatedly at a terminal',
  details: [
    'The numbers are counts in the store, as of its last block; another process may have it open, and nothing is run.',
    'Figures of that process alone (time spent, computrons, faults that only rejected a message) are not included: they are',
    'in controller.stats(). Deliveries count over all incarnations; KEPT are those whose transcript entries are kept.',
    'HEAP is the last snapshot without the base image. QUEUE counts items of the run-queue, PARKED deliveries that wait',
    'for a suspended vat. /S is the deliveries per second since the previous reading.',
  ].join('\n'),
  operands: [],
  rest: { name: 'dir', description: 'the directory of the store, as --store' },
  options: {
    once: { kind: 'flag', description: 'one reading, even at a terminal' },
    count: {
      kind: 'text',
      placeholder: 'N',
      description:
        'so many readings (default: until interrupted at a terminal, one elsewhere and with --json)',
    },
    interval: {
      kind: 'text',
      placeholder: 'SECONDS',
      description: 'the time between two readings (default: 2)',
    },
  },
  examples: [
    'heirloom top',
    'heirloom top --once',
    'heirloom top --count 10 --interval 60',
    'heirloom top --json',
  ],
  async run(args, io) {
    const directory = storeDirectory(withDirectoryOperand(args), io)
    const interval = 1_000 * (args.count('interval') ?? 2)
    const isScreen = io.screen === 'terminal'
    let reading = await read(directory)
    let text = tableOf(reading, undefined)
    for (let left = readingsOf(args, isScreen) - 1; left > 0; left -= 1) {
      // The last one is printed as the report.
      io.out(isScreen ? `${clear}${escapeControlCharacters(text)}\n` : `${escapeControlCharacters(text)}\n\n`)
      await setTimeout(interval)
      const before = reading
      reading = await read(directory)
      text = tableOf(reading, before)
    }
    return { kind: 'done', json: jsonOf(directory, reading.stats), text }
  },
}

/** Moves to the top left of the screen, and clears from there on. */
const clear = '\u001b[H\u001b[J'

interface Reading {
  readonly stats: StoredStats
  /** Milliseconds. */
  readonly at: number
}

async function read(directory: string): Promise<Reading> {
  const stats = await storeStats(directory)
  return { stats, at: performance.now() }
}

function readingsOf(args: ParsedArgs, isScreen: boolean): number {
  const count = args.count('count')
  if (count !== undefined && args.flag('json'))
    refuseUsage('--json prints one document; --count N prints several')
  if (count !== undefined && args.flag('once'))
    refuseUsage('--once and --count contradict each other; give one')
  if (count !== undefined) return count
  return isScreen && !args.flag('once') && !args.flag('json') ? Infinity : 1
}

const jsonOf = (store: string, { height, cranks, queued, vats }: StoredStats) => ({
  store,
  height,
  cranks,
  queued,
  vats: vats.map(
    ({
      vat,
      name,
      incarnation,
      status,
      message,
      since,
      deliveries,
      entries,
      rows,
      heapBytes,
      queued: own,
      parked,
    }) => ({
      vat,
      name,
      incarnation,
      status,
      message,
      since,
      deliveries,
      entries,
      rows,
      heapBytes,
      queued: own,
      parked,
    }),
  ),
})

const heads = ['VAT', 'NAME', 'STATUS', 'DELIVERIES', '/S', 'KEPT', 'HEAP', 'ROWS', 'QUEUE', 'PARKED']

function tableOf({ stats, at }: Reading, before: Reading | undefined): string {
  const { height, cranks, queued, vats } = stats
  const rates =
    before === undefined ? new Map<string, string>() : ratesOf(vats, before, (at - before.at) / 1_000)
  const head = `block ${formatCount(height)}, crank ${formatCount(cranks)}, ${formatCount(queued)} queued, ${pluralize(vats.length, 'vat')}`
  const rows = vats.map(
    ({ vat, name, status, deliveries, entries, heapBytes, rows: stored, queued: own, parked }) => [
      vat,
      name ?? '',
      status ?? 'ended',
      formatCount(deliveries),
      rates.get(vat) ?? '',
      formatCount(entries),
      formatCount(heapBytes),
      stored === null ? '' : formatCount(stored),
      formatCount(own),
      formatCount(parked),
    ],
  )
  const faults = vats.flatMap(({ vat, status, message, since }) =>
    status === 'suspended' && message !== null
      ? [
          `${vat} is suspended${since === null ? '' : ` since crank ${formatCount(since)}`}: ${onOneLine(message)}`,
        ]
      : [],
  )
  return [head, rightAligned([heads, ...rows], 3), ...faults].join('\n')
}

function ratesOf(vats: readonly StoredVatStats[], { stats }: Reading, seconds: number): Map<string, string> {
  assert(seconds > 0, 'time passes between two readings')
  const before = new Map(stats.vats.map(({ vat, deliveries }) => [vat, deliveries]))
  return new Map(
    vats.map(({ vat, deliveries }) => [
      vat,
      formatCount(Math.round((deliveries - (before.get(vat) ?? 0)) / seconds)),
    ]),
  )
}
