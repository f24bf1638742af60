/** `heirloom node import`: creates the directory of a node from an export. */
import { importNode } from '../../../node/index.ts'
import { omitUndefined } from '../../args/omitUndefined.ts'
import { Progress } from '../../output/progress.ts'
import { megabytes, transferJson, transferText } from '../../output/transfer.ts'
import { homeOf, homeOption } from '../../session/node/nodeOptions.ts'
import type { Verb } from '../../session/verb.ts'

export const nodeImport: Verb = {
  name: 'node import',
  summary: 'creates the directory of a node from an export, after checking all of it',
  details: [
    'The directory must have nothing of a node but keys. The configuration is the default one. After an error nothing is',
    'left; repeat the command to start over.',
  ].join('\n'),
  operands: [{ name: 'export', description: 'the directory of the export' }],
  rest: 'none',
  options: {
    ...homeOption,
    root: { kind: 'text', placeholder: 'HASH', description: 'the expected root hash of the store' },
  },
  common: 'node',
  examples: ['heirloom node import /srv/exports/today --home /srv/node'],
  async run(args, io) {
    const home = homeOf(args, io)
    const progress = new Progress(io)
    const { info, store } = await importNode(args.operand('export'), home.directory, {
      ...omitUndefined({ rootHash: args.text('root') }),
      trust: args.texts('trust'),
      onProgress: ({ bytes, ofBytes }) => progress.show(`${megabytes(bytes)} of ${megabytes(ofBytes)}`),
    }).finally(() => progress.end())
    const { chain, height, appHash } = info
    return {
      kind: 'done',
      json: { home: home.directory, chain, height, appHash, store: transferJson(store) },
      text: `imported a node of ${chain} at height ${height} in ${home.directory}\n  app hash  ${appHash}\n${transferText(store)}`,
    }
  },
}
