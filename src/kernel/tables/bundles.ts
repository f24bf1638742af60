/** The tables of installed bundles: formats, names, caps, and the promises that wait for a bundle. */
import { assert } from '../../base/errors.ts'
import type { BundleId, ObjectKref, PromiseKref } from '../../base/ids.ts'
import { workerParts } from '../../protocol/bundle/bundle.ts'
import { oneOf } from '../../protocol/host/fields.ts'
import type { InstalledBundle } from './records.ts'
import type { Rows } from './rows.ts'
import { bundleOf, installedOf, objectOf } from './values.ts'

const isPart = oneOf(workerParts)

export class BundleTables {
  readonly #rows: Rows

  constructor(rows: Rows) {
    this.#rows = rows
  }

  get agreed(): boolean {
    return this.#rows.get('bundles') !== undefined
  }
  setAgreed(): void {
    this.#rows.set('bundles', 'agreed')
  }
  find(bundle: BundleId): InstalledBundle | undefined {
    return this.#rows.find(`bundle.${bundle}`, installedOf)
  }
  set(bundle: BundleId, { format, code }: InstalledBundle): void {
    this.#rows.set(`bundle.${bundle}`, code === undefined ? format : `${format} ${code}`)
  }
  /** The bundle is no longer installed, and has no names. */
  delete(bundle: BundleId): void {
    assert(this.cap(bundle) === undefined, 'a bundle that has a cap stays installed')
    for (const name of this.#rows.each('bundleName.'))
      if (this.#rows.get(`bundleName.${name}`) === bundle) this.#rows.delete(`bundleName.${name}`)
    this.#rows.delete(`bundle.${bundle}`)
  }
  /** Engines and supervisors. */
  *workerParts(): Generator<BundleId> {
    for (const rest of this.#rows.each('bundle.')) {
      const bundle = rest as BundleId
      if (isPart(this.find(bundle)?.format)) yield bundle
    }
  }
  /** The script that a vat of the bundle runs. */
  scriptFor(bundle: BundleId): BundleId {
    return this.find(bundle)?.code ?? bundle
  }
  named(name: string): BundleId | undefined {
    return this.#rows.find(`bundleName.${encodeURIComponent(name)}`, bundleOf)
  }
  setName(name: string, bundle: BundleId): void {
    this.#rows.set(`bundleName.${encodeURIComponent(name)}`, bundle)
  }
  cap(bundle: BundleId): ObjectKref | undefined {
    return this.#rows.find(`bundleCap.${bundle}`, objectOf)
  }
  setCap(bundle: BundleId, cap: ObjectKref): void {
    assert(this.cap(bundle) === undefined, 'a bundle has one cap at a time')
    this.#rows.set(`bundleCap.${bundle}`, cap)
  }
  deleteCap(bundle: BundleId): void {
    this.#rows.delete(`bundleCap.${bundle}`)
  }
  addWait(bundle: BundleId, promise: PromiseKref): void {
    this.#rows.set(`bundleWait.${bundle}.${promise}`, '')
  }
  /** Takes all promises that wait for the bundle. */
  *takeWaits(bundle: BundleId): Generator<PromiseKref> {
    const prefix = `bundleWait.${bundle}.`
    for (const promise of this.#rows.each(prefix)) {
      this.#rows.delete(prefix + promise)
      yield promise as PromiseKref
    }
  }
}
