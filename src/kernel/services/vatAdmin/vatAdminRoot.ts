/**
 * The object passed to `bootstrap` as `vats.vatAdmin`: the root of SwingSet's vat of that name. It has the
 * methods of the `vatAdmin` and in addition:
 *
 * | method                          | answer                                                          |
 * |---------------------------------|-----------------------------------------------------------------|
 * | `getCriticalVatKey()`           | the key to create critical vats                                 |
 * | `createVatAdminService(device)` | the `vatAdmin`, which cannot create critical vats               |
 * | `installWorker`, `workers`, `useWorker`, `retireWorker` | see `workers.ts`                        |
 *
 * Vr1. The key is an object like others: its holder may create critical vats, and nothing else grants a vat
 *      that power. The host needs no key for its own requests.
 */
import { assert } from '../../../base/errors.ts'
import { encode, Reference } from '../../objects/kernelValues.ts'
import type { Service } from '../../tables/records.ts'
import { provideService } from '../../objects/roots.ts'
import { answer, type Methods, type ServiceParts } from '../service.ts'
import { vatAdmin } from './vatAdmin.ts'
import { workerMethods } from './workers.ts'

type Method = NonNullable<(typeof vatAdmin)[string]>

export const vatAdminRoot: Methods<Extract<Service, { kind: 'vatAdminRoot' }>> = {
  ...Object.fromEntries(Object.entries(vatAdmin).map(([name, method]) => [name, byVatAdmin(method)])),
  ...workerMethods,
  getCriticalVatKey: ({ tables }) =>
    answer(encode(new Reference(provideService(tables, 'criticalVatKey'), 'Alleged: criticalVatKey'))),
}

/** It has no methods. */
export const criticalVatKey: Methods<Extract<Service, { kind: 'criticalVatKey' }>> = {}

/** Forwards to the method of `vatAdmin`. */
function byVatAdmin(method: Method) {
  return (parts: ServiceParts, _root: Service, asked: Parameters<Method>[2]) => {
    const target = provideService(parts.tables, 'vatAdmin')
    const service = parts.tables.service(target)
    assert(service.kind === 'vatAdmin', `${target} is not the vatAdmin`)
    return method(parts, service, { ...asked, target })
  }
}
