/** Opens a machine in a thread, and names the reason why a thread ended. */
import type { Worker } from 'node:worker_threads'
import { CodedError } from '../../base/errors.ts'
import { makePulse } from '../../base/pulse.ts'
import type { Code } from '../../protocol/codes.ts'
import type { OpenMessage, OpenReply, RefusalData } from '../../protocol/machine/messages.ts'
import type { MachineOptions } from '../../protocol/machine/options.ts'
import { refusalOfFileError } from '../../machine/threads/refusal.ts'
import { giveThread, release, takeThread } from './spawnMachine.ts'
import { Watch, type Watchdog } from './watch.ts'

/** A thread with an open machine. It has no listeners. */
export interface OpenThread {
  readonly thread: Worker
  readonly pulse: SharedArrayBuffer
}

/** @throws CodedError that of the machine; `machine/…` when the thread ends or hangs before it is open */
export async function openThread(options: MachineOptions, watchdog: Watchdog): Promise<OpenThread> {
  const thread = takeThread()
  const pulse = makePulse()
  const { promise, resolve, reject } = Promise.withResolvers<OpenReply>()
  const watch = new Watch(
    watchdog,
    pulse,
    () => 'opening the store',
    (why) => void endHung(thread).then(() => reject(new CodedError<Code>('machine/hung', why))),
  )
  // A thread that cannot read its code has met the operating system.
  thread.once('error', (error) => reject(refusalOfFileError(error) ?? errorOf(deathOf(error))))
  thread.once('exit', (code) =>
    reject(errorOf(gone(`the machine thread exited with code ${code} before the store was open`))),
  )
  thread.once('message', resolve)
  thread.postMessage({ kind: 'open', options, pulse } satisfies OpenMessage)
  const reply = await promise.finally(() => watch.end())
  release(thread)
  if (reply.kind === 'open') return { thread, pulse }
  giveThread(thread)
  throw errorOf(reply.refusal)
}

/** One that hangs in SQLite or in the operating system cannot be ended. */
const patienceMs = 10_000

/** Ends a hung thread, so that its store can be opened again. Gives up after a while. */
export async function endHung(thread: Worker): Promise<void> {
  release(thread)
  // An error event without a listener would end the process.
  thread.on('error', () => {})
  const { promise, resolve } = Promise.withResolvers<void>()
  const clock = setTimeout(resolve, patienceMs)
  await Promise.race([thread.terminate(), promise])
  clearTimeout(clock)
}

/** Why a thread ended by itself. */
export function deathOf(error: Error): RefusalData {
  const isFull = 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY'
  return isFull
    ? refusal('machine/out-of-memory', `the machine thread ran out of memory: ${error.message}`)
    : gone(`the machine thread failed: ${error.message}`)
}

export const gone = (why: string): RefusalData => refusal('machine/gone', why)
export const hung = (why: string): RefusalData => refusal('machine/hung', why)

const refusal = (code: Code, message: string): RefusalData => ({ code, message, detail: { kind: 'local' } })

export const errorOf = ({ code, message, detail }: RefusalData): CodedError =>
  new CodedError(code, message, detail)
