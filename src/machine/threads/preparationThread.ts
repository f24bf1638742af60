/** The thread of one preparation: carries it out, reports the outcome, and ends. */
import { parentPort, workerData } from 'node:worker_threads'
import { assert, CodedError } from '../../base/errors.ts'
import type { RefusalData } from '../../protocol/machine/messages.ts'
import { EngineCache } from '../engines/engines.ts'
import { describeFault } from '../kernel/kernelContext.ts'
import type { PreparationOrder, Prepared } from '../../protocol/machine/preparation.ts'
import { carryOut } from '../replay/prepareReplay.ts'

/** The thread's final message. */
export type PreparationMessage =
  | { readonly kind: 'done'; readonly prepared: Prepared; readonly deliveries: number }
  | { readonly kind: 'refused'; readonly refusal: RefusalData }

assert(parentPort !== null, 'this file runs in a thread of its own')
const port = parentPort
const post = (message: PreparationMessage): void => port.postMessage(message)

function preparationRefusal(error: unknown): RefusalData {
  const [message, detail] =
    error instanceof CodedError
      ? [error.message, { cause: error.code, ...error.detail }]
      : [describeFault(error), {}]
  return { code: 'prepare/failed', message: `the replay could not be prepared: ${message}`, detail }
}

try {
  post({ kind: 'done', ...carryOut(workerData as PreparationOrder, new EngineCache()) })
} catch (error) {
  post({ kind: 'refused', refusal: preparationRefusal(error) })
}
