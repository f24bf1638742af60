/**
 * What a module is: the part of the host that owns some tables and executes some kinds of messages. All modules
 * have this shape; `modules.ts` lists them.
 *
 * Mod1. A module works on the draft of its context only. It reaches the kernel by what it queues there
 *       (`kernel/operations.ts`, `ledger/debts.ts`), never at once.
 * Mod2. It is deterministic: it reads nothing but its context.
 */
import type { Genesis } from '../../protocol/node/genesis.ts'
import type { JsonValue } from '../../protocol/node/fields.ts'
import type { MessageKind, MessageOf } from '../../protocol/node/messages.ts'
import type { NodeEvent } from '../../protocol/node/views.ts'
import type { Draft, StateReader } from '../state/hostState.ts'

/** Where and when a message is executed. */
export interface Context {
  readonly state: Draft
  readonly height: number
  /** Milliseconds since 1970. */
  readonly time: number
  emit(kind: string, data: NodeEvent['data']): void
}

/** Who executes a message: an account, or a vote. */
export type Authority =
  | { readonly kind: 'account'; readonly address: string; readonly transaction: string }
  | { readonly kind: 'vote'; readonly proposal: number }

/** Executes a message on the context's draft. Returns data for the sender; throws `TransactionRefusal`. */
export type Execute<Kind extends MessageKind> = (
  context: Context,
  message: MessageOf<Kind>,
  by: Authority,
) => JsonValue

/** Answers a question about the committed state; throws `QueryRefusal`. */
export type Query = (state: StateReader, words: readonly string[]) => JsonValue

/** The part of the host that executes messages of the kinds `Kinds`. */
export interface Module<Kinds extends MessageKind = never> {
  readonly name: string
  readonly messages: { readonly [Kind in Kinds]: Execute<Kind> }
  readonly queries: Readonly<Record<string, Query>>
  /** Writes what a chain begins with. */
  begin?(state: Draft, genesis: Genesis): void
  /** Before the transactions of each block. */
  beginBlock?(context: Context): void
}
