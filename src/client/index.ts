/** The entry of the client: `import { NodeClient } from 'heirloom/client'`, in browsers and in Node. */
export { addressOf, keyOfSeed, newKey, publicKeyText } from './keys.ts'
export type { Key } from './keys.ts'
export { expiryOf, hashOfTransaction, signTransaction } from './transactions.ts'
export type { TransactionFields } from './transactions.ts'
export { decodeResult, encodeArguments, VatObject } from './values.ts'
export { NodeError } from './nodeError.ts'
export { NodeClient } from './nodeClient.ts'
export type { ClientOptions, MessageOptions, MessageOutcome, Settled } from './nodeClient.ts'
export type { EventOptions } from './events.ts'
export type { Fetch } from './request.ts'
export type {
  BlockView,
  CheckResult,
  EventView,
  IncludedTransaction,
  NodeInfo,
  NodeStatus,
  NotIncluded,
  QueryAnswer,
  SendOutcome,
  Submitted,
  TransactionOutcome,
  TransactionResult,
} from './views.ts'
export { messageTable } from '../protocol/node/messages.ts'
export type {
  AccountMessageKind,
  Message,
  MessageKind,
  MessageOf,
  VoteMessage,
  VoteMessageKind,
} from '../protocol/node/messages.ts'
export type {
  ChangedValue,
  CheckedMessage,
  CheckedStep,
  ProposalCheck,
} from '../protocol/node/proposalCheck.ts'
export type { AccountMessage } from '../protocol/node/transaction.ts'
export type { JsonValue } from '../protocol/node/fields.ts'
