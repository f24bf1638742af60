/**
 * An audit of the kernel's tables: recomputes every stored count and compares it.
 *
 * The audit reads through ports and writes nothing, so that a kernel can audit a store written by another
 * kernel. It holds counts in memory (`tally.ts`), never rows. Its rules hold between any two cranks.
 * `tables.ts` lists the tables; `rules.ts` has the longer rules.
 */
import { assert } from '../../base/errors.ts'
import type { VatId } from '../../base/ids.ts'
import type { KernelAudit } from '../../protocol/reports/audit.ts'
import { Findings } from './findings.ts'
import { Auditing, type AuditedTable, type Place } from './table.ts'
import type { AuditPlatform } from '../../protocol/kernel/bundle.ts'
import { auditedTables } from './tables.ts'
import { Tally } from './tally.ts'
import { auditVatSpace } from './vatSpaces.ts'


export function audit(ports: AuditPlatform): KernelAudit {
  const findings = new Findings()
  const tally = new Tally()
  const auditing = new Auditing(ports, tally, findings)
  let rows = 0
  if (!auditing.has('config'))
    auditing.find('config/missing', 'config', 'the store has no configuration of a kernel')
  for (const key of keysOf(ports)) {
    rows += 1
    const found = tableOf(key)
    if (found === undefined) auditing.find('row/unknown', key, `no table has a key like ${key}`)
    else found.table.count(auditing, found.place, auditing.get(key) ?? '')
  }
  let checked = 0
  for (const key of keysOf(ports)) {
    checked += 1
    const found = tableOf(key)
    found?.table.check(auditing, found.place, auditing.get(key) ?? '')
  }
  assert(checked === rows, 'both walks of an audit are over the same rows')
  findMissing(auditing)
  for (const key of keysOf(ports, 'vat.')) {
    const vat = key.slice('vat.'.length) as VatId
    // The names of a vat that has ended are deleted before its rows.
    if (!auditing.has(`ended.${vat}`)) auditVatSpace(ports, findings, vat)
  }
  return { deviations: findings.deviations, found: findings.found, counted: countedOf(rows, tally) }
}

function* keysOf({ state }: AuditPlatform, prefix = ''): Generator<string> {
  for (
    let key = state.nextKey('kernel', prefix, prefix);
    key !== undefined;
    key = state.nextKey('kernel', prefix, key)
  )
    yield key
}

/** Tables by the word that begins their keys. */
const byWord = new Map<string, AuditedTable[]>()
for (const each of auditedTables) {
  const word = /^\^([A-Za-z]+)/.exec(each.key.source)?.[1]
  assert(word !== undefined, 'the pattern of a table begins with the word of its keys')
  byWord.set(word, [...(byWord.get(word) ?? []), each])
}

function tableOf(key: string): { readonly table: AuditedTable; readonly place: Place } | undefined {
  const [word = ''] = key.split('.', 1)
  for (const table of byWord.get(word) ?? []) {
    const match = table.key.exec(key)
    if (match !== null) return { table, place: { key, parts: match.slice(1) } }
  }
  return undefined
}

/** Reports rows that are counted but missing. */
function findMissing(auditing: Auditing): void {
  const { recognizable, promises, highest } = auditing.tally
  for (const number of recognizable.names()) {
    const key = `object.ko${number}`
    if (!auditing.has(key))
      auditing.find(
        'object/missing',
        key,
        `ko${number} has ${recognizable.of(number)} references and is not there`,
      )
  }
  for (const number of promises.names()) {
    const key = `promise.kp${number}`
    if (!auditing.has(key))
      auditing.find(
        'promise/missing',
        key,
        `kp${number} has ${promises.of(number)} references and is not there`,
      )
  }
  for (const counter of highest.names()) {
    const key = `next.${counter}`
    if (!counter.includes(' ') && !auditing.has(key))
      auditing.find('counter/behind', key, `there is ${counter} ${highest.of(counter)} and no counter`)
  }
}

const countedOf = (
  rows: number,
  { vats, objectRows, promiseRows, entries, queued, parkedRows, waitingRows, held }: Tally,
): KernelAudit['counted'] => ({
  rows,
  vats,
  objects: objectRows,
  promises: promiseRows,
  entries,
  queued,
  parked: parkedRows,
  waiting: waitingRows,
  held,
})
