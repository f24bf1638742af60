/** Makes a plan in a separate thread, which reads the store meanwhile. */
import { Worker } from 'node:worker_threads'
import { CodedError } from '../../base/errors.ts'
import { threadUrl } from '../../host/threads/threadUrl.ts'
import type { Plan, PlanMessage, PlanOrder } from '../plan.ts'

export function planInThread(order: PlanOrder): Promise<Plan> {
  const thread = new Worker(threadUrl(import.meta.url, './planThread'), {
    workerData: order,
    name: 'heirloom replay plan',
  })
  return new Promise((resolve, reject) => {
    thread.once('error', reject)
    thread.once('exit', (code) =>
      reject(new CodedError('machine/gone', `the thread of the plan exited with code ${code}`)),
    )
    thread.once('message', (message: PlanMessage) => {
      const settle = (): void => {
        if (message.kind === 'done') return resolve(message.plan)
        const { code, message: text, detail } = message.refusal
        reject(new CodedError(code, text, detail))
      }
      // The thread has released the store only once it has exited.
      thread.removeAllListeners('exit').once('exit', settle)
    })
  })
}
