/**
 * The object with which the maker of a vat rules it.
 *
 * | method                                             | answer                                  |
 * |----------------------------------------------------|-----------------------------------------|
 * | `upgrade(bundle, options)`                         | an `UpgradeResult`; `bundle` is a cap or an id, options are in `vatOptions.ts` |
 * | `changeOptions(options)`                           | nothing; the next delivery goes by them |
 * | `status()`                                         | `{ name, bundle, incarnation, status }` |
 */
import { encode } from '../data.ts'
import type { Service } from '../tables/records.ts'
import { changeOptions } from './changeOptions.ts'
import { answer, later, refusal, vatBundle } from './service.ts'
import type { Asked, Methods, Reply, ServiceParts } from './service.ts'
import { readOptions } from './vatOptions.ts'

type AdminNode = Extract<Service, { kind: 'adminNode' }>

export const adminNode: Methods<AdminNode> = { upgrade, changeOptions: (parts, { vat }, asked) => changeOptions(parts, vat, asked), status }

function upgrade(parts: ServiceParts, { vat }: AdminNode, { args: [bundle, options = {}], result }: Asked): Reply {
  const { tables, promises, queue } = parts
  const code = vatBundle(parts, bundle)
  if (code.kind === 'none') return code.reply
  const read = readOptions(tables, 'upgrade', options)
  if (read.kind === 'refused') return refusal(read.message)
  const { parameters, upgradeMessage = 'vat upgraded', mode = 'durable' } = read.settings
  queue.push({ kind: 'upgrade', vat, bundle: code.id, parameters: encode(parameters), upgradeMessage, mode, result: result ?? promises.make() })
  return later
}

function status({ tables }: ServiceParts, { vat }: AdminNode): Reply {
  const { name, bundle, incarnation, status } = tables.vat(vat)
  return answer(encode({ name, bundle, incarnation, status }))
}
