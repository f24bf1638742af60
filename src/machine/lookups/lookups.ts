/** Resolves vats and bundles as the host names them: by name or by id. Each method returns one or refuses. */
import { assert } from '../../base/errors.ts'
import { isVatId, type BundleId, type VatId } from '../../base/ids.ts'
import { didYouMean } from '../../base/nearest.ts'
import type { KernelReader } from '../../protocol/kernel/kernel.ts'
import type { VatView } from '../../protocol/kernel/views.ts'
import { refuse } from '../../protocol/codes.ts'
import { isVatName } from '../../protocol/host/names.ts'
import type { Store } from '../../store/store.ts'
import { scriptNamed, vatBundleNamed } from './bundleNames.ts'

export class Lookups {
  readonly #store: Store
  readonly #read: () => KernelReader

  constructor(store: Store, read: () => KernelReader) {
    this.#store = store
    this.#read = read
  }

  get read(): KernelReader {
    return this.#read()
  }

  /** A name takes precedence over an id. */
  vat(nameOrId: string): VatView {
    const read = this.#read()
    const view =
      (isVatName(nameOrId) ? read.vatNamed(nameOrId) : undefined) ??
      (isVatId(nameOrId) ? read.vat(nameOrId) : undefined)
    if (view === undefined) {
      const meant = didYouMean(nameOrId, read.vats().map(({ name }) => name))
      return refuse('vat/unknown', `there is no vat ${JSON.stringify(nameOrId)}${meant}`, { vat: nameOrId })
    }
    assert(view.name === nameOrId || view.vat === nameOrId, 'the kernel returns the vat that was asked for')
    return view
  }

  /** A vat that has started. */
  started(nameOrId: string): VatId {
    const { vat, status } = this.vat(nameOrId)
    if (status.kind === 'starting')
      refuse('vat/not-started', `${nameOrId} has not started yet`, { vat: nameOrId })
    return vat
  }

  /** A vat that has started and not terminated. */
  alive(nameOrId: string): VatId {
    const vat = this.started(nameOrId)
    const { status } = this.vat(vat)
    if (status.kind === 'terminated')
      refuse('vat/terminated', `${nameOrId} has terminated: ${status.message}`, { vat: nameOrId })
    return vat
  }

  /** A bundle that a vat can be made of. */
  vatBundle(nameOrId: string): BundleId {
    return vatBundleNamed(this.#store, this.#read(), nameOrId)
  }

  /** The script that a vat of the bundle runs. */
  script(nameOrId: string): BundleId {
    return scriptNamed(this.#store, this.#read(), nameOrId)
  }
}
