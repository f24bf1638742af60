/**
 * The checks of proposals of a node: at most one at a time, each in a thread and on a copy of its own, so
 * that blocks are neither held up nor changed by it. The copy is removed when the check ends, and after a
 * kill with the next check or start.
 */
import { Worker } from 'node:worker_threads'
import { assert, CodedError } from '../../base/errors.ts'
import { threadUrl } from '../../host/threads/threadUrl.ts'
import { codes, type Code } from '../../protocol/codes.ts'
import type { ProposalCheck } from '../../protocol/node/proposalCheck.ts'
import { StoreCopies } from '../application/storeCopies.ts'
import type { CheckMessage, CheckOrder } from './checkOrder.ts'

export class ProposalChecks {
  readonly #order: Omit<CheckOrder, 'copy' | 'messages'>
  readonly #copies: StoreCopies
  #running: Promise<ProposalCheck> | undefined

  constructor(order: Omit<CheckOrder, 'copy' | 'messages'>) {
    this.#order = order
    this.#copies = new StoreCopies(order.directory, 'check')
    this.#copies.removeLeftovers()
  }

  get isBusy(): boolean {
    return this.#running !== undefined
  }

  /**
   * What the messages would do if a vote executed them now. The caller looks at `isBusy` first.
   * @throws CodedError `node/check-ended` when the signal aborts; `machine/…`, `store/…`
   */
  async check(messages: CheckOrder['messages'], signal: AbortSignal): Promise<ProposalCheck> {
    assert(!this.isBusy, 'a node checks one proposal at a time')
    this.#running = this.#run(messages, signal)
    try {
      return await this.#running
    } finally {
      this.#running = undefined
    }
  }

  #run(messages: CheckOrder['messages'], signal: AbortSignal): Promise<ProposalCheck> {
    return this.#copies.use((copy) => inThread({ ...this.#order, messages, copy }, signal))
  }
}

async function inThread(order: CheckOrder, signal: AbortSignal): Promise<ProposalCheck> {
  const thread = new Worker(threadUrl(import.meta.url, 'checkThread'), {
    workerData: order,
    name: 'heirloom proposal check',
  })
  const { promise, resolve, reject } = Promise.withResolvers<ProposalCheck>()
  const onAbort = (): void => reject(new CodedError('node/check-ended', 'the check was ended before it was complete'))
  if (signal.aborted) onAbort()
  signal.addEventListener('abort', onAbort)
  thread.once('error', reject)
  thread.once('exit', (code) => reject(new CodedError('machine/gone', `the thread of a check exited with code ${code}`)))
  thread.once('message', (message: CheckMessage) =>
    message.kind === 'done' ? resolve(message.check) : reject(errorOf(message)),
  )
  try {
    return await promise
  } finally {
    signal.removeEventListener('abort', onAbort)
    await thread.terminate()
  }
}

function errorOf({ code, message }: Extract<CheckMessage, { readonly kind: 'failed' }>): Error {
  return code !== null && isCode(code) ? new CodedError(code, message) : new Error(message)
}

const isCode = (code: string): code is Code => Object.hasOwn(codes, code)
