/** `heirloom gov propose`: proposes messages for a vote. */
import { readFileSync } from 'node:fs'
import { messageTable, type NodeClient, type VoteMessage } from '../../../client/index.ts'
import { messageKinds } from '../../../protocol/node/messages.ts'
import { columns, indent } from '../../output/text/columns.ts'
import { refuseUsage, type ParsedArgs } from '../../args/arguments.ts'
import type { Io } from '../../output/io.ts'
import { proposalCheckReport } from '../../output/node/proposalCheck.ts'
import type { Report } from '../../output/report.ts'
import { askNode } from '../../session/node/asking.ts'
import { fieldsOf, isVoteKind, messageOf, voteMessageOf } from '../../session/node/messageWords.ts'
import { homeOf, sendingOptions } from '../../session/node/nodeOptions.ts'
import { sendMessage } from '../../session/node/sending.ts'
import type { Verb } from '../../session/verb.ts'

const kinds = messageKinds.filter(isVoteKind).map((kind) => [
  kind,
  fieldsOf(kind)
    .map(({ name, isOptional }) => (isOptional ? `${name}?` : name))
    .join(', '),
  messageTable[kind].about,
])

export const govPropose: Verb = {
  name: 'gov propose',
  summary: 'proposes messages, which are executed in order if the vote passes',
  details: [
    'Only members propose. Each message is JSON with its kind and its fields; @FILE reads it from a file. The number of',
    'the proposal is in the result. With --check nothing is proposed: the node tries the messages on a copy of its',
    'store, and the exit code is 1 if one of them would fail.',
    '',
    'Kinds, with their fields:',
    indent(columns(kinds)),
  ].join('\n'),
  operands: [],
  rest: 'none',
  options: {
    title: { kind: 'text', placeholder: 'TEXT', description: 'what it is about (required without --check)' },
    message: { kind: 'texts', placeholder: 'JSON', description: 'a message, or @FILE; repeatable (required)' },
    check: { kind: 'flag', description: 'say what would happen now, and propose nothing' },
    ...sendingOptions,
  },
  common: 'client',
  examples: [
    `heirloom gov propose --title 'Longer votes' --message '{"kind":"parameters/set","name":"governance.period","value":50}'`,
    `heirloom gov propose --check --message @plan.json`,
    `heirloom gov propose --title 'Release 2' --message '{"kind":"upgrade/schedule","name":"two","height":5000}'`,
  ],
  async run(args, io) {
    const messages = args.texts('message').map((text) => voteMessageOf(textOf(text)))
    if (messages.length === 0) refuseUsage('gov propose needs --message JSON')
    if (args.flag('check')) return checkMessages(args, io, messages)
    const title = args.text('title') ?? refuseUsage('gov propose needs --title TEXT')
    const words = [`title=${title}`, `messages=${JSON.stringify(messages)}`]
    return sendMessage(args, io, messageOf('governance/propose', words, homeOf(args, io).keys))
  },
}

/** Needs no key: the node checks for everybody. */
async function checkMessages(args: ParsedArgs, io: Io, messages: readonly VoteMessage[]): Promise<Report> {
  const seconds = args.count('timeout') ?? checkTimeout
  const check = (client: NodeClient, options: { readonly signal: AbortSignal }) =>
    client.checkProposal(messages, options)
  return proposalCheckReport(await askNode(args, io, check, seconds))
}

/** In seconds; the node itself ends a check after 120. */
const checkTimeout = 130

function textOf(text: string): string {
  if (!text.startsWith('@')) return text
  try {
    return readFileSync(text.slice(1), 'utf8')
  } catch (error) {
    return refuseUsage(`--message: ${(error as Error).message}`)
  }
}
