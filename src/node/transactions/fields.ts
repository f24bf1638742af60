/** Checks the fields of messages, by the kinds of `protocol/node/fields.ts`. */
import { isRecord } from '../../base/guards.ts'
import { isBundleId } from '../../base/ids.ts'
import { uploadKinds, voteChoices, type FieldKind, type FieldSpec } from '../../protocol/node/fields.ts'
import {
  isMessageKind,
  messageTable,
  type Message,
  type MessageSpec,
  type VoteMessage,
} from '../../protocol/node/messages.ts'

/** A value that is not what its field must be: where, and what it must be. */
export class FieldFlaw extends Error {
  constructor(path: string, wanted: string) {
    super(`${path}: ${wanted}`)
  }
}

const amountLimit = 2n ** 128n
const maxText = 1_000
const maxMembers = 1_000
const maxMessages = 20

const isText = (value: unknown, most = maxText): value is string =>
  typeof value === 'string' && value.length <= most && value.isWellFormed()
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
const matches = (pattern: RegExp) => (value: unknown) => typeof value === 'string' && pattern.test(value)

export const isAddress: (value: unknown) => boolean = matches(/^h1[0-9a-f]{40}$/)
export const isName: (value: unknown) => boolean = matches(/^[A-Za-z][A-Za-z0-9._-]{0,63}$/)
export const isAmount = (value: unknown): value is string =>
  typeof value === 'string' && /^(0|[1-9][0-9]{0,38})$/.test(value) && BigInt(value) < amountLimit

const isBase64 = (value: unknown): boolean =>
  typeof value === 'string' &&
  value.length % 4 === 0 &&
  /^[A-Za-z0-9+/]*={0,2}$/.test(value) &&
  Buffer.from(value, 'base64').toString('base64') === value

function isMembers(value: unknown): boolean {
  if (!Array.isArray(value) || value.length === 0 || value.length > maxMembers) return false
  const addresses = new Set<unknown>()
  for (const member of value as unknown[]) {
    if (!isRecord(member) || Object.keys(member).length !== 2) return false
    const { address, weight } = member
    if (!isAddress(address) || !isCount(weight) || weight > 1_000_000_000) return false
    addresses.add(address)
  }
  return addresses.size === value.length
}

interface FieldCheck {
  readonly wanted: string
  readonly holds: (value: unknown) => boolean
}

const checks: Readonly<Record<FieldKind, FieldCheck>> = {
  address: { wanted: 'an address: h1 and 40 hexadecimal digits', holds: isAddress },
  amount: { wanted: 'an amount: decimal digits, without leading zeros, below 2^128', holds: isAmount },
  publicKey: { wanted: 'a public key: 64 hexadecimal digits', holds: matches(/^[0-9a-f]{64}$/) },
  name: { wanted: 'a name: 1 to 64 letters, digits, dots, dashes or underscores', holds: isName },
  text: { wanted: `a well-formed text of at most ${maxText} characters`, holds: (value) => isText(value) },
  count: { wanted: 'a whole number from 0 on', holds: isCount },
  bundle: { wanted: 'the id of a bundle', holds: (value) => typeof value === 'string' && isBundleId(value) },
  code: {
    wanted: 'the id of a bundle, or a label',
    holds: (value) => isName(value) || (typeof value === 'string' && isBundleId(value)),
  },
  bytes: { wanted: 'bytes in Base64, with padding', holds: isBase64 },
  hash: { wanted: 'a SHA-256: 64 hexadecimal digits', holds: matches(/^[0-9a-f]{64}$/) },
  json: { wanted: 'JSON', holds: () => true },
  choice: {
    wanted: `one of ${voteChoices.join(', ')}`,
    holds: (value) => (voteChoices as readonly unknown[]).includes(value),
  },
  upload: {
    wanted: `one of ${uploadKinds.join(', ')}`,
    holds: (value) => (uploadKinds as readonly unknown[]).includes(value),
  },
  members: { wanted: 'a list of { address, weight }, each address once', holds: isMembers },
  messages: {
    wanted: `a list of 1 to ${maxMessages} messages`,
    holds: (value) => Array.isArray(value) && value.length >= 1 && value.length <= maxMessages,
  },
}

/**
 * Reads a message: exactly the fields of its kind.
 * @throws FieldFlaw with the path of the first flaw
 */
export function readMessage(given: unknown, path: string, by: MessageSpec['by']): Message {
  const value = given
  if (!isRecord(value)) throw new FieldFlaw(path, 'a message is a record')
  const { kind } = value
  if (typeof kind !== 'string' || !isMessageKind(kind)) throw new FieldFlaw(`${path}.kind`, 'not a kind of message')
  const spec: MessageSpec = messageTable[kind]
  if (spec.by !== by)
    throw new FieldFlaw(
      `${path}.kind`,
      by === 'vote' ? `${kind} is a message of accounts, not of votes` : `${kind} needs a vote`,
    )
  const { fields } = spec
  for (const name of Object.keys(value))
    if (name !== 'kind' && !Object.hasOwn(fields, name)) throw new FieldFlaw(`${path}.${name}`, 'not a field of the message')
  for (const [name, field] of Object.entries(fields)) checkField(value, name, field, path)
  if (kind === 'governance/propose')
    readVoteMessages(value['messages'] as unknown[], `${path}.messages`)
  return given as Message
}

/**
 * Reads the messages of a proposal.
 * @throws FieldFlaw with the path of the first flaw
 */
export const readVoteMessages = (given: readonly unknown[], path: string): readonly VoteMessage[] =>
  given.map((each, index) => readMessage(each, `${path}[${index}]`, 'vote') as VoteMessage)

function checkField(
  value: Readonly<Record<string, unknown>>,
  name: string,
  spec: FieldSpec,
  path: string,
): void {
  const isOptional = spec.endsWith('?')
  const kind = (isOptional ? spec.slice(0, -1) : spec) as FieldKind
  if (!Object.hasOwn(value, name)) {
    if (isOptional) return
    throw new FieldFlaw(`${path}.${name}`, 'missing')
  }
  const { wanted, holds } = checks[kind]
  if (!holds(value[name])) throw new FieldFlaw(`${path}.${name}`, `must be ${wanted}`)
}
