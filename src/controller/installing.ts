/** How a bundle gets into a store. */
import type { BundleId } from '../base/ids.ts'
import type { BundleKind } from '../protocol/bundle.ts'
import type { Store } from '../store/store.ts'
import type { InstallableBundle } from './bundler/endoBundle.ts'

/** What comes with the bytes of a bundle. */
export type Made = Omit<InstallableBundle, 'bytes'>

/** Of a bundle that is what it is. */
export const plain: Made = { published: null, code: null }

/** What else an installation does. */
export interface InstallChoices {
  /** The name that the bundle gets. */
  readonly label: string | null
  readonly map: Uint8Array | null
  readonly made: Made
  /** Whether the kernel makes vats of bundles of `@endo/bundle-source`; to another they are known by the hash of their bytes. */
  readonly published: boolean
}

export interface Put {
  readonly id: BundleId
  /** The script of which vats are made, where that is another bundle. */
  readonly code: BundleId | undefined
}

/** Puts the bundle, its name and its map into the store. What a host installs is trusted there. */
export function putBundle({ bundles, trust }: Store, kind: BundleKind, bytes: Uint8Array, { label, map, made, published }: InstallChoices): Put {
  const put = bundles.put(kind, bytes)
  const id = (published ? made.published : null) ?? put
  if (id !== put) bundles.publish(id, put)
  const code = published && made.code !== null ? bundles.put('vat', made.code) : undefined
  if (kind !== 'vat') trust.add([id], 'installed')
  if (label !== null) bundles.name(`vat:${label}`, id)
  if (map !== null) bundles.putMap(id, map)
  return { id, code }
}
