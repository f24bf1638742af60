/** Resolves vats and bundles as the host names them: by name or by id. Each method returns one or refuses. */
import { assert } from '../../base/errors.ts'
import { isVatId, type BundleId, type VatId } from '../../base/ids.ts'
import { didYouMean } from '../../base/nearest.ts'
import type { KernelReader } from '../../protocol/kernel/kernel.ts'
import type { VatView } from '../../protocol/kernel/views.ts'
import { refuse } from '../../protocol/codes.ts'
import { isVatName } from '../../protocol/host/names.ts'
import type { WorkerView } from '../../protocol/worker/versions.ts'
import type { Store } from '../../store/store.ts'
import { bundleNamed, scriptNamed, vatBundleNamed } from './bundleNames.ts'

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

  /** A worker version by id, the beginning of an id, label (the newest that has it), or `default`. */
  worker(nameOrId: string): WorkerView {
    const views = this.#read().workerViews()
    const found =
      views.find(({ id }) => id === nameOrId) ??
      (nameOrId === 'default' ? views.find(({ use }) => use === 'default') : undefined) ??
      views.findLast(({ note }) => note?.label === nameOrId) ??
      soleBeginning(views, nameOrId)
    if (found !== undefined) return found
    const known = views.flatMap(({ id, note }) => [id, ...(note?.label == null ? [] : [note.label])])
    return refuse(
      'worker/unknown',
      `no worker version ${JSON.stringify(nameOrId)} is installed${didYouMean(nameOrId, known)}`,
      { worker: nameOrId },
    )
  }

  /** A bundle that vats are made of or read. */
  bundle(nameOrId: string): BundleId {
    return bundleNamed(this.#store, this.#read(), nameOrId)
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

/** The one version whose id begins so: `w1-` and at least four digits. */
function soleBeginning(views: readonly WorkerView[], text: string): WorkerView | undefined {
  if (!/^w1-[0-9a-f]{4,}$/.test(text)) return undefined
  const found = views.filter(({ id }) => id.startsWith(text))
  return found.length === 1 ? found[0] : undefined
}
