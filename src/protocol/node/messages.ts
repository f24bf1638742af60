/**
 * The messages of a node: the one table from which their types, checks, fees and documentation follow.
 *
 * | field    | meaning                                                                                    |
 * |----------|--------------------------------------------------------------------------------------------|
 * | `by`     | `account`: any account sends it in a transaction; `vote`: a proposal that passed           |
 * | `needs`  | `host`: works also without the kernel; `kernel`: refused while the kernel is faulted,      |
 * |          | migrating or paused (`kernel/unpause` ends a pause)                                        |
 * | `fields` | the fields beside `kind`                                                                   |
 */
import type { FieldsOf, FieldSpec } from './fields.ts'

/** Who executes a message, what it needs, and its fields. */
export interface MessageSpec {
  readonly by: 'account' | 'vote'
  readonly needs: 'host' | 'kernel'
  readonly about: string
  readonly fields: Readonly<Record<string, FieldSpec>>
}

/** Every message. */
export const messageTable = {
  'accounts/set-key': {
    by: 'account',
    needs: 'host',
    about: 'From the next transaction on the account signs with this key.',
    fields: { key: 'publicKey' },
  },
  'ledger/transfer': {
    by: 'account',
    needs: 'host',
    about: 'Moves an amount to another account.',
    fields: { to: 'address', amount: 'amount', memo: 'text?' },
  },
  'ledger/mint': {
    by: 'vote',
    needs: 'host',
    about: 'Creates an amount in an account.',
    fields: { to: 'address', amount: 'amount' },
  },
  'governance/propose': {
    by: 'account',
    needs: 'host',
    about: 'A member proposes messages that are executed, in order, if the vote passes.',
    fields: { title: 'text', messages: 'messages' },
  },
  'governance/vote': {
    by: 'account',
    needs: 'host',
    about: 'A member votes; the last vote of each member counts.',
    fields: { proposal: 'count', choice: 'choice' },
  },
  'governance/set-members': {
    by: 'vote',
    needs: 'host',
    about: 'Changes the weights of members; a weight of 0 removes one. At least one stays.',
    fields: { members: 'members' },
  },
  'parameters/set': {
    by: 'vote',
    needs: 'host',
    about: 'Changes a parameter of the host, from the next block on.',
    fields: { name: 'name', value: 'json' },
  },
  'upgrade/schedule': {
    by: 'vote',
    needs: 'host',
    about: 'Schedules an upgrade of the host, by its name, before the first transaction of a height.',
    fields: { name: 'name', height: 'count' },
  },
  'upgrade/cancel': {
    by: 'vote',
    needs: 'host',
    about: 'Cancels a scheduled upgrade.',
    fields: { name: 'name' },
  },
  'kernel/begin-upload': {
    by: 'account',
    needs: 'host',
    about: 'Begins to upload code, by the SHA-256 of its bytes. The sender uploads all chunks of it.',
    fields: { hash: 'hash', for: 'upload', bytes: 'count', label: 'name?' },
  },
  'kernel/upload-chunk': {
    by: 'account',
    needs: 'host',
    about: 'The next chunk of an upload. With the last one the code is installed.',
    fields: { hash: 'hash', index: 'count', data: 'bytes' },
  },
  'kernel/send': {
    by: 'account',
    needs: 'kernel',
    about: 'Sends a message to an object that a vote has published.',
    fields: { to: 'name', method: 'text', args: 'json' },
  },
  'kernel/publish-root': {
    by: 'vote',
    needs: 'host',
    about: 'Lets every account send to the root of a vat, by a name; without a vat no longer.',
    fields: { name: 'name', vat: 'name?' },
  },
  'kernel/run-plan': {
    by: 'vote',
    needs: 'kernel',
    about:
      'Runs an upgrade plan; with a certificate only as it was certified. `resume: again` or `skip` goes on with ' +
      'one that has stopped.',
    fields: { plan: 'json', certificate: 'json?', onDeviation: 'name?', resume: 'name?' },
  },
  'kernel/abandon-plan': {
    by: 'vote',
    needs: 'kernel',
    about: 'Ends the active plan where it is. What it did stays.',
    fields: { reason: 'text' },
  },
  'kernel/install-worker': {
    by: 'vote',
    needs: 'kernel',
    about: 'Installs a worker version of an engine and a supervisor that were uploaded.',
    fields: { engine: 'bundle', supervisor: 'bundle', label: 'text?', use: 'name?', image: 'bundle?' },
  },
  'kernel/pause': {
    by: 'vote',
    needs: 'kernel',
    about: 'Runs no vat until it is unpaused.',
    fields: { reason: 'text' },
  },
  'kernel/upgrade': {
    by: 'vote',
    needs: 'host',
    about:
      'Puts an installed kernel in place, also while the present one is faulted; with `rowsPerBlock` its tables are ' +
      'migrated in as many blocks as that takes.',
    fields: { kernel: 'bundle', rowsPerBlock: 'count?' },
  },
  'kernel/upgrade-vat': {
    by: 'vote',
    needs: 'host',
    about: 'Upgrades a vat; while the kernel is faulted, when it runs again.',
    fields: { vat: 'name', bundle: 'code', parameters: 'json?' },
  },
  'kernel/suspend': {
    by: 'vote',
    needs: 'host',
    about: 'Suspends a vat: what is sent to it waits.',
    fields: { vat: 'name', reason: 'text' },
  },
  'kernel/resume': {
    by: 'vote',
    needs: 'kernel',
    about: 'Resumes a suspended vat.',
    fields: { vat: 'name' },
  },
  'kernel/terminate': {
    by: 'vote',
    needs: 'host',
    about: 'Terminates a vat.',
    fields: { vat: 'name', reason: 'text' },
  },
  'kernel/set-aside': {
    by: 'vote',
    needs: 'host',
    about: 'Sets aside an item that provokes a fault of the kernel.',
    fields: { item: 'count' },
  },
  'kernel/put-back': {
    by: 'vote',
    needs: 'host',
    about: 'Puts an item back that was set aside.',
    fields: { item: 'count' },
  },
  'kernel/retry': {
    by: 'vote',
    needs: 'host',
    about: 'Has a faulted kernel go on.',
    fields: {},
  },
  'kernel/unpause': {
    by: 'vote',
    needs: 'kernel',
    about: 'Has a kernel go on that was paused, by a vote, or by the end or a fault of a critical vat.',
    fields: {},
  },
} as const satisfies Readonly<Record<string, MessageSpec>>

type Table = typeof messageTable

export type MessageKind = keyof Table

/** A message of one kind. */
export type MessageOf<Kind extends MessageKind> = { readonly kind: Kind } & FieldsOf<Table[Kind]['fields']>

/** Any message. */
export type Message = { readonly [Kind in MessageKind]: MessageOf<Kind> }[MessageKind]

export const messageKinds = Object.keys(messageTable) as readonly MessageKind[]

export const isMessageKind = (kind: string): kind is MessageKind => Object.hasOwn(messageTable, kind)

/** Messages that a transaction carries; the others are executed by votes. */
export type AccountMessageKind = {
  [Kind in MessageKind]: Table[Kind]['by'] extends 'account' ? Kind : never
}[MessageKind]

/** Messages that a vote executes. */
export type VoteMessageKind = Exclude<MessageKind, AccountMessageKind>

/** A message that a vote executes. */
export type VoteMessage = Extract<Message, { readonly kind: VoteMessageKind }>
