/**
 * Creates an object of the kernel. It lives while it is referenced; if no reference is passed on, it is
 * deleted at the end of the crank.
 */
import { assert } from '../../base/errors.ts'
import type { ObjectKref } from '../../base/ids.ts'
import { Reference } from './kernelValues.ts'
import type { References } from './references.ts'
import type { Service } from '../tables/records.ts'
import type { Tables } from '../tables/tables.ts'

interface ObjectParts {
  readonly tables: Tables
  readonly references: References
}

/** Adds the object to the tables, without references. */
export function newKernelObject({ tables, references }: ObjectParts, service: Service): ObjectKref {
  const kref = tables.newObjectKref()
  assert(tables.findObject(kref) === undefined, 'the name of a new object is unused')
  tables.setObject(kref, { owner: 'kernel', reachable: 0, recognizable: 0 })
  tables.setService(kref, service)
  references.addCandidate(kref)
  return kref
}

/** A new object as a value for a vat. */
export const newService = (parts: ObjectParts, service: Service, interfaceName: string): Reference =>
  new Reference(newKernelObject(parts, service), interfaceName)
