/**
 * Retiring a bundle: it is installed no longer, and its names are free. Its bytes are the host's to remove.
 *
 * Br1. A bundle is retired only when nothing needs it: no vat that has not ended runs it, so that the
 *      transcript of each incarnation that runs can be replayed on it; no upgrade to it waits; and
 *      nothing has its bundle cap.
 * Br2. In a store that was created by a kernel without a list of bundles nothing is retired: there, what the
 *      host has stored counts as installed (Bn1).
 */
import type { BundleId, ObjectKref, VatId } from '../../base/ids.ts'
import type { Tables } from '../tables/tables.ts'
import type { QueueItem, VatRecord } from '../tables/records.ts'

/** At most this many vats are named. */
const maxNamed = 20

/** What needs the bundle, for people; empty if nothing does (Br1). */
export function needsOfBundle(tables: Tables, bundle: BundleId): readonly string[] {
  const needs: string[] = []
  const users = [...tables.vats()].filter((vat) => runs(tables.vat(vat), bundle))
  if (users.length > 0) needs.push(`${named(tables, users)} ${users.length === 1 ? 'runs' : 'run'} it`)
  const upgraded = upgradedTo(tables, bundle)
  if (upgraded.length > 0) needs.push(`${named(tables, upgraded)} shall be upgraded to it`)
  const cap = tables.installed.cap(bundle)
  return cap === undefined ? needs : [...needs, ...holdersOf(tables, cap)]
}

const runs = (record: VatRecord, bundle: BundleId): boolean =>
  record.bundle === bundle && record.status.kind !== 'terminated'

/** Vats whose upgrade to the bundle waits: in the run-queue, with the vat, or for it to drain. */
function upgradedTo(tables: Tables, bundle: BundleId): readonly VatId[] {
  const found = new Set<VatId>()
  const look = (item: QueueItem | undefined): void => {
    if (item?.kind === 'upgrade' && item.bundle === bundle) found.add(item.vat)
  }
  for (const item of tables.queued()) look(item)
  for (const vat of tables.vats()) {
    look(tables.upgrades.drained(vat))
    for (const item of tables.parkedItems(vat)) look(item)
  }
  return [...found]
}

/** Who has the bundle cap. What is not in a c-list is counted by its references (Rk1). */
function holdersOf(tables: Tables, cap: ObjectKref): readonly string[] {
  const vats = [...tables.vats()].filter((vat) => tables.entryOf(vat, cap) !== undefined)
  const pins = tables.pins.count(cap) > 0 ? 1 : 0
  const others = tables.object(cap).recognizable - vats.length - pins
  return [
    ...(vats.length === 0 ? [] : [`${named(tables, vats)} ${vats.length === 1 ? 'has' : 'have'} its bundle cap`]),
    ...(pins === 0 ? [] : ['the host has pinned its bundle cap']),
    ...(others <= 0 ? [] : ['a message, an answer or a parameter has its bundle cap']),
  ]
}

function named(tables: Tables, vats: readonly VatId[]): string {
  const names = vats.slice(0, maxNamed).map((vat) => tables.findVat(vat)?.name ?? vat)
  return vats.length <= maxNamed ? names.join(', ') : `${names.join(', ')} and ${vats.length - maxNamed} more`
}
