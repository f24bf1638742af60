/** `heirloom export`: writes the last block of a store as a directory of files. */
import { assert } from '../../base/errors.ts'
import { exportModes } from '../../protocol/store/export.ts'
import { exportStore } from '../../host/index.ts'
import { pluralize } from '../output/text/counts.ts'
import { Progress } from '../output/progress.ts'
import { megabytes, refuseStoreOption, transferJson, transferText } from '../output/transfer.ts'
import type { Verb } from '../session/verb.ts'
import { refuseUsage } from '../args/arguments.ts'

export const exportVerb: Verb = {
  name: 'export',
  summary: 'writes the last block of a store as a directory of files with hashes',
  details: [
    'The store may be open and running. The same store and mode result in the same files, byte for byte.',
    'operational: enough to continue. replay: also the transcripts of the current incarnations, from their start.',
    'archival: everything. After an interruption, repeat the command to start over.',
  ].join('\n'),
  operands: [{ name: 'store', description: 'the directory of the store' }],
  rest: 'none',
  options: {
    to: {
      kind: 'text',
      placeholder: 'DIR',
      description: 'the directory of the export, empty or missing (required)',
    },
    mode: { kind: 'text', placeholder: 'MODE', values: exportModes, description: `${exportModes.join(', ')} (default: archival)` },
  },
  examples: ['heirloom export ./heirloom-store --mode operational --to /srv/exports/today'],
  async run(args, io) {
    refuseStoreOption(args, 'export')
    const to = args.text('to') ?? refuseUsage('export needs --to DIR: where the export is written')
    const mode = args.choice('mode', exportModes) ?? 'archival'
    const progress = new Progress(io)
    const report = await exportStore(args.operand('store'), to, {
      mode,
      onProgress: ({ artifacts, bytes }) =>
        progress.show(`${pluralize(artifacts, 'file')}, ${megabytes(bytes)}`),
    }).finally(() => progress.end())
    assert(report.artifacts > 0 && report.bytes > 0, 'an export has files')
    assert(report.mode === mode, 'the export has the requested mode')
    return {
      kind: 'done',
      json: { export: to, ...transferJson(report) },
      text: `exported ${args.operand('store')} to ${to}\n${transferText(report)}`,
    }
  },
}
