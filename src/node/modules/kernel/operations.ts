/**
 * What the host does to the kernel for votes and uploads, in order: queued here by messages, done by
 * `application/operating.ts` before any other work of the block.
 */
import type { Message, MessageKind } from '../../../protocol/node/messages.ts'
import type { UploadKind } from '../../../protocol/node/fields.ts'
import type { Draft, StateReader } from '../../state/hostState.ts'
import { counterOf, numberId, tableOf } from '../../state/table.ts'

/** Messages that are operations on the kernel. */
export const operationKinds = [
  'kernel/run-plan',
  'kernel/abandon-plan',
  'kernel/install-worker',
  'kernel/pause',
  'kernel/upgrade',
  'kernel/upgrade-vat',
  'kernel/suspend',
  'kernel/resume',
  'kernel/terminate',
  'kernel/set-aside',
  'kernel/put-back',
  'kernel/retry',
  'kernel/unpause',
] as const satisfies readonly MessageKind[]

export type OperationMessage = Extract<Message, { readonly kind: (typeof operationKinds)[number] }>

/** Code whose last chunk has arrived. */
export interface Installation {
  readonly kind: 'install'
  readonly hash: string
  /** The account that has uploaded it. */
  readonly by: string
  readonly for: UploadKind
  readonly label: string | null
}

/** What is done, and for whom. */
export interface Operation {
  readonly number: number
  /** The proposal that asked for it; null for an installation. */
  readonly proposal: number | null
  readonly what: OperationMessage | Installation
}

const table = tableOf<Operation>('operation')
const last = counterOf('operation.last')

export function queueOperation(state: Draft, proposal: number | null, what: Operation['what']): void {
  const number = last.next(state)
  table.set(state, numberId(number), { number, proposal, what })
}

/** The number of the operation that was queued last. */
export const lastOperation = (state: StateReader): number => last.get(state)

/** All that is queued, in order. */
export const queuedOperations = (state: StateReader): readonly Operation[] =>
  table.ids(state).flatMap((id) => table.get(state, id) ?? [])

export const removeOperation = (state: Draft, { number }: Operation): void =>
  table.delete(state, numberId(number))
