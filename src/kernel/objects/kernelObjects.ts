/**
 * Creates an object of the kernel. It lives while it is referenced; if no reference is passed on, it is
 * deleted at the end of the crank.
 */
import { Reference } from './kernelValues.ts'
import type { References } from './references.ts'
import type { Service } from '../tables/records.ts'
import type { Tables } from '../tables/tables.ts'

export function newService(
  { tables, references }: { readonly tables: Tables; readonly references: References },
  service: Service,
  interfaceName: string,
): Reference {
  const kref = tables.newObjectKref()
  tables.setObject(kref, { owner: 'kernel', reachable: 0, recognizable: 0 })
  tables.setService(kref, service)
  references.suspect(kref)
  return new Reference(kref, interfaceName)
}
