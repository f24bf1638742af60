/**
 * The kernel's registry of installed bundles and their names.
 *
 * Bn1. A bundle is installed when the kernel takes the request for it, so that all kernels with the same
 *      requests agree. A store created by an older kernel has bundles without a request; for those the
 *      store's own record counts too.
 * Bn2. While a bundle is referenced, exactly one object stands for it, its bundle cap.
 * Bn3. Promises that wait for a bundle are settled when it is installed, across restarts.
 * Bn4. A bundle of `@endo/bundle-source` may come with a script, from which vats are created. The first
 *      script installed with it stays: it is part of the kernel's state, so that all kernels with the same
 *      requests run the same.
 * Bn5. A vat may pass code in a message in place of a bundle cap. The kernel creates the script, since all
 *      nodes that run it must create the same.
 */
import { assert } from '../../base/errors.ts'
import { isObjectKref, type BundleId, type ObjectKref, type PromiseKref } from '../../base/ids.ts'
import { workerParts, type BundleFormat } from '../../protocol/bundle/bundle.ts'
import { oneOf } from '../../protocol/host/fields.ts'
import { isBundleLabel } from '../../protocol/host/names.ts'
import { needsOfBundle } from './bundleRetirement.ts'
import { Reference, encode } from './kernelValues.ts'
import type { PlatformBundles } from '../../protocol/kernel/platform.ts'
import type { Promises } from './promises.ts'
import type { References } from './references.ts'
import { newService } from './kernelObjects.ts'
import type { InstalledBundle, Service } from '../tables/records.ts'
import type { Tables } from '../tables/tables.ts'

export interface BundleRegistryParts {
  readonly tables: Tables
  readonly references: References
  readonly promises: Promises
  readonly bundles: PlatformBundles
}

export type BundleRetirement =
  | { readonly kind: 'retired' }
  | {
      readonly kind: 'refused'
      readonly code: 'bundle-unknown' | 'bundle-in-use' | 'service-refused'
      readonly message: string
    }

export class BundleRegistry {
  readonly #parts: BundleRegistryParts

  constructor(parts: BundleRegistryParts) {
    this.#parts = parts
  }

  /** The format of the bundle; undefined when it is not installed (Bn1). */
  format(bundle: BundleId): BundleFormat | undefined {
    const { tables, bundles } = this.#parts
    const known = tables.installed.find(bundle)?.format
    return known ?? (!tables.installed.agreed && bundles.has(bundle, 'vat') ? 'script' : undefined)
  }

  /** The script that a vat of this bundle runs (Bn4); undefined when the bundle cannot create vats. */
  code(bundle: BundleId): BundleId | undefined {
    return this.format(bundle) === 'script' ? bundle : this.#parts.tables.installed.find(bundle)?.code
  }

  /** No vat can read an engine or a supervisor. */
  isWorkerPart(bundle: BundleId): boolean {
    return oneOf(workerParts)(this.format(bundle))
  }

  named(name: string): BundleId | undefined {
    return isBundleLabel(name) ? this.#parts.tables.installed.named(name) : undefined
  }

  install(bundle: BundleId, installed: InstalledBundle, label: string | null): void {
    const { tables, promises, references } = this.#parts
    const known = tables.installed.find(bundle)
    if (known === undefined || (known.code === undefined && installed.code !== undefined))
      tables.installed.set(bundle, installed)
    if (label !== null) tables.installed.setName(label, bundle)
    assert(
      this.format(bundle) !== undefined,
      'a bundle is installed before promises for it are settled (Bn1)',
    )
    for (const promise of tables.installed.takeWaits(bundle)) {
      promises.settle(promise, 'fulfilled', encode(this.cap(bundle)))
      references.remove(promise)
    }
  }

  /** Retires the bundle, or says why it stays (Br1, Br2). */
  retire(bundle: BundleId): BundleRetirement {
    const { tables } = this.#parts
    if (!tables.installed.agreed)
      return {
        kind: 'refused',
        code: 'service-refused',
        message: 'the store was created by a kernel that kept no list of its bundles: they stay installed',
      }
    if (tables.installed.find(bundle) === undefined || this.isWorkerPart(bundle))
      return { kind: 'refused', code: 'bundle-unknown', message: `there is no vat bundle ${bundle}` }
    const needs = needsOfBundle(tables, bundle)
    if (needs.length > 0)
      return { kind: 'refused', code: 'bundle-in-use', message: `the bundle ${bundle} is needed: ${needs.join('; ')}` }
    tables.installed.delete(bundle)
    return { kind: 'retired' }
  }

  /** Installs a script that a vat supplied itself, without asking the host (Bn5). */
  installScript(script: string): BundleId {
    const bundle = this.#parts.bundles.putScript(script)
    this.install(bundle, { format: 'script', code: undefined }, null)
    return bundle
  }

  /** The object that stands for the bundle (Bn2). */
  cap(bundle: BundleId): Reference {
    const { tables } = this.#parts
    const known = tables.installed.cap(bundle)
    if (known !== undefined) return new Reference(known, capInterface)
    const cap = newService(this.#parts, { kind: 'bundleCap', bundle }, capInterface)
    tables.installed.setCap(bundle, cap.kref as ObjectKref)
    return cap
  }

  /** Fulfils the promise with the bundle's cap when the bundle is installed (Bn3). */
  wait(bundle: BundleId, promise: PromiseKref): void {
    assert(this.format(bundle) === undefined, 'promises wait only for a bundle that is not installed (Bn3)')
    this.#parts.references.add(promise)
    this.#parts.tables.installed.addWait(bundle, promise)
  }

  /** The bundle that the value's object stands for, if it is a bundle cap. */
  bundleOf(value: unknown): BundleId | undefined {
    if (!(value instanceof Reference) || !isObjectKref(value.kref)) return undefined
    const service = this.#parts.tables.findService(value.kref)
    return service?.kind === 'bundleCap' ? service.bundle : undefined
  }

  /** The bundle cap is unreferenced. */
  onServiceDeleted(service: Service): void {
    if (service.kind !== 'bundleCap') return
    const { installed } = this.#parts.tables
    assert(installed.cap(service.bundle) !== undefined, 'one object stands for a bundle (Bn2)')
    installed.deleteCap(service.bundle)
  }
}

const capInterface = 'Alleged: bundleCap'
