/**
 * Machine threads. Starting one means loading all its modules and compiling engines, so the thread of a
 * closed machine is kept briefly for the next one that this process opens.
 *
 * Th1. A thread has one machine at a time, and keeps nothing of a closed one but data addressed by hash
 *      (`EngineCache`).
 * Th2. A thread is kept only if its machine closed without a fault or was refused with a code.
 * Th3. A kept thread does not keep its process alive.
 */
import { assert } from '../../base/errors.ts'
import { Worker } from 'node:worker_threads'
import { threadUrl } from './threadUrl.ts'

/**
 * The engines' stack limit must be reached before the thread's own (Wkr3): 256,000 bytes of guest stack take
 * a
 * few MiB of ours; this leaves room for every path through V8's compilers.
 */
export const stackMebibytes = 64

/**
 * For short-lived objects. V8's default is 48, which takes 115 MB more in `npm run soak` and makes no
 * delivery faster.
 */
const youngMebibytes = 16

/** How long an idle thread waits for another machine. */
const patienceMs = 1_000

interface Kept {
  readonly thread: Worker
  readonly patience: NodeJS.Timeout
}

let kept: Kept | undefined

/** Returns a thread that is ready to open a machine. */
export function takeThread(): Worker {
  if (kept === undefined) return startThread()
  const { thread, patience } = kept
  kept = undefined
  clearTimeout(patience)
  release(thread)
  thread.ref()
  return thread
}

/** Returns the thread of a closed machine to the pool (Th2). */
export function giveThread(thread: Worker): void {
  assert(kept?.thread !== thread, 'a thread is returned once (Th1)')
  release(thread)
  if (kept !== undefined) {
    void thread.terminate()
    return
  }
  thread.unref()
  thread.once('exit', () => forget(thread))
  // An error event of an idle thread would end the process.
  thread.once('error', () => forget(thread))
  const patience = setTimeout(() => {
    forget(thread)
    void thread.terminate()
  }, patienceMs)
  kept = { thread, patience: patience.unref() }
}

/** Removes all listeners from the thread. */
export function release(thread: Worker): void {
  // All of ours, but not those that Node itself adds.
  for (const event of ['message', 'error', 'exit']) thread.removeAllListeners(event)
}

function forget(thread: Worker): void {
  if (kept?.thread !== thread) return
  clearTimeout(kept.patience)
  kept = undefined
}

const startThread = (): Worker =>
  new Worker(threadUrl(import.meta.url, '../../machine/threads/machineThread'), {
    resourceLimits: { stackSizeMb: stackMebibytes, maxYoungGenerationSizeMb: youngMebibytes },
    name: 'heirloom machine',
  })
