/**
 * Threads that replay histories, the longest first.
 *
 * Rpl1. A thread is never terminated while it lives: it closes the store itself, so that nothing remains
 *       beside it.
 * Rpl2. When one fails, no further history is begun, and the failure is thrown when all threads have exited.
 */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { assert, CodedError } from '../../base/errors.ts'
import type { VatId } from '../../base/ids.ts'
import { stackMebibytes } from '../../host/threads/spawnMachine.ts'
import { threadUrl } from '../../host/threads/threadUrl.ts'
import type { HistoryOrder } from '../../machine/replay/replayHistory.ts'
import type { ReplayThreadData, ReplayThreadMessage, ReplayThreadOrder } from '../plan.ts'

/** What became of one history. */
export type HistoryOutcome = Extract<ReplayThreadMessage, { kind: 'done' | 'refused' }>

export interface PoolOptions {
  readonly threads: number
  /** The matching deliveries of a history so far. */
  readonly onProgress: (vat: VatId, deliveries: number) => void
  readonly onOutcome: (outcome: HistoryOutcome) => void
}

export async function replayInThreads(
  data: ReplayThreadData,
  orders: readonly HistoryOrder[],
  options: PoolOptions,
): Promise<void> {
  const queue = orders.toSorted((one, other) => lengthOf(other) - lengthOf(one))
  const threads = Math.min(options.threads, queue.length)
  const ended = await Promise.allSettled(
    Array.from({ length: threads }, () => work(new ReplayThread(data), queue, options)),
  )
  const failed = ended.find((each) => each.status === 'rejected')
  if (failed !== undefined) throw failed.reason
  assert(queue.length === 0, 'no history is left over unless one failed (Rpl2)')
}

const lengthOf = ({ from, to }: HistoryOrder): number => to.position - from.position

/** Rpl1, Rpl2. */
async function work(thread: ReplayThread, queue: HistoryOrder[], options: PoolOptions): Promise<void> {
  try {
    for (let order = queue.shift(); order !== undefined; order = queue.shift())
      options.onOutcome(await thread.replay(order, options.onProgress))
  } catch (error) {
    queue.length = 0
    throw error
  } finally {
    await thread.end()
  }
}

class ReplayThread {
  readonly #thread: Worker
  /** Rejects when the thread exits; never resolves. */
  readonly #gone: Promise<never>
  #state: 'alive' | 'gone' = 'alive'

  constructor(data: ReplayThreadData) {
    this.#thread = new Worker(threadUrl(import.meta.url, './replayThread'), {
      workerData: data,
      resourceLimits: { stackSizeMb: stackMebibytes },
      name: 'heirloom replay',
    })
    const { promise, reject } = Promise.withResolvers<never>()
    this.#gone = promise
    this.#gone.catch(() => {})
    const lost = (why: string): void => {
      this.#state = 'gone'
      reject(new CodedError('machine/gone', `the thread of the replay ${why}`))
    }
    this.#thread.once('error', (error) => lost(`failed: ${error.message}`))
    this.#thread.once('exit', (code) => lost(`exited with code ${code}`))
  }

  async replay(order: HistoryOrder, onProgress: PoolOptions['onProgress']): Promise<HistoryOutcome> {
    const { promise, resolve } = Promise.withResolvers<HistoryOutcome>()
    const listen = (message: ReplayThreadMessage): void => {
      assert(message.vat === order.vat, 'a thread replays one history at a time')
      if (message.kind === 'progress') onProgress(message.vat, message.deliveries)
      else resolve(message)
    }
    this.#thread.on('message', listen)
    try {
      this.#post({ kind: 'replay', order })
      return await Promise.race([promise, this.#gone])
    } finally {
      this.#thread.off('message', listen)
    }
  }

  async end(): Promise<void> {
    if (this.#state === 'gone') return
    const exit = once(this.#thread, 'exit')
    this.#post({ kind: 'end' })
    await exit
  }

  #post(order: ReplayThreadOrder): void {
    this.#thread.postMessage(order)
  }
}
