/**
 * The object with which the maker of a vat rules it.
 *
 * | method                                             | answer                                          |
 * |----------------------------------------------------|-------------------------------------------------|
 * | `upgrade(bundle, { parameters, upgradeMessage, mode })` | an `UpgradeResult`                         |
 * | `suspend(reason)`                                  | a `SuspendResult`                               |
 * | `resume()`                                         | a `ResumeResult`                                |
 * | `terminateWithFailure(reason)`                     | a `TerminateResult`                             |
 * | `changeOptions({ computronsPerDelivery, heapLimitBytes, onFault, importance })` | undefined          |
 * | `status()`                                         | `{ name, bundle, incarnation, status, parked }` |
 * | `done()`                                           | what the vat completed with, once it has        |
 *
 * When the vat has ended, `status` and `done` answer; `terminateWithFailure` says that it was; all else is
 * rejected with `vat-terminated`.
 */
import { upgradeModes } from '../../protocol/inbox.ts'
import { maximumReason } from '../../protocol/limits.ts'
import { encode, gone } from '../data.ts'
import { standingOf } from '../suspension.ts'
import type { Service } from '../tables/records.ts'
import { changeOptions, readOptions } from '../vatOptions.ts'
import { answer, isOptions, later, noVatBundle, refusal, rejected, vatBundle } from './service.ts'
import type { Asked, Methods, Reply, ServiceParts } from './service.ts'

type AdminNode = Extract<Service, { kind: 'adminNode' }>
type Method = (parts: ServiceParts, adminNode: AdminNode, asked: Asked) => Reply

export const adminNode: Methods<AdminNode> = {
  upgrade: live(upgrade),
  suspend: live(suspend),
  resume: live(resume),
  terminateWithFailure,
  changeOptions: live(change),
  status,
  done,
}

/** For vats that have started and not ended. */
function live(method: Method): Method {
  return (parts, service, asked) => {
    switch (standingOf(parts.tables, service.vat)) {
      case 'starting':
        return refusal('the vat has not started')
      case 'gone':
        return rejected(gone('vat-terminated'))
      case 'live':
        return method(parts, service, asked)
    }
  }
}

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

function suspend({ suspension }: ServiceParts, { vat }: AdminNode, { args: [reason] }: Asked): Reply {
  if (typeof reason !== 'string' || reason === '' || reason.length > maximumReason || !reason.isWellFormed()) {
    return refusal(`the reason of a suspension is a text of 1 to ${maximumReason} characters`)
  }
  return answer(encode(suspension.suspend(vat, 'requested', reason)))
}

function resume({ suspension }: ServiceParts, { vat }: AdminNode): Reply {
  return answer(encode(suspension.resume(vat)))
}

function terminateWithFailure({ tables, termination }: ServiceParts, { vat }: AdminNode, { args: [reason] }: Asked): Reply {
  const standing = standingOf(tables, vat)
  if (standing === 'starting') return refusal('the vat has not started')
  if (standing === 'gone') return answer(encode({ outcome: 'was-terminated' }))
  termination.terminate(vat, { end: 'failed', data: encode(reason) })
  return answer(encode({ outcome: 'terminated' }))
}

function change(parts: ServiceParts, { vat }: AdminNode, { args: [options] }: Asked): Reply {
  const read = readOptions(options)
  if (read.kind === 'refused') return refusal(read.message)
  changeOptions(parts, vat, read.options)
  return answer(encode(undefined))
}

function status({ tables }: ServiceParts, { vat }: AdminNode): Reply {
  const record = tables.lives.ended(vat) ?? tables.vat(vat)
  const { name, bundle, incarnation, status } = record
  return answer(encode({ name, bundle, incarnation, status, parked: tables.parked(vat) }))
}

function done({ tables, references }: ServiceParts, { vat }: AdminNode, { result }: Asked): Reply {
  const ended = tables.lives.ended(vat)
  if (ended !== undefined) return ended.status.end === 'completed' ? answer(ended.data) : rejected(ended.data)
  if (result === null) return later
  tables.lives.addAsker(vat, result)
  references.add(result)
  return later
}
