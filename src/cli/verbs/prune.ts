import { surveyPruning } from '../../controller/index.ts'
import type { PruneOptions, PruneReport, Retention } from '../../controller/index.ts'
import { columns, indent } from '../columns.ts'
import type { Io } from '../io.ts'
import { blocksText, consequences, keptIn, keptOptions, retentionJson, transcriptsText } from '../kept.ts'
import { counted, thousands } from '../readable.ts'
import { storeDirectory, withController } from '../session.ts'
import type { Verb } from '../verb.ts'
import { usage } from '../words.ts'
import type { Words } from '../words.ts'

export const prune: Verb = {
  name: 'prune',
  summary: 'removes what is no longer kept of transcripts, blocks, heaps and traces',
  explains: [
    'Without a selection it does what the retention of the store says, and removes heap pages of vats that have ended.',
    'With a selection it does only that, once, and leaves the setting as it is. No hash and no answer of the kernel',
    'depends on what is removed here, but for upgrades by replay, which need the transcript of the incarnation.',
    'It works in steps that are each durable: interrupted, it has removed a part, and the same command goes on.',
    '--dry-run removes nothing, tells what would go, and works while another process has the store open.',
    'The file keeps its length, and what is stored next is written where something was removed; --compact makes it shorter.',
  ].join('\n'),
  operands: [],
  rest: 'none',
  options: {
    ...keptOptions,
    pages: { kind: 'flag', explains: 'heap pages of vats that have ended' },
    bundles: { kind: 'flag', explains: 'kernels, supervisors, engines and base images that nothing in the store uses' },
    'old-trace': { kind: 'text', takes: 'FILE', explains: 'the files that this trace file was renamed to (.1, .2, …)' },
    compact: { kind: 'flag', explains: 'write the file anew without free pages; needs time, and as much room again' },
    'dry-run': { kind: 'flag', explains: 'remove nothing, and tell what would be removed' },
  },
  examples: ['heirloom prune --dry-run', 'heirloom prune --transcripts incarnation', 'heirloom prune --transcripts blocks:1000 --blocks 1000 --compact'],
  async run(words, io) {
    const options = optionsOf(words)
    const directory = storeDirectory(words, io)
    if (words.flag('dry-run')) {
      if (words.flag('compact')) usage('--compact changes the file; --dry-run does not')
      return reportOf(directory, await surveyPruning(directory, options))
    }
    return withController(words, io, {}, async (controller) => {
      const { retention } = await controller.storeStatus()
      warn(io, isSelection(options) ? { transcripts: options.transcripts ?? 'all', blocks: options.blocks ?? 'all' } : retention)
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

const reportOf = (directory: string, report: PruneReport) => ({ kind: 'done' as const, json: jsonOf(directory, report), text: textOf(directory, report) })

const jsonOf = (store: string, { outcome, retention, withoutReplay, entries, entryBytes, spans, blocks, pages, pageBytes, bundles, bundleBytes, traceFiles }: PruneReport) => ({
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
  const head = outcome === 'pruned' ? `pruned ${directory}` : `${directory}: nothing was removed; this would be`
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
