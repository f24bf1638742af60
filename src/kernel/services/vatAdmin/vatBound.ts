/**
 * The object with which the creator of a bounded `vatAdmin` controls its bound.
 *
 * | method           | answer                                                                        |
 * |------------------|-------------------------------------------------------------------------------|
 * | `get()`          | `{ maxVats, vats }`: the maximum, and the current number                      |
 * | `setMaxVats(n)`  | undefined; a bound below the current number ends no vats, but allows no new ones |
 */
import { assert } from '../../../base/errors.ts'
import type { ObjectKref } from '../../../base/ids.ts'
import { maxVatBound } from '../../../protocol/limits.ts'
import { encode } from '../../objects/kernelValues.ts'
import type { Service, VatBound } from '../../tables/records.ts'
import type { Tables } from '../../tables/tables.ts'
import { newService } from '../../objects/kernelObjects.ts'
import { answer, refusal, type ServiceCall, type Methods, type Reply, type ServiceParts } from '../service.ts'

type Bound = Extract<Service, { kind: 'vatBound' }>
type VatAdmin = Extract<Service, { kind: 'vatAdmin' }>

export const vatBound: Methods<Bound> = { get, setMaxVats }

/** Creates a `vatAdmin` for this number of vats, and its bound. */
export function createBoundedVatAdmin(
  parts: ServiceParts,
  { bound }: VatAdmin,
  { args: [maxVats] }: ServiceCall,
): Reply {
  // Its vats would have to count for both.
  if (bound !== undefined) return refusal('a bounded vatAdmin makes no other; pass it on as it is')
  if (!isBound(maxVats)) return refusal(`createBoundedVatAdmin takes ${wanted}`)
  const vatAdmin = newService(parts, { kind: 'vatAdmin', bound: { maxVats, vats: 0 } }, 'Alleged: vatAdmin')
  const kref = vatAdmin.kref as ObjectKref
  parts.references.add(kref)
  return answer(
    encode({ vatAdmin, bound: newService(parts, { kind: 'vatBound', vatAdmin: kref }, 'Alleged: vatBound') }),
  )
}

const wanted = `a whole number of vats from 0 to ${maxVatBound}`
const isBound = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= maxVatBound

function get({ tables }: ServiceParts, { vatAdmin }: Bound): Reply {
  return answer(encode({ ...boundOf(tables, vatAdmin) }))
}

function setMaxVats({ tables }: ServiceParts, { vatAdmin }: Bound, { args: [maxVats] }: ServiceCall): Reply {
  if (!isBound(maxVats)) return refusal(`setMaxVats takes ${wanted}`)
  tables.setService(vatAdmin, { kind: 'vatAdmin', bound: { ...boundOf(tables, vatAdmin), maxVats } })
  return answer(encode(undefined))
}

function boundOf(tables: Tables, vatAdmin: ObjectKref): VatBound {
  const service = tables.service(vatAdmin)
  assert(service.kind === 'vatAdmin' && service.bound !== undefined, `${vatAdmin} is not a bounded vatAdmin`)
  assert(service.bound.vats >= 0, 'a bounded vatAdmin counts its vats (Mk2)')
  return service.bound
}
