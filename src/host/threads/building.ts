/**
 * Builds worker versions, each in a thread of its own: metering an engine and running its supervisor take a
 * second or more.
 *
 * Bd1. A build is bounded by the meter of its guest and by time, and ends at once when its signal is aborted.
 *      Nothing was installed then.
 */
import { Worker } from 'node:worker_threads'
import { CodedError } from '../../base/errors.ts'
import type { BuildMessage, BuildOrder, BuildResults, MeterOrder } from '../../machine/threads/buildThread.ts'
import { stackMebibytes } from './spawnMachine.ts'
import { threadUrl } from './threadUrl.ts'

/** The most milliseconds that a build may take unless its caller says otherwise. */
export const buildMilliseconds = 120_000

export interface BuildBounds {
  readonly timeoutMs: number
  readonly signal?: AbortSignal
}

/** @throws CodedError `engine/…` for code that cannot be a worker, `worker/build-ended` (Bd1) */
export async function buildInThread<Kind extends keyof BuildResults>(
  order: Extract<BuildOrder | MeterOrder, { kind: Kind }>,
  { timeoutMs, signal }: BuildBounds,
): Promise<BuildResults[Kind]> {
  if (signal?.aborted === true) throw aborted()
  const thread = new Worker(threadUrl(import.meta.url, '../../machine/threads/buildThread'), {
    workerData: order,
    resourceLimits: { stackSizeMb: stackMebibytes },
    name: 'heirloom build',
  })
  const { promise, resolve, reject } = Promise.withResolvers<BuildResults[Kind]>()
  const onAbort = (): void => reject(aborted())
  const clock = setTimeout(() => reject(tooLong(timeoutMs)), timeoutMs)
  signal?.addEventListener('abort', onAbort, { once: true })
  thread.once('message', (message: BuildMessage<BuildResults[Kind]>) =>
    message.kind === 'done'
      ? resolve(message.result)
      : reject(new CodedError(message.refusal.code, message.refusal.message, message.refusal.detail)),
  )
  thread.once('error', (error) => reject(ended(`the thread failed: ${error.message}`)))
  thread.once('exit', (code) => reject(ended(`the thread exited with code ${code}`)))
  try {
    return await promise
  } finally {
    clearTimeout(clock)
    signal?.removeEventListener('abort', onAbort)
    await thread.terminate()
  }
}

const ended = (message: string): CodedError => new CodedError('worker/build-ended', message)
const aborted = (): CodedError => ended('the build was cancelled')
const tooLong = (timeoutMs: number): CodedError =>
  ended(`the base image was not built within ${timeoutMs} ms; the supervisor may never end`)
