/** The thread that makes a plan: reports it, and ends. */
import { parentPort, workerData } from 'node:worker_threads'
import { assert } from '../../base/errors.ts'
import { refusalOf } from '../../machine/threads/refusal.ts'
import { makePlan } from '../makePlan.ts'
import type { PlanMessage, PlanOrder } from '../plan.ts'

assert(parentPort !== null, 'this file runs in a thread of its own')
const port = parentPort
const post = (message: PlanMessage): void => port.postMessage(message)

try {
  post({ kind: 'done', plan: makePlan(workerData as PlanOrder) })
} catch (error) {
  post({ kind: 'refused', refusal: refusalOf(error) })
}
