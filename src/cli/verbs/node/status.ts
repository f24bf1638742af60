/** `heirloom node status`: asks a node what it is doing. */
import type { NodeStatus } from '../../../client/index.ts'
import { toJson } from '../../../api/jsonForm.ts'
import { columns } from '../../output/text/columns.ts'
import { formatCount } from '../../output/text/counts.ts'
import { askNode } from '../../session/node/asking.ts'
import { stateText } from '../../session/node/nodeProgram.ts'
import { urlOf, urlOption } from '../../session/node/nodeOptions.ts'
import type { Verb } from '../../session/verb.ts'

export const nodeStatus: Verb = {
  name: 'node status',
  summary: 'asks a node what it is doing',
  details: [
    'Shows the last block, whether blocks are made and if not why, the kernel, and the block under way. The node answers',
    'also while a block is under way, and when it is halted.',
  ].join('\n'),
  operands: [],
  rest: 'none',
  options: urlOption,
  common: 'client',
  examples: ['heirloom node status', 'heirloom node status --node http://127.0.0.1:26680 --json'],
  async run(args, io) {
    const status = await askNode(args, io, (client, options) => client.status(options))
    return { kind: 'done', json: toJson(status), text: columns(rowsOf(urlOf(args, io), status)) }
  },
}

function rowsOf(url: string, status: NodeStatus): string[][] {
  const { chain, height, time, appHash, version, sequencer, kernel, waiting, block } = status
  return [
    ['node', url],
    ['chain', chain],
    ['release', version],
    ['height', formatCount(height)],
    ['time', new Date(time).toISOString()],
    ['app hash', appHash],
    ['blocks', stateText(sequencer)],
    ['waiting', formatCount(waiting)],
    ['kernel', kernelText(kernel)],
    ...(block === null
      ? []
      : [['under way', `block ${formatCount(block.height)}: ${block.operation ?? block.phase}, ${block.seconds.toFixed(1)} s`]]),
  ]
}

const kernelText = ({ state, error, queued = 0, backlog }: NodeStatus['kernel']): string =>
  `${state ?? 'no block yet'}${typeof error === 'string' ? `: ${error}` : ''}; ${formatCount(queued)} in its run-queue, ${formatCount(backlog)} waiting for it`
