/**
 * The audit's definition of one table, and its state while it walks the rows.
 *
 * An audit walks all rows twice, in key order: first every table counts the references in its rows (`count`),
 * then every table compares its rows with the counts and with other rows (`check`).
 *
 * The audit defines the keys itself instead of using `tables.ts`, so that it does not repeat a mistake made
 * there. The format of values is shared (`tables/values.ts`): the kernel refuses every value that the audit
 * reports as `row/unreadable`.
 */
import type { KernelAuditCode } from '../../protocol/reports/audit.ts'
import type { BundleKind } from '../../protocol/bundle/bundle.ts'
import { vatSpace, type BundleId, type VatId } from '../../base/ids.ts'
import type { Findings } from './findings.ts'
import type { Tally } from './tally.ts'
import type { AuditPlatform } from '../../protocol/kernel/bundle.ts'

export class Auditing {
  readonly tally: Tally
  readonly #ports: AuditPlatform
  readonly #findings: Findings

  constructor(ports: AuditPlatform, tally: Tally, findings: Findings) {
    this.#ports = ports
    this.tally = tally
    this.#findings = findings
  }

  get(key: string): string | undefined {
    return this.#ports.state.get('kernel', key)
  }
  has(key: string): boolean {
    return this.get(key) !== undefined
  }
  /** The entries of a vat's own space. */
  *entriesOf(vat: VatId): Generator<readonly [key: string, value: string]> {
    const { state } = this.#ports
    const space = vatSpace(vat)
    for (let key = state.nextKey(space, '', ''); key !== undefined; key = state.nextKey(space, '', key))
      yield [key, state.get(space, key) ?? '']
  }
  find(code: KernelAuditCode, key: string, message: string): void {
    this.#findings.add({ code, where: `kernel ${key}`, message })
  }
  /** Checks that the vat named by the row exists. */
  needVat(key: string, vat: VatId): void {
    if (!this.has(`vat.${vat}`))
      this.find('vat/missing', key, `${key} names ${vat}, and there is no such vat`)
  }
  needBundle(key: string, bundle: BundleId, kind: BundleKind): void {
    if (!this.#ports.bundles.has(bundle, kind))
      this.find('bundle/missing', key, `${key} names ${bundle}, and there is no such ${kind} bundle`)
  }
}

/** One row: its whole key, and the parts of the key that its table's pattern captures. */
export interface Place {
  readonly key: string
  readonly parts: readonly string[]
}

export interface TableOf<Value> {
  /** Matches the whole key; the groups are its parts. It begins with the table's word. */
  readonly key: RegExp
  /** Parses the value; undefined when the table does not write such a value. */
  read(text: string): Value | undefined
  /** Counts the references, results and names in the row. */
  count?(tally: Tally, place: Place, value: Value): void
  /** Checks the rules of the row. */
  check?(auditing: Auditing, place: Place, value: Value): void
}

/** A table with its type of value hidden. */
export interface AuditedTable {
  readonly key: RegExp
  count(auditing: Auditing, place: Place, text: string): void
  check(auditing: Auditing, place: Place, text: string): void
}

export function table<Value>({ key, read, count, check }: TableOf<Value>): AuditedTable {
  return {
    key,
    count(auditing, place, text) {
      const value = read(text)
      if (value === undefined)
        auditing.find(
          'row/unreadable',
          place.key,
          `the value of ${place.key} cannot be read: ${text.slice(0, 200)}`,
        )
      else count?.(auditing.tally, place, value)
    },
    check(auditing, place, text) {
      const value = read(text)
      if (value !== undefined) check?.(auditing, place, value)
    },
  }
}
