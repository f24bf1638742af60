/**
 * The object with which the maker of a vat rules it.
 *
 * | method                                                 | answer                                  |
 * |--------------------------------------------------------|-----------------------------------------|
 * | `upgrade(bundle, { parameters, upgradeMessage, mode })` | an `UpgradeResult`                      |
 * | `status()`                                             | `{ name, bundle, incarnation, status }` |
 */
import { upgradeModes } from '../../protocol/inbox.ts'
import { encode } from '../data.ts'
import type { Service } from '../tables/records.ts'
import { answer, isOptions, later, noVatBundle, refusal, vatBundle } from './service.ts'
import type { Asked, Methods, Reply, ServiceParts } from './service.ts'

type AdminNode = Extract<Service, { kind: 'adminNode' }>

export const adminNode: Methods<AdminNode> = { upgrade, status }

function upgrade(parts: ServiceParts, { vat }: AdminNode, { args: [bundle, options = {}], result }: Asked): Reply {
  const { promises, queue } = parts
  const id = vatBundle(parts, bundle)
  if (id === undefined) return noVatBundle(bundle)
  if (!isOptions(options)) return refusal('the options of upgrade are a record')
  const { parameters, upgradeMessage = 'vat upgraded', mode = 'durable' } = options
  if (typeof upgradeMessage !== 'string') return refusal('the option upgradeMessage is a string')
  const known = upgradeModes.find((one) => one === mode)
  if (known === undefined) return refusal(`the option mode is one of ${upgradeModes.join(', ')}`)
  queue.push({ kind: 'upgrade', vat, bundle: id, parameters: encode(parameters), upgradeMessage, mode: known, result: result ?? promises.make() })
  return later
}

function status({ tables }: ServiceParts, { vat }: AdminNode): Reply {
  const { name, bundle, incarnation, status } = tables.vat(vat)
  return answer(encode({ name, bundle, incarnation, status }))
}
