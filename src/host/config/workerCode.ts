/** The code of a worker version that a host wants to install: found, or built from its parts. */
import { isBundleId, type BundleId } from '../../base/ids.ts'
import { badArgument, checkEngine } from '../../api/checks.ts'
import type { WorkerView } from '../../protocol/worker/versions.ts'
import { isEngineName, type EngineName } from '../../protocol/worker/engineNames.ts'
import type { WorkerCode } from '../../protocol/worker/workerCode.ts'
import { supervisorBytes, workerCode } from '../../release/release.ts'
import type { BuildOrder } from '../../machine/threads/buildThread.ts'
import { buildInThread, type BuildBounds } from '../threads/building.ts'
import type { Ask } from '../calls/port.ts'

/** An engine of the release by name, one of the store by its id, or a WebAssembly module. */
export type EngineSource = EngineName | BundleId | Uint8Array
/** A supervisor of the store by its id, or a script; default: that of the release. */
export type SupervisorSource = BundleId | Uint8Array

/** The parts of a worker version. */
export interface WorkerSource {
  readonly engine: EngineSource
  readonly supervisor?: SupervisorSource
}

/** The code of the version; `call` reads parts of it from the store. */
export async function codeOf(
  { engine, supervisor }: WorkerSource,
  bounds: BuildBounds,
  call: Ask,
): Promise<WorkerCode> {
  if (typeof engine === 'string' && isEngineName(engine) && supervisor === undefined) return workerCode(engine)
  const order: BuildOrder = {
    kind: 'worker',
    engine: await engineOf(engine, call),
    supervisor: await supervisorOf(supervisor, call),
  }
  return buildInThread(order, bounds)
}

async function engineOf(engine: unknown, call: Ask): Promise<BuildOrder['engine']> {
  if (engine instanceof Uint8Array) return { kind: 'raw', bytes: engine }
  if (typeof engine === 'string' && isBundleId(engine))
    return { kind: 'metered', bytes: await call('workerBundle', engine, 'engine') }
  if (typeof engine === 'string') return { kind: 'metered', bytes: (await workerCode(checkEngine(engine))).engine }
  return badArgument('engine', 'the name of an engine, the id of one in the store, or its bytes', engine)
}

async function supervisorOf(supervisor: unknown, call: Ask): Promise<Uint8Array> {
  if (supervisor === undefined) return supervisorBytes()
  if (supervisor instanceof Uint8Array) return supervisor
  if (typeof supervisor === 'string' && isBundleId(supervisor))
    return call('workerBundle', supervisor, 'supervisor')
  return badArgument('supervisor', 'the id of a supervisor in the store, or its bytes', supervisor)
}

/** For messages: the label, or the beginning of the id. */
export const shownWorker = ({ id, note }: WorkerView): string => note?.label ?? id.slice(0, 15)
