/** The audit's definitions of the tables of upgrades (`tables/upgrades.ts`). */
import type { VatId } from '../../base/ids.ts'
import type { UpgradeItem } from '../tables/records.ts'
import { table, type Auditing, type AuditedTable, type Place } from './table.ts'
import type { Tally } from './tally.ts'
import { dataOf, vatRecordOf } from '../tables/values.ts'
import { drainingOf, historyOf, upgradeItemOf } from '../tables/itemValues.ts'

/** The references and rules of an item, wherever it waits. */
type CountItem = (tally: Tally, item: UpgradeItem) => void
type CheckItem = (auditing: Auditing, place: Place, item: UpgradeItem) => void

export const upgradeTables = (countItem: CountItem, checkItem: CheckItem): readonly AuditedTable[] => [
  table({
    key: /^parameters\.(v[1-9]\d*)$/,
    read: dataOf,
    count: (tally, _place, data) => tally.data(data),
    check: (auditing, { key, parts: [vat = ''] }) => auditing.needVat(key, vat as VatId),
  }),
  table({
    key: /^draining$/,
    read: drainingOf,
    check(auditing, { key }, draining) {
      for (const { vat } of draining) {
        if (!auditing.has(`drain.${vat}`))
          auditing.find('vat/status', key, `${vat} drains, and there is no upgrade for which`)
      }
    },
  }),
  table({
    key: /^drain\.(v[1-9]\d*)$/,
    read: upgradeItemOf,
    count: (tally, _place, item) => countItem(tally, item),
    check(auditing, place, item) {
      const [vat = ''] = place.parts
      checkItem(auditing, place, item)
      const status = vatRecordOf(auditing.get(`vat.${vat}`) ?? '')?.status.kind ?? 'not there'
      if (item.vat !== vat || status !== 'draining')
        auditing.find(
          'vat/status',
          place.key,
          `an upgrade of ${item.vat} waits for ${vat} to drain, which is ${status}`,
        )
      const listed = drainingOf(auditing.get('draining') ?? '')?.some((each) => each.vat === vat) ?? false
      if (!listed)
        auditing.find(
          'vat/status',
          place.key,
          `an upgrade waits for ${vat} to drain, which is not in the list of those that do`,
        )
    },
  }),
  table({
    key: /^history\.(v[1-9]\d*)\.([a-z])(\d+)$/,
    read: historyOf,
    count: (tally, { parts: [, , number = ''] }) => tally.highest.raise('history', Number(number)),
    check(auditing, { key, parts: [vat = ''] }) {
      if (!auditing.has(`ended.${vat}`)) auditing.needVat(key, vat as VatId)
    },
  }),
]
