/**
 * The kernel's checks of a vat's own space: the names in it must be in the c-list
 * (`protocol/worker/vatstore.ts`).
 */
import { vatSpace, isObjectVref, isPromiseVref, type VatId, type Vref } from '../../base/ids.ts'
import { importCountPrefix, watchPrefix } from '../../protocol/worker/vatstore.ts'
import type { Findings } from './findings.ts'
import type { Auditing, Place } from './table.ts'
import type { AuditPlatform } from '../../protocol/kernel/bundle.ts'
import { sizeOfEntry } from '../delivery/storage.ts'

export function auditVatSpace({ state }: AuditPlatform, findings: Findings, vat: VatId): void {
  const space = vatSpace(vat)
  const each = function* (prefix: string): Generator<string> {
    for (
      let key = state.nextKey(space, prefix, prefix);
      key !== undefined;
      key = state.nextKey(space, prefix, key)
    )
      yield key.slice(prefix.length)
  }
  const knows = (vref: Vref): boolean => state.get('kernel', `c.${vat}.${vref}`) !== undefined
  for (const rest of each(importCountPrefix)) {
    const vref = `o-${rest}`
    if (isObjectVref(vref) && knows(vref)) continue
    findings.add({
      code: 'vatstore/import',
      where: `${space} ${importCountPrefix}${rest}`,
      message: `data of ${vat} refers to ${vref}, which it does not import`,
    })
  }
  for (const vref of each(watchPrefix)) {
    if (isPromiseVref(vref) && knows(vref)) continue
    findings.add({
      code: 'vatstore/watch',
      where: `${space} ${watchPrefix}${vref}`,
      message: `${vat} watches ${vref}, for which it has no promise`,
    })
  }
}

/** Compares the stored size recorded for a vat with its rows (`storage.ts`, Sq1). */
export function checkStored(
  auditing: Auditing,
  { key, parts: [vat = ''] }: Place,
  [units = 0, entries = 0]: readonly number[],
): void {
  auditing.needVat(key, vat as VatId)
  const there = { units: 0, entries: 0 }
  for (const [name, value] of auditing.entriesOf(vat as VatId)) {
    there.entries += 1
    there.units += sizeOfEntry(name, value)
  }
  if (there.units === units && there.entries === entries) return
  auditing.find(
    'storage/count',
    key,
    `${vat} stores ${there.units} code units in ${there.entries} entries; counted are ${units} in ${entries}`,
  )
}
