/** `heirloom prune`: removes data that the store's retention, or a selection, does not keep. */
import { assert } from '../../base/errors.ts'
import { surveyPruning, type PruneOptions, type PruneReport } from '../../host/index.ts'
import type { Retention } from '../../protocol/store/retention.ts'
import { columns, indent } from '../output/text/columns.ts'
import type { Io } from '../output/io.ts'
import {
  blocksText,
  consequences,
  inputsText,
  parseRetention,
  retentionOptions,
  retentionJson,
  transcriptsText,
} from '../output/retention.ts'
import { pluralize, formatCount } from '../output/text/counts.ts'
import { withController } from '../session/session.ts'
import { storeDirectory } from '../session/storeOptions.ts'
import type { Verb } from '../session/verb.ts'
import { refuseUsage, type ParsedArgs } from '../args/arguments.ts'

export const prune: Verb = {
  name: 'prune',
  summary: 'removes old transcripts, block records, heap pages and traces',
  details: [
    'Without a selection, applies the store\'s retention, and removes heap pages of terminated vats.',
    'With a selection, does only that, once, without changing the setting. No hash and no answer of the kernel',
    'depends on the removed data, except upgrades by replay, which need the transcript of the incarnation.',
    'Each step is durable: after an interruption, repeat the command to continue.',
    '--dry-run only reports what would be removed, and works while another process has the store open.',
    'The file keeps its length, and later data reuses the free space; --compact makes it shorter.',
  ].join('\n'),
  operands: [],
  rest: 'none',
  options: {
    ...retentionOptions,
    pages: { kind: 'flag', description: 'heap pages of terminated vats' },
    bundles: { kind: 'flag', description: 'unused kernels, supervisors, engines and base images, and retired code of vats' },
    'old-trace': {
      kind: 'text',
      placeholder: 'FILE',
      description: 'the renamed predecessors of this trace file (.1, .2, …)',
    },
    compact: {
      kind: 'flag',
      description: 'rewrite the file without free pages; takes time, and the same space again',
    },
    'dry-run': { kind: 'flag', description: 'only report what would be removed' },
  },
  examples: [
    'heirloom prune --dry-run',
    'heirloom prune --transcripts incarnation',
    'heirloom prune --transcripts blocks:1000 --blocks 1000 --compact',
  ],
  async run(args, io) {
    const options = optionsOf(args)
    const directory = storeDirectory(args, io)
    if (args.flag('dry-run')) {
      if (args.flag('compact')) refuseUsage('--compact changes the file; --dry-run does not')
      return reportOf(directory, await surveyPruning(directory, options))
    }
    return withController(args, io, {}, async (controller) => {
      const { retention } = await controller.storeStatus()
      warn(
        io,
        isSelection(options)
          ? { transcripts: options.transcripts ?? 'all', blocks: options.blocks ?? 'all', inputs: options.inputs ?? 'all' }
          : retention,
      )
      return reportOf(directory, await controller.prune({ ...options, compact: args.flag('compact') }))
    })
  },
}

function optionsOf(args: ParsedArgs): PruneOptions {
  const oldTrace = args.text('old-trace')
  return {
    ...parseRetention(args),
    ...(args.flag('pages') ? { pages: true } : {}),
    ...(args.flag('bundles') ? { bundles: true } : {}),
    ...(oldTrace === undefined ? {} : { oldTrace }),
  }
}

const isSelection = (options: PruneOptions): boolean => Object.keys(options).length > 0

/** Printed before anything is removed. */
function warn(io: Io, kept: Retention): void {
  for (const line of consequences(kept)) io.err(`heirloom: ${line}\n`)
}

const reportOf = (directory: string, report: PruneReport) => ({
  kind: 'done' as const,
  json: jsonOf(directory, report),
  text: textOf(directory, report),
})

const jsonOf = (
  store: string,
  {
    outcome,
    retention,
    withoutReplay,
    entries,
    entryBytes,
    spans,
    blocks,
    inputs,
    pages,
    pageBytes,
    bundles,
    bundleBytes,
    bundlesKept,
    traceFiles,
  }: PruneReport,
) => ({
  store,
  outcome,
  kept: retentionJson(retention),
  entries,
  entryBytes,
  spans,
  blocks,
  inputs,
  pages,
  pageBytes,
  bundles,
  bundleBytes,
  bundlesKept,
  traceFiles,
  withoutReplay: [...withoutReplay],
})

function textOf(directory: string, report: PruneReport): string {
  const { outcome, retention, withoutReplay } = report
  assert(report.entries >= 0 && report.blocks >= 0 && report.pages >= 0, 'counts are not negative')
  const head =
    outcome === 'pruned' ? `pruned ${directory}` : `${directory}: nothing was removed; this would be`
  const amounts = columns([
    ['transcript entries', `${formatCount(report.entries)}, ${formatCount(report.entryBytes)} bytes`],
    ['spans of transcripts', formatCount(report.spans)],
    ['records of blocks', formatCount(report.blocks)],
    ['inputs of blocks', formatCount(report.inputs)],
    ['heap pages', `${formatCount(report.pages)}, ${formatCount(report.pageBytes)} bytes`],
    ['unused code', `${pluralize(report.bundles, 'bundle')}, ${formatCount(report.bundleBytes)} bytes`],
    ['trace files', formatCount(report.traceFiles)],
  ])
  const kept = columns([
    ['transcript entries kept', transcriptsText(retention.transcripts)],
    ['records of blocks kept', blocksText(retention.blocks)],
    ['inputs of blocks kept', inputsText(retention.inputs)],
    ...(report.bundlesKept === 0 ? [] : [['retired code kept', retiredText(report.bundlesKept)]]),
    ...(withoutReplay.length === 0 ? [] : [['no upgrade by replay of', withoutReplay.join(', ')]]),
  ])
  return [head, indent(amounts), indent(kept)].join('\n')
}

const retiredText = (count: number): string =>
  `${pluralize(count, 'bundle')}, which transcripts that are kept name`
