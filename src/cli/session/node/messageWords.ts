/**
 * Messages in words of the command line: `to=h1… amount=5`. Which fields there are, and of which kinds, is in
 * the table of messages.
 */
import { encodeArguments, messageTable, type AccountMessage, type VoteMessage, type VoteMessageKind } from '../../../client/index.ts'
import type { FieldKind, FieldSpec } from '../../../protocol/node/fields.ts'
import type { Message, MessageKind, MessageSpec } from '../../../protocol/node/messages.ts'
import { FieldFlaw, readMessage } from '../../../node/transactions/fields.ts'
import { didYouMean } from '../../../base/nearest.ts'
import { refuseUsage } from '../../args/arguments.ts'
import { ValueTemplate } from '../../values/valueTemplate.ts'
import { addressNamed, publicKeyNamed } from './keyring.ts'

/** How each kind of field is written. */
export const fieldWords: Readonly<Record<FieldKind, string>> = {
  address: 'an address, or the name of a key',
  amount: 'an amount: decimal digits',
  publicKey: 'a public key: 64 hexadecimal digits, or the name of a key',
  name: 'a name',
  text: 'a text',
  count: 'a whole number from 0 on',
  bundle: 'the id of a bundle',
  code: 'the id or the label of a bundle',
  bytes: 'bytes in Base64',
  hash: 'a SHA-256: 64 hexadecimal digits',
  json: 'JSON',
  choice: 'yes, no, abstain or veto',
  upload: 'vat, endo or kernel',
  members: 'JSON: a list of { address, weight }',
  messages: 'JSON: a list of messages',
}

const kindOf = (spec: FieldSpec): FieldKind => spec.replace('?', '') as FieldKind

const argumentWords = 'a list of values, such as [1, 5n, "text"]'

const isArguments = (kind: MessageKind, field: string): boolean =>
  kind === 'kernel/send' && field === 'args'

/** The fields of a kind of message: name, how it is written, whether it may be absent. */
export const fieldsOf = (kind: MessageKind) =>
  Object.entries((messageTable[kind] as MessageSpec).fields).map(([name, spec]) => ({
    name,
    words: isArguments(kind, name) ? argumentWords : fieldWords[kindOf(spec)],
    isOptional: spec.endsWith('?'),
  }))

/**
 * The message of the words, each `field=value`.
 * @throws CodedError `cli/usage`
 */
export function messageOf(
  kind: AccountMessage['kind'],
  words: readonly string[],
  keys: string,
): AccountMessage {
  const fields = new Map<string, unknown>()
  const specs: Readonly<Record<string, FieldSpec>> = messageTable[kind].fields
  for (const word of words) {
    const at = word.indexOf('=')
    const name = at === -1 ? word : word.slice(0, at)
    const spec = Object.hasOwn(specs, name) ? specs[name] : undefined
    if (spec === undefined)
      return refuseUsage(
        `${kind} has no field ${JSON.stringify(name)}${didYouMean(name, Object.keys(specs))}; it has: ${namesOf(specs)}`,
      )
    if (at === -1) refuseUsage(`${name} needs a value: ${name}=${fieldWords[kindOf(spec)]}`)
    if (fields.has(name)) refuseUsage(`${name} is given twice`)
    fields.set(name, valueOf(kind, { name, spec }, word.slice(at + 1), keys))
  }
  return checked({ kind, ...Object.fromEntries(fields) }, 'account') as AccountMessage
}

/** A message of a proposal, from JSON. */
export const voteMessageOf = (text: string): VoteMessage =>
  checked(parsed(text, '--message'), 'vote') as VoteMessage

const namesOf = (specs: Readonly<Record<string, FieldSpec>>): string =>
  Object.keys(specs).length === 0 ? 'none' : Object.keys(specs).join(', ')

interface Field {
  readonly name: string
  readonly spec: FieldSpec
}

function valueOf(kind: MessageKind, { name, spec }: Field, text: string, keys: string): unknown {
  switch (kindOf(spec)) {
    case 'address':
      return addressNamed(keys, text)
    case 'publicKey':
      return publicKeyNamed(keys, text)
    case 'amount':
      return text.replace(/(?<=\d)_(?=\d)/g, '')
    case 'count':
      return /^\d[\d_]*$/.test(text) ? Number(text.replaceAll('_', '')) : text
    case 'json':
      return isArguments(kind, name) ? argumentsOf(text) : parsed(text, name)
    case 'members':
    case 'messages':
      return parsed(text, name)
    default:
      return text
  }
}

/** Arguments for a vat: a list of values, as `heirloom send` takes them, without objects. */
function argumentsOf(text: string): unknown {
  const template = ValueTemplate.parse(text)
  if (template.names.length > 0) refuseUsage(`args: @${template.names[0]}: accounts cannot send objects`)
  const values = template.evaluate(() => null)
  return Array.isArray(values) ? encodeArguments(...(values as unknown[])) : refuseUsage('args must be a list: [1, 5n, "text"]')
}

function parsed(text: string, what: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    return refuseUsage(`${what} is not JSON: ${(error as Error).message}`)
  }
}

function checked(value: unknown, by: 'account' | 'vote'): Message {
  try {
    return readMessage(value, 'message', by)
  } catch (error) {
    if (!(error instanceof FieldFlaw)) throw error
    return refuseUsage(error.message.replace(/^message\.?/, '').replace(/^: /, ''))
  }
}

export const isVoteKind = (kind: string): kind is VoteMessageKind =>
  Object.hasOwn(messageTable, kind) && messageTable[kind as MessageKind].by === 'vote'
