/** Changing the options of a vat that is there. What may be changed is in `vatOptions.ts`. */
import type { VatId } from '../../base/ids.ts'
import { encode } from '../data.ts'
import { answer, refusal } from './service.ts'
import type { Asked, Reply, ServiceParts } from './service.ts'
import { readOptions } from './vatOptions.ts'

export function changeOptions({ tables, meters }: ServiceParts, vat: VatId, { args: [options] }: Asked): Reply {
  const record = tables.findVat(vat)
  if (record === undefined) return refusal(`there is no vat ${vat}`)
  const read = readOptions(tables, 'changeOptions', options)
  if (read.kind === 'refused') return refusal(read.message)
  const { meter, ...changes } = read.settings
  const changed = { ...record, ...changes }
  tables.setVat(vat, meter === undefined ? changed : meters.hold(changed, meter))
  return answer(encode(undefined))
}
