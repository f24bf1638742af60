/**
 * The service that creates vats, and related methods. The shape is that of SwingSet's.
 *
 * | method                            | answer                                                         |
 * |-----------------------------------|----------------------------------------------------------------|
 * | `createVat(bundle, options)`      | `{ root, adminNode }`, once it has started; `bundle` is a cap or an id, options are in `vatOptions.ts` |
 * | `createVatByName(name, options)`  | the same, with the bundle of this name                         |
 * | `createVatAdminService(device)`   | the service itself                                             |
 * | `getBundleCap`, `waitForBundleCap`, `getNamedBundleCap`, `getBundleIDByName` | see `bundleCap.ts`  |
 * | `createBoundedVatAdmin(maxVats)`  | `{ vatAdmin, bound }`, for at most this many vats; see `vatBound.ts` |
 * | `createMeter(remaining, threshold)`, `createUnlimitedMeter()` | a meter; see `meter.ts`            |
 */
import type { BundleId, ObjectKref } from '../../../base/ids.ts'
import { Reference, encode } from '../../objects/kernelValues.ts'
import type { QueueItem, Service } from '../../tables/records.ts'
import { byName, getBundleCap, getBundleIDByName, getNamedBundleCap, waitForBundleCap } from './bundleCap.ts'
import { createMeter, createUnlimitedMeter } from './meter.ts'
import {
  answer,
  later,
  reencode,
  refusal,
  vatBundle,
  type ServiceCall,
  type Methods,
  type Reply,
  type ServiceParts,
} from '../service.ts'
import { readOptions, type Settings } from './vatOptions.ts'
import { createBoundedVatAdmin } from './vatBound.ts'

export const vatAdmin: Methods<Extract<Service, { kind: 'vatAdmin' }>> = {
  createVat: (parts, _service, asked) => createVat(parts, asked.args[0], asked),
  createVatByName: (parts, _service, asked) =>
    byName(parts, asked.args[0], (id) => createVat(parts, id, asked)),
  createVatAdminService: (_parts, _service, { target }) =>
    answer(encode(new Reference(target, 'Alleged: vatAdmin'))),
  getBundleCap: (parts, _service, asked) => getBundleCap(parts, asked),
  waitForBundleCap: (parts, _service, asked) => waitForBundleCap(parts, asked),
  getNamedBundleCap: (parts, _service, asked) => getNamedBundleCap(parts, asked),
  getBundleIDByName: (parts, _service, asked) => getBundleIDByName(parts, asked),
  createBoundedVatAdmin,
  createMeter: (parts, _service, asked) => createMeter(parts, asked),
  createUnlimitedMeter: (parts) => createUnlimitedMeter(parts),
}

function createVat(
  parts: ServiceParts,
  code: unknown,
  { target, args: [, options = {}], result }: ServiceCall,
): Reply {
  const { tables, promises, makers } = parts
  const bundle = vatBundle(parts, 'createVat', code)
  if (bundle.kind === 'none') return bundle.reply
  const read = readOptions(tables, 'createVat', options)
  if (read.kind === 'refused') return refusal(read.message)
  const { parameters, ...chosen } = read.settings
  const written = reencode(parameters)
  if (written.kind === 'none') return written.reply
  const maker = makers.bounded(target)
  const flaw = makers.refusal(maker)
  if (flaw !== undefined) return refusal(flaw, 'too-many-vats')
  startVat(
    parts,
    { bundle: bundle.id, parameters: written.data, result: result ?? promises.make() },
    { ...chosen, ...(maker === undefined ? {} : { maker }) },
  )
  return later
}

type Start = Pick<Extract<QueueItem, { kind: 'start' }>, 'parameters' | 'result'> & {
  readonly bundle: BundleId
}

function startVat(
  { tables, queue, incarnations }: ServiceParts,
  { bundle, parameters, result }: Start,
  chosen: Omit<Settings, 'parameters'> & { readonly maker?: ObjectKref },
): void {
  const { computronsPerDelivery, heapLimitPages, storageLimit } = tables.config()
  const vat = incarnations.reserve({
    bundle,
    computronsPerDelivery,
    heapLimitPages,
    storageLimit,
    worker: tables.defaultWorker(),
    ...chosen,
  })
  queue.push({ kind: 'start', vat, parameters, result, by: 'vatAdmin' })
}
