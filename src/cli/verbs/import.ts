/** `heirloom import`: creates a store from an export. */
import { assert } from '../../base/errors.ts'
import { importStore } from '../../host/index.ts'
import { omitUndefined } from '../args/omitUndefined.ts'
import { Progress } from '../output/progress.ts'
import { megabytes, refuseStoreOption, transferJson, transferText } from '../output/transfer.ts'
import type { Verb } from '../session/verb.ts'

export const importVerb: Verb = {
  name: 'import',
  summary: 'creates a store from an export, after checking all of it',
  details: [
    'Every file is checked against the list of the export, then the store as with `status --verify all`, and then it',
    'is audited. A kernel, supervisor, engine or image that no release shipped is refused unless --trust names it.',
    'After an error or an interruption there is no store; repeat the command to start over.',
  ].join('\n'),
  operands: [
    { name: 'export', description: 'the directory of the export' },
    { name: 'store', description: 'the directory of the new store, which must not have one' },
  ],
  rest: 'none',
  options: {
    root: {
      kind: 'text',
      placeholder: 'HASH',
      description:
        'the expected root hash of the export; with one from a trusted source, the files need not be trusted',
    },
  },
  examples: ['heirloom import /srv/exports/today ./heirloom-store'],
  async run(args, io) {
    refuseStoreOption(args, 'import')
    const directory = args.operand('store')
    const progress = new Progress(io)
    const report = await importStore(args.operand('export'), directory, {
      ...omitUndefined({ rootHash: args.text('root') }),
      trust: args.texts('trust'),
      onProgress: ({ bytes, ofBytes }) =>
        progress.show(
          bytes < ofBytes
            ? `${megabytes(bytes)} of ${megabytes(ofBytes)}`
            : `${megabytes(bytes)}, checking the whole`,
        ),
    }).finally(() => progress.end())
    const root = args.text('root')
    assert(root === undefined || report.rootHash === root, 'the root hash is the expected one')
    return {
      kind: 'done',
      json: { store: directory, ...transferJson(report) },
      text: `imported ${args.operand('export')} as a store in ${directory}\n${transferText(report)}`,
    }
  },
}
