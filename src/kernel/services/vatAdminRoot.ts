/**
 * What `bootstrap` gets as `vats.vatAdmin`: the root of SwingSet's vat of that name. It does all that the `vatAdmin`
 * does, and has what the `vatAdmin` has not:
 *
 * | method                          | answer                                                          |
 * |---------------------------------|-----------------------------------------------------------------|
 * | `getCriticalVatKey()`           | the key with which critical vats are made                       |
 * | `createVatAdminService(device)` | the `vatAdmin`, for those who may make vats but no critical ones |
 *
 * Vr1. The key is an object like others: who holds it may make critical vats, and nothing else gives that power to
 *      a vat. The host needs no key for its own requests.
 */
import { assert } from '../../base/errors.ts'
import { encode, Reference } from '../data.ts'
import type { Service } from '../tables/records.ts'
import { provideService } from './roots.ts'
import { answer } from './service.ts'
import type { Methods, ServiceParts } from './service.ts'
import { vatAdmin } from './vatAdmin.ts'

type Method = NonNullable<(typeof vatAdmin)[string]>

export const vatAdminRoot: Methods<Extract<Service, { kind: 'vatAdminRoot' }>> = {
  ...Object.fromEntries(Object.entries(vatAdmin).map(([name, method]) => [name, byVatAdmin(method)])),
  getCriticalVatKey: ({ tables }) => answer(encode(new Reference(provideService(tables, 'criticalVatKey'), 'Alleged: criticalVatKey'))),
}

/** It can only be held. */
export const criticalVatKey: Methods<Extract<Service, { kind: 'criticalVatKey' }>> = {}

/** As if the `vatAdmin` had been asked. */
function byVatAdmin(method: Method) {
  return (parts: ServiceParts, _root: Service, asked: Parameters<Method>[2]) => {
    const target = provideService(parts.tables, 'vatAdmin')
    const service = parts.tables.service(target)
    assert(service.kind === 'vatAdmin', `${target} is not the vatAdmin`)
    return method(parts, service, { ...asked, target })
  }
}
