/**
 * The object with which a vat's creator controls it.
 *
 * | method                         | answer                                                                         |
 * |--------------------------------|--------------------------------------------------------------------------------|
 * | `upgrade(bundle, options)`     | `{ incarnationNumber }`; `bundle` is a cap or an id, options are in `vatOptions.ts` |
 * | `upgradeWorker(worker, options)` | `{ incarnationNumber, mode }`; `worker` is an id or a label, options are `mode` and `onDivergence` |
 * | `suspend(reason)`              | a `SuspendResult`                                                              |
 * | `resume()`                     | a `ResumeResult`                                                               |
 * | `terminateWithFailure(reason)` | undefined, once all promises that the vat decides are rejected                 |
 * | `changeOptions(options)`       | undefined; they apply from the next delivery                                   |
 * | `status()`                     | `{ name, bundle, incarnation, status, parked, storage }`                       |
 * | `history()`                    | a list of `HistoryEntry`, the newest 1,000, oldest first                       |
 * | `done()`                       | the vat's completion value, once it has completed                              |
 *
 * When the vat has ended, `status`, `history` and `done` answer; all else is rejected with `vat-terminated`.
 */
import { oneOf } from '../../../protocol/host/fields.ts'
import { divergencePolicies, workerModes } from '../../../protocol/worker/versions.ts'
import { historyLimits, maxReasonLength } from '../../../protocol/limits.ts'
import type { ReasonData } from '../../../protocol/results.ts'
import { encode, gone } from '../../objects/kernelValues.ts'
import { storageOf } from '../../delivery/storage.ts'
import { standingOf } from '../../vats/suspension.ts'
import type { Service } from '../../tables/records.ts'
import { changeVat } from '../../vats/vatChanges.ts'
import {
  answer,
  isOptions,
  later,
  nameOf,
  nothingToAbandon,
  reencode,
  refusal,
  rejected,
  vatBundle,
  type ServiceCall,
  type Methods,
  type Reply,
  type ServiceParts,
} from '../service.ts'
import { readOptions } from './vatOptions.ts'
import { workerNamed } from './workers.ts'

type AdminNode = Extract<Service, { kind: 'adminNode' }>
type Method = (parts: ServiceParts, adminNode: AdminNode, asked: ServiceCall) => Reply

export const adminNode: Methods<AdminNode> = {
  upgrade: live(upgrade),
  upgradeWorker: live(upgradeWorker),
  suspend: live(suspend),
  resume: live(resume),
  terminateWithFailure: live(terminateWithFailure),
  changeOptions: live(change),
  status,
  history,
  done,
}

/** For vats that have started and not ended. */
function live(method: Method): Method {
  return (parts, service, asked) => {
    switch (standingOf(parts.tables, service.vat)) {
      case 'starting':
        return refusal('the vat has not started')
      case 'gone':
        return rejected(notRunning(service, asked))
      case 'live':
        return method(parts, service, asked)
    }
  }
}

/** The host gets the same rejection as for any other message to the vat. */
const notRunning = ({ vat }: AdminNode, { method }: ServiceCall): ReasonData =>
  gone('vat-terminated', {
    message: `vatAdminService rejecting attempt to perform ${nameOf(method)}() on non-running vat ${JSON.stringify(vat)}`,
    code: 'vat-terminated',
  })

function upgrade(
  parts: ServiceParts,
  { vat }: AdminNode,
  { args: [bundle, options = {}], result }: ServiceCall,
): Reply {
  const { tables, promises, queue } = parts
  const code = vatBundle(parts, 'upgrade', bundle)
  if (code.kind === 'none') return code.reply
  const read = readOptions(tables, 'upgrade', options)
  if (read.kind === 'refused') return refusal(read.message)
  const { parameters, upgradeMessage = 'vat upgraded', ...choices } = read.settings
  if (choices.parametersFrom === 'kept' && parameters !== undefined)
    return refusal("parameters are given, and parametersFrom is 'kept'; give one of them")
  if (choices.abandonKinds !== undefined && choices.mode === 'replay') return refusal(nothingToAbandon)
  const written = reencode(parameters)
  if (written.kind === 'none') return written.reply
  queue.push({
    ...choices,
    kind: 'upgrade',
    vat,
    bundle: code.id,
    parameters: written.data,
    upgradeMessage,
    result: result ?? promises.make(),
    by: 'adminNode',
  })
  return later
}

function upgradeWorker(
  { tables, promises, queue }: ServiceParts,
  { vat }: AdminNode,
  { args: [name, options = {}], result }: ServiceCall,
): Reply {
  const worker = workerNamed(tables, name)
  if (worker === undefined) return refusal(`there is no worker version ${nameOf(name)}`, 'worker-unknown')
  if (!isOptions(options)) return refusal('the options of upgradeWorker are a record')
  const { mode = 'replay', onDivergence = 'keep', ...others } = options
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) return refusal(`upgradeWorker has no option ${nameOf(unknown)}`)
  if (!oneOf(workerModes)(mode)) return refusal(`the option mode is one of ${workerModes.join(', ')}`)
  if (!oneOf(divergencePolicies)(onDivergence))
    return refusal(`the option onDivergence is one of ${divergencePolicies.join(', ')}`)
  queue.push({
    kind: 'upgradeWorker', vat, worker, mode, onDivergence, result: result ?? promises.make(), by: 'adminNode',
  })
  return later
}

function suspend({ suspension }: ServiceParts, { vat }: AdminNode, { args: [reason] }: ServiceCall): Reply {
  if (
    typeof reason !== 'string' ||
    reason === '' ||
    reason.length > maxReasonLength ||
    !reason.isWellFormed()
  ) {
    return refusal(`the reason of a suspension is a text of 1 to ${maxReasonLength} characters`)
  }
  return answer(encode(suspension.suspend(vat, 'requested', reason)))
}

function resume({ suspension }: ServiceParts, { vat }: AdminNode): Reply {
  return answer(encode(suspension.resume(vat)))
}

function terminateWithFailure(
  { termination }: ServiceParts,
  { vat }: AdminNode,
  { args: [reason] }: ServiceCall,
): Reply {
  const written = reencode(reason)
  if (written.kind === 'none') return written.reply
  termination.terminate(vat, { end: 'failed', data: written.data })
  return answer(encode(undefined))
}

function change(parts: ServiceParts, { vat }: AdminNode, { args: [options] }: ServiceCall): Reply {
  const read = readOptions(parts.tables, 'changeOptions', options)
  if (read.kind === 'refused') return refusal(read.message)
  changeVat(parts, vat, read.settings)
  return answer(encode(undefined))
}

function status({ tables }: ServiceParts, { vat }: AdminNode): Reply {
  const record = tables.lives.ended(vat) ?? tables.vat(vat)
  const { name, bundle, incarnation, status } = record
  return answer(
    encode({
      name,
      bundle,
      incarnation,
      status,
      parked: tables.parked(vat),
      storage: storageOf(tables, vat),
    }),
  )
}

function history({ tables }: ServiceParts, { vat }: AdminNode): Reply {
  return answer(
    encode(
      tables.upgrades.newestHistory(vat, historyLimits.returned).map(({ result: _, ...entry }) => entry),
    ),
  )
}

function done({ tables, references }: ServiceParts, { vat }: AdminNode, { result }: ServiceCall): Reply {
  const ended = tables.lives.ended(vat)
  if (ended !== undefined && ended.telling === undefined)
    return ended.status.end === 'completed' ? answer(ended.data) : rejected(ended.data)
  if (result === null) return later
  tables.lives.addAsker(vat, result)
  references.add(result)
  return later
}
