/**
 * Machine threads. Starting one means loading all its modules and compiling engines, so the thread of a machine
 * that was closed is kept for a moment, for the next that is opened in this process.
 *
 * Th1. A thread has one machine at a time, and nothing of a closed one is left in it but what is known by its hash
 *      (`EngineCache`).
 * Th2. Only a thread whose machine closed without a fault, or was refused with a code, is kept.
 * Th3. A thread that is kept keeps no process alive.
 */
import { Worker } from 'node:worker_threads'
import { neighbour } from './neighbour.ts'

/**
 * The engines' stack limit must be met before the thread's own (E17): at 256,000 bytes of guest
 * stack that takes a few MiB of ours; this leaves room for every path through V8's compilers.
 */
export const stackMebibytes = 64

/**
 * For objects that do not live long. V8 would take 48, and the process 115 MB more under the load of `npm run soak`, with no
 * delivery the faster.
 */
const youngMebibytes = 16

/** How long a thread waits for another machine. */
const patienceMs = 1_000

interface Kept {
  readonly thread: Worker
  readonly patience: NodeJS.Timeout
}

let kept: Kept | undefined

/** A thread that waits for a machine to open. */
export function takeThread(): Worker {
  if (kept === undefined) return startThread()
  const { thread, patience } = kept
  kept = undefined
  clearTimeout(patience)
  release(thread)
  thread.ref()
  return thread
}

/** Takes back a thread whose machine is closed (Th2). */
export function giveThread(thread: Worker): void {
  release(thread)
  if (kept !== undefined) {
    void thread.terminate()
    return
  }
  thread.unref()
  thread.once('exit', () => forget(thread))
  // An error of a thread that nobody has would end the process.
  thread.once('error', () => forget(thread))
  const patience = setTimeout(() => {
    forget(thread)
    void thread.terminate()
  }, patienceMs)
  kept = { thread, patience: patience.unref() }
}

/** Nobody listens to the thread any more. */
export function release(thread: Worker): void {
  // All of these, but not those that Node adds for itself.
  for (const event of ['message', 'error', 'exit']) thread.removeAllListeners(event)
}

function forget(thread: Worker): void {
  if (kept?.thread !== thread) return
  clearTimeout(kept.patience)
  kept = undefined
}

const startThread = (): Worker =>
  new Worker(neighbour(import.meta.url, 'thread'), {
    resourceLimits: { stackSizeMb: stackMebibytes, maxYoungGenerationSizeMb: youngMebibytes },
    name: 'heirloom machine',
  })
