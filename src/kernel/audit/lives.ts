/** The audit's definitions of the tables of lifecycles (`tables/lives.ts`). */
import type { VatId } from '../../base/ids.ts'
import type { CapData } from '../../protocol/capdata.ts'
import { table, type Auditing, type AuditedTable } from './table.ts'
import { dataOf, jobOf, objectOf, endedOf, pauseOf, promiseOf } from '../tables/values.ts'

export const lifeTables: readonly AuditedTable[] = [
  table<{ readonly data: CapData }>({
    key: /^ended\.(v[1-9]\d*)$/,
    read: (text) =>
      dataOf(JSON.stringify(endedOf(text)?.data ?? null)) === undefined ? undefined : endedOf(text),
    count: (tally, _place, { data }) => tally.data(data),
    check(auditing, { key, parts: [vat = ''] }) {
      const kept = auditing.has(`vat.${vat}`) || auditing.has(`admin.${vat}`)
      if (!kept && auditing.tally.forgettings.of(vat as VatId) !== 1)
        auditing.find('vat/ended', key, `the end of ${vat} is kept for nobody`)
    },
  }),
  table({
    key: /^admin\.(v[1-9]\d*)$/,
    read: objectOf,
    check(auditing, { key, parts: [vat = ''] }, kref) {
      if (!auditing.has(`service.${kref}`))
        auditing.find('service/missing', key, `the admin node of ${vat} is ${kref}, which has no service`)
      if (!auditing.has(`ended.${vat}`)) auditing.needVat(key, vat as VatId)
    },
  }),
  table({
    key: /^asker\.(v[1-9]\d*)\.[a-z]\d+$/,
    read: promiseOf,
    count: (tally, _place, kref) => tally.result(kref),
    check(auditing, { key, parts: [vat = ''] }) {
      // The end may be reported after the cleanup of the vat.
      if (!auditing.has(`ended.${vat}`)) auditing.needVat(key, vat as VatId)
    },
  }),
  table({
    key: /^job\.[a-z]\d+$/,
    read: jobOf,
    count: (tally, _place, { kind, vat }) => (kind === 'clean' ? tally.cleanups : tally.forgettings).add(vat),
    check: (auditing, { key }, { kind, vat }) =>
      kind === 'clean' ? auditing.needVat(key, vat) : checkForgetting(auditing, key, vat),
  }),
  table({ key: /^paused$/, read: pauseOf }),
]

/** Runs once the vat is deleted and no reference allows a query for its data. */
function checkForgetting(auditing: Auditing, key: string, vat: VatId): void {
  const held = ['vat', 'admin'].filter((table) => auditing.has(`${table}.${vat}`))
  if (held.length > 0)
    auditing.find(
      'vat/ended',
      key,
      `${vat} is forgotten, and there is ${held.map((table) => `${table}.${vat}`).join(', ')}`,
    )
  if (!auditing.has(`ended.${vat}`))
    auditing.find('vat/ended', key, `${vat} is forgotten, and how it ended is not known`)
}
