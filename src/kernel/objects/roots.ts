/** The permanent singleton services of a kernel. */
import { assert } from '../../base/errors.ts'
import type { ObjectKref } from '../../base/ids.ts'
import type { ServiceRoot } from '../tables/records.ts'
import type { Tables } from '../tables/tables.ts'

/** The service as an object, created now if missing: a store may be older than the service. */
export function provideService(tables: Tables, kind: ServiceRoot): ObjectKref {
  const known = tables.serviceRoot(kind)
  if (known !== undefined) return known
  const kref = tables.newObjectKref()
  assert(tables.findService(kref) === undefined, 'a new name of an object has no service yet')
  tables.setObject(kref, { owner: 'kernel', reachable: 1, recognizable: 1 })
  tables.setService(kref, { kind })
  tables.setServiceRoot(kind, kref)
  return kref
}
