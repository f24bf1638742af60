/** Which worker version a caller means, built if need be. */
import { CodedError } from '../base/errors.ts'
import { badArgument, checkEngine, checkText } from '../api/checks.ts'
import { checkOptions } from '../api/optionNames.ts'
import { buildInThread, buildMilliseconds } from '../host/threads/building.ts'
import type { BuildOrder } from '../machine/threads/buildThread.ts'
import { isEngineName, type EngineName } from '../protocol/worker/engineNames.ts'
import { supervisorBytes, workerCode } from '../release/release.ts'
import type { WorkerChoice } from './plan.ts'

/** The parts of a worker version that is to be built. */
export interface WorkerParts {
  /** An engine of this release, or a WebAssembly module as in its package, without metering. */
  readonly engine: EngineName | Uint8Array
  /** The script; default: that of this release. */
  readonly supervisor?: Uint8Array
}

/**
 * An installed worker version, by its id (`w1-…`), the beginning of it, its label, or `default`; the name of
 * an engine of this release, which gets the supervisor of the release; or the parts of a version that is
 * built in memory.
 */
export type WorkerSpecifier = string | WorkerParts

export async function workerChoiceOf(worker: WorkerSpecifier): Promise<WorkerChoice> {
  if (typeof worker === 'object') return built(await orderOf(worker))
  const text = checkText(worker, 'worker')
  return isEngineName(text)
    ? { kind: 'code', code: await workerCode(text) }
    : { kind: 'installed', worker: text }
}

async function orderOf(parts: WorkerParts): Promise<BuildOrder> {
  const { engine, supervisor } = checkOptions(parts, { engine: true, supervisor: true }, 'worker')
  return {
    kind: 'worker',
    engine:
      typeof engine === 'string'
        ? { kind: 'metered', bytes: (await workerCode(checkEngine(engine))).engine }
        : { kind: 'raw', bytes: checkBytes(engine, 'worker.engine') },
    supervisor:
      supervisor === undefined ? await supervisorBytes() : checkBytes(supervisor, 'worker.supervisor'),
  }
}

/** A worker that cannot be built is a result like any other: no vat can be loaded on it. */
async function built(order: BuildOrder): Promise<WorkerChoice> {
  try {
    return { kind: 'code', code: await buildInThread(order, { timeoutMs: buildMilliseconds }) }
  } catch (error) {
    if (!(error instanceof CodedError)) throw error
    return { kind: 'broken', message: `${error.code}: ${error.message}` }
  }
}

const checkBytes = (value: unknown, name: string): Uint8Array =>
  value instanceof Uint8Array ? value : badArgument(name, 'bytes (a Uint8Array)', value)
