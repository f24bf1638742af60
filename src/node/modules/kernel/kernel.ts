/**
 * The kernel as messages reach it: code by uploads, messages to vats that votes have published, and the
 * operations of votes. What it decides by is in the state: the record of the kernel at the end of the last
 * block.
 *
 * Ker1. While the kernel is faulted, paused or migrating, messages to vats are refused; everything else is
 *       accepted, so that votes can repair it.
 */
import type { JsonValue } from '../../../protocol/node/fields.ts'
import type { MessageKind, MessageOf } from '../../../protocol/node/messages.ts'
import type { Draft, StateReader } from '../../state/hostState.ts'
import { tableOf } from '../../state/table.ts'
import { refuseTransaction } from '../../transactions/refusal.ts'
import type { Authority, Context, Execute, Module } from '../module.ts'
import { parameterOf } from '../parameters/parameters.ts'
import { notFound } from '../query.ts'
import { checkArguments } from './arguments.ts'
import { operationKinds, queueOperation, type OperationMessage } from './operations.ts'
import { backlogOf, forgetResults, queueSend, sendResult } from './sends.ts'
import { beginUpload, forgetExpired, labelBundles, takeChunk, uploadsOf } from './uploads.ts'

/** The kernel at the end of a block. */
export interface KernelRecord {
  readonly state: 'ready' | 'faulted' | 'paused' | 'migrating'
  readonly queued: number
  /** The first line of what failed; null unless it is faulted. */
  readonly error: string | null
  readonly kernel: string
}

const records = tableOf<KernelRecord>('kernel')
const published = tableOf<string>('kernel.published')

export const kernelRecord = (state: StateReader): KernelRecord | undefined => records.get(state, 'record')

export const setKernelRecord = (state: Draft, record: KernelRecord): void =>
  records.set(state, 'record', record)

/** Ker1. Throws if messages to vats are refused now. */
export function assertTakesMessages(state: StateReader): void {
  const record = kernelRecord(state)
  if (record !== undefined && record.state !== 'ready')
    refuseTransaction('kernel/faulted', `the kernel is ${record.state}${record.error === null ? '' : `: ${record.error}`}`)
  const most = parameterOf(state, 'kernel.backlog')
  if (backlogOf(state) >= most) refuseTransaction('kernel/backlog', `${most} messages wait already; try again later`)
}

const senderOf = (by: Authority): string => (by.kind === 'account' ? by.address : '')

function send({ state }: Context, { to, method, args }: MessageOf<'kernel/send'>, by: Authority): JsonValue {
  assertTakesMessages(state)
  checkArguments(method, args)
  const vat = published.get(state, to) ?? refuseTransaction('kernel/not-published', `nothing is published as ${to}`)
  if (by.kind === 'account') queueSend(state, { transaction: by.transaction, vat, method, args })
  return null
}

type OperationKinds = OperationMessage['kind']
type Kinds = Extract<MessageKind, `kernel/${string}`>

type Operations = { readonly [Kind in OperationKinds]: Execute<Kind> }

const operations: unknown = Object.fromEntries(
  operationKinds.map((kind) => [
    kind,
    (context: Context, message: OperationMessage, by: Authority) => {
      queueOperation(context.state, by.kind === 'vote' ? by.proposal : null, message)
      return null
    },
  ]),
)

export const kernel: Module<Kinds> = {
  name: 'kernel',
  messages: {
    ...(operations as Operations),
    'kernel/begin-upload': (context, message, by) => {
      beginUpload(context, message, senderOf(by))
      return null
    },
    'kernel/upload-chunk': (context, message, by) => {
      takeChunk(context, message, senderOf(by))
      return null
    },
    'kernel/send': send,
    'kernel/publish-root': ({ state, emit }, { name, vat }) => {
      if (vat === undefined) published.delete(state, name)
      else published.set(state, name, vat)
      emit('root-published', { name, vat: vat ?? null })
      return null
    },
  },
  queries: {
    status: (state) => ({ ...kernelRecord(state), backlog: backlogOf(state) }) as JsonValue,
    published: (state) =>
      Object.fromEntries(published.ids(state).map((name) => [name, published.get(state, name) ?? ''])),
    uploads: (state) => uploadsOf(state).map((upload) => ({ ...upload })),
    result: (state, [transaction = '']) =>
      (sendResult(state, transaction) as JsonValue | undefined) ?? notFound(`no result of ${transaction} is kept`),
  },
  begin(state, genesis) {
    for (const [name, vat] of Object.entries(genesis.published)) published.set(state, name, vat)
    labelBundles(state, genesis.bundles)
  },
  beginBlock(context) {
    forgetExpired(context)
    forgetResults(context.state, context.height)
  },
}
