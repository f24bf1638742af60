/** `heirloom tx <kind>`: sends a message of an account; one verb for each kind of the table of messages. */
import { messageTable, type AccountMessageKind } from '../../../client/index.ts'
import { messageKinds } from '../../../protocol/node/messages.ts'
import { columns, indent } from '../../output/text/columns.ts'
import { fieldsOf, messageOf } from '../../session/node/messageWords.ts'
import { homeOf, sendingOptions } from '../../session/node/nodeOptions.ts'
import { sendMessage } from '../../session/node/sending.ts'
import type { Verb } from '../../session/verb.ts'

/** Words of an example, by kind. */
const examples: Readonly<Record<AccountMessageKind, string>> = {
  'accounts/set-key': 'key=alice-2 --key alice',
  'ledger/transfer': 'to=bob amount=5 --key alice',
  'governance/propose': `title=Longer messages='[{"kind":"parameters/set","name":"governance.period","value":50}]'`,
  'governance/vote': 'proposal=1 choice=yes --key operator',
  'kernel/begin-upload': 'hash=1f0c… for=vat bytes=3484 label=counter',
  'kernel/upload-chunk': 'hash=1f0c… index=0 data=KCgpPT4…',
  'kernel/send': `to=mirror method=echo args='[5n]'`,
}

const isAccountKind = (kind: string): kind is AccountMessageKind => Object.hasOwn(examples, kind)

const verbOf = (kind: AccountMessageKind): Verb => ({
  name: `tx ${kind}`,
  summary: summaries[kind],
  details: [
    messageTable[kind].about,
    '',
    'Fields:',
    indent(columns(fieldsOf(kind).map(({ name, words, isOptional }) => [name, isOptional ? `${words} (optional)` : words]))),
    '',
    'Signs the message, submits it, and waits for its block. A transaction that expired before is never executed; the',
    'exit code is 1 then, and when the message was refused.',
  ].join('\n'),
  operands: [],
  rest: { name: 'field=value', description: 'the fields of the message' },
  options: sendingOptions,
  common: 'client',
  examples: [`heirloom tx ${kind} ${examples[kind]}`],
  run: async (args, io) => sendMessage(args, io, messageOf(kind, args.rest, homeOf(args, io).keys)),
})

const summaries: Readonly<Record<AccountMessageKind, string>> = {
  'accounts/set-key': 'replaces the key of an account',
  'ledger/transfer': 'moves an amount to another account',
  'governance/propose': 'proposes messages for a vote, as gov propose does',
  'governance/vote': 'votes on a proposal, as gov vote does',
  'kernel/begin-upload': 'begins an upload of code; tx upload does all of it',
  'kernel/upload-chunk': 'sends the next chunk of an upload',
  'kernel/send': 'sends a message to a vat that a vote has published',
}

export const messageVerbs: readonly Verb[] = messageKinds.filter(isAccountKind).map(verbOf)
