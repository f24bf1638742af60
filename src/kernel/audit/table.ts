/**
 * What the audit knows of one table, and what it sees while it goes over the rows.
 *
 * An audit goes over all rows twice, in the order of their keys: first every table counts what its rows
 * hold (`count`), then every table compares its rows with what was counted and with other rows (`check`).
 *
 * The audit knows the layout of the rows by itself and does not ask `tables.ts`, so that a mistake there
 * is not repeated here.
 */
import type { KernelAuditCode } from '../../protocol/audit.ts'
import type { BundleKind } from '../../protocol/bundle.ts'
import type { BundleId, VatId } from '../../base/ids.ts'
import type { BundlePort, StatePort } from '../ports.ts'
import type { Findings } from './findings.ts'
import type { Tally } from './tally.ts'

/** What an audit reads. Nothing is written. */
export interface AuditPorts {
  readonly state: Pick<StatePort, 'get' | 'nextKey'>
  readonly bundles: BundlePort
}

export class Auditing {
  readonly tally: Tally
  readonly #ports: AuditPorts
  readonly #findings: Findings

  constructor(ports: AuditPorts, tally: Tally, findings: Findings) {
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
    const space = `vat/${vat}` as const
    for (let key = state.nextKey(space, '', ''); key !== undefined; key = state.nextKey(space, '', key)) yield [key, state.get(space, key) ?? '']
  }
  find(code: KernelAuditCode, key: string, message: string): void {
    this.#findings.add({ code, where: `kernel ${key}`, message })
  }
  /** The row names a vat, which must be there. */
  needVat(key: string, vat: VatId): void {
    if (!this.has(`vat.${vat}`)) this.find('vat/missing', key, `${key} names ${vat}, and there is no such vat`)
  }
  needBundle(key: string, bundle: BundleId, kind: BundleKind): void {
    if (!this.#ports.bundles.has(bundle, kind)) this.find('bundle/missing', key, `${key} names ${bundle}, and there is no such ${kind} bundle`)
  }
}

/** One row: its whole key, and the parts of the key that its table's pattern captures. */
export interface Place {
  readonly key: string
  readonly parts: readonly string[]
}

export interface TableOf<Value> {
  /** The whole key; what stands in brackets are the parts. It begins with the table's word. */
  readonly key: RegExp
  /** The value as the table wrote it, or undefined when it is not as a table writes. */
  read(text: string): Value | undefined
  /** Which references, results and names the row holds. */
  count?(tally: Tally, place: Place, value: Value): void
  /** What must be true of the row. */
  check?(auditing: Auditing, place: Place, value: Value): void
}

/** A table whose values nobody but itself needs to know. */
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
      if (value === undefined) auditing.find('row/unreadable', place.key, `the value of ${place.key} cannot be read: ${text.slice(0, 200)}`)
      else count?.(auditing.tally, place, value)
    },
    check(auditing, place, text) {
      const value = read(text)
      if (value !== undefined) check?.(auditing, place, value)
    },
  }
}
