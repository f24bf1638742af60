/** `docs/wires/node-messages.md`: messages, fields, parameters and result codes, taken from their tables. */
import { fieldFormats } from '../../src/protocol/node/fields.ts'
import { messageTable, type MessageSpec } from '../../src/protocol/node/messages.ts'
import { parameterTable, type ParameterSpec } from '../../src/protocol/node/parameters.ts'
import { resultCodes, resultMeanings, type ResultCode } from '../../src/protocol/node/resultCodes.ts'
import { table, written } from './markdown.ts'

const introduction = `# The messages of a node

What transactions carry and what votes execute, made from the tables of the sources (\`npm run pages\`). How
transactions are signed is in [the application of a node](../node-application.md), how votes run in
[governance](../governance.md).`

export const nodeMessagesPage = (): string =>
  written([
    introduction,
    '## Messages of accounts',
    messagesBy('account'),
    '## Messages of votes',
    'They are the messages of a proposal. `host`: accepted in every state of the kernel. `kernel`: refused with a code ' +
      'while the kernel is faulted, migrating or paused, except that `kernel/unpause` ends a pause.',
    messagesBy('vote'),
    '## Fields',
    'A message has exactly the fields of its kind, and `kind`. A field with a question mark may be absent.',
    table(['field', 'is'], Object.entries(fieldFormats).map(([kind, format]) => [`\`${kind}\``, format])),
    '## Parameters',
    'Whole numbers, which `parameters/set` changes within their bounds.',
    table(['parameter', 'is', 'in', 'default', 'least', 'most'], Object.entries(parameterTable).map(parameterRow)),
    '## Results of transactions',
    'The number is part of the consensus of nodes. `tx/…`: the transaction left no trace. Any other: its nonce is used up ' +
      'and its fee is paid. Reasons of proposals that failed are these codes too, or those of [errors](../errors.md).',
    table(['number', 'code', 'meaning'], Object.entries(resultCodes).map(resultRow)),
  ])

const messagesBy = (by: MessageSpec['by']): string =>
  table(
    ['kind', 'fields', 'needs', 'does'],
    Object.entries(messageTable as Readonly<Record<string, MessageSpec>>)
      .filter(([, spec]) => spec.by === by)
      .map(([kind, { fields, needs, about }]) => [`\`${kind}\``, fieldsOf(fields), needs, about]),
  )

const fieldsOf = (fields: MessageSpec['fields']): string =>
  Object.entries(fields)
    .map(([name, spec]) => `\`${name}\`: ${spec}`)
    .join(', ')

const separated = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/g, ',')
const bound = (value: number): string => (value === Number.MAX_SAFE_INTEGER ? '2^53 - 1' : separated(value))

const parameterRow = ([name, spec]: readonly [string, ParameterSpec]): readonly string[] => [
  `\`${name}\``,
  spec.about,
  spec.unit,
  separated(spec.default),
  separated(spec.least),
  bound(spec.most),
]

const resultRow = ([code, number]: readonly [string, number]): readonly string[] => [
  String(number),
  `\`${code}\``,
  resultMeanings[code as ResultCode],
]
