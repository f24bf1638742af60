/**
 * The service that makes vats.
 *
 * | method                                    | answer                                     |
 * |-------------------------------------------|--------------------------------------------|
 * | `createVat(bundle, { name, parameters, onFault, importance })` | `{ root, adminNode }`, once it has started |
 */
import { isVatName } from '../../protocol/names.ts'
import { encode } from '../data.ts'
import { readOptions } from '../vatOptions.ts'
import type { Service } from '../tables/records.ts'
import { isOptions, later, noVatBundle, refusal, vatBundle } from './service.ts'
import type { Asked, Methods, Reply, ServiceParts } from './service.ts'

export const vatAdmin: Methods<Extract<Service, { kind: 'vatAdmin' }>> = {
  createVat: (parts, _service, asked) => createVat(parts, asked),
}

function createVat(parts: ServiceParts, { args: [bundle, options = {}], result }: Asked): Reply {
  const { tables, promises, queue, incarnations } = parts
  const id = vatBundle(parts, bundle)
  if (id === undefined) return noVatBundle(bundle)
  if (!isOptions(options)) return refusal('the options of createVat are a record')
  const { name, parameters, onFault, importance } = options
  if (typeof name !== 'string' || !isVatName(name)) return refusal('the option name is the name of the new vat')
  if (tables.vatNamed(name) !== undefined) return refusal(`a vat of the name ${name} exists`)
  const policies = readOptions({ onFault, importance })
  if (policies.kind === 'refused') return refusal(policies.message)
  const { computronsPerDelivery, heapLimitPages } = tables.config()
  const vat = incarnations.reserve({ name, bundle: id, computronsPerDelivery, heapLimitPages, worker: tables.defaultWorker(), policies: policies.options })
  queue.push({ kind: 'start', vat, parameters: encode(parameters), result: result ?? promises.make() })
  return later
}
