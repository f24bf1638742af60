import { surveyPruning, type PruneOptions, type PruneReport } from '../../host/index.ts'
import type { Retention } from '../../protocol/store/retention.ts'
import { columns, indent } from '../output/columns.ts'
import type { Io } from '../output/io.ts'
import {
  blocksText,
  consequences,
  keptIn,
  keptOptions,
  retentionJson,
  transcriptsText,
} from '../output/retention.ts'
import { counted, thousands } from '../output/readable.ts'
import { storeDirectory, withController } from '../session/session.ts'
import type { Verb } from '../session/verb.ts'
import { usage, type Words } from '../args/arguments.ts'

export const prune: Verb = {
  name: 'prune',
  summary: 'removes old transcripts, block records, heap pages and traces',
  explains: [
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
    ...keptOptions,
    pages: { kind: 'flag', explains: 'heap pages of terminated vats' },
    bundles: { kind: 'flag', explains: 'unused kernels, supervisors, engines and base images' },
    'old-trace': {
      kind: 'text',
      takes: 'FILE',
      explains: 'the renamed predecessors of this trace file (.1, .2, …)',
    },
    compact: {
      kind: 'flag',
      explains: 'rewrite the file without free pages; takes time, and the same space again',
    },
    'dry-run': { kind: 'flag', explains: 'only report what would be removed' },
  },
  examples: [
    'heirloom prune --dry-run',
    'heirloom prune --transcripts incarnation',
    'heirloom prune --transcripts blocks:1000 --blocks 1000 --compact',
  ],
  async run(words, io) {
    const options = optionsOf(words)
    const directory = storeDirectory(words, io)
    if (words.flag('dry-run')) {
      if (words.flag('compact')) usage('--compact changes the file; --dry-run does not')
      return reportOf(directory, await surveyPruning(directory, options))
    }
    return withController(words, io, {}, async (controller) => {
      const { retention } = await controller.storeStatus()
      warn(
        io,
        isSelection(options)
          ? { transcripts: options.transcripts ?? 'all', blocks: options.blocks ?? 'all' }
          : retention,
      )
      return reportOf(directory, await controller.prune({ ...options, compact: words.flag('compact') }))
    })
  },
}

function optionsOf(words: Words): PruneOptions {
  const oldTrace = words.text('old-trace')
  return {
    ...keptIn(words),
    ...(words.flag('pages') ? { pages: true } : {}),
    ...(words.flag('bundles') ? { bundles: true } : {}),
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
    pages,
    pageBytes,
    bundles,
    bundleBytes,
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
  pages,
  pageBytes,
  bundles,
  bundleBytes,
  traceFiles,
  withoutReplay: [...withoutReplay],
})

function textOf(directory: string, report: PruneReport): string {
  const { outcome, retention, withoutReplay } = report
  const head =
    outcome === 'pruned' ? `pruned ${directory}` : `${directory}: nothing was removed; this would be`
  const amounts = columns([
    ['transcript entries', `${thousands(report.entries)}, ${thousands(report.entryBytes)} bytes`],
    ['spans of transcripts', thousands(report.spans)],
    ['records of blocks', thousands(report.blocks)],
    ['heap pages', `${thousands(report.pages)}, ${thousands(report.pageBytes)} bytes`],
    ['unused code', `${counted(report.bundles, 'bundle')}, ${thousands(report.bundleBytes)} bytes`],
    ['trace files', thousands(report.traceFiles)],
  ])
  const kept = columns([
    ['transcript entries kept', transcriptsText(retention.transcripts)],
    ['records of blocks kept', blocksText(retention.blocks)],
    ...(withoutReplay.length === 0 ? [] : [['no upgrade by replay of', withoutReplay.join(', ')]]),
  ])
  return [head, indent(amounts), indent(kept)].join('\n')
}
