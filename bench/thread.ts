/** Engines run on a thread with a large stack: a case that drives one by itself runs its own file there. */
import { Worker, isMainThread, parentPort } from 'node:worker_threads'

/** The case's side: runs the file at the address on a thread, and gives what it answered. */
export function inThread<Data, Result>(url: string, data: Data): Promise<Result> {
  const thread = new Worker(new URL(url), {
    resourceLimits: { stackSizeMb: 64, maxOldGenerationSizeMb: 4096 },
  })
  return new Promise((resolve, reject) => {
    thread.once('message', resolve)
    thread.once('error', reject)
    thread.postMessage(data)
  })
}

/** The thread's side: what the file does there. */
export function whenInThread<Data, Result>(work: (data: Data) => Result | Promise<Result>): void {
  if (isMainThread || parentPort === null) return
  const port = parentPort
  port.once(
    'message',
    (data: Data) => void Promise.resolve(work(data)).then((result) => port.postMessage(result)),
  )
}
