/** The thread that builds the base image of a worker version: builds it, reports the outcome, and ends. */
import { parentPort, workerData } from 'node:worker_threads'
import { assert } from '../../base/errors.ts'
import type { RefusalData } from '../../protocol/machine/messages.ts'
import type { WorkerCode } from '../../protocol/worker/workerCode.ts'
import { buildMetered, buildWorker } from '../../release/worker.ts'
import { refusalOf } from './refusal.ts'

/** An engine as in its package, or as it is in a store, with metering. */
export interface BuildOrder {
  readonly engine: { readonly kind: 'raw' | 'metered'; readonly bytes: Uint8Array }
  readonly supervisor: Uint8Array
}

/** The thread's final message. */
export type BuildMessage =
  | { readonly kind: 'done'; readonly code: WorkerCode }
  | { readonly kind: 'refused'; readonly refusal: RefusalData }

assert(parentPort !== null, 'this file runs in a thread of its own')
const port = parentPort
const post = (message: BuildMessage): void => port.postMessage(message)

function build({ engine, supervisor }: BuildOrder): WorkerCode {
  return engine.kind === 'raw'
    ? buildWorker(engine.bytes, supervisor)
    : buildMetered(engine.bytes, supervisor)
}

try {
  post({ kind: 'done', code: build(workerData as BuildOrder) })
} catch (error) {
  post({ kind: 'refused', refusal: refusalOf(error) })
}
