/** The thread that builds the base image of a worker version: builds it, reports the outcome, and ends. */
import { parentPort, workerData } from 'node:worker_threads'
import { assert } from '../../base/errors.ts'
import type { RefusalData } from '../../protocol/machine/messages.ts'
import type { WorkerCode } from '../../protocol/worker/workerCode.ts'
import { buildMetered, buildWorker, meterEngine } from '../../release/worker.ts'
import { refusalOf } from './refusal.ts'

/** An engine as in its package, or as it is in a store, with metering. */
export interface BuildOrder {
  readonly kind: 'worker'
  readonly engine: { readonly kind: 'raw' | 'metered'; readonly bytes: Uint8Array }
  readonly supervisor: Uint8Array
}

/** Adds metering to an engine. */
export interface MeterOrder {
  readonly kind: 'engine'
  readonly bytes: Uint8Array
}

/** What each order results in. */
export interface BuildResults {
  readonly worker: WorkerCode
  readonly engine: Uint8Array
}

/** The thread's final message. */
export type BuildMessage<Result> =
  | { readonly kind: 'done'; readonly result: Result }
  | { readonly kind: 'refused'; readonly refusal: RefusalData }

assert(parentPort !== null, 'this file runs in a thread of its own')
const port = parentPort
const post = (message: BuildMessage<unknown>): void => port.postMessage(message)

function build(order: BuildOrder | MeterOrder): BuildResults[keyof BuildResults] {
  if (order.kind === 'engine') return meterEngine(order.bytes)
  const { engine, supervisor } = order
  return engine.kind === 'raw'
    ? buildWorker(engine.bytes, supervisor)
    : buildMetered(engine.bytes, supervisor)
}

try {
  post({ kind: 'done', result: build(workerData as BuildOrder | MeterOrder) })
} catch (error) {
  post({ kind: 'refused', refusal: refusalOf(error) })
}
