/** `heirloom node export`: writes a node as a directory of files. */
import { exportNode } from '../../../node/index.ts'
import { exportModes } from '../../../protocol/store/export.ts'
import { pluralize } from '../../output/text/counts.ts'
import { Progress } from '../../output/progress.ts'
import { megabytes, transferJson, transferText } from '../../output/transfer.ts'
import { refuseUsage } from '../../args/arguments.ts'
import { homeOf, homeOption } from '../../session/node/nodeOptions.ts'
import type { Verb } from '../../session/verb.ts'

export const nodeExport: Verb = {
  name: 'node export',
  summary: 'writes a node as a directory of files with hashes; it may run meanwhile',
  details: [
    'The genesis, the blocks, and the store as by `heirloom export`. Keys are not part of it: back them up separately.',
    'Configuration is not either: it belongs to the machine.',
  ].join('\n'),
  operands: [],
  rest: 'none',
  options: {
    ...homeOption,
    to: { kind: 'text', placeholder: 'DIR', description: 'the directory of the export, empty or missing (required)' },
    mode: { kind: 'text', placeholder: 'MODE', values: exportModes, description: `${exportModes.join(', ')} (default: operational)` },
  },
  common: 'client',
  examples: ['heirloom node export --to /srv/exports/today'],
  async run(args, io) {
    const home = homeOf(args, io)
    const to = args.text('to') ?? refuseUsage('node export needs --to DIR: where the export is written')
    const mode = args.choice('mode', exportModes) ?? 'operational'
    const progress = new Progress(io)
    const report = await exportNode(home.directory, to, {
      mode,
      onProgress: ({ artifacts, bytes }) => progress.show(`${pluralize(artifacts, 'file')}, ${megabytes(bytes)}`),
    }).finally(() => progress.end())
    return {
      kind: 'done',
      json: { export: to, ...transferJson(report) },
      text: `exported the node in ${home.directory} to ${to}\n${transferText(report)}`,
    }
  },
}
