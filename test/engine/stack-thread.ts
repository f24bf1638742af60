/**
 * Runs scripts in a worker each, several times, on a thread whose stack its parent chose, and tells how they
 * ended.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { CodedError } from '../../src/base/errors.ts'
import { Worker } from '../../src/engine/worker.ts'
import { heapLimit, imageOf, outcomeOf, type Release } from './engines.ts'

export interface Order {
  readonly release: Release
  readonly scripts: readonly string[]
  readonly rounds: number
}

const order = workerData as Order

function endOf(script: string): string {
  try {
    const outcome = outcomeOf(Worker.start(imageOf(order.release), heapLimit), script)
    const what =
      outcome.kind === 'done'
        ? outcome.finish
        : outcome.kind === 'trapped'
          ? outcome.message
          : outcome.resource
    return `${outcome.kind}: ${what} (${outcome.computrons})`
  } catch (error) {
    return error instanceof CodedError ? `refused: ${error.code}` : `thrown: ${String(error)}`
  }
}

parentPort?.postMessage(
  order.scripts.map((script) => Array.from({ length: order.rounds }, () => endOf(script))),
)
