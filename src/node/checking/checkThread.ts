/** The thread that checks a proposal: reports what it has found, and ends. */
import { parentPort, workerData } from 'node:worker_threads'
import { assert, CodedError } from '../../base/errors.ts'
import type { CheckMessage, CheckOrder } from './checkOrder.ts'
import { checkProposal } from './checkProposal.ts'

assert(parentPort !== null, 'this file runs in a thread of its own')
const port = parentPort
const post = (message: CheckMessage): void => port.postMessage(message)

try {
  post({ kind: 'done', check: await checkProposal(workerData as CheckOrder) })
} catch (error) {
  const code = error instanceof CodedError ? error.code : null
  post({ kind: 'failed', code, message: error instanceof Error ? error.message : String(error) })
}
