import { importStore } from '../../controller/index.ts'
import { given } from '../given.ts'
import { megabytes, Progress, refuseStoreOption, transferJson, transferText } from '../transfer.ts'
import type { Verb } from '../verb.ts'

export const importVerb: Verb = {
  name: 'import',
  summary: 'makes a store from an export, after checking all of it',
  explains: [
    'Every file is checked against the list of the export, then the store as with `status --verify all`, and then it',
    'is audited. A kernel, supervisor, engine or image that no release shipped is refused unless --trust names it.',
    'When anything is wrong, or it is interrupted, there is no store; the same command begins again.',
  ].join('\n'),
  operands: [
    { name: 'export', explains: 'the directory of the export' },
    { name: 'store', explains: 'the directory of the new store, where there may be none' },
  ],
  rest: 'none',
  options: { root: { kind: 'text', takes: 'HASH', explains: 'the root hash that the export must have; who has it from a source he trusts need not trust the files' } },
  examples: ['heirloom import /srv/exports/today ./heirloom-store'],
  async run(words, io) {
    refuseStoreOption(words, 'import')
    const directory = words.operand('store')
    const progress = new Progress(io)
    const report = await importStore(words.operand('export'), directory, {
      ...given({ rootHash: words.text('root') }),
      trust: words.texts('trust'),
      onProgress: ({ bytes, ofBytes }) => progress.show(bytes < ofBytes ? `${megabytes(bytes)} of ${megabytes(ofBytes)}` : `${megabytes(bytes)}, checking the whole`),
    }).finally(() => progress.end())
    return { kind: 'done', json: { store: directory, ...transferJson(report) }, text: `imported ${words.operand('export')} as a store in ${directory}\n${transferText(report)}` }
  },
}
