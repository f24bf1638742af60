/** Which worker version a caller means. */
import { isRecord } from '../base/guards.ts'
import { badArgument, checkText } from '../api/checks.ts'
import { checkOptions } from '../api/optionNames.ts'
import { isEngineName } from '../protocol/worker/engineNames.ts'
import { supervisorBytes, workerCode } from '../release/release.ts'
import type { WorkerChoice } from './plan.ts'

/** The parts of a worker version that is to be built. */
export interface WorkerParts {
  /** The WebAssembly module as in its package, without metering. */
  readonly engine: Uint8Array
  /** The script; default: that of this release. */
  readonly supervisor?: Uint8Array
}

/**
 * The id of an installed worker version or its beginning (`w1-…`); the name of an engine of this release,
 * which gets the supervisor of the release; or the parts of a version that is built in memory.
 */
export type WorkerSpecifier = string | WorkerParts

export async function workerChoiceOf(worker: WorkerSpecifier): Promise<WorkerChoice> {
  if (!isRecord(worker)) {
    const text = checkText(worker, 'worker')
    if (isEngineName(text)) return { kind: 'code', code: await workerCode(text) }
    return { kind: 'installed', id: text }
  }
  const { engine, supervisor } = checkOptions(worker, { engine: true, supervisor: true }, 'worker')
  return {
    kind: 'parts',
    engine: checkBytes(engine, 'worker.engine'),
    supervisor:
      supervisor === undefined ? await supervisorBytes() : checkBytes(supervisor, 'worker.supervisor'),
  }
}

const checkBytes = (value: unknown, name: string): Uint8Array =>
  value instanceof Uint8Array ? value : badArgument(name, 'bytes (a Uint8Array)', value)
