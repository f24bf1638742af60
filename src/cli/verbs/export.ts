import { exportModes } from '../../protocol/store/export.ts'
import { exportStore } from '../../host/index.ts'
import { counted } from '../output/readable.ts'
import { megabytes, Progress, refuseStoreOption, transferJson, transferText } from '../output/progress.ts'
import type { Verb } from '../session/verb.ts'
import { usage } from '../args/arguments.ts'

export const exportVerb: Verb = {
  name: 'export',
  summary: 'writes the last block of a store as a directory of files with hashes',
  explains: [
    'The store may be open and running. The same store and mode result in the same files, byte for byte.',
    'operational: enough to continue. replay: also the transcripts of the current incarnations, from their start.',
    'archival: everything. After an interruption, repeat the command to start over.',
  ].join('\n'),
  operands: [{ name: 'store', explains: 'the directory of the store' }],
  rest: 'none',
  options: {
    to: { kind: 'text', takes: 'DIR', explains: 'the directory of the export, empty or missing (required)' },
    mode: { kind: 'text', takes: 'MODE', explains: `${exportModes.join(', ')} (default: archival)` },
  },
  examples: ['heirloom export ./heirloom-store --mode operational --to /srv/exports/today'],
  async run(words, io) {
    refuseStoreOption(words, 'export')
    const to = words.text('to') ?? usage('export needs --to DIR: where the export is written')
    const mode = words.choice('mode', exportModes) ?? 'archival'
    const progress = new Progress(io)
    const report = await exportStore(words.operand('store'), to, {
      mode,
      onProgress: ({ artifacts, bytes }) =>
        progress.show(`${counted(artifacts, 'file')}, ${megabytes(bytes)}`),
    }).finally(() => progress.end())
    return {
      kind: 'done',
      json: { export: to, ...transferJson(report) },
      text: `exported ${words.operand('store')} to ${to}\n${transferText(report)}`,
    }
  },
}
