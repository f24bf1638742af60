/**
 * Worker versions, for the holder of `vats.vatAdmin` (`vatAdminRoot.ts`).
 *
 * | method                     | answer                                                                      |
 * |----------------------------|-----------------------------------------------------------------------------|
 * | `installWorker({ engine, supervisor, label, use })` | the id of the version, once its base image is built; the parts are bundle caps or ids |
 * | `workers()`                | a list of `{ id, engine, supervisor, label, use, vats }`                    |
 * | `useWorker(worker)`        | undefined; new vats and next incarnations start on it                       |
 * | `retireWorker(worker)`     | undefined; refused with `worker-in-use`                                     |
 *
 * A `worker` is an id or a label. Building is charged to no vat and bounded (`machine/workers/putWorker.ts`).
 */
import { isBundleId, type BundleId, isWorkerId, type WorkerId } from '../../../base/ids.ts'
import type { WorkerPart } from '../../../protocol/bundle/bundle.ts'
import { isBundleLabel } from '../../../protocol/host/names.ts'
import { encode } from '../../objects/kernelValues.ts'
import type { Tables } from '../../tables/tables.ts'
import { needsOf, usersOf } from '../../workers/retirement.ts'
import {
  answer,
  isOptions,
  nameOf,
  refusal,
  type Methods,
  type Reply,
  type ServiceCall,
  type ServiceParts,
} from '../service.ts'
import type { Service } from '../../tables/records.ts'

export const workerMethods: Methods<Service> = {
  installWorker: (parts, _service, asked) => installWorker(parts, asked),
  workers: ({ tables }) => answer(encode(viewsOf(tables))),
  useWorker: ({ tables }, _service, { args: [name] }) =>
    onWorker(tables, name, (worker) => {
      tables.setConfig({ ...tables.config(), worker })
      return answer(encode(undefined))
    }),
  retireWorker: ({ tables }, _service, { args: [name] }) =>
    onWorker(tables, name, (worker) => {
      const needs = needsOf(tables, worker)
      if (needs.length > 0)
        return refusal(`the worker version ${worker} is needed: ${needs.join('; ')}`, 'worker-in-use')
      tables.workers.delete(worker)
      return answer(encode(undefined))
    }),
}

function installWorker({ tables, installed, ports }: ServiceParts, { args: [options] }: ServiceCall): Reply {
  if (!isOptions(options)) return refusal('installWorker takes a record of engine, supervisor, label and use')
  const { engine, supervisor, label = null, use = 'on-demand', ...others } = options
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) return refusal(`installWorker has no option ${nameOf(unknown)}`)
  const [engineId, supervisorId] = [
    partOf(installed, engine, 'engine'),
    partOf(installed, supervisor, 'supervisor'),
  ]
  if (engineId === undefined) return refusal(`engine is ${nameOf(engine)}, not the cap or the id of an engine`)
  if (supervisorId === undefined)
    return refusal(`supervisor is ${nameOf(supervisor)}, not the cap or the id of a supervisor`)
  if (label !== null && (typeof label !== 'string' || !isBundleLabel(label)))
    return refusal('label is a well-formed text of 1 to 100 characters')
  if (use !== 'default' && use !== 'on-demand') return refusal('use is default or on-demand')
  const outcome = ports.workers.build(engineId, supervisorId)
  if (outcome.kind === 'refused') return refusal(`these parts are no worker: ${outcome.message}`)
  const { version } = outcome
  const before = tables.workers.note(version.id)
  tables.workers.set(version)
  tables.workers.setNote(version.id, {
    label: label ?? before?.label ?? null,
    by: 'vatAdmin',
    crank: before?.crank ?? tables.lives.crank,
  })
  if (use === 'default') tables.setConfig({ ...tables.config(), worker: version.id })
  return answer(encode(version.id))
}

/** The installed part that a cap or an id names. */
function partOf(
  installed: ServiceParts['installed'],
  given: unknown,
  part: WorkerPart,
): BundleId | undefined {
  const id = typeof given === 'string' && isBundleId(given) ? given : installed.bundleOf(given)
  return id !== undefined && installed.format(id) === part ? id : undefined
}

const viewsOf = (tables: Tables): readonly object[] =>
  [...tables.workers.all()].map(({ id, engine, supervisor }) => ({
    id,
    engine,
    supervisor,
    label: tables.workers.note(id)?.label ?? null,
    use: tables.config().worker === id ? 'default' : 'on-demand',
    vats: usersOf(tables, id).length,
  }))

function onWorker(tables: Tables, name: unknown, act: (worker: WorkerId) => Reply): Reply {
  const worker = workerNamed(tables, name)
  return worker === undefined
    ? refusal(`there is no worker version ${nameOf(name)}`, 'worker-unknown')
    : act(worker)
}

/** By id, or the newest with the label. */
export function workerNamed(tables: Tables, name: unknown): WorkerId | undefined {
  if (typeof name !== 'string') return undefined
  if (isWorkerId(name)) return tables.workers.find(name)?.id
  const labelled = [...tables.workers.all()].filter(({ id }) => tables.workers.note(id)?.label === name)
  const crankOf = (id: WorkerId): number => tables.workers.note(id)?.crank ?? 0
  return labelled.sort((a, b) => crankOf(b.id) - crankOf(a.id))[0]?.id
}
