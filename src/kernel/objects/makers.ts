/**
 * Limits on the number of vats: in the whole store, and per maker.
 *
 * Mk1. A vat counts from the request that creates it until its cleanup is complete, so that neither failed
 *      starts nor ends of vats make room before their resources are free.
 * Mk2. A vat created with a bounded `vatAdmin` holds it, and is counted there.
 */
import { assert } from '../../base/errors.ts'
import type { ObjectKref } from '../../base/ids.ts'
import type { References } from './references.ts'
import type { VatBound, VatRecord } from '../tables/records.ts'
import type { Tables } from '../tables/tables.ts'

export class Makers {
  readonly #tables: Tables
  readonly #references: References

  constructor(tables: Tables, references: References) {
    this.#tables = tables
    this.#references = references
  }

  /** Why no more vats can be created, by the maker if there is one; undefined when one can. */
  refusal(maker: ObjectKref | undefined): string | undefined {
    const { maxVats } = this.#tables.config()
    if (maxVats !== undefined && this.#tables.counts.vats >= maxVats)
      return `the store has ${maxVats} vats, as many as it may`
    const bound = maker === undefined ? undefined : this.#bound(maker)
    if (bound !== undefined && bound.vats >= bound.maxVats)
      return `${bound.vats} vats were made with this vatAdmin and are there; it may have ${bound.maxVats}`
    return undefined
  }

  /** The maker, if it counts the vats that it creates. */
  bounded(maker: ObjectKref): ObjectKref | undefined {
    return this.#bound(maker) === undefined ? undefined : maker
  }

  /** Counts a new vat. */
  count({ maker }: Pick<VatRecord, 'maker'>): void {
    this.#tables.counts.setVats(this.#tables.counts.vats + 1)
    if (maker === undefined) return
    this.#references.add(maker)
    this.#change(maker, 1)
  }

  /** Counts down once the vat is fully cleaned up. */
  uncount({ maker }: Pick<VatRecord, 'maker'>): void {
    const { vats } = this.#tables.counts
    assert(vats > 0, 'a vat that is cleaned up was counted (Mk1)')
    this.#tables.counts.setVats(vats - 1)
    if (maker === undefined) return
    this.#change(maker, -1)
    this.#references.remove(maker)
  }

  #bound(maker: ObjectKref): VatBound | undefined {
    const service = this.#tables.service(maker)
    assert(service.kind === 'vatAdmin', `${maker} makes no vats`)
    return service.bound
  }

  #change(maker: ObjectKref, change: 1 | -1): void {
    const bound = this.#bound(maker)
    assert(bound !== undefined, `${maker} counts no vats`)
    assert(bound.vats + change >= 0, 'a vat that is counted down was counted up (Mk2)')
    this.#tables.setService(maker, { kind: 'vatAdmin', bound: { ...bound, vats: bound.vats + change } })
  }
}
