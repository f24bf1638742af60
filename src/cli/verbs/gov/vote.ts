/** `heirloom gov vote`: votes on a proposal. */
import { voteChoices } from '../../../protocol/node/fields.ts'
import { messageOf } from '../../session/node/messageWords.ts'
import { homeOf, sendingOptions } from '../../session/node/nodeOptions.ts'
import { sendMessage } from '../../session/node/sending.ts'
import type { Verb } from '../../session/verb.ts'

export const govVote: Verb = {
  name: 'gov vote',
  summary: 'votes on a proposal; the last vote of each member counts',
  details: 'Members vote as long as the vote is open; what they weigh was decided when it began.',
  operands: [
    { name: 'proposal', description: 'the number of the proposal' },
    { name: 'choice', description: 'yes, no, abstain or veto', values: voteChoices },
  ],
  rest: 'none',
  options: sendingOptions,
  common: 'client',
  examples: ['heirloom gov vote 1 yes --key operator'],
  run: async (args, io) => {
    const words = [`proposal=${args.operand('proposal')}`, `choice=${args.operand('choice')}`]
    return sendMessage(args, io, messageOf('governance/vote', words, homeOf(args, io).keys))
  },
}
