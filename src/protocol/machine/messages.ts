/** Messages between the host thread and the machine thread. */
import type { VatId } from '../../base/ids.ts'
import type { MachineOptions } from './options.ts'
import type { CallArguments, CallName } from './calls.ts'

/** A call of one name. */
export interface CallOf<Name extends CallName> {
  readonly kind: 'call'
  readonly number: number
  readonly name: Name
  readonly args: CallArguments[Name]
}

export type CallMessage = { readonly [Name in CallName]: CallOf<Name> }[CallName]

/** Calls that take little time, and whose arguments are texts and numbers. */
export const briefCalls: ReadonlySet<CallName> = new Set<CallName>(['send', 'result', 'forget', 'lastRequest'])

/** Brief calls that the host made one after the other, without waiting in between. */
export interface CallsMessage {
  readonly kind: 'calls'
  readonly calls: readonly CallMessage[]
}

/** A refusal in the form that crosses threads. */
export interface RefusalData {
  readonly code: string
  readonly message: string
  readonly detail: Readonly<Record<string, unknown>>
}

export type ReplyMessage =
  | { readonly kind: 'done'; readonly number: number; readonly value: unknown }
  | { readonly kind: 'refused'; readonly number: number; readonly refusal: RefusalData }

/** Replies to calls that came together, in their order. */
export interface RepliesMessage {
  readonly kind: 'replies'
  readonly replies: readonly ReplyMessage[]
}

/** A line that a vat wrote to its console; it arrives before the answer of the call that wrote it. */
export interface VatConsoleLine {
  readonly vat: VatId
  /** Name of the vat. */
  readonly name: string
  readonly level: 'debug' | 'log' | 'info' | 'warn' | 'error'
  /** Stacks are mapped to the sources. */
  readonly text: string
}

export interface ConsoleMessage {
  readonly kind: 'console'
  readonly line: VatConsoleLine
}

/** Message that opens a machine in an idle thread. */
export interface OpenMessage {
  readonly kind: 'open'
  readonly options: MachineOptions
  /** Where the thread shows its pulse. */
  readonly pulse: SharedArrayBuffer
}

/** The answer: opened, or why not. */
export type OpenReply =
  | { readonly kind: 'open' }
  | { readonly kind: 'failed'; readonly refusal: RefusalData }
